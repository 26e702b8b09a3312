"""Principal components from one additive pass over the rows (Jolliffe, 2002, section 3.1).

The covariance is accumulated in float64 over chunks, so that rows may lie in a file, and its
eigenvectors are the components. What this differs in from ``sklearn.decomposition.PCA`` was
measured: see ``docs/decisions.md``.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.native.covariance import centred_products, project_rows
from engine.places.runtime import Runtime, one_blas_thread

_MANY = 4
"""Columns a row from which on the rows are taken apart, not the products of columns."""

_ALONE = 256
"""Columns up to which one thread takes a covariance apart as fast as all do, or faster. The others,
once called, turn idly for 50 ms, on cores that the next pass needs."""


class NothingVariesError(DataError):
    """All rows are equal: there are no components."""


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
        project_all(self, x, out, runtime=Runtime())
        return out


def project_all(pca: PCA, x: Any, out: Any, *, runtime: Runtime) -> None:
    """Write the components of all rows; in float64, so that no chunking shows in float32."""
    mean, directions = runtime.put(pca.mean), runtime.put(np.ascontiguousarray(pca.components.T))

    def chunk(rows: Any, target: Any) -> None:
        if not project_rows(rows, mean, directions, target):
            target[:] = (rows - mean) @ directions

    runtime.reduce(chunk, x, out=(out,))


def fit_pca(x: np.ndarray, components: int | float, *, least: int = 1, runtime: Runtime) -> PCA:
    """Fit on all rows.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
        May be a ``numpy.memmap``; or rows of which slices stay sparse (``csr()``, ``toarray()``).
    components : int or float
        A number of components, or the share of variance (0 to 1) that they must reach.
    least : int
        Components kept for a share at least, or all columns: of two or three columns one that holds
        little may be what tells groups apart, and leaving it out saves nothing.
    runtime : Runtime

    Returns
    -------
    pca : PCA

    Raises
    ------
    DataError
        More components asked for than there are columns.
    NothingVariesError
        All rows are equal.

    Notes
    -----
    O(n d^2) time in one pass and O(d^2) memory beyond the chunks; where columns are many times the
    rows, O(n^2 d) and O(n d): the rows' own singular vectors say the same.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0, 0], [1, 1], [2, 2], [3, 3.1]], dtype=np.float32)
    >>> fit_pca(x, 0.99, runtime=Runtime()).n_components
    1
    """
    n_columns = x.shape[1]
    if isinstance(components, int) and components > n_columns:
        columns = f"only {n_columns} prepared columns"
        there = "is only 1 prepared column" if n_columns == 1 else f"are {columns}"
        message = (
            f"pca.components is {components}, but there {there}; "
            "ask for fewer, or for a share of variance such as 0.9."
        )
        raise DataError(message)
    if by_rows(len(x), n_columns) and (isinstance(components, float) or components < len(x)):
        mean, values, vectors = _by_rows(x, runtime)
    elif hasattr(x, "csr"):
        mean, values, vectors = _by_sparse_products(x, runtime)
    else:
        mean, values, vectors = _by_covariance(x, runtime)
    if values.sum() == 0:
        message = "no prepared column varies, so there is nothing to segment by."
        raise NothingVariesError(message)
    ratio = values / values.sum()
    largest = vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)]
    vectors = vectors * np.sign(largest)[:, None]
    share = not isinstance(components, int)
    kept = max(reaching(ratio, components), min(least, n_columns)) if share else int(components)
    return PCA(mean, np.ascontiguousarray(vectors[:kept]), ratio)


def _by_covariance(x: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variances (most first) and directions (rows), by one additive pass."""
    n_rows = len(x)
    # Sums of squares about any row-like point are safe in float64; about zero they are not.
    first = runtime.get(x[: min(n_rows, 1_000)])
    shift = first.mean(axis=0, dtype=np.float64)
    origin = runtime.put(shift)

    def moments(chunk: Any) -> tuple[Any, Any]:
        found = centred_products(chunk, origin)
        if found is not None:
            return found
        centred = chunk - origin
        return centred.sum(axis=0), centred.T @ centred

    total, products = runtime.reduce(moments, x)
    mean = total / n_rows
    return shift + mean, *_taken_apart(products / n_rows - np.outer(mean, mean))


def _by_sparse_products(x: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the same of sparse rows that lie about zero, by products of what is stored of them."""

    def moments(chunk: Any) -> tuple[Any, Any]:
        rows = chunk.csr().astype(np.float64)
        return np.asarray(rows.sum(axis=0)), (rows.T @ rows).toarray()

    total, products = runtime.reduce(moments, x)
    mean = total / len(x)
    return mean, *_taken_apart(products / len(x) - np.outer(mean, mean))


def _taken_apart(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances (most first) and directions (rows) of a covariance."""
    with one_blas_thread() if len(covariance) <= _ALONE else nullcontext():
        values, vectors = np.linalg.eigh(covariance)
    return np.clip(values[::-1], 0, None), vectors[:, ::-1].T


def by_rows(n_rows: int, n_columns: int) -> bool:
    """Tell whether rows are so few that they are taken apart themselves, not their covariance."""
    return _MANY * n_rows <= n_columns


def _by_rows(x: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the same by the singular values of the centred rows: as many directions as rows."""
    given = x.toarray() if hasattr(x, "toarray") else x[:]
    rows = runtime.get(given).astype(np.float64)
    mean = rows.mean(axis=0)
    rows -= mean
    _, singular, vectors = np.linalg.svd(rows, full_matrices=False)
    values = np.zeros(rows.shape[1])
    values[: len(singular)] = singular**2 / len(rows)
    return mean, values, vectors


def reaching(ratio: np.ndarray, share: float) -> int:
    """Count the leading components that are needed to hold a share of the variance.

    Examples
    --------
    >>> reaching(np.array([0.5, 0.3, 0.2]), 0.8)
    2
    """
    # The last cumulative sum may fall short of 1 by rounding.
    reached = np.cumsum(ratio) >= share - 1e-12
    return int(np.argmax(reached)) + 1 if reached.any() else len(ratio)
