"""Fewer columns that keep most of the variance."""
