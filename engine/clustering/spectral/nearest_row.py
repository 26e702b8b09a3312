"""The cluster of the nearest row of a fit, of sparse rows that are not written out."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.frame import Frame
from engine.clustering.sparse_rows import less


class NearestRow:
    """Gives rows the clusters of the nearest rows of a fit, whose zeros are not stored.

    Parameters
    ----------
    x : CSR matrix of shape (n_samples, n_features)
    labels : int32 array of shape (n_samples,)
    frame : Frame
        Of these rows. Its shift is taken off: squares of what all rows share would leave float64
        no digits for what tells them apart.
    """

    def __init__(self, x: Any, labels: np.ndarray, frame: Frame) -> None:
        from sklearn.neighbors import NearestNeighbors

        self._labels, self._frame = labels, frame
        self._near = NearestNeighbors(n_neighbors=1).fit(self._moved(x))

    def assign(self, x: Any) -> np.ndarray:
        """Give labels of rows: int32 of shape (n_rows,).

        Parameters
        ----------
        x : array or CSR matrix of shape (n_rows, n_features)
        """
        nearest = self._near.kneighbors(self._moved(x), return_distance=False)
        labels: np.ndarray = self._labels[nearest.ravel()]
        return labels

    def _moved(self, x: Any) -> Any:
        from scipy.sparse import csr_array

        return less(csr_array(x, dtype=np.float64), self._frame.shift)
