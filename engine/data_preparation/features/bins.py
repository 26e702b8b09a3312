"""How the values of a column of numbers lie: edges of bins, and counts that add up by blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.native.tally import Lie, lie_of

BINS = 20
"""Bins of as many customers each, between the bounds."""

TAIL = 0.001
"""Share of customers below the first edge, and beyond the last."""

DIGITS = 12
"""Digits that are kept of sums, which depend on how rows came in blocks beyond them."""

_AT_ONCE = 1 << 15
"""Values of a block that NumPy sorts together: as many as a cache holds."""


def edges_of(values: np.ndarray, least: int = 1) -> tuple[float, ...]:
    """Give edges between which there are as many values each, and bounds of nearly all of them.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Finite; of a sample.
    least : int
        Values that a bin is made of at least.

    Returns
    -------
    edges : tuple of float
        Ascending, each once; a value v lies in the bin of the first edge that is not below it.
        An edge that fewer than ``least`` values are equal to is rounded, so that it tells of none.

    Examples
    --------
    >>> edges_of(np.array([0.0] * 60 + [1.0] * 40))
    (0.0, 1.0)
    >>> edges_of(np.arange(10_000) + 0.123, 5)[:3]
    (10.0, 500.0, 1000.0)
    """
    n = len(values)
    if not n:
        return ()
    ordered = np.sort(np.asarray(values, np.float64))
    tail = min(max(TAIL, least / n), 0.5)
    bins = max(1, min(BINS, n // (2 * least)))
    levels = np.clip(np.arange(bins + 1) / bins, tail, 1 - tail)
    drawn = np.unique(ordered[np.clip(np.ceil(levels * n).astype(int) - 1, 0, n - 1)])
    equal = np.searchsorted(ordered, drawn, "right") - np.searchsorted(ordered, drawn, "left")
    return tuple(np.unique(np.where(equal >= least, drawn, _blunt(drawn))).tolist())


def _blunt(edges: np.ndarray) -> np.ndarray:
    """Round each edge to a tenth of the way to the nearer one beside it."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        gaps = np.diff(edges)
        near = np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf))
        alone = np.where(np.isfinite(near), near, np.abs(edges) / 10)
        step = 10.0 ** np.floor(np.log10(alone / 10))
        rounded = np.round(edges / step) * step
    found = np.where(np.isfinite(rounded), rounded, edges)
    return np.array([float(f"{v:.{DIGITS}g}") for v in found])


@dataclass
class Tally:
    """Counts and sums of a column; those of blocks add up.

    Attributes
    ----------
    edges : tuple of float
    rows, known : int
        Known are finite numbers.
    counts : int array of shape (n_edges + 1,)
        Of the bins.
    below, beyond : int
        Values below the bounds, and above them.
    total : float
        Of the known values.
    moment, square : float
        Of the known values moved into the bounds, less the lower one, and of their squares.
    bounds : (float, float) or None
        The first and the last edge, if not given.
    """

    edges: tuple[float, ...]
    rows: int = 0
    known: int = 0
    counts: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))
    below: int = 0
    beyond: int = 0
    total: float = 0.0
    moment: float = 0.0
    square: float = 0.0
    bounds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Make room for the counts."""
        if len(self.counts) != len(self.edges) + 1:
            self.counts = np.zeros(len(self.edges) + 1, np.int64)
        if self.bounds is None and self.edges:
            self.bounds = self.edges[0], self.edges[-1]

    def add(self, values: Any, xp: Any = np) -> None:
        """Take in the values of a block; those that are missing are NaN."""
        self.rows += len(values)
        lie = lie_of(values, self.edges, self.bounds) if xp is np and self.bounds else None
        if lie:
            self._take(lie)
            return
        step = _AT_ONCE if xp is np else max(len(values), 1)
        for start in range(0, len(values), step):
            self._take(_sorted_lie(values[start : start + step], self.edges, self.bounds, xp))

    def _take(self, lie: Lie) -> None:
        if not lie.known:
            return
        self.known += lie.known
        self.counts[: len(lie.upto) + 1] += np.diff([0, *lie.upto, lie.known])
        self.below, self.beyond = self.below + lie.below, self.beyond + lie.beyond
        low, high = self.bounds or (0.0, 0.0)
        wide = high - low
        self.total += lie.total
        self.moment += lie.moment + lie.beyond * wide
        self.square += lie.square + lie.beyond * wide * wide

    def merge(self, after: Tally) -> None:
        """Take in what another one has counted."""
        self.rows, self.known = self.rows + after.rows, self.known + after.known
        self.counts = self.counts + after.counts
        self.below, self.beyond = self.below + after.below, self.beyond + after.beyond
        self.total += after.total
        self.moment, self.square = self.moment + after.moment, self.square + after.square

    @property
    def missing(self) -> int:
        """Rows without a finite number."""
        return self.rows - self.known

    @property
    def mean(self) -> float | None:
        """Of the known values."""
        return _short(self.total / self.known) if self.known else None

    def outside(self, least: int) -> int | None:
        """Values outside of the bounds; None where those of a side, or at its end, are few."""
        parts = self.below, self.beyond, int(self.counts[0]) - self.below
        return None if any(0 < n < least for n in parts) else self.below + self.beyond

    def mean_told(self, least: int) -> float | None:
        """Mean of the known values; moved into the bounds where few lie outside, whom it tells."""
        if self.known < least:
            return None
        few = 0 < self.below + self.beyond < least
        return self.inner[0] if few and self.inner else None if few else self.mean

    @property
    def inner(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the known values, moved into the bounds."""
        if not self.known or self.bounds is None:
            return None
        mean = self.moment / self.known
        spread = math.sqrt(max(self.square / self.known - mean * mean, 0.0))
        found = _short(self.bounds[0] + mean), _short(spread)
        return None if None in found else (found[0] or 0.0, found[1] or 0.0)


