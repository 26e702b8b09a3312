"""A look at a few rows of the first file before any are read: the levels of columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from engine.data_preparation.reading.files import READ_ERRORS
from engine.data_preparation.reading.parquet_files import scan_parquet

if TYPE_CHECKING:
    from engine.data_preparation.reading.sources import Source

_ROWS = 5_000
_SEPARATORS = r"[|;,/\[\{]"


def levels_seen(source: Source, columns: Sequence[str]) -> dict[str, int | None]:
    """Count the levels of columns in the first 5,000 rows; None where cells may hold lists.

    Parameters
    ----------
    source : Source
    columns : sequence of str

    Returns
    -------
    levels : dict of str to int or None
        Columns that are not held by the first file as they are, are left out.
    """
    try:
        rows = _first(source, columns)
    except READ_ERRORS:  # reading it will say what is wrong
        return {}
    held = [c for c in columns if c in rows.columns and not rows[c].dtype.is_nested()]
    return {c: _levels(rows[c]) for c in held}


def _first(source: Source, columns: Sequence[str]) -> pl.DataFrame:
    file = source.files[0]
    if source.kind == "csv":
        return source.csv[file].head_texts().head(_ROWS)
    lazy = scan_parquet(file)
    return lazy.select(c for c in lazy.collect_schema() if c in columns).head(_ROWS).collect()


def _levels(values: pl.Series) -> int | None:
    texts = values.drop_nulls().cast(pl.String, strict=False)
    if texts.str.contains(_SEPARATORS).any():
        return None
    return texts.n_unique()
