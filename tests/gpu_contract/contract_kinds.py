"""Kinds of things that an expression of the engine's source may hold, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cupy
import numpy as np

LIBRARIES = {
    "cudf", "cuml", "cupy", "cupyx", "dask", "dask_cuda", "dask_cudf", "distributed", "faiss",
    "pylibraft", "raft_dask", "rmm",
}  # fmt: skip
CHECKED = LIBRARIES - {"dask", "distributed"} | {"pyarrow"}
"""Libraries whose calls are checked; pyarrow comes with cuDF, the engine itself needs none. Dask's
need no GPU: the tests in ``tests/cluster`` run them."""


@dataclass(frozen=True)
class Known:
    """A module, class or function itself, under its dotted name."""

    it: Any
    name: str

    @property
    def in_library(self) -> bool:
        return self.name.partition(".")[0] in CHECKED


@dataclass(frozen=True)
class Instance:
    """An object of a known class."""

    cls: type


@dataclass(frozen=True)
class Method:
    """A method (or attribute) of an object of a known class."""

    owner: type
    name: str


@dataclass(frozen=True)
class Each:
    """A list or an iterator of things of one kind."""

    item: Any


@dataclass(frozen=True)
class Several:
    """A tuple."""

    items: tuple[Any, ...]


PLAIN = "plain"  # numbers, text, Narwhals expressions: nothing that lies on a device
UNKNOWN = "unknown"
ARRAY = Instance(cupy.ndarray)
HOST = Instance(np.ndarray)


@dataclass(frozen=True)
class Call:
    """A call into a library, as the source writes it."""

    where: str
    text: str
    target: Known | Method
    positional: int
    keywords: tuple[str, ...]
    options: tuple[tuple[int | str, str], ...]
    open_ended: bool
    by_xp: bool


@dataclass
class Found:
    """What a walk through the source found."""

    calls: list[Call] = field(default_factory=list)
    attributes: list[tuple[str, type, str]] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    numpy_on_device: list[str] = field(default_factory=list)
    used: set[Any] = field(default_factory=set)


def item_of(held: Any) -> Any:
    if isinstance(held, Each):
        return held.item
    if isinstance(held, Several):
        return either(*held.items) if held.items else UNKNOWN
    return held


def either(*held: Any) -> Any:
    """Tell what one of several kinds is: what lies on a device wins."""
    for wanted in (ARRAY, HOST):
        if wanted in held:
            return wanted
    others = [h for h in held if h not in (PLAIN, UNKNOWN)]
    return others[0] if others else held[0]


def of_builtin(name: str, arguments: list[Any]) -> Any:
    if name == "zip":
        return Each(Several(tuple(item_of(a) for a in arguments)))
    if name == "enumerate":
        return Each(Several((PLAIN, item_of(arguments[0]))))
    if name in ("list", "tuple", "sorted", "reversed", "iter"):
        return arguments[0] if arguments else Each(UNKNOWN)
    if name in ("sum", "next"):
        return item_of(arguments[0])
    return PLAIN
