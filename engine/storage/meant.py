"""Which of the runs that are kept of a name is meant: by a word, or by a part of its id."""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import ConfigError, DataError, InputMissingError
from engine.storage.latest import latest_id, run_ids

PREVIOUS, NEWEST = "previous", "newest"
AT = "@"
"""What stands between a name and one of its runs, where both are one word."""

_MOST = 5
"""Runs that a sentence lists."""

_A_RUN = re.compile(r"[0-9A-Za-z-]*")
"""How a word or a part of an id is written; what is written otherwise is a file's name."""


class WrongRunError(DataError):
    """A run is named so that it could be several, or where none can be named."""

    exit_code = ConfigError.exit_code


def meant(root: Path, name: str, text: str) -> str:
    """Find the one run that is meant by a word, or by the beginning or the end of its id.

    Parameters
    ----------
    root : Path
        Folder of all models of the name; there are some.
    name : str
    text : str
        ``previous`` (the one before that in use, by date), ``newest``, or a part of an id.

    Raises
    ------
    InputMissingError
        There is none.
    WrongRunError
        There is more than one.
    """
    kept, used = run_ids(root), latest_id(root)
    if text == PREVIOUS:
        earlier = [run for run in kept if used is None or run < used]
        if not earlier:
            message = f"no run of {name} that is kept is older than that in use ({used})."
            raise InputMissingError(message)
        return earlier[-1]
    if text == NEWEST:
        return kept[-1]
    found = [r for r in kept if text and (r.startswith(text) or r.endswith(text))]
    if len(found) == 1:
        return found[0]
    if found:
        message = (
            f"{len(found)} runs of {name} begin or end with {text!r}; give more of the id: "
            f"{', '.join(found[-_MOST:])}."
        )
        raise WrongRunError(message)
    message = f"there is no run {text!r} of {name}: {listed(root, name)}"
    raise InputMissingError(message)


def listed(root: Path, name: str) -> str:
    """Say which runs of a name are kept, the newest first: the end of a sentence."""
    kept, used = run_ids(root), latest_id(root)
    told = ", ".join(f"{r} (in use)" if r == used else r for r in kept[-_MOST:][::-1])
    return f"kept are {told}; `engine runs {name}` says more."


def parted(text: str) -> tuple[str, str] | None:
    """Part a name from one of its runs; None for a name alone, a path or an address.

    Examples
    --------
    >>> parted("shop@previous"), parted("models/shop@2dfd7c")
    (('shop', 'previous'), ('models/shop', '2dfd7c'))
    >>> parted("shop"), parted("shop@2.csv"), parted("mail@shop/a")
    (None, None, None)
    """
    name, at, run = text.rpartition(AT)
    return (name, run) if at and name and _A_RUN.fullmatch(run) else None
