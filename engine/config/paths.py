"""Paths of a configuration: what no file can be called is said where it stands."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from engine.utilities.remote import (
    READ,
    REMOTE,
    holds_secret,
    is_named,
    is_remote,
    scheme_of,
)


def usable_path(value: str) -> Path:
    """Give a path with ``~`` written out.

    Raises
    ------
    ValueError
        It lies on another machine, such as ``s3://...``; or no file can have it: ``~nobody``,
        where there is no such user; a NUL byte; a part that is too long for the disk.

    Examples
    --------
    >>> usable_path("data/customers.csv").name
    'customers.csv'
    """
    if is_remote(value):
        raise ValueError(REMOTE)
    path = Path(expanded(value))
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            message = "is longer than the path of a file can be"
            raise ValueError(message) from None
    except ValueError:
        message = "holds a letter that no path can have"
        raise ValueError(message) from None
    return path


def expanded(value: str) -> str:
    """Write out the ``~`` that a path begins with; any other path stays as it was written.

    Raises
    ------
    ValueError
        There is no such user.
    """
    if not value.startswith("~"):
        return value
    try:
        return str(Path(value).expanduser())
    except RuntimeError:
        message = "names a home folder that is not known; write the path out"
        raise ValueError(message) from None


SECRET = (
    "holds a password, a key or a signature, which would be saved with the run; put the address "
    "into an environment variable, such as SHOP_DATA, and give env:SHOP_DATA"
)
"""What is said of an address with a secret, behind its key."""


def _source(value: str) -> str:
    """Check where data are: on this machine or on another."""
    if holds_secret(value):
        raise ValueError(SECRET)
    if is_remote(value) and scheme_of(value) not in READ:
        message = (
            f"is a remote path of a kind ({scheme_of(value)}) that is not read; those are "
            f"{', '.join(f'{scheme}://' for scheme in READ)}; a database is read by input.sql and "
            "input.connection"
        )
        raise ValueError(message)
    if not is_remote(value) and not is_named(value):
        usable_path(value)
    return value


def _written_out(value: str) -> str:
    return str(usable_path(value))


SourcePath = Annotated[str, AfterValidator(_source)]
"""A file, a folder or a glob, here or elsewhere, as it was written."""

HomePath = Annotated[str, AfterValidator(_written_out)]
"""A file or folder, with ``~`` written out."""
