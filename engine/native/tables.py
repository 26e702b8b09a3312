"""Columns of numbers of a table, handed to kernels as Arrow's stream: what is seen, rows made."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, checked, fits
from engine.native.library import kernel

_SEEN = ("table_seen", COUNT, ADDRESS, COUNT, ADDRESS)
_SHAPED = ("table_shaped", COUNT, ADDRESS, COUNT, *[ADDRESS] * 2, *[COUNT] * 2, ADDRESS)
_STREAM = b"arrow_array_stream"

PLAIN, LOG, ASINH = range(3)
"""Whether a logarithm is taken, and which."""


class Table(Protocol):
    """A table of columns of numbers or truths that Arrow has: ``Int8`` to ``Float64``."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give a capsule with a stream of its rows."""


@dataclass(frozen=True)
class Shape:
    """How a column of numbers becomes one of a matrix.

    Attributes
    ----------
    fill : float
        Stands for what is missing or infinite.
    low, high : float
        Bounds of clipping, may be infinite.
    kind : {PLAIN, LOG, ASINH}
        Of sign(x) log(1 + abs(x)), and of asinh(x / unit).
    unit, centre, scale : float
    """

    fill: float
    low: float
    high: float
    kind: int
    unit: float
    centre: float
    scale: float


def seen(table: Table, columns: int) -> np.ndarray | None:
    """Count what is missing, and find the range of what is known.

    Parameters
    ----------
    table : Table
    columns : int
        How many it has.

    Returns
    -------
    facts : float64 array of shape (columns, 4), or None
        Of each column how many are missing (null or NaN), how many missing or infinite, and the
        least and the largest of all others, infinite without any. None where no kernel does it.
    """
    run = kernel(*_SEEN)
    if run is None:
        return None
    facts = np.tile([0.0, 0.0, np.inf, -np.inf], (columns, 1))
    return facts if _done(run, table, columns, facts.ctypes.data) else None


def shaped(table: Table, shapes: Sequence[Shape], out: np.ndarray) -> bool:
    """Write a table as rows of a matrix.

    Parameters
    ----------
    table : Table
        Its columns are those of ``shapes``.
    shapes : sequence of Shape
    out : float32 array of shape (n_rows, width), C-contiguous
        Gets a column for each shape, from the first on.

    Returns
    -------
    done : bool
        False where no kernel does it; what ``out`` holds is not said then.
    """
    run = kernel(*_SHAPED)
    if run is None or not fits(out, np.float32, 2) or out.shape[1] < len(shapes):
        return False
    how, kinds = as_numbers(shapes)
    given = (how.ctypes.data, kinds.ctypes.data, *out.shape, out.ctypes.data)
    return _done(run, table, len(shapes), *given)


def as_numbers(shapes: Sequence[Shape]) -> tuple[np.ndarray, np.ndarray]:
    """Give shapes as kernels take them.

    Returns
    -------
    how : float64 array of shape (len(shapes), 6)
        ``fill``, ``low``, ``high``, ``centre``, and what is multiplied by: 1 / ``scale`` and
        1 / ``unit``.
    kinds : int64 array of shape (len(shapes),)
    """
    with np.errstate(all="ignore"):
        how = np.array(
            [(s.fill, s.low, s.high, s.centre, *(1 / np.array([s.scale, s.unit]))) for s in shapes]
        )
    return how, np.array([s.kind for s in shapes], np.int64)


def _done(run: Any, table: Table, columns: int, *given: Any) -> bool:
    capsule = table.__arrow_c_stream__()  # frees the stream when it goes
    return checked(run(_pointer()(capsule, _STREAM), columns, *given)) == 0


@cache
def _pointer() -> Any:
    made = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    return made(("PyCapsule_GetPointer", ctypes.pythonapi))
