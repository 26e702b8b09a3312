"""What tasks do with a piece: run on workers, written for NumPy and CuPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.places.runtime import Runtime
from engine.utilities.rows import smallest_within
from engine.utilities.sampling import draw


def on_host(piece: Any) -> np.ndarray:
    """Give rows of a piece as NumPy, wherever the piece lies."""
    return np.asarray(piece.get() if hasattr(piece, "get") else piece)


def concatenated(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Put rows of a piece and of the next one together."""
    return np.concatenate([first, second])


def least(priority: np.ndarray, start: int, labels: Any, counts: np.ndarray) -> list[Any]:
    """Give the priorities and numbers of the rows of least priority of each segment."""
    if labels is None:
        drawn = [draw(priority, int(counts[0]))]
    else:
        drawn = smallest_within(priority, on_host(labels), counts)
    return [(priority[rows], rows + start) for rows in drawn]


def room(rows: int, dtype: Any, tail: tuple[int, ...], place: Runtime) -> Any:
    """Make room for the rows of a piece that a pass fills.

    Rows of a matrix lie in the place, as on one machine; labels and other values beside them in
    host memory, where they are drawn by, counted and written.
    """
    if tail and np.dtype(dtype) == np.float32:
        return place.empty((rows, *tail))
    return np.empty((rows, *tail), dtype)
