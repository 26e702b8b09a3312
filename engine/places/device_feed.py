"""Rows on their way through a GPU: copied ahead of their use, in chunks that find room.

``xp`` is CuPy: nothing is imported here, so that the way can be tried without a GPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.errors import MemoryLimitError, first_line
from engine.places.device_sizes import LEAST_ROWS, MOST_ROWS, chunk_rows
from engine.places.pinned import PinnedRooms

_PIECE = 32 << 20
"""Bytes of a pinned room, of which there are two: to pin memory takes longer than to fill it."""


def is_on_host(array: Any) -> bool:
    """Whether an array lies in host memory."""
    return isinstance(array, np.ndarray)


def through_device(
    xp: Any, blocks: tuple[Any, ...], out: tuple[Any, ...], free: int, rooms: PinnedRooms
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield ``(rows, arrays)`` for each chunk, on the device; what was filled goes back.

    Chunks of arrays on the device are views. Chunks of arrays in host memory are copied, one
    chunk ahead of the work on a stream of their own: from where they are if that is pinned
    (:func:`engine.places.device.empty_on_host`), otherwise, as of a file, by way of pinned room.

    Raises
    ------
    MemoryLimitError
        Not even a small chunk finds room.
    """
    n_rows = len(blocks[0])
    feed = _room_for(xp, blocks, out, rooms, min(n_rows, chunk_rows((*blocks, *out), free)))
    bounds = [(s, min(s + feed.rows, n_rows)) for s in range(0, n_rows, max(1, feed.rows))]
    for arrays, (start, stop) in zip(feed.chunks(bounds), bounds, strict=True):
        filled = feed.filled(start, stop)
        yield stop - start, (*arrays, *filled)
        for target, result in zip(out, filled, strict=True):
            if is_on_host(target):
                target[start:stop] = result.get()


