"""What a run would do and need, from headers and a few rows, and why it would not start."""
