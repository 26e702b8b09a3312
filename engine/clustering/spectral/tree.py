"""The cut of a tree of components: the smallest solutions of its Laplacian, for any size."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.spectral.eigen import factorised, scaled
from engine.places.runtime import one_blas_thread

_FEW_PARTS = 500
"""Largest tree of components that is solved as a dense matrix."""


def slowest(links: Any, mass: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """Smallest solutions of L v = value M v for the Laplacian L of a tree.

    Parameters
    ----------
    links : sparse float64 array of shape (n_nodes, n_nodes)
        Symmetric, and a tree.
    mass : float64 array of shape (n_nodes,)
        The diagonal of M; positive, 1 on average.
    count : int
        Less than the number of nodes.
    seed : int
        Of the first vector where there are many nodes.

    Returns
    -------
    vectors : float64 array of shape (n_nodes, count)
        Smallest first; of unit length before they are divided by the roots of ``mass``.

    Notes
    -----
    O(n_nodes) memory and some solutions of O(n_nodes): a tree's factors do not fill in.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> slowest(csr_array([[0.0, 1.0], [1.0, 0.0]]), np.ones(2), 1, seed=0).round(3).tolist()
    [[0.707], [0.707]]
    """
    from scipy.sparse import diags_array

    scale = 1 / np.sqrt(mass)
    laplacian = diags_array(np.asarray(links.sum(axis=1)).ravel()) - links
    normal = scaled(laplacian, scale)
    with one_blas_thread():
        if len(mass) <= max(_FEW_PARTS, 2 * count + 1):
            vectors = _dense_smallest(normal, count)
        else:
            least = float(links.data.min())
            vectors = _tree_smallest(normal, count, least, np.sqrt(mass), seed)
    top = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.where(vectors[top, np.arange(count)] < 0, -1.0, 1.0)
    found: np.ndarray = vectors * scale[:, None]
    return found


def _dense_smallest(normal: Any, count: int) -> np.ndarray:
    from scipy.linalg import eigh

    vectors: np.ndarray = eigh(normal.toarray(), subset_by_index=[0, count - 1])[1]
    return vectors


def _tree_smallest(
    normal: Any, count: int, least: float, first: np.ndarray, seed: int
) -> np.ndarray:
    """Lanczos on the inverse, among vectors orthogonal to the first, which is known."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import LinearOperator, eigsh

    n, first = len(first), first / np.linalg.norm(first)
    # Below every value but the first's, 0: a path of n equal links has least x (pi / n)^2.
    solved_by = factorised(normal + least / n**2 * eye_array(n))

    def solve(vector: np.ndarray) -> np.ndarray:
        inside = vector - first * (first @ vector)
        solved = solved_by(inside)
        left: np.ndarray = solved - first * (first @ solved)
        return left

    operator = LinearOperator((n, n), matvec=solve, dtype=np.float64)
    start = solve(np.random.default_rng(seed).normal(size=n))
    inverse, vectors = eigsh(operator, count - 1, which="LA", v0=start, tol=1e-9)
    order = np.argsort(-inverse, kind="stable")
    return np.column_stack([first, vectors[:, order]])
