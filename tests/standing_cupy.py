"""CuPy as far as a whole run needs it, by NumPy: sparse products, factors, several arrays."""

from __future__ import annotations

import operator
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from engine.places.parts import ALONE, Parts
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in
from tests.cupy_by_numpy import DeviceArray

LINALG = ("qr", "eigh", "norm")
POOL = 1 << 30


def held(array: Any) -> Any:
    """Give the bare array, and refuse one in host memory."""
    assert not isinstance(array, np.ndarray)
    return array.held if isinstance(array, DeviceArray) else array


def on_device(fn: Any) -> Any:
    """Let a function of NumPy's that gives one array or several run on the stand-in."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        found = fn(*map(held, arguments), **keywords)
        return tuple(map(DeviceArray, found)) if isinstance(found, tuple) else DeviceArray(found)

    return call


def _shift(name: str) -> Any:
    return lambda self, other: DeviceArray(getattr(operator, name)(self.held, held(other)))


class Csr:
    """``cupyx.scipy.sparse.csr_array``: arrays of the device alone, 32-bit indices, products."""

    made = 0

    def __init__(self, arrays: tuple[Any, Any, Any], shape: tuple[int, int]) -> None:
        data, indices, starts = map(held, arrays)
        assert indices.dtype == starts.dtype == np.int32
        self.matrix = csr_array((data, indices, starts), shape=shape)
        Csr.made += 1

    def __matmul__(self, other: Any) -> DeviceArray:
        return DeviceArray(self.matrix @ held(other))


def a_gpu(
    monkeypatch: pytest.MonkeyPatch,
    pool: int = POOL,
    parts: Parts = ALONE,
    *,
    threads: int = 1,
    kernels: bool = False,
) -> Runtime:
    """Give a GPU with CuPy and nothing else, and no library that would stand in for it."""
    for name in ("lshift", "rshift"):
        monkeypatch.setattr(DeviceArray, f"__{name}__", _shift(name), raising=False)
    for name in ("cupyx", "cupyx.scipy"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cupyx.scipy.sparse", SimpleNamespace(csr_array=Csr))
    for name in ("cudf", "cuml", "rmm"):
        monkeypatch.setitem(sys.modules, name, None)
    Csr.made = 0
    xp = stand_in.made(kernels=kernels)
    xp.nonzero = on_device(np.nonzero)
    xp.linalg = SimpleNamespace(**{n: on_device(getattr(np.linalg, n)) for n in LINALG})
    return Runtime(
        Place.GPU, "NumPy, 1 GiB", threads=threads, device_memory=pool, xp=xp, parts=parts
    )
