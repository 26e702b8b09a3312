"""Clustering by communities of a neighbour graph, and the nearest customers of a customer."""
