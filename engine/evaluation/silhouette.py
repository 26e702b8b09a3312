"""The Euclidean silhouette of a large labelled matrix, from a stratified sample, with its interval.

The number estimated is the mean over all rows of the silhouette against all rows, what
``sklearn.metrics.silhouette_score`` gives in O(n^2). A few thousand rows of every segment, the
anchors, are measured against all rows, or against a much larger reference sample. Scoring a sample
against itself is not offered: it is biased, and its interval misses the truth half of the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.distances import mean_distances
from engine.evaluation.interval import CONFIDENCE, half_width, standard_error
from engine.evaluation.scores import finite_or_none, silhouettes
from engine.evaluation.strata import Sample, Strata, stratified

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

GROUPS = 20
"""Groups of reference rows, left out one at a time to measure the reference's own error."""

ANCHOR_FLOOR = 50
"""Anchors that every segment gets, or all of its rows where it has fewer."""

REFERENCE_FLOOR = 1_000
"""Reference rows that every segment gets, or all of its rows where it has fewer."""

_REFERENCE_SALT = 0x5EF  # any other hash than the one that draws the anchors


@dataclass(frozen=True, eq=False)
class Silhouette:
    """An estimated mean silhouette and how far it may be off.

    Attributes
    ----------
    value : float
        Mean over all rows, in [-1, 1]; NaN where it is undefined, with the ``reason``.
    low, high : float
        Confidence interval of ``value``; equal to it when ``exact``.
    anchors, reference : int
        Rows measured, and rows that they were measured against.
    confidence : float
        Of the interval, such as 0.95.
    exact : bool
        True when both are all rows, so nothing is estimated.
    per_segment : tuple of float
        Mean within each segment; NaN for an empty one.
    anchor_rows : int64 array of shape (anchors,)
        Row numbers, segment by segment, smallest priority first.
    anchor_labels : int32 array of shape (anchors,)
        Their segments.
    anchor_values : float64 array of shape (anchors,)
        Their silhouettes, for the knife plot.
    reason : str
        Why there is no value; empty when there is one.
    """

    value: float
    low: float
    high: float
    anchors: int
    reference: int
    confidence: float
    exact: bool
    per_segment: tuple[float, ...]
    anchor_rows: np.ndarray = field(repr=False)
    anchor_labels: np.ndarray = field(repr=False)
    anchor_values: np.ndarray = field(repr=False)
    reason: str = ""

    @property
    def standard_error(self) -> float:
        """Standard error of ``value``, from its interval; 0 where it is exact or undefined."""
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            return 0.0
        return standard_error(self.low, self.high, self.confidence)

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``summary.json``: None where undefined; no rows."""
        return {
            "value": finite_or_none(self.value),
            "low": finite_or_none(self.low),
            "high": finite_or_none(self.high),
            "anchors": self.anchors,
            "reference": self.reference,
            "confidence": self.confidence,
            "exact": self.exact,
            "per_segment": [finite_or_none(value) for value in self.per_segment],
            "reason": self.reason,
        }


def silhouette(
    X: Any,
    labels: Any,
    *,
    priority: np.ndarray,
    runtime: Runtime,
    anchors: int = 2000,
    reference: int = 100_000,
    confidence: float = CONFIDENCE,
) -> Silhouette:
    """Estimate the mean Euclidean silhouette of all rows against all rows.

    Parameters
    ----------
    X : float32 array of shape (n, d)
        Array of the runtime's place or ``numpy.memmap``; only the drawn rows are read.
    labels : int32 array of shape (n,)
        Segment of each row, from 0 to k - 1.
    priority : uint64 array of shape (n,)
        Hash of each row (:mod:`engine.utilities.sampling`); the smallest are drawn.
    runtime : Runtime
        Where and with how many threads.
    anchors : int
        Rows to measure: proportional to the segments, with a floor for small ones, so the number
        used may be somewhat larger; all rows when there are no more than this.
    reference : int
        Rows to measure against, drawn in the same way by an independent hash; all rows when there
        are no more than this.
    confidence : float
        Of the interval.

    Returns
    -------
    found : Silhouette
        The same bits at any number of threads, and in any order of the rows as long as each keeps
        its priority.

    Raises
    ------
    ValueError
        If there are no rows or the lengths differ.

    Notes
    -----
    Each segment gives ``min(size, 50)`` anchors and ``min(size, 1000)`` reference rows at least
    (less where there are so many segments that these floors alone would exceed what was asked
    for); means are weighted back to the sizes of the segments [1]_. A row is left out of its own
    mean; a lone row scores 0, as in scikit-learn.

    The variance is the stratified one of the anchors, with the correction for finite segments,
    plus that of the reference by a delete-a-group jackknife [2]_ over 20 groups balanced within
    segments, its deviations scaled by sqrt(1 - drawn / size), so that a segment measured against
    all of its rows adds nothing.

    O(anchors x reference x d) operations and about 16 MiB of temporaries for each thread. For the
    rounding of distances see :func:`engine.evaluation.distances.mean_distances`.

    References
    ----------
    .. [1] Cochran (1977), Sampling Techniques, 3rd ed., chapter 5.
    .. [2] Kott (2001), The delete-a-group jackknife, J. Official Statistics 17(4).

    Examples
    --------
    >>> import numpy as np
    >>> from engine.places.runtime import Runtime
    >>> from engine.utilities.sampling import row_priority
    >>> X = np.array([[0], [1], [4], [5]], dtype=np.float32)
    >>> found = silhouette(
    ...     X, np.array([0, 0, 1, 1]), priority=row_priority(4, seed=0), runtime=Runtime()
    ... )
    >>> round(found.value, 6), found.exact  # (1 - 1/4.5 + 1 - 1/3.5) / 2
    (0.746032, True)
    """
    _check(len(X), len(labels), len(priority))
    strata = Strata(runtime.get(labels))
    sizes = strata.sizes
    chosen = stratified(strata, priority, anchors, ANCHOR_FLOOR, least=2)
    others = stratified(
        strata, priority, reference, REFERENCE_FLOOR, least=GROUPS, salt=_REFERENCE_SALT
    )
    if int((sizes > 0).sum()) < 2:
        return _undefined(chosen, others, len(sizes), confidence)
    values, without = _anchor_values(X, sizes, chosen, others, runtime)
    weights = (sizes / np.maximum(chosen.drew, 1) / sizes.sum())[chosen.segments]
    per_segment = _segment_means(values, chosen)
    value = float((weights * values).sum())
    variance = _anchor_variance(values, per_segment, chosen, sizes)
    error = math.sqrt(variance + _jackknife((weights * without).sum(axis=1)))
    half = half_width(error, confidence)
    return Silhouette(
        value=value,
        low=max(value - half, -1.0),
        high=min(value + half, 1.0),
        anchors=len(chosen.rows),
        reference=len(others.rows),
        confidence=confidence,
        exact=bool((chosen.drew == sizes).all() and (others.drew == sizes).all()),
        per_segment=tuple(float(mean) for mean in per_segment),
        anchor_rows=chosen.rows,
        anchor_labels=chosen.segments,
        anchor_values=values,
    )


def _undefined(chosen: Sample, others: Sample, k: int, confidence: float) -> Silhouette:
    nan = math.nan
    return Silhouette(
        value=nan,
        low=nan,
        high=nan,
        anchors=len(chosen.rows),
        reference=len(others.rows),
        confidence=confidence,
        exact=False,
        per_segment=(nan,) * k,
        anchor_rows=chosen.rows,
        anchor_labels=chosen.segments,
        anchor_values=np.full(len(chosen.rows), nan),
        reason="a silhouette compares segments, and only one segment holds customers",
    )


def _check(n_rows: int, n_labels: int, n_priorities: int) -> None:
    if n_rows == 0 or not n_rows == n_labels == n_priorities:
        message = (
            "labels and priority must be one for each row; "
            f"got {n_labels} and {n_priorities} for {n_rows} rows."
        )
        raise ValueError(message)


def _anchor_values(
    X: Any, sizes: np.ndarray, chosen: Sample, others: Sample, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Silhouette of each anchor, (m,), and the same without each group of the reference, (G, m).

    G is 0 where the reference is all rows, which has no error.
    """
    blocks = mean_distances(X, sizes, chosen, others, groups=GROUPS, runtime=runtime)
    values = np.concatenate(
        [
            np.stack([_coefficients(mean, chosen.segments[block]) for mean in means])
            for block, means in blocks
        ],
        axis=1,
    )
    return values[0], values[1:]


