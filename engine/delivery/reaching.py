"""Targets looked at before there is anything to send: what can be known then without writing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from engine.config.connections import is_database
from engine.config.targets import wrong_target
from engine.data_preparation.fetching.databases import connected, file_of, in_the_middle, is_sqlite
from engine.data_preparation.fetching.place import Place, place_of
from engine.data_preparation.fetching.stores import store_of
from engine.delivery.databases import table_and_place
from engine.delivery.naming import goes_elsewhere, suffix_of
from engine.errors import EngineError
from engine.utilities.remote import masked
from engine.utilities.targets import target_of


def check_reachable(targets: Sequence[str], key: str = "output.segments") -> None:
    """Refuse targets of which it is known already that nothing can be written there.

    Of a file here, or of SQLite, its folder is there and may be written to, and what is there is a
    database; PostgreSQL lets us in; of an object store the extra is installed: whether it takes the
    object is known when it is sent.

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
        if goes_elsewhere(target):
            _check_elsewhere(place_of(target, key))
        else:
            _check_file(Path(target).expanduser())


def _check_elsewhere(place: Place) -> None:
    if wrong := wrong_target(place.address) if not place.secrets else "":
        what = f"{wrong}."
        raise place.refused(what)
    if is_database(place.address):
        _check_database(table_and_place(place)[1])
    else:
        suffix_of(place)
        store_of(place)


def _check_database(place: Place) -> None:
    lite = is_sqlite(place)
    if lite:
        file = file_of(place.address)
        if file.is_dir():
            what = "names no file; such as sqlite:///shop.db?table=segments."
            raise place.refused(what)
        if wrong := _unwritable(file):
            what = f"cannot be written, {wrong}."
            raise place.refused(what)
        if not file.exists():
            return
    with (
        connected(place, read_only=True) as connection,
        connection.cursor() as cursor,
        in_the_middle(place, "looking at it"),
    ):
        cursor.execute("SELECT count(*) FROM sqlite_master" if lite else "SELECT 1")
        cursor.fetchall()


def _check_file(file: Path) -> None:
    target = target_of(file)
    if not target.through and (wrong := _unwritable(target.file)):
        message = f"{masked(str(file))}: cannot be written, {wrong}."
        raise EngineError(message)


def _unwritable(file: Path) -> str:
    """Say in a clause why no file can be put there; empty where it can."""
    folder = file.parent
    if not folder.is_dir():
        return f"its folder does not exist; create {folder}"
    if file.is_dir():
        return "a folder has this name; give another name"
    if os.access(folder, os.W_OK | os.X_OK):
        return ""
    return f"{folder} may not be written to; change its permissions, or give another place"
