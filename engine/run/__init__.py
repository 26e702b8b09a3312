"""WHEN: a run from top to bottom, what it decides on the way, finds and leaves."""
