"""How many components stand out from chance: parallel analysis (Horn, 1965).

The variances of the components are held against those of rows in which the same columns have
nothing to do with each other, because each was permuted by itself (Buja and Eyuboglu, 1992).
Columns that are components already have nothing to do with each other, so that none stands out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.places.runtime import one_blas_thread


@dataclass(frozen=True)
class ParallelAnalysis:
    """What the components' variances are, and what chance gives.

    Attributes
    ----------
    variances : float64 array of shape (n_columns,)
        Of the components of the rows, most first.
    bounds : float64 array of shape (n_columns,)
        What the first, second, ... component of permuted columns stays below.
    """

    variances: np.ndarray
    bounds: np.ndarray

    @property
    def n_components(self) -> int:
        """Leading components that stand out, up to the first that does not; 0 if none does."""
        below = np.flatnonzero(~(self.variances > self.bounds))
        return int(below[0]) if len(below) else len(self.variances)


def parallel_analysis(
    x: np.ndarray, *, runs: int = 20, quantile: float = 0.95, seed: int = 0
) -> ParallelAnalysis:
    """Compare the components of rows with those of the same columns, permuted.

    Parameters
    ----------
    x : float array of shape (n_rows, n_columns)
        In host memory; a sample where there are many rows.
    runs : int
        Times that the columns are permuted.
    quantile : float
        Which quantile of those a component must exceed.
    seed : int

    Returns
    -------
    found : ParallelAnalysis

    Notes
    -----
    O(runs x n_rows x n_columns x min(n_rows, n_columns)) time, beside eigenvalues in the cube of
    the smaller; four float64 copies of the rows. The same bits at any
    number of threads. A component of less variance than an average column does not stand out, even
    where a few that hold nearly all leave it far above the rest.

    References
    ----------
    Horn (1965), Psychometrika 30(2), doi:10.1007/BF02289447. Buja and Eyuboglu (1992),
    Multivariate Behavioral Research 27(4), doi:10.1207/s15327906mbr2704_2.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> spend = rng.normal(size=(500, 1))
    >>> columns = np.hstack([spend + rng.normal(size=(500, 3)), rng.normal(size=(500, 2))])
    >>> parallel_analysis(columns).n_components
    1
    """
    rng = np.random.default_rng(seed)
    columns = np.ascontiguousarray(x.T, dtype=np.float64)
    columns -= columns.mean(axis=1, keepdims=True)
    with one_blas_thread():
        drawn = np.stack([_variances(rng.permuted(columns, axis=1)) for _ in range(runs)])
        return ParallelAnalysis(_variances(columns), np.quantile(drawn, quantile, axis=0))


def _variances(columns: np.ndarray) -> np.ndarray:
    """Variances of the components of centred columns, most first.

    Where rows are fewer than columns their inner products have the same variances, and the rest
    are 0: rows are fewer than components then.
    """
    n_columns, n_rows = columns.shape
    few = n_rows < n_columns
    products = (columns.T @ columns if few else columns @ columns.T) / n_rows
    found = np.linalg.eigvalsh(products)[::-1]
    return np.pad(found, (0, n_columns - len(found)))
