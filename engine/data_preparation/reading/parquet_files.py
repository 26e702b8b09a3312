"""Parquet files: their columns as the engine reads them, and what cannot be read, by name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from engine.data_preparation.reading.arrow_schema import unread_columns
from engine.errors import DataError

# Polars ends in a panic at a time zone that it does not know, unless this is set; which zones
# these are is looked at here instead. Set where nothing reads the environment yet.
os.environ.setdefault("POLARS_IGNORE_TIMEZONE_PARSE_ERROR", "1")

_OFFSET = re.compile(r"([+-])(\d{2}):?([0-5]\d)")
"""Zones that Arrow writes as an offset from UTC."""


def check_types(file: Path) -> None:
    """Refuse a file with columns that cannot be read, before anything else is read of it.

    Raises
    ------
    DataError
        Naming the first such column, and what it holds.
    """
    schema = pl.read_parquet_metadata(file).get("ARROW:schema")
    unread = unread_columns(schema) if schema else {}
    if not unread:
        return
    column, what = next(iter(unread.items()))
    more = f" (and {len(unread) - 1:,} more columns such types)" if len(unread) > 1 else ""
    message = (
        f"{file}: the column {column!r} holds {what}{more}, which cannot be read; write the file "
        "without it, or with numbers or text in it."
    )
    raise DataError(message)


def scan_parquet(file: Path) -> pl.LazyFrame:
    """Scan a file; what Polars reads and cannot work with is turned into what it can.

    Times in a zone that is an offset from UTC are what the clock on the wall showed there, as
    those of named zones are once they are read; times in zones that are not known are in UTC.
    Days outside the years 1 to 9999, at which libraries of dates fail, are missing, and counted by
    :func:`far_days`.
    Values of types that other programs added are what these store.
    """
    lazy = pl.scan_parquet(file, glob=False)
    changed = {c: e for c, t in lazy.collect_schema().items() if (e := _changed(c, t)) is not None}
    return lazy.with_columns(**changed) if changed else lazy


def far_days(
    files: Sequence[Path], column: str, spans: Mapping[Path, tuple[int, int]] | None = None
) -> int:
    """Count the days of a column of dates that lie outside the years 1 to 9999.

    Of files with a span only the rows in it are looked at.
    """
    count = 0
    for file in files:
        lazy = pl.scan_parquet(file, glob=False)
        if spans and (span := spans.get(file)):
            lazy = lazy.slice(span[0], span[1] - span[0])
        near = _near(pl.col(column), lazy.collect_schema()[column])
        if near is not None:
            count += int(lazy.select((~near).sum()).collect(engine="streaming").item() or 0)
    return count


def zones_in_utc(file: Path) -> dict[str, str]:
    """Give the columns whose zone is not known, so that their times are read in UTC."""
    schema = pl.scan_parquet(file, glob=False).collect_schema()
    return {
        c: str(t.time_zone)
        for c, t in schema.items()
        if isinstance(t, pl.Datetime)
        and not _is_known(t.time_zone)
        and _offset(t.time_zone) is None
    }


def _changed(column: str, dtype: pl.DataType) -> pl.Expr | None:
    """Give what stands for a column that cannot be worked with as it is; None for others."""
    value = pl.col(column)
    stored: Any = dtype
    while isinstance(stored, pl.BaseExtension):
        value, stored = value.ext.storage(), stored.ext_storage()
    if isinstance(stored, pl.Datetime) and not _is_known(stored.time_zone):
        if (near := _near(value, stored)) is not None:
            value = pl.when(near).then(value)
        clock = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return clock + pl.duration(minutes=_offset(stored.time_zone) or 0)
    if (near := _near(value, stored)) is not None:
        return pl.when(near).then(value)
    return value if stored is not dtype else None


def _near(value: pl.Expr, dtype: Any) -> pl.Expr | None:
    """Tell the moments of the years 1 to 9999, but for a day at both ends that zones may shift.

    None where a type holds no others.
    """
    if isinstance(dtype, pl.Datetime) and dtype.time_unit != "ns":
        a_day = 86_400 * (1_000 if dtype.time_unit == "ms" else 1_000_000)
    elif dtype == pl.Date:
        a_day = 1
    else:
        return None
    epoch = date(1970, 1, 1)
    first, last = ((day - epoch).days * a_day for day in (date(1, 1, 2), date(9999, 12, 31)))
    return value.to_physical().is_between(first, last, closed="left")


def _is_known(zone: str | None) -> bool:
    """Tell whether Polars knows a time zone."""
    try:
        moment = pl.lit(0).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone or "UTC")
        pl.select(moment.dt.replace_time_zone(None))
    except pl.exceptions.ComputeError:
        return False
    return True


def _offset(zone: str | None) -> int | None:
    """Give the minutes that a zone written as an offset is ahead of UTC.

    Examples
    --------
    >>> _offset("+05:30"), _offset("-0030"), _offset("Mars/Olympus")
    (330, -30, None)
    """
    found = _OFFSET.fullmatch(zone or "")
    if not found:
        return None
    minutes = 60 * int(found[2]) + int(found[3])
    return -minutes if found[1] == "-" else minutes
