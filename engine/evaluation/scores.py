"""Scores over all rows: inertia, Davies-Bouldin, Calinski-Harabasz, squared silhouette.

Two passes over the rows, both by :meth:`Runtime.reduce`. The first gives each segment's size, mean
and scatter; the second everything measured from the means. Rows are taken segment by segment, as
differences from their own segment's centre, so that neither a far-away origin nor a far-away
segment costs accuracy: see the notes of :func:`internal_scores`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cuda.scores import measured_by_segment
from engine.evaluation.moments import by_segment, centres_and_scatter, segment_sizes
from engine.native.moments import Means

if TYPE_CHECKING:
    from engine.places.runtime import Runtime


@dataclass(frozen=True, eq=False)
class InternalScores:
    """Scores of one labelling, over all rows.

    Attributes
    ----------
    k : int
        Number of segments, empty ones included.
    sizes : tuple of int
        Rows in each segment.
    centres : float64 array of shape (k, d)
        Mean of each segment, in the units of the matrix; NaN for an empty one.
    inertia : float
        Sum over rows of the squared distance to the mean of the row's segment.
    davies_bouldin : float
        Lower is better; NaN with fewer than two segments that hold rows.
    calinski_harabasz : float
        Higher is better; NaN with fewer than two segments that hold rows or no row to spare.
    silhouette_squared : float
        Mean silhouette over all rows with squared Euclidean distance, in [-1, 1].
    silhouette_squared_per_segment : tuple of float
        The same mean within each segment; NaN for an empty one.
    """

    k: int
    sizes: tuple[int, ...]
    centres: np.ndarray
    inertia: float
    davies_bouldin: float
    calinski_harabasz: float
    silhouette_squared: float
    silhouette_squared_per_segment: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``summary.json``: None where a score is undefined; without the centres."""
        return {
            "k": self.k,
            "sizes": list(self.sizes),
            "inertia": finite_or_none(self.inertia),
            "davies_bouldin": finite_or_none(self.davies_bouldin),
            "calinski_harabasz": finite_or_none(self.calinski_harabasz),
            "silhouette_squared": finite_or_none(self.silhouette_squared),
            "silhouette_squared_per_segment": [
                finite_or_none(value) for value in self.silhouette_squared_per_segment
            ],
        }


def internal_scores(
    X: Any, labels: Any, *, runtime: Runtime, k: int | None = None
) -> InternalScores:
    """Score a labelling over all rows.

    Parameters
    ----------
    X : float32 array of shape (n, d)
        Array of the runtime's place or ``numpy.memmap``; read twice, in chunks.
    labels : int32 array of shape (n,)
        Segment of each row, from 0 to k - 1; a number may be missing (an empty segment).
    runtime : Runtime
        Where and with how many threads.
    k : int, optional
        Number of segments; the largest label + 1 by default.

    Returns
    -------
    scores : InternalScores

    Raises
    ------
    ValueError
        If there are no rows, the lengths differ or a label is outside 0 to k - 1.

    Notes
    -----
    O(n k d) operations and O(threads) temporaries of a chunk of rows. The result is the same bits
    at any number of threads.

    The squared-Euclidean silhouette needs no pairs of rows: the mean squared distance of x to the
    rows of a segment C is ``|x - m_C|^2 + S_C / n_C``, with m_C the mean and S_C the scatter of C;
    within its own segment x is left out, which gives ``(n_C |x - m_C|^2 + S_C) / (n_C - 1)``.

    Error bound. Kernels take every distance from differences in float64. Without them, with
    y = x - m_own, the distance to another mean is ``|y|^2 + 2 y.D + |D|^2``,
    D = m_own - m_other, with rounding of at most
    ``c u (|y| + |D|)^2``, u = 2^-53 and c about d + 4. Where ``|D| > 2 |y|`` the distance is at
    least ``|D|^2 / 4``; elsewhere the silhouette is divided by at least ``|y|^2``; either way a
    row's silhouette is off by at most 9 c u, about 1e-14 at d = 10. S_C is
    ``sum |x - p|^2 - n_C |m_C - p|^2`` with p a row of C: relative error at most about n_C u
    (1e-9 at 10 million rows), and that only where p holds nearly all of the scatter. Inertia and
    Davies-Bouldin come from the differences y alone. The means themselves are rounded to
    u |m|, which is 2^-29 of the resolution of the float32 rows.

    Definitions and conventions are scikit-learn's: a lone row scores 0; coincident centres are
    left out of Davies-Bouldin; Calinski-Harabasz is 1 without any scatter. [1]_ [2]_ [3]_

    References
    ----------
    .. [1] Davies and Bouldin (1979), IEEE TPAMI 1(2), doi:10.1109/TPAMI.1979.4766909.
    .. [2] Calinski and Harabasz (1974), Communications in Statistics 3(1),
       doi:10.1080/03610927408827101.
    .. [3] Rousseeuw (1987), J. Comput. Appl. Math. 20, doi:10.1016/0377-0427(87)90125-7.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.places.runtime import Runtime
    >>> X = np.array([[0], [2], [10], [12]], dtype=np.float32)
    >>> scores = internal_scores(X, np.array([0, 0, 1, 1]), runtime=Runtime())
    >>> scores.inertia, scores.davies_bouldin, scores.calinski_harabasz
    (4.0, 0.2, 50.0)
    """
    sizes = segment_sizes(labels, len(X), k, runtime)
    centres, scatter = centres_and_scatter(X, labels, sizes, runtime)
    sums = runtime.reduce(_measure(sizes, centres, scatter, runtime), X, labels)
    squares, distance, silhouette = (runtime.get(part) for part in sums)
    held = sizes > 0
    n_rows, n_held = int(sizes.sum()), int(held.sum())
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: the mean over an empty segment
        per_segment = silhouette / sizes if n_held > 1 else np.full(len(sizes), np.nan)
    return InternalScores(
        k=len(sizes),
        sizes=tuple(int(size) for size in sizes),
        centres=np.where(held[:, None], centres, np.nan),
        inertia=float(squares.sum()),
        davies_bouldin=_davies_bouldin(centres[held], distance[held] / sizes[held]),
        calinski_harabasz=_calinski_harabasz(centres[held], sizes[held], float(squares.sum())),
        silhouette_squared=float(silhouette.sum()) / n_rows if n_held > 1 else math.nan,
        silhouette_squared_per_segment=tuple(float(value) for value in per_segment),
    )


