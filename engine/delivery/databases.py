"""Rows sent to a table of a database: in one transaction, so that readers see old or new."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from engine.data_preparation.fetching.answers import quoted
from engine.data_preparation.fetching.databases import connected, in_the_middle, is_sqlite
from engine.data_preparation.fetching.place import Place
from engine.delivery.naming import wrong
from engine.utilities.permissions import Permissions
from engine.utilities.stopping import check

TABLE = "segments"
"""The table that is written where ``?table=`` names none."""

_ASKED = re.compile(r"([?&])table=([^&]*)&?")
_NEW = "engine_new_rows"
_OURS = {"segment", "segment_name"}
"""Columns of a table of segments: one that has them gets those that it lacks."""

_SQL = {pl.String: "TEXT", pl.Float32: "REAL", pl.Float64: "DOUBLE PRECISION",
        pl.Boolean: "BOOLEAN", pl.Date: "DATE"}  # fmt: skip


def send_rows(parts: list[Path], place: Place, permissions: Permissions = "private") -> None:
    """Put rows into a table in place of those that are there; it is made where there is none.

    A table that is there keeps its indexes, rights and views; its other columns get nothing. One
    of segments gets columns that it lacks, such as those of the first run that continues another.
    Who sends at the same time waits, and readers do not.

    Parameters
    ----------
    parts : list of Path
        Parquet files of the same columns.
    place : Place
        The database, with the table.
    permissions : {"private", "group", "shared"}
        Of a file of SQLite that is made.

    Raises
    ------
    EngineError
        The database cannot be reached or refuses; the table is then as it was.
    """
    name, bare = table_and_place(place)
    lazy = pl.scan_parquet(parts, glob=False)
    types = {c: _type(t) for c, t in lazy.collect_schema().items()}
    columns = ", ".join(map(quoted, types))
    with (
        connected(bare, makes=permissions) as connection,
        connection.cursor() as cursor,
        in_the_middle(bare, f"writing the table {name}"),
    ):
        into = ".".join(map(quoted, name.split(".")))
        rows = lazy.with_columns(pl.col(c).cast(t) for c, t in types.items())
        several = not is_sqlite(bare)
        if several:  # each statement sees what others have done by then, whatever the server's wont
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.adbc_ingest(_NEW, _reader(rows), mode="create", temporary=True)
        if several:  # two that make the table at once
            cursor.execute(f"SELECT pg_advisory_xact_lock({_number(name)})").fetchall()
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {into} AS SELECT * FROM {_NEW} WHERE 1 = 0")
        if several:
            cursor.execute(f"LOCK TABLE {into} IN EXCLUSIVE MODE")
        _widen(cursor, into, types)
        cursor.execute(f"DELETE FROM {into}")
        cursor.execute(f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {_NEW}")
        cursor.execute(f"DROP TABLE {_NEW}")
        connection.commit()


def table_and_place(place: Place) -> tuple[str, Place]:
    """Give the table, and the database without it.

    Raises
    ------
    WrongTargetError
        The address names none.
    """
    name, bare = table_of(place.address)
    if not all(name.split(".")):
        what = "names no table: give one as ?table=segments, or ?table=schema.segments."
        raise wrong(place, what)
    return name, Place(place.shown, bare, place.secrets)


def table_of(address: str) -> tuple[str, str]:
    """Give the table that an address names, and the address without it.

    Examples
    --------
    >>> table_of("postgresql://db/shop?table=crm.seg&sslmode=require")
    ('crm.seg', 'postgresql://db/shop?sslmode=require')
    """
    found = _ASKED.search(address)
    name = unquote(found[2]) if found and found[2] else TABLE
    return name, _ASKED.sub(r"\1", address).rstrip("?&")


def _number(name: str) -> int:
    """Give the number by which those who send to a table know each other: a bigint."""
    return int.from_bytes(hashlib.sha256(f"engine {name}".encode()).digest()[:8], signed=True)


def _widen(cursor: Any, into: str, types: dict[str, Any]) -> None:
    """Add to a table of segments the columns that it lacks."""
    cursor.execute(f"SELECT * FROM {into} WHERE 1 = 0")
    there = {str(column[0]) for column in cursor.description}
    cursor.fetchall()
    if there >= _OURS:
        for column in types.keys() - there:
            kind = _SQL.get(types[column], "BIGINT")
            cursor.execute(f"ALTER TABLE {into} ADD COLUMN {quoted(column)} {kind}")


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
