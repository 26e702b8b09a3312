"""Rows of a query, from SQLite or PostgreSQL, streamed to one Parquet file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from engine.config.connections import is_database
from engine.data_preparation.fetching.place import Found, Place, needing
from engine.data_preparation.fetching.postgres import read_postgres
from engine.data_preparation.fetching.sqlite import read_sqlite
from engine.data_preparation.fetching.staging import staged
from engine.errors import ConfigError, EngineError
from engine.utilities.stopping import check

_SAID = re.compile(r"^(?:.*(?:ERROR|FATAL|PANIC):\s+|[A-Z_]+: |\[\w+\] |Failed to [^:]*: )+")
"""What a driver puts before that which the database says."""


def fetch_query(sql: str, place: Place, folder: Path) -> Found:
    """Ask a database, and write what it answers.

    Parameters
    ----------
    sql : str
        One SELECT; nothing is changed in the database, whatever it says.
    place : Place
        The database.
    folder : Path

    Raises
    ------
    EngineError
        The database cannot be reached, or ends in the middle; the query is none; two of its
        columns have one name; there are no rows.
    """
    query = sql.strip().rstrip("; \n\t")
    read = read_sqlite if is_sqlite(place) else read_postgres
    facts = {"from": f"the query on {place.shown} (input.sql)"}
    with connected(place, read_only=True) as connection, connection.cursor() as cursor:
        try:
            batches, texts = read(cursor, query)
            check_columns(batches.columns)
        except EngineError:
            raise
        except Exception as error:  # the driver has many
            problem = f"input.sql: {place.shown} refuses it ({said_by(place, error)})"
            raise ConfigError([problem]) from None
        with in_the_middle(place, "input.sql"):
            return staged(_checked(batches.frames()), folder / "query.parquet", facts, texts)


def is_sqlite(place: Place) -> bool:
    """Tell SQLite from PostgreSQL."""
    return place.address.lower().startswith("sqlite:")


@contextmanager
def connected(place: Place, *, read_only: bool = False) -> Iterator[Any]:
    """Open a database; what is not committed is undone in the end.

    Raises
    ------
    EngineError
        It is of no kind that is known, is not there, or refuses.
    """
    if not is_database(place.address):
        what = "is no address of a database: give sqlite:///... or postgresql://..."
        raise place.refused(what)
    sqlite = is_sqlite(place)
    driver: Any
    with needing("database", place):
        import pyarrow  # noqa: F401

        if sqlite:
            import adbc_driver_sqlite.dbapi as of_sqlite

            driver = of_sqlite
        else:
            import adbc_driver_postgresql.dbapi as of_postgresql

            driver = of_postgresql
    address = _file(place, read_only=read_only) if sqlite else place.address
    try:
        connection = driver.connect(address)
    except Exception as error:  # the driver has many
        what = f"cannot be reached ({said_by(place, error)})."
        raise place.missing(what) from None
    try:
        yield connection
    finally:
        with suppress(Exception):  # it may be gone
            connection.close()


def _file(place: Place, *, read_only: bool) -> str:
    """Give SQLite's own form of the address: three slashes before a path from here, four from /."""
    path = unquote(re.sub(r"(?i)^sqlite:/{2}", "", place.address).partition("?")[0])
    file = Path(path[1:] if path.startswith("/") else path).expanduser()
    if read_only and not file.is_file():
        what = "is not there; correct the path."
        raise place.missing(what)
    return f"file:{quote(str(file))}?mode={'ro' if read_only else 'rwc'}"


@contextmanager
def in_the_middle(place: Place, doing: str) -> Iterator[None]:
    """Put into a sentence what ends a query or a transaction under way."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # the driver has many
        if isinstance(error, OSError) and error.errno:
            raise  # of this machine's disk
        what = f"stopped in the middle of {doing} ({said_by(place, error)})."
        raise place.missing(what) from None


def said_by(place: Place, error: BaseException) -> str:
    """Give what a database says, without secrets and without what its driver puts before it."""
    return _SAID.sub("", place.why(error)).strip() or type(error).__name__


def check_columns(names: Sequence[str]) -> None:
    """Refuse a query two of whose columns have one name.

    Raises
    ------
    ConfigError
    """
    twice = sorted({n for n in names if list(names).count(n) > 1})
    if twice:
        problem = f"input.sql: two columns are called {twice[0]!r}; give each its own name (AS)"
        raise ConfigError([problem])


def _checked(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for frame in frames:
        check()
        yield frame
