"""Rows from elsewhere as one Parquet file: money exact, numbers as numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from engine.data_preparation.fetching.place import Found
from engine.errors import DataError
from engine.utilities.tables import write_table

_DIGITS, _WHOLE = 38, 18
"""Digits that a decimal and a whole number hold."""

_NO_NUMBER = ("nan", "inf", "-inf", "infinity", "-infinity")


def staged(
    batches: Iterator[pl.DataFrame], file: Path, facts: dict[str, Any], texts: Sequence[str] = ()
) -> Found:
    """Stream frames into a file that only the user may read.

    Parameters
    ----------
    batches : iterator of DataFrame
        All of the same columns.
    file : Path
    facts : dict
        What is known of where they come from.
    texts : sequence of str
        Columns of numbers of any size and scale, written as text.

    Raises
    ------
    DataError
        There are no rows.
    """
    first = next(batches, None)
    if first is None:
        message = f"{facts['from']} gives no rows; look at what it holds."
        raise DataError(message)
    raw = file.with_suffix(".raw.parquet") if texts else file
    frames = (_plain(b) for b in chain([first], batches))
    rows = write_table(frames, _plain(first.clear()).schema, raw, "private").rows
    if not rows:
        message = f"{facts['from']} gives no rows; look at what it holds."
        raise DataError(message)
    if texts:
        _as_numbers(raw, file, texts)
        raw.unlink()
    with file.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return Found(file, {**facts, "rows": rows, "sha256": digest})


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the same without types that only the sender knows."""
    return frame.with_columns(
        pl.col(c).cast(pl.String) for c, t in frame.schema.items() if t == pl.Categorical
    )


def as_decimal(column: str, digits: int, scale: int) -> pl.Expr:
    """Read text as decimals, exactly; what is no number is missing."""
    return _there(column).cast(pl.Decimal(digits, scale)).alias(column)


def _there(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.when(~text.str.to_lowercase().is_in(_NO_NUMBER)).then(text)


def _as_numbers(raw: Path, file: Path, texts: Sequence[str]) -> None:
    """Give columns of numbers in text the smallest type that holds all of them exactly."""
    lazy = pl.scan_parquet(raw, glob=False)
    asked = [
        pl.struct(
            _there(c).str.extract(r"^-?0*(\d*)").str.len_bytes().max().alias("whole"),
            _there(c).str.extract(r"\.(\d+)$").str.len_bytes().max().alias("scale"),
        ).alias(c)
        for c in texts
    ]
    found: Mapping[str, Any] = lazy.select(asked).collect(engine="streaming").row(0, named=True)
    made = [_number(c, found[c]["whole"] or 0, found[c]["scale"] or 0) for c in texts]
    typed = lazy.with_columns(made)
    blocks = typed.collect_batches(maintain_order=True)
    write_table(iter(blocks), typed.collect_schema(), file, "private")


def _number(column: str, whole: int, scale: int) -> pl.Expr:
    if not scale and whole <= _WHOLE:
        return _there(column).cast(pl.Int64).alias(column)
    if whole + scale <= _DIGITS:
        return as_decimal(column, _DIGITS, scale)
    return _there(column).cast(pl.Float64).alias(column)
