"""A place data are fetched from: its address, what of it may be shown, and the sentences on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import DiskFullError, EngineError, InputMissingError, first_line, is_disk_full
from engine.places.extras import how
from engine.utilities.remote import masked, resolved, without


@dataclass(frozen=True)
class Place:
    """Where data are.

    Attributes
    ----------
    shown : str
        As it was asked for, without secrets: what is saved and what stands in messages.
    address : str
        What is asked; with what environment variables hold.
    secrets : tuple of str
        What must stand in no message.
    """

    shown: str
    address: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def missing(self, what: str) -> InputMissingError:
        """Say that it is not there, or cannot be reached: ``what`` follows its name."""
        return InputMissingError(self.said(what))

    def refused(self, what: str) -> EngineError:
        """Say that it is there and cannot be used."""
        return EngineError(self.said(what))

    def why(self, error: BaseException) -> str:
        """Give the first line of another library's error, without secrets."""
        return without(first_line(error), self.secrets).rstrip(". ")

    def said(self, what: str) -> str:
        """Say it of this place, without secrets."""
        return without(f"{self.shown} {what}", self.secrets)


def place_of(text: str, key: str) -> Place:
    """Look an address up: what environment variables hold stands in the place of their names.

    Raises
    ------
    InputMissingError
        A variable is not set.
    """
    try:
        address, secrets = resolved(text, key)
    except ValueError as error:
        message = f"{error}; set it, or give the address itself."
        raise InputMissingError(message) from None
    return Place(masked(text), address, secrets)


def check_disk(place: Place, error: BaseException) -> None:
    """Tell a disk of this machine that is full from a place that is missing.

    Raises
    ------
    DiskFullError
        That is what failed, whoever says so.
    """
    if is_disk_full(error):
        what = (
            f"needs more room on disk here than there is ({place.why(error)}); free space, or name "
            "another folder in output.processed (or TMPDIR)."
        )
        raise DiskFullError(place.said(what)) from None


@contextmanager
def needing(extra: str, place: Place) -> Iterator[None]:
    """Import in the block what an extra brings.

    Raises
    ------
    InputMissingError
        It is not installed: from here the place cannot be reached.
    """
    try:
        yield
    except ImportError as error:
        what = f"needs a package that is not installed ({error.name}): {how(extra)}."
        raise place.missing(what) from None


@dataclass(frozen=True)
class Found:
    """What was fetched.

    Attributes
    ----------
    path : Path
        The file, or the folder of files, that is read in its place.
    facts : dict
        Of plain values: ``from``, what it was (``etag``, ``modified``, ``version``), ``bytes`` or
        ``rows``, and the ``sha256`` of all that was read.
    """

    path: Path
    facts: dict[str, Any]