def _coefficients(means: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Silhouette of each anchor from its mean distances (m, k); a lone row's own is infinite."""
    at = np.arange(len(means))
    within = means[at, segments]
    others = means.copy()
    others[at, segments] = np.inf
    lone = np.isinf(within)
    within[lone] = 0.0
    values: np.ndarray = silhouettes(np, within, others.min(axis=1))
    values[lone] = 0.0
    return values


def _segment_means(values: np.ndarray, chosen: Sample) -> np.ndarray:
    """Mean of the anchors of each segment; NaN for an empty one."""
    sums = np.bincount(chosen.segments, weights=values, minlength=len(chosen.drew))
    return np.where(chosen.drew > 0, sums / np.maximum(chosen.drew, 1), np.nan)


def _anchor_variance(
    values: np.ndarray, means: np.ndarray, chosen: Sample, sizes: np.ndarray
) -> float:
    """Variance of the stratified mean (Cochran 1977, equation 5.7); 0 when all rows are anchors."""
    k, drew = len(sizes), chosen.drew
    squares = (values - means[chosen.segments]) ** 2
    spread = np.bincount(chosen.segments, weights=squares, minlength=k) / np.maximum(drew - 1, 1)
    share = sizes / sizes.sum()
    left_out = 1.0 - drew / np.maximum(sizes, 1)
    return float((share**2 * left_out * spread / np.maximum(drew, 1)).sum())


def _jackknife(replicates: np.ndarray) -> float:
    """Variance from the estimates without each group; 0 when there are none."""
    groups = len(replicates)
    if groups == 0:
        return 0.0
    return float((groups - 1) * replicates.var())
