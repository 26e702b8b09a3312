"""Rows of a query, from SQLite or PostgreSQL, streamed to one Parquet file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from engine.config.connections import is_database
from engine.data_preparation.fetching.place import Found, Place, check_disk, needing
from engine.data_preparation.fetching.postgres import read_postgres
from engine.data_preparation.fetching.sqlite import read_sqlite
from engine.data_preparation.fetching.staging import staged
from engine.errors import ConfigError, EngineError
from engine.utilities.permissions import Permissions, create
from engine.utilities.stopping import check

_SECONDS = 15
"""How long a PostgreSQL may take to let us in."""

_SAID = re.compile(r"^(?:.*(?:ERROR|FATAL|PANIC):\s+|[A-Z_]+: |\[\w+\] |Failed to [^:]*: )+")
"""What a driver puts before that which the database says."""

_PIECES = re.compile(
    r"""(?P<idle>[\s;]+|--[^\n]*|/\*.*?\*/)|(?P<told>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'[^']*'"""
    r"""|"[^"]*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|\w+|.)""",
    re.DOTALL,
)
"""Pieces of a query: what says nothing, and strings, names, words, signs."""


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
    query = statement(sql)
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


def statement(sql: str) -> str:
    r"""Give a query without the semicolons and comments behind it, which close what is put around.

    Examples
    --------
    >>> statement("SELECT ';' AS a, 1 -- one\n; -- all; of it\n")
    "SELECT ';' AS a, 1"
    """
    end = 0
    for piece in _PIECES.finditer(sql):
        if piece["told"]:
            end = piece.end()
    return sql[:end].strip()


def is_sqlite(place: Place) -> bool:
    """Tell SQLite from PostgreSQL."""
    return place.address.lower().startswith("sqlite:")


@contextmanager
def connected(
    place: Place, *, read_only: bool = False, makes: Permissions | None = None
) -> Iterator[Any]:
    """Open a database; what is not committed is undone in the end.

    Parameters
    ----------
    place : Place
    read_only : bool
        Whether a file of SQLite that is not there is missing.
    makes : {"private", "group", "shared"}, optional
        Of such a file, where it is made: as the umask says, without.

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
    try:
        address = _file(place, read_only, makes) if sqlite else in_time(place.address)
        connection = driver.connect(address)
    except EngineError:
        raise
    except Exception as error:  # the driver has many
        check_disk(place, error)
        what = f"cannot be reached ({said_by(place, error)})."
        raise place.missing(what) from None
    try:
        yield connection
    finally:
        with suppress(Exception):  # it may be gone
            connection.close()


def in_time(address: str) -> str:
    """Let a PostgreSQL that does not answer be given up, unless a limit was set already.

    Examples
    --------
    >>> in_time("postgresql://db/shop"), in_time("postgresql://db/shop?connect_timeout=60")
    ('postgresql://db/shop?connect_timeout=15', 'postgresql://db/shop?connect_timeout=60')
    """
    if "connect_timeout=" in address or os.environ.get("PGCONNECT_TIMEOUT"):
        return address
    return f"{address}{'&' if '?' in address else '?'}connect_timeout={_SECONDS}"


def file_of(address: str) -> Path:
    """Give the file of SQLite: three slashes before a path from here, four from the root.

    Examples
    --------
    >>> print(file_of("sqlite:///shop.db"), file_of("sqlite:////data/shop.db?table=segments"))
    shop.db /data/shop.db
    """
    path = unquote(re.sub(r"(?i)^sqlite:/{2}", "", address).partition("?")[0])
    return Path(path[1:] if path.startswith("/") else path).expanduser()


def _file(place: Place, read_only: bool, makes: Permissions | None) -> str:  # noqa: FBT001
    """Give SQLite's own form of the address; a file with customers in it is the user's alone."""
    file = file_of(place.address)
    if read_only and not os.path.isfile(file):
        what = "is not there; correct the path."
        raise place.missing(what)
    if not read_only and not os.path.isdir(file.parent):
        what = f"cannot be written, its folder does not exist; create {file.parent}."
        raise place.missing(what)
    if makes and not read_only and not os.path.exists(file):
        create(file, makes)
    return f"file:{quote(str(file))}?mode={'ro' if read_only else 'rwc'}"


@contextmanager
def in_the_middle(place: Place, doing: str) -> Iterator[None]:
    """Put into a sentence what ends a query or a transaction under way."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # the driver has many
        if is_sqlite(place) or isinstance(error, OSError):  # of this machine's disk
            check_disk(place, error)
        if isinstance(error, OSError) and error.errno:
            raise
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
