"""Who is in each segment, in the units and words of the input."""
