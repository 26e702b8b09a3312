"""How many components stand out from chance: parallel analysis (Horn, 1965).

The variances of the components are held against those of rows in which the same columns have
nothing to do with each other, because each was permuted by itself (Buja and Eyuboglu, 1992). Where
the columns are components already, permuting changes nothing; then they are held against
independent normal numbers that share the rows' total variance equally.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.runtime import one_blas_thread

_SLACK = 0.1
"""Correlation of two columns, or relative rise of their variances, that components may show in a
sample: permuting would not break anything worth the name."""

_CHANCE = 4.0
"""Standard errors of a correlation that chance reaches among many pairs, when rows are few."""


@dataclass(frozen=True)
class ParallelAnalysis:
    """What the components' variances are, and what chance gives.

    Attributes
    ----------
    variances : float64 array of shape (n_columns,)
        Of the components of the rows, most first.
    bounds : float64 array of shape (n_columns,)
        What the first, second, ... component of rows without structure stays below.
    permuted : bool
        Whether those rows were permuted columns, or else normal numbers.
    """

    variances: np.ndarray
    bounds: np.ndarray
    permuted: bool

    @property
    def n_components(self) -> int:
        """Leading components that stand out, up to the first that does not; 0 if none does."""
        below = np.flatnonzero(~(self.variances > self.bounds))
        return int(below[0]) if len(below) else len(self.variances)


def parallel_analysis(
    x: np.ndarray, *, runs: int = 20, quantile: float = 0.95, seed: int = 0
) -> ParallelAnalysis:
    """Compare the components of rows with those of rows without structure.

    Parameters
    ----------
    x : float array of shape (n_rows, n_columns)
        In host memory; a sample where there are many rows.
    runs : int
        Times that rows without structure are drawn.
    quantile : float
        Which quantile of those a component must exceed.
    seed : int

    Returns
    -------
    found : ParallelAnalysis

    Notes
    -----
    O(runs x n_rows x n_columns^2) time; four float64 copies of the rows. The same bits at any
    number of threads. The second comparison is the same in any rotation of the columns. A component
    of less variance than an average column does not stand out, even where a few that hold nearly
    all leave it far above the rest.

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
        covariance = columns @ columns.T / columns.shape[1]
        permuted = not _are_components(covariance, columns.shape[1])
        chance = _permutation(columns, rng) if permuted else _normals(columns, covariance, rng)
        drawn = np.stack([_variances(chance()) for _ in range(runs)])
        bounds = np.quantile(drawn, quantile, axis=0)
        return ParallelAnalysis(_variances(columns), bounds, permuted)


def _are_components(covariance: np.ndarray, n_rows: int) -> bool:
    """Whether columns are uncorrelated and in the order of their variances, as components are."""
    chance = min(_CHANCE / np.sqrt(n_rows), 1)
    variances = np.diag(covariance)
    scale = np.sqrt(np.where(variances > 0, variances, 1))
    correlation = np.abs(covariance / np.outer(scale, scale))
    np.fill_diagonal(correlation, 0)
    # The ratio of two variances has twice the standard error of a correlation.
    falls = variances[1:] <= variances[:-1] * (1 + max(_SLACK, 2 * chance))
    return bool(correlation.max() <= max(_SLACK, chance) and falls.all())


def _permutation(columns: np.ndarray, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    return lambda: np.asarray(rng.permuted(columns, axis=1))


def _normals(
    columns: np.ndarray, covariance: np.ndarray, rng: np.random.Generator
) -> Callable[[], np.ndarray]:
    scale = np.sqrt(np.diag(covariance).mean())

    def drawn() -> np.ndarray:
        normal: np.ndarray = scale * rng.standard_normal(columns.shape)
        normal -= normal.mean(axis=1, keepdims=True)
        return normal

    return drawn


def _variances(columns: np.ndarray) -> np.ndarray:
    """Variances of the components of centred columns, most first."""
    covariance = columns @ columns.T / columns.shape[1]
    return np.asarray(np.linalg.eigvalsh(covariance)[::-1])
