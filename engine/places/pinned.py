"""Room in pinned host memory, from which copies to a GPU overlap with work on it.

``xp`` is CuPy: nothing is imported here, so that the way can be tried without a GPU.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from engine.errors import first_line

_PORTABLE = 1
"""``cudaHostAllocPortable``, as CuPy itself asks for."""


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
