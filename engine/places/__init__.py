"""WHERE a run happens: the machine, its GPU, and the one way rows are visited."""
