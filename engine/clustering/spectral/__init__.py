"""Spectral clustering: the normalised cut of a neighbour graph, by landmarks when rows are many."""
