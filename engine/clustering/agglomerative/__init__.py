"""Agglomerative clustering: exact on few rows, on weighted micro-clusters of many."""
