"""Kernels in CUDA C++, each beside the CuPy that does the same without."""
