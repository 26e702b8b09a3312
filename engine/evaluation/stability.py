"""How far segments come back when other customers had been drawn: agreement over resamples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.places.side_by_side import side_by_side

RETURNS, CHANGES = 0.9, 0.5
"""Mean agreement from which segments come back, and below which they are not to be built on."""


@dataclass(frozen=True)
class Stability:
    """Agreement of the segments with those of resampled customers.

    Attributes
    ----------
    mean, spread, low : float
        Mean, standard deviation and least of the adjusted Rand indices.
    values : tuple of float
        One a resample.
    rows : int
        Customers in each resample.
    """

    mean: float
    spread: float
    low: float
    values: tuple[float, ...]
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        return {
            "mean": self.mean,
            "spread": self.spread,
            "low": self.low,
            "resamples": len(self.values),
            "rows": self.rows,
        }


def stability(
    n: int,
    labels: np.ndarray,
    fit: Callable[[np.ndarray, int], np.ndarray],
    *,
    resamples: int,
    seed: int,
    least: float = -1.0,
    runtime: Runtime | None = None,
) -> Stability | None:
    """Fit on resampled customers and compare the segments that all of them then get.

    Parameters
    ----------
    n : int
        Customers of the sample.
    labels : int array of shape (n,)
        Their segments.
    fit : callable
        ``fit(rows, seed)`` clusters the sample's rows at these positions, drawn with replacement,
        and gives segments of all n.
    resamples, seed : int
    least : float
        A mean that is asked for: resampling ends where it can no longer be reached.
    runtime : Runtime, optional
        Where fits run side by side; one after another without it.

    Returns
    -------
    stability : Stability or None
        None without resamples.

    Notes
    -----
    Bootstrap of a clustering: Hennig (2007), Computational Statistics and Data Analysis 52,
    doi:10.1016/j.csda.2006.11.025. Resamples are drawn from the sample, so that its own size
    counts too: among all customers segments are no less stable.
    """

    def again(number: int) -> float | DataError:
        rng = np.random.default_rng([seed, number])
        rows = np.sort(rng.integers(0, n, n))
        try:
            return agreement(labels, fit(rows, number))
        except DataError as error:
            return error

    values = _values(again, resamples, least, runtime or Runtime())
    if not values:
        return None
    return Stability(float(np.mean(values)), float(np.std(values)), min(values), tuple(values), n)


def _values(
    again: Callable[[int], float | DataError], resamples: int, least: float, runtime: Runtime
) -> list[float]:
    """Give agreements one by one, as many at a time as there are threads, until one is too low."""
    values: list[float] = []
    step = max(1, resamples if least <= -1.0 else runtime.threads)
    for start in range(0, resamples, step):
        numbers = range(start, min(start + step, resamples))
        for found in side_by_side(again, numbers, runtime):
            if isinstance(found, DataError):
                raise found
            values.append(found)
            if sum(values) + resamples - len(values) < least * resamples:
                return values
    return values


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Measure how far two labellings of the same customers agree: the adjusted Rand index.

    Parameters
    ----------
    first, second : int array of shape (n,)
        Segments from 0.

    Returns
    -------
    index : float
        1 for the same segments, about 0 for chance. O(n + k^2), exact for any n.

    Notes
    -----
    Hubert and Arabie (1985), Journal of Classification 2, doi:10.1007/BF01908075.

    Examples
    --------
    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    k = int(second.max()) + 1
    table = np.bincount(first.astype(np.int64) * k + second, minlength=(int(first.max()) + 1) * k)
    return agreement_of(table.reshape(-1, k))


def agreement_of(table: np.ndarray) -> float:
    """Give the adjusted Rand index of a table of counts, first by second labelling."""
    exact = table.astype(object)  # pairs of 10^9 customers, multiplied, exceed 64 bits
    both = _pairs(exact).sum()
    rows, columns = _pairs(exact.sum(axis=1)).sum(), _pairs(exact.sum(axis=0)).sum()
    if rows == columns == both:
        return 1.0
    expected = rows * columns / _pairs(exact.sum())
    return float((both - expected) / ((rows + columns) / 2 - expected))


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) // 2
