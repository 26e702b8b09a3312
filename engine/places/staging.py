"""Rows made in host memory, block by block, on their way to a GPU: two pinned slots and a stream.

A block is written into a slot and copied from there while the next one is read and made. Where the
matrix itself lies in host memory, blocks are written straight into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from engine.places.device_feed import is_on_host
from engine.places.runtime import Runtime

_SLOTS = 2


class Staged:
    """Takes blocks of rows to where a matrix lies.

    Parameters
    ----------
    matrix : float32 array of shape (n_rows, n_columns)
    runtime : Runtime
        Its place.

    Attributes
    ----------
    matrix : float32 array of shape (n_rows, n_columns)
    """

    def __init__(self, matrix: Any, runtime: Runtime) -> None:
        self.matrix, self._runtime = matrix, runtime
        self._slots: _Slots | None = None

    def write(
        self, start: int, n_rows: int, make: Callable[[np.ndarray | None], Any], *, here: bool
    ) -> None:
        """Make rows, and write them from row ``start`` on.

        Parameters
        ----------
        start, n_rows : int
        make : callable
            Given room for the rows in host memory it fills that and gives it back; or it gives
            rows of its own, in any memory.
        here : bool
            Whether rows are made in host memory, so that there is to be room for them.
        """
        on_host = is_on_host(self.matrix)
        if not here or on_host:
            room = self.matrix[start : start + n_rows] if on_host else None
            rows = make(room)
            if rows is not room:
                self._runtime.store(self.matrix, start, rows)
            return
        if self._slots is None:
            self._slots = _Slots(self._runtime.xp, self.matrix)
        self._slots.write(start, n_rows, make)

    def arrived(self) -> None:
        """Wait until every block is where it belongs."""
        if self._slots is not None:
            self._slots.arrived()


class _Slots:
    """Pinned room for two blocks: one is filled while the other is copied."""

    def __init__(self, xp: Any, matrix: Any) -> None:
        self._xp, self._matrix = xp, matrix
        self._copies = xp.cuda.Stream(non_blocking=True)
        self._sent = [xp.cuda.Event(disable_timing=True) for _ in range(_SLOTS)]
        self._held: list[np.ndarray | None] = [None] * _SLOTS
        self._next = 0
        # The matrix may be memory that earlier work still uses.
        begun = xp.cuda.Event(disable_timing=True)
        begun.record(xp.cuda.get_current_stream())
        self._copies.wait_event(begun)

    def write(
        self, start: int, n_rows: int, make: Callable[[np.ndarray | None], Any]
    ) -> None:  # fmt: skip
        number = self._next % _SLOTS
        room = self._room(number, n_rows)
        rows = make(room)
        if rows is not room:
            room[:] = rows
        self._matrix[start : start + n_rows].set(room, stream=self._copies)
        self._sent[number].record(self._copies)
        self._next += 1

    def _room(self, number: int, n_rows: int) -> np.ndarray:
        """Give a slot's room once what it held before has been copied."""
        if self._next >= _SLOTS:
            self._sent[number].synchronize()
        held = self._held[number]
        if held is None or len(held) < n_rows:
            from engine.places.device import empty_on_host

            self._held[number] = None  # before there is another
            held = empty_on_host((n_rows, self._matrix.shape[1]), self._xp)
            self._held[number] = held
        return held[:n_rows]

    def arrived(self) -> None:
        self._copies.synchronize()


@contextmanager
def staged(matrix: Any, runtime: Runtime) -> Iterator[Staged]:
    """Fill a matrix block by block; at the end all of it is there, and no copy outlives its slot.

    Examples
    --------
    >>> matrix = np.zeros((3, 1), np.float32)
    >>> with staged(matrix, Runtime()) as target:
    ...     target.write(1, 2, lambda room: np.add(room, 5, out=room), here=True)
    >>> matrix.ravel().tolist()
    [0.0, 5.0, 5.0]
    """
    target = Staged(matrix, runtime)
    try:
        yield target
    finally:
        target.arrived()
