"""Kernels in C++, each beside the NumPy that does the same without."""
