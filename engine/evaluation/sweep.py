"""The candidates for a number of segments that were tried, and what is asked of their segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError
from engine.evaluation.k_rule import Row
from engine.places.side_by_side import any_of, side_by_side

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

Ask = Callable[[np.ndarray, float], bool]
"""``ask(rows, least)``: whether something is true of a segment's customers."""


@dataclass
class Sweep:
    """The candidates tried, and the segments that each gave."""

    rows: list[Row] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)

    def pairs(self) -> Iterable[tuple[Row, Any]]:
        """Give each candidate with its segments."""
        return zip(self.rows, self.labels, strict=True)


def swept(
    X: Any,
    tried: Sequence[int],
    fit: Callable[[Any, int], Any],
    scored: Callable[[int, Any], Row],
    runtime: Runtime,
) -> Sweep:
    """Try each candidate, until the method can tell no more segments apart; score them then."""
    found: list[tuple[int, Any]] = []
    for k in tried:
        try:
            found.append((k, fit(X, k)))
        except DataError:
            if not found:
                raise
            break  # the method can tell no more segments apart
    rows = side_by_side(lambda pair: scored(*pair), found, runtime)
    return Sweep(rows, [labels for _, labels in found])


@dataclass
class Segments:
    """Segments of which something is true, counted when it is asked for."""

    sweep: Sweep
    smallest: float
    ask: Ask
    runtime: Runtime
    _counts: dict[int, int] = field(default_factory=dict)

    def of(self, row: Row) -> int:
        """Count such segments of a candidate."""
        place = self.sweep.rows.index(row)
        if place not in self._counts:
            labels, k = self.runtime.get(self.sweep.labels[place]), int(row["k"] or 0)
            found = side_by_side(lambda s: self._true(labels, s), range(k), self.runtime)
            self._counts[place] = sum(found)
        return self._counts[place]

    def any(self, row: Row) -> bool:
        """Say whether there is such a segment of a candidate; the largest are asked first."""
        labels = self.runtime.get(self.sweep.labels[self.sweep.rows.index(row)])
        largest = np.bincount(labels).argsort(kind="stable")[::-1]
        return any_of(lambda s: self._true(labels, s), largest.tolist(), self.runtime)

    def _true(self, labels: np.ndarray, segment: int) -> bool:
        rows = np.flatnonzero(labels == segment)
        return self.ask(rows, self.smallest * len(labels) / max(len(rows), 1))
