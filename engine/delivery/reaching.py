"""Targets looked at before there is anything to send: what can be known then without writing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.config.connections import is_database
from engine.config.targets import wrong_kind, wrong_target
from engine.data_preparation.fetching.databases import connected, file_of, in_the_middle, is_sqlite
from engine.data_preparation.fetching.place import Place, place_of
from engine.delivery.databases import table_and_place
from engine.delivery.naming import goes_elsewhere, suffix_of, wrong
from engine.delivery.stores import check_bucket
from engine.errors import (
    ConfigError,
    DiskFullError,
    EngineError,
    MemoryLimitError,
    TargetError,
    in_sentences,
)
from engine.utilities.file_systems import unwritable
from engine.utilities.remote import is_remote, masked
from engine.utilities.targets import (
    OF_A_RUN,
    OwnInputError,
    refuse_run,
    run_above,
    target_of,
)


@dataclass(frozen=True)
class Looked:
    """A target that was looked at.

    Attributes
    ----------
    target : str
        As it was named, without secrets.
    error : EngineError or None
        Why nothing can be written there; None where nothing speaks against it.
    """

    target: str
    error: EngineError | None = None


@contextmanager
def as_target() -> Iterator[None]:
    """Let all that keeps a target from being written end with one code.

    Raises
    ------
    TargetError
        It is not there, cannot be reached, or refuses. What is wrong in how it was named, files of
        a run, a full disk and memory keep their own codes.
    """
    try:
        yield
    except (ConfigError, DiskFullError, MemoryLimitError, OwnInputError, TargetError):
        raise
    except EngineError as error:
        raise TargetError(str(error)) from None


def look_at(targets: Sequence[str], key: str = "output.segments") -> tuple[Looked, ...]:
    """Look at targets: of each, what :func:`check_reachable` refuses it for."""
    return tuple(_looked(target, key) for target in targets)


def check_reachable(targets: Sequence[str], key: str = "output.segments") -> None:
    """Refuse targets of which it is known already that nothing can be written there.

    Of a file here, or of SQLite, its folder is there, holds files and may be written to, and what
    is there is a database; PostgreSQL lets us in; a bucket of S3 is there and knows us; of another
    object store the extra is installed: whether it takes the object is known when it is sent.

    Parameters
    ----------
    targets : sequence of str
        As ``output.segments`` names them.
    key : str
        Where they were named, for what is said.

    Raises
    ------
    EngineError
        Names the first, and why.
    """
    for target in targets:
        if (error := _looked(target, key).error) is not None:
            raise error


def _looked(target: str, key: str) -> Looked:
    try:
        with in_sentences(f"looking at {masked(target)}"), as_target():
            if goes_elsewhere(target):
                _check_elsewhere(place_of(target, key))
            else:
                refuse_run(target_of(Path(target).expanduser()))
    except EngineError as error:
        return Looked(masked(target), error)
    return Looked(masked(target))


def check_named(place: Place) -> None:
    """Refuse a place of a kind that is not written, or whose name holds a password.

    A file of this machine is named itself: nothing of an environment variable is shown, and of a
    file there would be nothing to say where it went.

    Raises
    ------
    WrongTargetError
    """
    if why := (wrong_kind if place.secrets else wrong_target)(place.address):
        raise wrong(place, f"{why}.")
    if not (is_database(place.address) or is_remote(place.address)):
        what = (
            "holds no address of an object store (s3://, gs://) or of a database (postgresql://, "
            "sqlite:///); name a file of this machine itself."
        )
        raise wrong(place, what)


def _check_elsewhere(place: Place) -> None:
    check_named(place)
    if is_database(place.address):
        _check_database(table_and_place(place)[1])
    else:
        suffix_of(place)
        check_bucket(place)


def _check_database(place: Place) -> None:
    lite = is_sqlite(place)
    if lite:
        file = file_of(place.address)
        if os.path.isdir(file):  # of what may not be looked at, as of names too long, this is told
            raise wrong(place, "names no file; such as sqlite:///shop.db?table=segments.")
        there = Path(os.path.realpath(file)) if os.path.islink(file) else file
        if run := run_above(Path(os.path.realpath(file))):
            raise OwnInputError(place.said(OF_A_RUN.format(run)))
        if why := unwritable(there) or _guarded(there):
            what = f"cannot be written, {why}."
            raise place.missing(what)
        if not os.path.exists(file):
            return
    with (
        connected(place, read_only=True) as connection,
        connection.cursor() as cursor,
        in_the_middle(place, "looking at it"),
    ):
        cursor.execute("SELECT count(*) FROM sqlite_master" if lite else "SELECT 1")
        cursor.fetchall()


def _guarded(file: Path) -> str:
    """Say in a clause that a file may not be changed; empty where it may, or is not there."""
    if not os.path.exists(file) or os.access(file, os.R_OK | os.W_OK):
        return ""
    return "it may not be changed; change its permissions, or give another place"