def _room_for(
    xp: Any, blocks: tuple[Any, ...], out: tuple[Any, ...], rooms: PinnedRooms, rows: int
) -> _Feed:
    """Take the room for chunks of so many rows, or of half as many until there is room."""
    while True:
        try:
            return _Feed(xp, blocks, out, rooms, rows)
        except MemoryError as error:
            if rows <= LEAST_ROWS:
                raise exhausted(error, rows) from None
        rows = max(LEAST_ROWS, rows // 2)


class Fitting:
    """Applies a function to chunks whole, or in pieces once the device's memory did not suffice.

    A piece that fitted is the size of those that follow.

    Parameters
    ----------
    fn : callable
        Depends on the rows it is given alone; what it returns adds up.
    add : callable
        ``add(total, part)``; the total is None at first.
    """

    def __init__(self, fn: Callable[..., Any], add: Callable[[Any, Any], Any]) -> None:
        self._fn = fn
        self._add = add
        self._most = MOST_ROWS

    def __call__(self, rows: int, arrays: tuple[Any, ...]) -> Any:
        """Give the sum over a chunk of so many rows.

        Raises
        ------
        MemoryLimitError
            The least piece does not fit.
        """
        wanted, before = min(rows, self._most), self._most
        total = self._sum(rows, arrays)
        if self._most < before:
            note = (
                f"the GPU's memory does not suffice for blocks of {wanted:,} rows; "
                f"blocks of {self._most:,} fit"
            )
            warnings.warn(note, RuntimeWarning, stacklevel=2)
        return total

    def _sum(self, rows: int, arrays: tuple[Any, ...]) -> Any:
        if rows <= self._most:
            try:
                return self._fn(*arrays)
            except MemoryError as error:
                if rows <= LEAST_ROWS:
                    raise exhausted(error, rows) from None
            # Tried again out here, where the error holds none of its arrays any longer.
            self._most = max(LEAST_ROWS, rows // 2)
        total, start = None, 0
        while start < rows:
            stop = min(start + self._most, rows)
            total = self._add(total, self._sum(stop - start, tuple(a[start:stop] for a in arrays)))
            start = stop
        return total


class _Feed:
    """Brings chunks of host arrays to the device, one chunk ahead of their use.

    Two fixed slots: a slot is filled again only after the work that read it was recorded as done,
    and read only after its copy was recorded as done. Pinned rows are copied while the work before
    is under way. A copy from other memory would keep this thread until the device is done with what
    is ahead of it: those rows go through two pinned rooms, which the place keeps for the next pass,
    once work was handed over and while it is under way.
    """

    def __init__(
        self,
        xp: Any,
        blocks: tuple[Any, ...],
        out: tuple[Any, ...],
        rooms: PinnedRooms,
        rows: int,
    ) -> None:
        self.rows = rows
        self._xp = xp
        self._blocks = blocks
        self._out = out
        self._hosted = [is_on_host(b) for b in blocks]
        self._pinned = [
            host and _is_pinned(xp, b) for b, host in zip(blocks, self._hosted, strict=True)
        ]
        self._copies = xp.cuda.Stream(non_blocking=True)
        self._slots: list[list[Any]] = [
            [
                xp.empty((rows, *b.shape[1:]), b.dtype) if host else None
                for b, host in zip(blocks, self._hosted, strict=True)
            ]
            for _ in range(2 if any(self._hosted) else 0)
        ]
        self._results = [
            xp.empty((rows, *o.shape[1:]), o.dtype) if is_on_host(o) else None for o in out
        ]
        self._filled = [xp.cuda.Event(disable_timing=True) for _ in self._slots]
        self._read = [xp.cuda.Event(disable_timing=True) for _ in self._slots]
        others = [
            rows * b[:1].nbytes
            for b, host, pinned in zip(blocks, self._hosted, self._pinned, strict=True)
            if host and not pinned
        ]
        most = max(others, default=0)
        self._rooms = _Rooms(xp, most, rooms) if most else None

    def filled(self, start: int, stop: int) -> list[Any]:
        """Give the room that work fills for some rows: one slot, emptied before its next use."""
        return [
            o[start:stop] if held is None else held[: stop - start]
            for o, held in zip(self._out, self._results, strict=True)
        ]

    def chunks(self, bounds: list[tuple[int, int]]) -> Iterator[list[Any]]:
        """Yield the blocks' chunks in order, as device arrays."""
        if not self._slots:
            for start, stop in bounds:
                yield [b[start:stop] for b in self._blocks]
            return
        work = self._xp.cuda.get_current_stream()
        for read in self._read:  # The pool may have handed out what earlier work still uses.
            read.record(work)
        try:
            self._fill(0, bounds, pinned=True)
            self._fill(0, bounds, pinned=False)
            for number, (start, stop) in enumerate(bounds):
                self._fill(number + 1, bounds, pinned=True)
                work.wait_event(self._filled[number % 2])
                yield self._chunk(number % 2, start, stop)
                self._read[number % 2].record(work)
                self._fill(number + 1, bounds, pinned=False)
        finally:
            self._copies.synchronize()  # No copy may outlive its slot, or the room it is from.
            if self._rooms is not None:
                self._rooms.give_back()

    def _chunk(self, slot: int, start: int, stop: int) -> list[Any]:
        return [
            held[: stop - start] if host else b[start:stop]
            for b, host, held in zip(self._blocks, self._hosted, self._slots[slot], strict=True)
        ]

    def _fill(self, number: int, bounds: list[tuple[int, int]], *, pinned: bool) -> None:
        """Copy the pinned blocks of a chunk, or the others, after which it is complete."""
        if number >= len(bounds):
            return
        slot, (start, stop) = number % 2, bounds[number]
        self._copies.wait_event(self._read[slot])
        for place, held in enumerate(self._slots[slot]):
            if self._hosted[place] and self._pinned[place] == pinned:
                part, room = self._blocks[place][start:stop], held[: stop - start]
                if pinned or self._rooms is None:
                    room.set(np.ascontiguousarray(part), stream=self._copies)
                else:
                    self._rooms.copy(part, room, self._copies)
        if not pinned:
            self._filled[slot].record(self._copies)


class _Rooms:
    """Two pinned rooms through which rows of other memory go to the device, piece by piece."""

    def __init__(self, xp: Any, n_bytes: int, kept: PinnedRooms) -> None:
        self._kept = kept
        self._held = [kept.take(min(n_bytes, _PIECE), xp) for _ in range(2)]
        self._sent = [xp.cuda.Event(disable_timing=True) for _ in self._held]
        self._next = 0

    def give_back(self) -> None:
        """Leave the rooms to the next pass: all copies are done."""
        self._kept.give_back(self._held)
        self._held = []

    def copy(self, rows: np.ndarray, held: Any, stream: Any) -> None:
        """Hand over the copies of rows; a room is filled again once its copy is done."""
        each = max(1, rows.dtype.itemsize * int(np.prod(rows.shape[1:])))
        step = max(1, min(map(len, self._held)) // each)
        for start in range(0, len(rows), step):
            piece = rows[start : start + step]
            number = self._next % 2
            if self._next >= 2:
                self._sent[number].synchronize()
            if piece.nbytes > len(self._held[number]):  # one row of millions of columns
                room = np.ascontiguousarray(piece)
            else:
                room = np.frombuffer(self._held[number], rows.dtype, piece.size)
                room = room.reshape(piece.shape)
                room[:] = piece
            held[start : start + len(piece)].set(room, stream=stream)
            self._sent[number].record(stream)
            self._next += 1


def _is_pinned(xp: Any, array: np.ndarray) -> bool:
    """Whether copies from an array in host memory need not keep this thread."""
    if not array.size:
        return False
    found = xp.cuda.runtime.pointerGetAttributes(array.ctypes.data)
    return bool(found.type == xp.cuda.runtime.memoryTypeHost)


def exhausted(error: MemoryError, rows: int | None = None) -> MemoryLimitError:
    """Say that the device's memory is exhausted, and at which number of rows, in one sentence."""
    at = "" if rows is None else f" even at blocks of {rows:,} row{'s' * (rows != 1)}"
    return MemoryLimitError(
        f"the GPU's memory is exhausted{at} ({first_line(error)}): close other programs on "
        "the GPU so that the pool is larger, or set compute.device to cpu."
    )
