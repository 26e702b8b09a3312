"""Ids of one piece of the files, on the worker that read it: what they are like, which count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from engine.data_preparation.features.id_digits import DIGITS, cut_off, inexact, shortened
from engine.data_preparation.features.id_forms import is_plain
from engine.data_preparation.features.identity import POINTED, are_whole, as_type, ids_in, known
from engine.data_preparation.reading.sources import Source
from engine.utilities.sampling import id_priority


@dataclass(frozen=True)
class Ids:
    """Ids of a piece, as its files have them.

    Attributes
    ----------
    values : Series of length n_rows
        Null where there is none.
    blank : bool array of shape (n_rows,) or None
        Empty lines; None without any.
    """

    values: pl.Series
    blank: np.ndarray | None


@dataclass(frozen=True)
class Facts:
    """What the ids of a piece are like; counts of rows, and the first of what is shown."""

    rows: int
    dtype: pl.DataType
    nulls: int
    blank: int
    whole: bool
    plain: bool
    inexact: int
    first_inexact: float
    shortened: int
    first_shortened: str
    long: int
    cut: int
    pointed: int


def read_ids(column: str, part: Source) -> Ids:
    """Read the column of a piece."""
    blocks = [block.get_column(column) for block in part.batches([column])]
    values = pl.concat(blocks, rechunk=True) if blocks else _none(part, column)
    values = known(ids_in(values, part))
    if values.dtype in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String)
    blank = part.blank_rows() if not part.typed and values.null_count() else None
    return Ids(values, blank if blank is not None and blank.any() else None)


def _none(part: Source, column: str) -> pl.Series:
    return pl.Series(column, [], dtype=part.schema[column])


def facts_of(ids: Ids) -> Facts:
    """Look at the ids of a piece."""
    values = ids.values
    plain = is_plain(values)
    large = inexact(values) if values.dtype.is_float() else values.clear()
    short = values.clear() if plain else shortened(values)
    long, cut = cut_off(values) if _may_be_long(values) else (0, 0)
    return Facts(
        rows=len(values), dtype=values.dtype, nulls=values.null_count(),
        blank=0 if ids.blank is None else int(ids.blank.sum()), whole=are_whole(values),
        plain=plain, inexact=len(large), first_inexact=large[0] if len(large) else 0.0,
        shortened=len(short), first_shortened=str(short[0]) if len(short) else "",
        long=long, cut=cut, pointed=0 if plain else pointed(values),
    )  # fmt: skip


def _may_be_long(values: pl.Series) -> bool:
    if values.dtype.is_float():
        return False
    if values.dtype.is_integer():
        most: Any = values.max()
        return bool((most or 0) >= 10 ** (DIGITS - 1))
    return bool((values.cast(pl.String).str.len_bytes() >= DIGITS).any())


def pointed(values: pl.Series) -> int:
    """Count the ids that are whole numbers written with a point."""
    return int(values.str.contains(POINTED).sum()) if values.dtype == pl.String else 0


def count(keep: np.ndarray) -> int:
    """Count the rows that are customers."""
    return int(keep.sum())


def kept(ids: Ids, out: Sequence[np.ndarray] | None) -> np.ndarray:
    """Tell which rows of a piece are customers; ``out`` is None where rows are numbered."""
    keep = np.ones(len(ids.values), bool)
    if ids.blank is not None:
        keep &= ~ids.blank
    if out is not None:
        keep &= ids.values.is_not_null().to_numpy()
    for rows in out or ():
        keep[rows] = False
    return keep


def made_ids(
    dtype: pl.DataType | None, seed: int, name: str, ids: Ids, start: int, keep: np.ndarray | None
) -> tuple[pl.Series, np.ndarray]:
    """Give the ids of the customers of a piece, and their priorities.

    Parameters
    ----------
    dtype : polars data type or None
        None numbers the rows.
    seed : int
    name : str
        Of the column.
    ids : Ids
    start : int
        Number of the piece's first row, of all.
    keep : bool array of shape (n_rows,) or None
        None for all rows.
    """
    if dtype is None:
        found = pl.Series(name, np.arange(start, start + len(ids.values), dtype=np.int64))
    else:
        found = as_type(ids.values, dtype).alias(name)
    if keep is not None:
        found = found.filter(pl.Series(keep))
    return found, id_priority(found, seed)
