"""The folders of a run looked at before its work: those that can be none, or take no file."""

from __future__ import annotations

import os
from pathlib import Path

from engine.config.sections import OutputConfig
from engine.errors import TargetError
from engine.utilities.file_systems import of_the_system
from engine.utilities.targets import refuse_in_run

_REMEDY = (
    "earlier results are as they were. Name another folder under output (models, reports, "
    "processed), or with --out."
)


def refuse_folders(settings: OutputConfig) -> None:
    """Refuse folders of a run of which it is known already that they cannot be written to.

    Nothing is made to find it out. Of ``output.processed``, which few runs need, only that it is
    no folder is told.

    Parameters
    ----------
    settings : OutputConfig

    Raises
    ------
    TargetError
        A file stands where a folder is to be; a folder may not be written to, or is of the system.
    DataError
        It lies in the folder of a run.
    """
    reports, models = Path(settings.reports), Path(settings.models)
    written = (reports / "figures" / settings.name, reports / settings.name, models / settings.name)
    for place in (*written, Path(settings.processed)):
        there = _nearest(place.absolute())
        if not os.path.isdir(there):
            message = f"{there} is a file, not a folder, so nothing can be written there; {_REMEDY}"
            raise TargetError(message)
        if place in written and (why := _takes_none(there)):
            message = f"{place}: nothing can be written there, {why}; {_REMEDY}"
            raise TargetError(message)
        refuse_in_run(place)


def _nearest(place: Path) -> Path:
    """Give what is there of a path: itself, or the first above it."""
    return next(p for p in (place, *place.parents) if os.path.exists(p) or p == p.parent)


def _takes_none(folder: Path) -> str:
    """Say in a clause why a folder takes no file; empty where it may."""
    if kind := of_the_system(folder):
        return f"as {folder} holds no files, but what the system says of itself ({kind})"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"as {folder} may not be written to"
    return ""
