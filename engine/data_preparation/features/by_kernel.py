"""Blocks of rows by kernels, where they are Polars' or cuDF's with numbers that kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from engine.cuda.columns import TYPES, Column, write_columns
from engine.native.tables import Shape, as_numbers, seen, shaped
from engine.places.device_rows import on_device
from engine.places.runtime import Runtime

_READ = {
    pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64,
    pl.Float32, pl.Float64, pl.Boolean, pl.Null,
}  # fmt: skip


def _columns(
    frame: Any, columns: Sequence[str], truths: Sequence[pl.Series] = ()
) -> pl.DataFrame | None:
    if not (isinstance(frame, pl.DataFrame) and (columns or truths)):
        return None
    # Positional names: what is handed over has to bear any name that a column may have.
    given = enumerate([*(frame[c] for c in columns), *truths])
    chosen = pl.DataFrame([values.alias(str(i)) for i, values in given])
    return chosen if all(t in _READ for t in chosen.dtypes) else None


def seen_numbers(frame: Any, columns: Sequence[str]) -> np.ndarray | None:
    """Give what :func:`engine.native.tables.seen` does of a block; None where no kernel does."""
    chosen = _columns(frame, columns)
    return None if chosen is None else seen(chosen, len(columns))


def shaped_rows(
    frame: Any,
    columns: Sequence[str],
    shapes: Sequence[Shape],
    width: int,
    out: np.ndarray | None,
    threads: int,
    truths: Sequence[pl.Series] = (),
) -> np.ndarray | None:
    """Give rows of a matrix whose first columns are numbers of a block, shaped.

    Parameters
    ----------
    frame : dataframe of any library
    columns, shapes
        Those that stand first, in this order.
    width : int
        Columns of the matrix; what stands in the others is not said.
    out : float32 array of shape (n_rows, width), optional
    threads : int
    truths : sequence of Series
        Of as many rows, which stand after the columns; the last shapes are theirs.

    Returns
    -------
    rows : float32 array of shape (n_rows, width), or None
        ``out`` if there is one. None where no kernel does it.
    """
    chosen = _columns(frame, columns, truths)
    if chosen is None:
        return None
    rows = np.empty((chosen.height, width), np.float32) if out is None else out

    def left(part: pl.DataFrame, to: np.ndarray) -> int:
        return int(not shaped(part, shapes, to))

    return None if Runtime(threads=threads).reduce(left, chosen, out=(rows,)) else rows


def shaped_on_device(
    frame: Any, columns: Sequence[str], shapes: Sequence[Shape], width: int, xp: Any
) -> Any:
    """Give what :func:`shaped_rows` does of columns that lie on a GPU, in one reading of them.

    Parameters
    ----------
    frame : dataframe of any library
    columns, shapes, width
        As there.
    xp : module
        CuPy.

    Returns
    -------
    rows : float32 array of shape (n_rows, width), or None
        On the device. None where the frame is not cuDF's, or no kernel takes its columns.
    """
    if not (on_device(frame) and columns and all(frame[c].dtype in TYPES for c in columns)):
        return None
    found = [_lying(frame[name], xp) for name in columns]
    how, kinds = as_numbers(shapes)
    rows = xp.empty((len(frame), width), np.float32)
    return rows if write_columns(found, how, kinds, rows, xp) else None


def _lying(series: Any, xp: Any) -> Column:
    """Give a column as it lies; one that lacks values with zeros there, and which are known."""
    if series.dtype == np.bool_:
        series = series.astype(np.uint8)
    if not series.has_nulls:
        return Column(xp.ascontiguousarray(series.to_cupy(copy=False)))
    known = xp.ascontiguousarray(series.notna().to_cupy(copy=False))
    return Column(xp.ascontiguousarray(series.fillna(0).to_cupy(copy=False)), known)
