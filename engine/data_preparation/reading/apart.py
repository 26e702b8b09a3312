"""An output apart from what is read: over no input, nor among the files that are read next time."""

from __future__ import annotations

import fnmatch
import glob
from pathlib import Path

from engine.data_preparation.reading.files import find_files
from engine.errors import DataError
from engine.utilities.tables import PART
from engine.utilities.targets import OwnInputError, check_target, refuse_run, target_of


def check_apart(output: str | Path, *inputs: str | Path | None, workbook: bool = False) -> None:
    """Refuse a file to write that is, or would become, one of those that are read.

    Parameters
    ----------
    output : str or Path
        May be a pipe or a device.
    *inputs : str, Path or None
        Files, folders and globs.
    workbook : bool
        Whether it may be one.

    Raises
    ------
    EngineError
        Nothing can be written there: see :func:`engine.utilities.targets.target_of`.
    DataError
        It is an input, by whichever name or link, or lies where inputs are looked for.
    """
    target = target_of(output, workbook=workbook)
    refuse_run(target)
    for place in inputs:
        if place is None or target.through or not str(place).strip():
            continue  # whoever reads a path of nothing says so
        _refuse_inside(output, target.file, place)
        check_target(output, _files(place), workbook=workbook)
        _refuse_found(output, target.file, place)


def check_parts_apart(output: Path, *inputs: str | Path | None) -> None:
    """Refuse the same of a folder of parts, whose place a table takes.

    Parameters
    ----------
    output : Path
        A folder that is there.
    *inputs : str, Path or None
        Files, folders and globs.

    Raises
    ------
    EngineError
        It is of a run.
    DataError
        An input lies in it, or it lies where inputs are looked for.
    """
    there = output.resolve()
    refuse_run(target_of(there / PART.format(0)))
    for place in inputs:
        if place is None or not str(place).strip():
            continue
        if any(file.resolve().parent == there for file in _files(place)):
            message = f"{output} is the input itself; give another output file."
            raise OwnInputError(message)
        _refuse_inside(output, there, place)
        _refuse_found(output, there, place)


def _refuse_inside(output: str | Path, file: Path, place: str | Path) -> None:
    folder = Path(place).expanduser()
    if folder.is_dir() and file.parent == folder.resolve():
        message = f"{output} lies in the folder that is read; give a file in another folder."
        raise OwnInputError(message)


def _refuse_found(output: str | Path, file: Path, place: str | Path) -> None:
    if _found_by(file, Path(place).expanduser()):
        message = (
            f"{output} would be read as one of {place} next time; give a file in another folder."
        )
        raise OwnInputError(message)


def _files(place: str | Path) -> list[Path]:
    try:
        return find_files(str(place))
    except DataError:  # what is not there is said by whoever reads it
        return []


def _found_by(file: Path, pattern: Path) -> bool:
    """Tell whether a glob finds a file, whether it is there yet or not."""
    if pattern.exists() or not any(c in str(pattern) for c in "*?["):
        return False
    if file.exists():
        found = glob.glob(str(pattern), recursive=True)
        return any(Path(f).resolve() == file for f in found)
    folders = glob.glob(str(pattern.parent), recursive=True)
    there = any(Path(f).resolve() == file.parent for f in folders)
    return there and fnmatch.fnmatch(file.name, pattern.name) and not file.name.startswith(".")
