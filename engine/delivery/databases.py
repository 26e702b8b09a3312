"""Rows sent to a table of a database: in one transaction, so that readers see old or new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from engine.data_preparation.fetching.answers import quoted
from engine.data_preparation.fetching.databases import connected, in_the_middle
from engine.data_preparation.fetching.place import Place
from engine.utilities.stopping import check

TABLE = "segments"
"""The table that is written where ``?table=`` names none."""

_ASKED = re.compile(r"([?&])table=([^&]*)&?")
_NEW = "engine_new_rows"


def send_rows(parts: list[Path], place: Place) -> None:
    """Put rows into a table in place of those that are there; it is made where there is none.

    A table that is there keeps its indexes, rights and views; its other columns get nothing.

    Raises
    ------
    EngineError
        The database cannot be reached or refuses; the table is then as it was.
    """
    name, bare = _table(place)
    lazy = pl.scan_parquet(parts, glob=False)
    types = {c: _type(t) for c, t in lazy.collect_schema().items()}
    columns = ", ".join(map(quoted, types))
    with (
        connected(bare) as connection,
        connection.cursor() as cursor,
        in_the_middle(bare, f"writing the table {name}"),
    ):
        into = ".".join(map(quoted, name.split(".")))
        rows = lazy.with_columns(pl.col(c).cast(t) for c, t in types.items())
        cursor.adbc_ingest(_NEW, _reader(rows), mode="create", temporary=True)
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {into} AS SELECT * FROM {_NEW} WHERE 1 = 0")
        cursor.execute(f"DELETE FROM {into}")
        cursor.execute(f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {_NEW}")
        cursor.execute(f"DROP TABLE {_NEW}")
        connection.commit()


def _table(place: Place) -> tuple[str, Place]:
    """Give the table, and the address without it."""
    found = _ASKED.search(place.address)
    name = unquote(found[2]) if found and found[2] else TABLE
    if not all(name.split(".")):
        what = "names no table: give one as ?table=segments, or ?table=schema.segments."
        raise place.refused(what)
    bare = _ASKED.sub(r"\1", place.address).rstrip("?&")
    return name, Place(place.shown, bare, place.secrets)


def _type(dtype: pl.DataType) -> Any:
    """Give a type that every database has."""
    if dtype == pl.UInt64:
        return pl.String
    if dtype.is_unsigned_integer() or dtype in (pl.Int8, pl.Int16):
        return pl.Int64
    return pl.String if dtype in (pl.Categorical, pl.Enum) else dtype


def _reader(rows: pl.LazyFrame) -> Any:
    import pyarrow as pa

    schema = rows.collect_schema().to_frame().to_arrow(compat_level=pl.CompatLevel.oldest()).schema

    def batches() -> Iterator[Any]:
        for block in rows.collect_batches(maintain_order=True):
            check()
            yield from block.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())
