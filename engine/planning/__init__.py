"""What a run would do and need, from headers alone, and why it would not start."""
