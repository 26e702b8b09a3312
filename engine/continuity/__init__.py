"""Segments that continue those of a previous model: matched, ordered, told."""
