"""A worker's GPU made of NumPy: what takes the place of CuPy, opened on real processes."""

from __future__ import annotations

import os
from typing import Any

from engine.cluster.worker import OwnGpu, OwnRuntime
from engine.places.place import Place
from tests import cupy_by_numpy as stand_in

POOL = 1 << 30


def place() -> OwnRuntime:
    return OwnRuntime(Place.GPU, "NumPy, 1 GiB", device_memory=POOL, xp=stand_in.made())


def opened(_worker: Any = None) -> OwnGpu:
    """Open it, as an opener does; each process has one."""
    return OwnGpu(place(), str(os.getpid()))