def _sorted_lie(
    values: Any, edges: Sequence[float], bounds: tuple[float, float] | None, xp: Any
) -> Lie:
    """Count and add up the values of a block as the kernel does, by sorting them."""
    ordered = xp.sort(values).astype(np.float64, copy=False)
    start, stop = (int(xp.searchsorted(ordered, xp.asarray([v]), side)[0])
                   for v, side in ((-np.inf, "right"), (np.inf, "left")))  # fmt: skip
    known = ordered[start:stop]
    if not len(known) or bounds is None:
        return Lie([], len(known), 0, 0, 0.0, 0.0, 0.0)
    upto = xp.searchsorted(known, xp.asarray(np.asarray(edges, np.float64)), "right")
    below = int(xp.searchsorted(known, xp.asarray([bounds[0]]), "left")[0])
    within = int(xp.searchsorted(known, xp.asarray([bounds[1]]), "right")[0])
    # Values near the largest double have sums beyond it, which are then not known.
    with np.errstate(over="ignore", invalid="ignore"):
        moved = known[below:within] - bounds[0]
        sums = float(known.sum()), float(moved.sum()), float((moved * moved).sum())
    return Lie(upto.tolist(), len(known), below, len(known) - within, *sums)


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else None


@dataclass
class Tallies:
    """Those of several columns, in their order."""

    columns: list[Tally]

    @classmethod
    def of(cls, samples: Iterable[np.ndarray], least: int) -> Tallies:
        """Begin with the edges that samples of the columns give."""
        return cls([Tally(edges_of(values, least)) for values in samples])

    def add(self, columns: Sequence[Any], xp: Any = np) -> None:
        """Take in a block: of each column its values; more columns than there are tallies pass."""
        for tally, values in zip(self.columns, columns, strict=False):
            tally.add(values, xp=xp)

    def merge(self, after: Tallies) -> None:
        """Take in what others have counted."""
        for own, other in zip(self.columns, after.columns, strict=True):
            own.merge(other)


def pooled(
    edges: Sequence[float], counts: Sequence[int], least: int
) -> tuple[list[float], list[int]]:
    """Join bins of fewer customers than ``least`` with those beside them; empty ones may stay.

    Examples
    --------
    >>> pooled([1.0, 2.0, 3.0], [50, 2, 0, 40], 5)
    ([2.0, 3.0], [52, 0, 40])
    """
    kept, sums = [float(e) for e in edges], [int(n) for n in counts]
    while len(sums) > 1:
        small = next((i for i, n in enumerate(sums) if 0 < n < least), None)
        if small is None:
            break
        sides = [j for j in (small - 1, small + 1) if 0 <= j < len(sums)]
        other = max(sides, key=lambda j: (sums[j] > 0, -sums[j]))
        first = min(small, other)
        sums[first : first + 2] = [sums[first] + sums[first + 1]]
        del kept[first]
    return kept, sums
