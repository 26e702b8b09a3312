"""A stand-in for CuPy made of NumPy: arrays of another class, that refuse NumPy's as CuPy does.

What it cannot show is what a device does; what it shows is which arrays meet, in which order host
and device are asked for what, and what is allocated (``tracemalloc`` sees it).
"""

from __future__ import annotations

import operator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.cuda_on_cpu import raw_module

LOG: list[tuple[Any, ...]] = []
"""What was asked of streams, events and copies, in order."""

PINNED: list[np.ndarray] = []
"""Host arrays to be taken for pinned; tests put theirs in."""


class DeviceArray:
    """An array "on the device": NumPy's methods, but no NumPy array may meet it."""

    __cuda_array_interface__: Any = None
    """What arrays of a device are known by."""

    def __init__(self, held: Any) -> None:
        self.held = np.asarray(held)

    def get(self) -> np.ndarray:
        return self.held.copy()

    def set(self, source: np.ndarray, stream: Any = None) -> None:
        assert type(source) is np.ndarray
        assert source.flags.c_contiguous
        LOG.append(("copy", source.dtype.name, len(source)))
        self.held[...] = source

    @property
    def data(self) -> SimpleNamespace:
        """Where it lies: host memory stands for a device's."""
        return SimpleNamespace(ptr=self.held.ctypes.data)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        message = "Implicit conversion to a NumPy array is not allowed"
        raise TypeError(message)

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # NumPy's own ways into an array
            raise AttributeError(name)
        found = getattr(self.held, name)
        return _calling(found) if callable(found) else _wrapped(found)

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self.held[_bare(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.held[_bare(key)] = _bare(value)

    def __len__(self) -> int:
        return len(self.held)

    def __float__(self) -> float:
        return float(self.held)

    def __int__(self) -> int:
        return int(self.held)


def _operator(name: str) -> Any:
    def apply(self: DeviceArray, *others: Any) -> Any:
        found = getattr(operator, name, None)
        if name.startswith("__r") and found is None:
            return _wrapped(getattr(operator, f"__{name[3:]}")(_bare(others[0]), self.held))
        result = found(self.held, *map(_bare, others))
        if name.startswith("__i") and name != "__invert__":
            return self
        return _wrapped(result)

    return apply


for _name in (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"),
    *("radd", "rsub", "rmul", "rtruediv", "rmatmul", "rpow"),
    *("iadd", "isub", "imul", "itruediv"),
    *("lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs", "invert"),
):
    setattr(DeviceArray, f"__{_name}__", _operator(f"__{_name}__"))


def _bare(value: Any) -> Any:
    """Take an argument apart; an array in host memory has no business here."""
    if isinstance(value, DeviceArray):
        return value.held
    if isinstance(value, np.ndarray):
        message = f"Unsupported type {type(value)}"
        raise TypeError(message)
    if isinstance(value, tuple | list):
        return type(value)(map(_bare, value))
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return DeviceArray(value)
    return value


def _calling(fn: Any) -> Any:
    def call(*arguments: Any, **keywords: Any) -> Any:
        named = {name: _bare(value) for name, value in keywords.items()}
        return _wrapped(fn(*map(_bare, arguments), **named))

    return call


class Stream:
    """Notes what it is given."""

    def __init__(self, *, non_blocking: bool = False) -> None:
        self.name = "copies" if non_blocking else "work"

    def wait_event(self, event: Event) -> None:
        LOG.append(("wait", self.name, event.number))

    def synchronize(self) -> None:
        LOG.append(("synchronize", self.name))


class Event:
    """Notes when it is recorded."""

    made = 0

    def __init__(self, *, disable_timing: bool = False) -> None:
        self.number = Event.made
        Event.made += 1

    def record(self, stream: Stream) -> None:
        LOG.append(("record", stream.name, self.number))

    def synchronize(self) -> None:
        LOG.append(("done", self.number))


def pinned(size: int, _flags: int) -> bytearray:
    """Give host memory that is taken for pinned."""
    memory = bytearray(max(size, 1))
    PINNED.append(np.frombuffer(memory, np.uint8))
    return memory


def _attributes(pointer: int) -> SimpleNamespace:
    return SimpleNamespace(type=int(any(a.ctypes.data == pointer for a in PINNED)))


class Module(SimpleNamespace):
    """The module ``cupy``."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if isinstance(found, type) or not callable(found):
            return found
        return _calling(found)

    def asarray(self, array: Any) -> DeviceArray:
        return array if isinstance(array, DeviceArray) else DeviceArray(np.array(array))

    def asnumpy(self, array: DeviceArray) -> np.ndarray:
        return array.get()


class Device:
    """What a kernel's launch is fitted to: the sizes of sm_90."""

    def __init__(self, device: int = 0) -> None:
        self.id = device

    @property
    def attributes(self) -> dict[str, int]:
        return {"MaxSharedMemoryPerBlockOptin": raw_module.SHARED_LIMIT}

    @property
    def compute_capability(self) -> str:
        return f"{raw_module.MAJOR}0"


def made(*, kernels: bool = False) -> Module:
    """Give a fresh module, to be changed by a test as it likes.

    Parameters
    ----------
    kernels : bool
        Whether it compiles CUDA C++, as CuPy does: for the CPU, by g++, without which the test is
        skipped. Without, what has kernels does its work by arrays.
    """
    LOG.clear()
    PINNED.clear()
    raw_module.LAUNCHED.clear()
    work = Stream()
    runtime = SimpleNamespace(
        pointerGetAttributes=_attributes, memoryTypeHost=1, memGetInfo=lambda: (1 << 30, 2 << 30),
        getDevice=lambda: 0,
    )  # fmt: skip
    cuda = SimpleNamespace(
        Stream=Stream, Event=Event, Device=Device, get_current_stream=lambda: work,
        runtime=runtime, PinnedMemory=pinned, PinnedMemoryPointer=lambda memory, _: memory,
    )  # fmt: skip
    if not kernels:
        return Module(cuda=cuda)
    if raw_module.compiler() is None:
        pytest.skip("no g++ to compile CUDA C++ for the CPU with")
    return Module(cuda=cuda, RawModule=raw_module.RawModule)
