"""Which of the runs that are kept of a name is meant: by a word, or by a part of its id."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.config.sections import OutputConfig
from engine.errors import DataError, InputMissingError
from engine.storage.latest import LATEST, latest_id, run_ids
from engine.storage.naming import Named, find, named, names

PREVIOUS, NEWEST = "previous", "newest"
AT = "@"
"""What stands between a name and one of its runs, where both are one word."""

_MOST = 5
"""Runs that a sentence lists."""

_LEAST = 6
"""Letters of an id, given without its name, that are taken for one."""


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
    DataError
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
        raise DataError(message)
    message = f"there is no run {text!r} of {name}: {listed(root, name)}"
    raise InputMissingError(message)


def listed(root: Path, name: str) -> str:
    """Say which runs of a name are kept, the newest first: the end of a sentence."""
    kept, used = run_ids(root), latest_id(root)
    told = ", ".join(f"{r} (in use)" if r == used else r for r in kept[-_MOST:][::-1])
    return f"kept are {told}; `engine runs {name}` says more."


def run_named(settings: OutputConfig, text: str | Path) -> Named:
    """Find a run by a name or a folder, or by a name with one of its runs: ``shop@previous``.

    Parameters
    ----------
    settings : OutputConfig
        Says where results are.
    text : str or Path
        As of :func:`engine.storage.naming.named`; or a name, ``@`` and a run as of :func:`meant`.

    Returns
    -------
    named : Named
        Its ``run`` is an id wherever one was meant.

    Raises
    ------
    InputMissingError
        There is no such run; where it is an id without its name, the whole of it is proposed.
    DataError
        A part of an id is of more than one run.

    Examples
    --------
    >>> run_named(OutputConfig(), "no such shop@previous")
    Traceback (most recent call last):
    ...
    engine.errors.InputMissingError: there is no run named 'no such shop' under models ...
    """
    if find(settings, text) is not None:
        return named(settings, text)
    name, at, run = str(text).rpartition(AT)
    if not at or not name:
        _check_bare(settings, str(text))
        return named(settings, text)
    found = named(settings, name)
    if run == LATEST:
        return found
    root = found.models / found.name
    if not run_ids(root):
        message = f"there is no model under {root}, so no run of {found.name} can be named."
        raise InputMissingError(message)
    return replace(found, run=meant(root, found.name, run))


def _check_bare(settings: OutputConfig, text: str) -> None:
    """Propose ``shop@ID`` where the id of a run was given alone, or enough of one."""
    if len(text) < _LEAST:
        return
    found = [
        f"{name}{AT}{run}"
        for name in names(settings)
        for run in run_ids(Path(settings.models) / name)
        if run.startswith(text) or run.endswith(text)
    ]
    if found:
        said = " or ".join(map(repr, found[-_MOST:]))
        message = f"{text!r} is the id of a run, which is named after its results: {said}."
        raise InputMissingError(message)
