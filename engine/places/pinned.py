"""Room in pinned host memory, from which copies to a GPU overlap with work on it.

``xp`` is CuPy: nothing is imported here, so that the way can be tried without a GPU.
"""

from __future__ import annotations

import warnings
from collections import deque
from typing import Any

import numpy as np

from engine.errors import first_line

_PORTABLE = 1
"""``cudaHostAllocPortable``, as CuPy itself asks for."""


_MOST_KEPT = 2
"""Rooms that a place keeps: as many as a pass over rows takes."""


class PinnedRooms:
    """Rooms that a place's passes leave to each other: to pin one takes longer than to fill it.

    Passes may take and give back from several threads. What is kept goes with the place, or when
    that is left (:meth:`drop`); a copy of it, or what arrives in another process, keeps none.

    Examples
    --------
    >>> rooms, kept = PinnedRooms(), np.empty(8, np.uint8)
    >>> rooms.give_back([kept])
    >>> rooms.take(6, None) is kept
    True
    """

    def __init__(self) -> None:
        self._kept: deque[np.ndarray] = deque()

    def take(self, n_bytes: int, xp: Any) -> np.ndarray:
        """Give a room of at least so many bytes: one that is kept, if it is large enough.

        Returns
        -------
        room : uint8 array
        """
        while self._kept:
            try:
                room = self._kept.pop()
            except IndexError:  # another thread was faster
                break
            if len(room) >= n_bytes:
                return room
        return pinned_room((-(-n_bytes // 4),), xp).view(np.uint8)

    def give_back(self, rooms: list[np.ndarray]) -> None:
        """Keep rooms for the next pass, from or to which nothing is copied any more."""
        for room in rooms:
            if len(self._kept) < _MOST_KEPT:
                self._kept.append(room)

    def drop(self) -> None:
        """Let go of what is kept."""
        self._kept.clear()

    def __reduce__(self) -> Any:
        """Begin anew: memory is of one process."""
        return PinnedRooms, ()


def pinned_room(shape: tuple[int, ...], xp: Any) -> np.ndarray:
    """Give room for float32; ordinary room with a warning where the system pins no more memory.

    Returns
    -------
    room : float32 array of that shape
    """
    size = int(np.prod(shape)) * 4
    try:
        memory = xp.cuda.PinnedMemory(size, _PORTABLE)
    except (RuntimeError, MemoryError) as error:
        note = (
            f"{size / 2**30:.2f} GiB of host memory could not be pinned ({first_line(error)}): "
            "copies to the GPU will not overlap with work on it"
        )
        warnings.warn(note, RuntimeWarning, stacklevel=3)
        return np.empty(shape, np.float32)
    return np.ndarray(shape, np.float32, buffer=xp.cuda.PinnedMemoryPointer(memory, 0))
