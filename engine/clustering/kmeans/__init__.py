"""k-means: Lloyd's algorithm from k-means++ starts, exact on all rows, coarse to fine when many."""
