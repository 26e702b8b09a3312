"""On a worker: its own place, opened once, on which every task that is sent there runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.cluster.pieces import room
from engine.places.runtime import Runtime


@cache
def own() -> Runtime:
    """Give the place of this worker: a GPU where it has one, otherwise one thread of the CPU.

    A worker runs as many tasks at once as it has threads, so that a task has one.
    """
    return Runtime()


def reduced(fn: Callable[..., Any], outs: tuple[Any, ...], rows: int, *blocks: Any) -> Any:
    """Run a pass over one piece: what adds up, and with it the pieces that it filled, if any."""
    here = own()
    made = tuple(room(rows, dtype, tail, here.xp) for dtype, tail in outs)
    total = here.reduce(fn, *blocks, out=made)
    return (total, *made) if outs else total


def put(values: np.ndarray) -> Any:
    """Put values that were sent where the rows of this worker are."""
    return own().put(values)


def taken(piece: Any, places: np.ndarray) -> np.ndarray:
    """Take some rows of a piece, as NumPy."""
    return own().take(piece, places)
