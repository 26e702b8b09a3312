"""What tasks do with a piece: run on workers, written for NumPy and CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.places.runtime import Runtime
from engine.utilities.rows import largest, smallest_within
from engine.utilities.sampling import draw

Drawn = list[tuple[np.ndarray, np.ndarray]]
"""Priorities and numbers of the rows that are drawn, a pair a segment."""


def on_host(piece: Any) -> np.ndarray:
    """Give rows of a piece as NumPy, wherever the piece lies."""
    return np.asarray(piece.get() if hasattr(piece, "get") else piece)


class Least:
    """The rows of least priority of each segment, of a piece or of two together.

    Parameters
    ----------
    counts : int64 array of shape (k,)
        How many of each.
    bounds : uint64 array of shape (k,) or None
        Priorities that none of them exceeds.
    """

    def __init__(self, counts: np.ndarray, bounds: np.ndarray | None = None) -> None:
        self.counts, self.bounds = counts, bounds

    def __call__(self, priority: np.ndarray, start: int, labels: Any = None) -> Drawn:
        """Draw those of a piece, whose first row has the number ``start``."""
        priority = on_host(priority)
        labels = None if labels is None else on_host(labels)
        numbers = None
        if self.bounds is not None:
            most = self.bounds[0] if labels is None else self.bounds.take(labels)
            numbers = np.flatnonzero(priority <= most)
            priority = priority[numbers]
            labels = None if labels is None else labels[numbers]
        if labels is None:
            drawn = [draw(priority, int(self.counts[0]))]
        else:
            drawn = smallest_within(priority, labels, self.counts)
        return [(priority[d], (d if numbers is None else numbers[d]) + start) for d in drawn]

    def together(self, first: Drawn, second: Drawn) -> Drawn:
        """Put those of a piece and of the next one together."""
        found = []
        for one, other, count in zip(first, second, self.counts, strict=True):
            priority, rows = (np.concatenate(pair) for pair in zip(one, other, strict=True))
            kept = draw(priority, int(count))
            found.append((priority[kept], rows[kept]))
        return found


class Largest:
    """The rows of the largest values, largest first and of equals the first, likewise."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, values: Any, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Find those of a piece."""
        values = on_host(values)
        rows = largest(values, self.count)
        return values[rows], rows + start

    def together(self, first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
        """Put those of a piece and of the next one together."""
        values, rows = (np.concatenate(pair) for pair in zip(first, second, strict=True))
        kept = largest(values, self.count)
        return values[kept], rows[kept]


def around(low: Any, high: Any, priority: np.ndarray) -> tuple[int, np.ndarray]:
    """Count the priorities of a piece up to one, and list those from there to another."""
    priority = on_host(priority)
    return int(np.count_nonzero(priority <= low)), priority[(priority > low) & (priority <= high)]


def joined_around(first: Any, second: Any) -> tuple[int, np.ndarray]:
    """Put those of a piece and of the next one together."""
    return first[0] + second[0], np.concatenate([first[1], second[1]])


def room(rows: int, dtype: Any, tail: tuple[int, ...], place: Runtime) -> Any:
    """Make room for the rows of a piece that a pass fills.

    Rows of a matrix lie in the place, as on one machine; labels and other values beside them in
    host memory, where they are drawn by, counted and written.
    """
    if tail and np.dtype(dtype) == np.float32:
        return place.empty((rows, *tail))
    return np.empty((rows, *tail), dtype)
