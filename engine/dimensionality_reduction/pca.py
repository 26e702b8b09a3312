"""Principal components from one additive pass over the rows (Jolliffe, 2002, section 3.1).

The covariance is accumulated in float64 over chunks, so that rows may lie in a file, and its
eigenvectors are the components. What this differs in from ``sklearn.decomposition.PCA`` was
measured: see ``docs/decisions.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import DataError
from engine.runtime import CHUNK_ROWS, Runtime


@dataclass(frozen=True)
class PCA:
    """A fitted projection.

    Attributes
    ----------
    mean : float64 array of shape (n_columns,)
    components : float64 array of shape (n_components, n_columns)
        Orthonormal rows, most variance first; the largest loading of each is positive.
    explained_variance_ratio : float64 array of shape (n_columns,)
        Share of the variance of every component, kept or not; sums to 1.
    """

    mean: np.ndarray
    components: np.ndarray
    explained_variance_ratio: np.ndarray

    @property
    def n_components(self) -> int:
        """Number of components kept."""
        return len(self.components)

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Project rows: float32 (n, n_columns) to float32 (n, n_components)."""
        out = np.empty((len(x), self.n_components), np.float32)
        for start in range(0, len(x), CHUNK_ROWS):
            project(self, x[start : start + CHUNK_ROWS], out[start : start + CHUNK_ROWS])
        return out


def project(pca: PCA, x: np.ndarray, out: np.ndarray) -> None:
    """Write the components of one chunk; in float64, so that no chunking shows in float32."""
    centred = x - pca.mean
    out[:] = centred @ pca.components.T


def fit_pca(x: np.ndarray, components: int | float, *, runtime: Runtime) -> PCA:
    """Fit on all rows.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
        May be a ``numpy.memmap``.
    components : int or float
        A number of components, or the share of variance (0 to 1) that they must reach.
    runtime : Runtime

    Returns
    -------
    pca : PCA

    Raises
    ------
    DataError
        More components asked for than there are columns, or nothing varies.

    Notes
    -----
    O(n d^2) time in one pass and O(d^2) memory beyond the chunks.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0, 0], [1, 1], [2, 2], [3, 3.1]], dtype=np.float32)
    >>> fit_pca(x, 0.99, runtime=Runtime()).n_components
    1
    """
    n_rows, n_columns = x.shape
    if isinstance(components, int) and components > n_columns:
        message = (
            f"pca.components is {components}, but there are only {n_columns} prepared columns; "
            "ask for fewer, or for a share of variance such as 0.9."
        )
        raise DataError(message)
    # Sums of squares about any row-like point are safe in float64; about zero they are not.
    shift = x[: min(n_rows, 1_000)].mean(axis=0, dtype=np.float64)

    def moments(chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centred = chunk - shift
        return centred.sum(axis=0), centred.T @ centred

    total, products = runtime.reduce(moments, x)
    mean = total / n_rows
    covariance = products / n_rows - np.outer(mean, mean)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1].T
    if values.sum() == 0:
        message = "no prepared column varies, so there is nothing to segment by."
        raise DataError(message)
    ratio = values / values.sum()
    largest = vectors[np.arange(n_columns), np.abs(vectors).argmax(axis=1)]
    vectors = vectors * np.sign(largest)[:, None]
    return PCA(shift + mean, np.ascontiguousarray(vectors[: _kept(ratio, components)]), ratio)


def _kept(ratio: np.ndarray, components: int | float) -> int:
    if isinstance(components, int):
        return components
    # The last cumulative sum may fall short of 1 by rounding.
    reached = np.cumsum(ratio) >= components - 1e-12
    return int(np.argmax(reached)) + 1 if reached.any() else len(ratio)
