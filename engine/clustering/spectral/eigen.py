"""Leading eigenvectors of D^-1/2 W D^-1/2 for one connected graph, however close to each other.

Lanczos iterations from one vector miss eigenvalues that nearly coincide, and nearly coinciding is
what well separated segments do. So: all of them where the graph is small; inverse iterations by a
sparse factorisation where rows have few columns and it fills in little; otherwise a block of
vectors under a Chebyshev filter, which many columns make fast, for then the gap is wide; where it
turns out not to be, a graph that is not large is solved as a dense matrix after all. On a GPU,
where products are cheap and factors are made on the host, the filter serves all larger graphs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.spectral.filter import MOST_ROUNDS, filtered
from engine.places.runtime import Runtime, one_blas_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DENSE_NODES = 300
"""Largest graph that is solved as a dense matrix: 4 ms, as long as the others; at 1,500 nodes
180 ms against 10 to 30."""

_DENSE_LATER, _ROUNDS = 1_500, 3
"""Largest graph that is solved so where that many rounds of the filter do not settle: 80 ms at
1,000 nodes, where all rounds take more than a second."""

LU_ROW = {1: 64, 2: 64, 3: 16}
"""Most entries a row of the graph for the factorisation, by columns. Among 20,000 rows it then has
at most 250 entries a row; in four columns 500 to 900, and takes 5 to 11 s instead of 0.3."""

_LU_NODES = {3: 20_000}
"""Most nodes for the factorisation, by columns; in two, rows hardly grow with their number."""

LU_ENTRIES = 300
"""Entries a row of the factorisation that memory is reserved for; 24 bytes each."""

_SHIFT = 1e-4
_GUARDS = 4


def leading(
    weights: Any, count: int, n_columns: int, *, seed: int, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenvectors of a connected graph's normalised weights.

    Parameters
    ----------
    weights : sparse float64 array of shape (n_nodes, n_nodes)
        Symmetric, not negative, connected.
    count : int
        How many; capped at the number of nodes.
    n_columns : int
        Columns of the rows that the graph is of: tells how much a factorisation fills in.
    seed : int
        Of the first vectors.
    runtime : Runtime
        Where a large graph is solved.

    Returns
    -------
    values : float64 array of shape (count,)
        Largest first; the first is 1.
    coordinates : float64 array of shape (n_nodes, count)
        Eigenvectors of unit length, times D^-1/2; of each, the largest entry is positive.

    References
    ----------
    Shi and Malik (2000), IEEE TPAMI 22(8), doi:10.1109/34.868688, for the cut; Zhou, Saad, Tiago
    and Chelikowsky (2006), J. Comput. Phys. 219(1), doi:10.1016/j.jcp.2006.03.017, for the filter.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> pair = csr_array([[1.0, 1.0], [1.0, 1.0]])
    >>> leading(pair, 1, 2, seed=0, runtime=Runtime())[1].round(3).tolist()
    [[0.5], [0.5]]
    """
    degree = np.asarray(weights.sum(axis=1)).ravel()
    scale, count = 1 / np.sqrt(degree), min(count, len(degree))
    if count == 1:
        return np.ones(1), np.full((len(degree), 1), 1 / np.sqrt(degree.sum()))
    normal = scaled(weights, scale)
    if len(degree) <= max(DENSE_NODES, 4 * count):
        solve = _dense
    elif runtime.device_memory:
        solve = partial(_filtered, runtime=runtime)
    else:
        few = _fills_little(len(degree), n_columns, _entries(normal))
        solve = _inverse if few else _filtered
    import scipy.linalg  # noqa: F401  # brings a BLAS of its own, which is kept to one thread too

    # On one thread: the same bits whatever BLAS is told, and no threads that wait for each other.
    with one_blas_thread():
        values, vectors = solve(normal, count, np.sqrt(degree), np.random.default_rng(seed))
    top = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.where(vectors[top, np.arange(count)] < 0, -1.0, 1.0)
    return values, vectors * scale[:, None]


def _entries(weights: csr_array) -> float:
    """Entries of a row, on average."""
    return float(weights.nnz / weights.shape[0])


def _fills_little(n_nodes: int, n_columns: int, entries: float) -> bool:
    """Whether to factorise a graph, by its entries a row."""
    few = entries <= LU_ROW.get(n_columns, 0)
    return few and n_nodes <= _LU_NODES.get(n_columns, n_nodes)


def solving_bytes(n_nodes: int, n_columns: int, n_neighbors: int, count: int) -> int:
    """Bound what is held to solve one graph: a dense matrix, or factors and vectors.

    Parameters
    ----------
    n_nodes, n_columns, n_neighbors, count : int
        At most ``count`` eigenvectors; ``n_neighbors`` is the least entries of a row.

    Examples
    --------
    >>> [solving_bytes(20_000, d, 10, 10) >> 20 for d in (2, 8)]
    [150, 34]
    """
    dense = min(n_nodes, max(DENSE_NODES, 4 * count)) ** 2 * 8 * 4
    dense = max(dense, min(n_nodes, _DENSE_LATER) ** 2 * 8 * 2)
    factors = 0.0
    factored = min(n_nodes, _LU_NODES.get(n_columns, n_nodes))  # parts may be smaller than all
    if _fills_little(factored, n_columns, n_neighbors):
        factors = 24 * LU_ENTRIES * factored * max(1, factored / 20_000) ** 0.5
    return int(max(dense, factors + n_nodes * (count + 4) * 8 * 6))


def scaled(weights: Any, scale: np.ndarray) -> Any:
    """Multiply rows and columns of a sparse matrix."""
    from scipy.sparse import diags_array

    sides = diags_array(scale)
    return (sides @ weights @ sides).tocsr()


def _dense(normal: Any, count: int, *_: Any) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh

    n = normal.shape[0]
    # Turned round, for LAPACK to work where it lies.
    matrix = normal.toarray().T
    values, vectors = eigh(matrix, subset_by_index=[n - count, n - 1], overwrite_a=True)
    return values[::-1], vectors[:, ::-1]


def _inverse(
    normal: Any, count: int, _: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Lanczos on the inverse of (1 + shift) I - N, which pulls close eigenvalues apart."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import LinearOperator, eigsh

    n = normal.shape[0]
    solve = factorised((1 + _SHIFT) * eye_array(n) - normal)
    operator = LinearOperator((n, n), matvec=solve, dtype=np.float64)
    inverse, vectors = eigsh(operator, count, which="LA", v0=rng.normal(size=n))
    order = np.argsort(-inverse, kind="stable")
    return 1 + _SHIFT - 1 / inverse[order], vectors[:, order]


def factorised(matrix: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Factorise a sparse symmetric matrix with a dominant diagonal; give what solves by it."""
    from scipy.sparse.linalg import splu

    solve: Callable[[np.ndarray], np.ndarray] = splu(
        matrix.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    ).solve
    return solve


def _filtered(
    normal: Any,
    count: int,
    first: np.ndarray,
    rng: np.random.Generator,
    runtime: Runtime | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    n = normal.shape[0]
    block = rng.normal(size=(n, min(count + _GUARDS, n)))
    block[:, 0] = first
    if runtime is None:
        later = n <= _DENSE_LATER
        values, vectors, settled = filtered(
            normal, block, count, np, most=_ROUNDS if later else MOST_ROUNDS
        )
        return (values, vectors) if settled or not later else _dense(normal, count)
    from engine.clustering.spectral.gpu import leading_on_device

    return leading_on_device(normal, block, count, runtime)
