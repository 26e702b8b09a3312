"""Sparse rows in their frame: they stay sparse, and are dense only where a few are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.clustering.frame import Frame

MOST_DENSE = 4 << 30
"""Bytes up to which a method may make sparse rows dense, with what it computes of them: 4 GiB."""


@dataclass(frozen=True)
class SparseRows:
    """Rows of a sparse matrix inside a frame, for where rows of an array are asked for.

    A slice is sparse rows again, and costs no more than what is stored of them; rows that are
    asked for by number are an array.

    Attributes
    ----------
    given : float64 or float32 CSR matrix of shape (n_rows, n_columns)
        In the units of the caller, as :func:`engine.utilities.validation.validated` gives it.
    frame : Frame
    """

    given: Any
    frame: Frame

    ndim: ClassVar[int] = 2
    dtype: ClassVar[Any] = np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.given.shape[0]), int(self.given.shape[1])

    def __len__(self) -> int:
        """Give the number of rows."""
        return int(self.given.shape[0])

    def __getitem__(self, which: Any) -> Any:
        """Give a slice as sparse rows, others as a float32 array."""
        part = SparseRows(self.given[which], self.frame)
        return part if isinstance(which, slice) else part.toarray()

    def toarray(self) -> np.ndarray:
        """Give the rows inside the frame: float32 array of shape (n_rows, n_columns)."""
        return self.frame.inside(self.given.toarray())

    def csr(self) -> Any:
        """Give the rows inside the frame: float32 CSR, full in the columns that are moved."""
        from scipy.sparse import csr_array

        rows = less(csr_array(self.given), self.frame.shift)
        wide = rows.data.astype(np.float64) / self.frame.scale
        return csr_array((wide.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)

    def means(
        self, labels: np.ndarray, sizes: np.ndarray, weights: np.ndarray | None = None
    ) -> np.ndarray:
        """Mean of each segment's rows inside the frame, zero where it has none.

        Parameters
        ----------
        labels : int array of shape (n_rows,)
        sizes : float64 or int array of shape (k,)
            Of the segments: the sum of the weights.
        weights : float64 array of shape (n_rows,), optional

        Returns
        -------
        means : float64 array of shape (k, n_columns)
            Summed in float64 and in the order of the rows. O(stored values + k x n_columns).
        """
        from scipy.sparse import csr_array

        shape = (len(self), len(sizes))
        each = np.ones(len(self)) if weights is None else weights
        member = csr_array((each, labels, np.arange(len(self) + 1)), shape=shape)
        sums = (member.T.tocsr() @ self.csr().astype(np.float64)).toarray()
        return np.asarray(sums / np.where(sizes > 0, sizes, 1)[:, None])


def less(rows: Any, shift: np.ndarray) -> Any:
    """Take a shift off rows in float64: CSR stays so, and is full in the columns that are moved.

    Parameters
    ----------
    rows : float64 or float32 array or CSR matrix of shape (n_rows, n_columns)
    shift : float64 array of shape (n_columns,)

    Returns
    -------
    rows : array or CSR array of the same shape
        float64 where anything is moved.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> less(csr_array([[0, 1e9], [2.0, 1e9 + 2]]), np.array([0, 1e9])).toarray().tolist()
    [[0.0, 0.0], [2.0, 2.0]]
    """
    from scipy.sparse import csr_array, hstack

    if isinstance(rows, np.ndarray):
        return rows - shift
    moved = np.flatnonzero(shift)
    if not len(moved):
        return rows
    still = np.flatnonzero(shift == 0)
    full = rows[:, moved].toarray().astype(np.float64) - shift[moved]
    places = np.argsort(np.concatenate([still, moved]))
    found = hstack([rows[:, still], csr_array(full)], format="csr")[:, places]
    found.sort_indices()
    return found


def dense(rows: Any) -> Any:
    """Give rows as an array: sparse ones are made dense, others are what they are."""
    return rows.toarray() if isinstance(rows, SparseRows) else rows


def n_distinct_rows(x: Any) -> int:
    """Count the distinct rows of an array, or of a CSR matrix without making it dense.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> rows = np.array([[0, 1.0], [-0.0, 1], [1, 0], [1, 1]])
    >>> n_distinct_rows(rows), n_distinct_rows(csr_array(rows))
    (3, 3)
    """
    if isinstance(x, np.ndarray):
        return len(np.unique(x + x.dtype.type(0), axis=0))  # -0 becomes 0
    rows = x.copy()
    rows.eliminate_zeros()
    rows.sort_indices()
    ends = zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    return len({(rows.indices[a:b].tobytes(), rows.data[a:b].tobytes()) for a, b in ends})


def stay_sparse(rows: Any) -> bool:
    """Whether rows are sparse, and most columns have their zeros at zero in the frame, too."""
    if not isinstance(rows, SparseRows):
        return False
    return 2 * int(np.count_nonzero(rows.frame.shift)) <= rows.shape[1]


def product(rows: SparseRows, middle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Multiply rows less their middle by a matrix, each row by itself, in the order of columns.

    Parameters
    ----------
    rows : SparseRows of shape (n_rows, n_columns)
    middle : float64 array of shape (n_columns,)
    weights : float64 array of shape (n_columns, m)

    Returns
    -------
    products : float32 array of shape (n_rows, m)
        From float64. O(stored values x m).
    """
    sums = rows.csr().astype(np.float64) @ weights
    return np.asarray(sums - np.einsum("i,ij->j", middle, weights), np.float32)


def frame_of(x: Any) -> Frame:
    """Find where rows lie, dense or sparse.

    Parameters
    ----------
    x : float64 or float32 array, or CSR matrix, of shape (n_rows, n_columns)

    Returns
    -------
    frame : Frame
        Of sparse rows only columns of which more than half is stored are moved: the median of all
        others is zero. O(stored values), beside a copy of them.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> frame = frame_of(csr_array([[0, 1e9], [0, 1e9 + 1], [2.0, 1e9 + 2]]))
    >>> frame.shift.tolist(), frame.scale
    ([0.0, 1000000001.0], 1.0)
    """
    if isinstance(x, np.ndarray):
        return Frame.of(x)
    columns, n_rows = x.tocsc(), x.shape[0]
    stored = np.diff(columns.indptr)
    shift = np.zeros(x.shape[1])
    for j in np.flatnonzero(2 * stored > n_rows):
        values = columns.data[columns.indptr[j] : columns.indptr[j + 1]].astype(np.float64)
        shift[j] = np.median(np.concatenate([values, np.zeros(n_rows - len(values))]))
    of = np.repeat(np.arange(x.shape[1]), stored)
    away = np.abs(columns.data.astype(np.float64) - shift[of])
    missing = np.abs(shift) * (n_rows - stored)
    width = float(((np.bincount(of, away, x.shape[1]) + missing) / n_rows).max(initial=0))
    return Frame.around(shift, width, float(away.max(initial=0)))


def inside(frame: Frame, x: Any) -> Any:
    """Move rows into a frame: a float32 array, or :class:`SparseRows` of a CSR matrix."""
    return frame.inside(x) if isinstance(x, np.ndarray) else SparseRows(x, frame)


def too_dense(n_bytes: int) -> str | None:
    """Say that sparse rows would take too much memory where they are dense, or None.

    Examples
    --------
    >>> too_dense(1 << 20) is None, too_dense(48 << 30)
    (True, 'needs about 48.0 GiB of memory, more than 4 GiB')
    """
    if n_bytes <= MOST_DENSE:
        return None
    return f"needs about {n_bytes / 2**30:.1f} GiB of memory, more than {MOST_DENSE >> 30} GiB"
