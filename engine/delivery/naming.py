"""What the name of a target says: whether it is of this machine, and what is written there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from engine.config.connections import is_database
from engine.config.targets import SUFFIXES
from engine.data_preparation.fetching.place import Place
from engine.utilities.remote import is_named, is_remote
from engine.utilities.targets import WrongTargetError


def goes_elsewhere(output: str | Path) -> bool:
    """Tell what is no file of this machine.

    Examples
    --------
    >>> goes_elsewhere("s3://shop/a.csv"), goes_elsewhere("sqlite:///shop.db")
    (True, True)
    >>> goes_elsewhere("a.csv"), goes_elsewhere("env:CRM")
    (False, True)
    """
    text = str(output)
    return is_database(text) or is_remote(text) or is_named(text)


def wrong(place: Place, what: str) -> WrongTargetError:
    """Say that nothing can be written to what is named so: ``what`` follows the name."""
    return WrongTargetError(place.said(what))


def suffix_of(place: Place) -> str:
    """Give the suffix of what is sent: Parquet to databases.

    Raises
    ------
    WrongTargetError
        An object of another kind.
    """
    if is_database(place.address):
        return ".parquet"
    suffix = PurePosixPath(place.address.partition("?")[0]).suffix.lower()
    if suffix not in SUFFIXES:
        raise wrong(place, "must end in .parquet or .csv.")
    return suffix
