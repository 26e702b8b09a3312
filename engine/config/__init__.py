"""What a run is asked to do: config.yaml to frozen sections, all problems at once."""