def inertia(X: Any, centres: Any, labels: Any, *, runtime: Runtime) -> float:
    """Sum over rows of the squared distance to the centre of the row's label.

    Parameters
    ----------
    X : float32 or float64 array of shape (n, d)
        Array of the runtime's place or ``numpy.memmap``; read once, in chunks.
    centres : array of shape (k, d)
        Any centres, not only the means.
    labels : integer array of shape (n,)
        Row of ``centres`` for each row, from 0 to k - 1.
    runtime : Runtime
        Where and with how many threads.

    Returns
    -------
    inertia : float
        From float64 differences: no cancellation wherever the data lies. O(n d) operations.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.places.runtime import Runtime
    >>> X = np.array([[0], [2], [10]], dtype=np.float32)
    >>> inertia(X, np.array([[1], [10]]), np.array([0, 0, 1]), runtime=Runtime())
    2.0
    """
    xp = runtime.xp
    centre = runtime.put(centres).astype(xp.float64)

    def squares(x: Any, part: Any) -> Any:
        apart = centre.take(part, axis=0)
        apart -= x
        return xp.einsum("ij,ij->", apart, apart)

    return float(runtime.reduce(squares, X, labels) or 0.0)


def finite_or_none(value: float) -> float | None:
    """Give a number for JSON, which has no NaN: None in its place.

    Examples
    --------
    >>> finite_or_none(0.5), finite_or_none(float("nan"))
    (0.5, None)
    """
    return float(value) if math.isfinite(value) else None


def _measure(sizes: np.ndarray, centres: np.ndarray, scatter: np.ndarray, runtime: Runtime) -> Any:
    """Make the second pass: inertia, distance to the centre and silhouette, summed per segment."""
    xp, k, centre = runtime.xp, len(sizes), runtime.put(centres)
    # Mean squared distance to a segment, beyond that to its mean; an empty one is never nearest.
    means = Means.of(centres, sizes, scatter)
    spread, facts = runtime.put(means.spread), runtime.put(means.facts)

    def measure(x: Any, part: Any) -> tuple[Any, Any, Any]:
        if found := means.measure(x, part):
            return found
        if on_device := measured_by_segment(x, part, centre, facts, xp):
            return on_device
        squares, distance, silhouette = xp.zeros(k), xp.zeros(k), xp.zeros(k)
        for segment, rows in by_segment(xp, x, part, k):
            rows -= centre[segment]
            own = xp.einsum("ij,ij->i", rows, rows)
            squares[segment] += own.sum()
            distance[segment] += xp.sqrt(own).sum()
            if sizes[segment] > 1 and means.several:  # a lone row scores 0
                other = _nearest_other(xp, rows, own, centre, spread, segment)
                within = (sizes[segment] * own + scatter[segment]) / (sizes[segment] - 1)
                silhouette[segment] += silhouettes(xp, within, other).sum()
        return squares, distance, silhouette

    return measure


def _nearest_other(xp: Any, rows: Any, own: Any, centre: Any, spread: Any, segment: int) -> Any:
    """Smallest mean squared distance of each row to another segment: shape (m,).

    ``rows`` are differences from their own segment's mean and ``own`` their squared lengths.
    """
    apart = centre[segment] - centre
    offset = xp.einsum("ij,ij->i", apart, apart) + spread
    offset[segment] = xp.inf
    # One row a segment: the minimum runs along contiguous rows, five times as fast.
    nearest = ((2.0 * apart) @ rows.T + offset[:, None]).min(axis=0) + own
    return xp.maximum(nearest, 0.0)  # rounding may leave a distance of zero just below it


def silhouettes(xp: Any, within: Any, other: Any) -> Any:
    """(b - a) / max(a, b) of each row, 0 where both are 0, with a ``within`` and b ``other``."""
    largest = xp.maximum(within, other)
    return (other - within) / xp.where(largest > 0.0, largest, 1.0)


def _davies_bouldin(centres: np.ndarray, distance: np.ndarray) -> float:
    """Mean over segments of the worst (s_i + s_j) / |m_i - m_j|."""
    if len(centres) < 2:
        return math.nan
    worst = np.zeros(len(centres))
    for segment, centre in enumerate(centres):  # a row at a time: k may be thousands
        apart = np.sqrt(((centres - centre) ** 2).sum(axis=1))
        apart[apart == 0.0] = np.inf  # itself, and centres that coincide
        worst[segment] = ((distance + distance[segment]) / apart).max()
    return float(worst.mean())


def _calinski_harabasz(centres: np.ndarray, sizes: np.ndarray, within: float) -> float:
    """(between / (k - 1)) / (within / (n - k))."""
    k, n_rows = len(sizes), int(sizes.sum())
    if k < 2 or n_rows <= k:
        return math.nan
    if within == 0.0:
        return 1.0
    apart = centres - centres[0]  # from differences: the origin may be far away
    apart -= (sizes[:, None] * apart).sum(axis=0) / n_rows
    between = float((sizes * (apart**2).sum(axis=1)).sum())
    return between * (n_rows - k) / (within * (k - 1))
