"""A worker's GPU made of NumPy: what takes the place of CuPy, opened on real processes."""

from __future__ import annotations

from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in

POOL = 1 << 30


def opened(at_once: int) -> Runtime:
    """Open it, as an opener does."""
    xp = stand_in.made()
    return Runtime(Place.GPU, "NumPy, 1 GiB", device_memory=POOL // at_once, xp=xp)
