"""What a path to write to stands for: a file, or a pipe or device that is written through."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigError, DataError, TargetError
from engine.utilities.file_systems import unwritable
from engine.utilities.remote import is_remote, masked

SUFFIXES = (".parquet", ".csv")
"""What tables are written as."""

WORKBOOK = ".xlsx"
"""What is written for people, beside them, where a command says so."""

_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|\d+)(?:/task/\d+)?)/fd/(\d+)")
_MOST_LINKS = 40
RUN = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")
"""The name of a run's folder: its id."""

OF_A_RUN = (
    "lies in the folder of a run ({}), whose files stay as the run wrote them; give a file in "
    "another folder."
)
"""What is said of a place where nothing else is written, behind its name."""


class WrongTargetError(TargetError):
    """A target is named so that nothing can be written there, whatever becomes of the place."""

    exit_code = ConfigError.exit_code


class OwnInputError(DataError):
    """A target is among what is read, or is kept as it is."""

    exit_code = ConfigError.exit_code


@dataclass(frozen=True)
class Target:
    """A path to write a table to.

    Attributes
    ----------
    path : Path
        As it was given.
    file : Path
        What it stands for, links followed: a link stays, the file behind it is replaced.
    suffix : {".parquet", ".csv", ".xlsx"}
    through : bool
        Whether it is a pipe or a device, which is written through and never replaced.
    descriptor : int or None
        The open file of this process that it stands for, such as 1 for ``/dev/stdout``.
    """

    path: Path
    file: Path
    suffix: str
    through: bool = False
    descriptor: int | None = None


def target_of(path: str | Path, *, workbook: bool = False) -> Target:
    """Look at a path before anything is written to it.

    Parameters
    ----------
    path : str or Path
        Ends in ``.parquet`` or ``.csv``; pipes and devices may be called otherwise and get CSV.
    workbook : bool
        Whether it may end in ``.xlsx`` as well.

    Raises
    ------
    WrongTargetError
        Another suffix; Parquet for a pipe or a device.
    TargetError
        A folder, a socket or a disk; a link that leads to itself; no such folder, or one that
        takes no file.
    """
    if is_remote(path):
        message = (
            f"{masked(str(path))}: is a remote path, which this does not write to; give a file of "
            "this machine. Segments are sent there by output.segments."
        )
        raise WrongTargetError(message)
    path = Path(path)
    descriptor = _descriptor(path)
    if descriptor is not None:
        return Target(path, path, _piped(path), through=True, descriptor=descriptor)
    kind, file = _looked_at(path)
    if kind in (stat.S_IFCHR, stat.S_IFIFO):
        return Target(path, file, _piped(path), through=True)
    suffix = _suffix(path, (*SUFFIXES, WORKBOOK) if workbook else SUFFIXES)
    _refuse(path, file, kind)
    return Target(path, file, suffix)


def document(path: str | Path) -> Path:
    """Look at the path of a file that is no table, such as slides, before it is written.

    Returns
    -------
    file : Path
        What it stands for, links followed.

    Raises
    ------
    EngineError
        A pipe or a device; the folder of a run; otherwise as :func:`target_of`.
    """
    path = Path(path)
    kind, file = _looked_at(path)
    if kind in (stat.S_IFCHR, stat.S_IFIFO) or _descriptor(path) is not None:
        message = f"{path}: is a pipe or a device; give a file."
        raise WrongTargetError(message)
    _refuse(path, file, kind)
    refuse_run(Target(path, file, path.suffix.lower()))
    return file


def _looked_at(path: Path) -> tuple[int | None, Path]:
    """Give what is there, None where nothing is, and the path with links followed."""
    try:
        kind: int | None = stat.S_IFMT(path.stat().st_mode)
    except ValueError:
        message = f"{str(path)!r} is no path: it holds a NUL character; give another name."
        raise WrongTargetError(message) from None
    except OSError:
        kind = None
    return kind, Path(os.path.realpath(path))


def is_stdout(path: str | Path) -> bool:
    """Tell whether a path is what the command prints to, where nothing else may then be said."""
    return _descriptor(Path(path)) == 1


def check_target(path: str | Path, read: Iterable[Path] = (), *, workbook: bool = False) -> None:
    """Refuse what cannot be written to, or is one of the files that are read.

    Parameters
    ----------
    path : str or Path
    read : iterable of Path
        Files that the command reads.
    workbook : bool
        As of :func:`target_of`.

    Raises
    ------
    EngineError
        As :func:`target_of`.
    DataError
        It is a file that is read, by whichever name or link.
    """
    target = target_of(path, workbook=workbook)
    for file in read:
        with suppress(OSError):
            if not target.through and target.file.samefile(file):
                message = f"{path} is the input itself; give another output file."
                raise OwnInputError(message)


def refuse_run(target: Target) -> None:
    """Refuse a file in the folder of a run, which holds what the run wrote and nothing else.

    Raises
    ------
    DataError
    """
    if not target.through and (folder := run_above(target.file)):
        message = f"{target.path} {OF_A_RUN.format(folder)}"
        raise OwnInputError(message)


def refuse_in_run(folder: str | Path) -> None:
    """Refuse a folder to write files into that is that of a run, or lies in it.

    Raises
    ------
    DataError
    """
    if run := run_above(Path(os.path.realpath(folder)) / "file"):
        message = f"{folder} {OF_A_RUN.format(run)}"
        raise OwnInputError(message)


def run_above(file: Path) -> Path | None:
    """Give the folder of the run that a file lies in; None where it lies in none.

    Parameters
    ----------
    file : Path
        Links followed.

    Examples
    --------
    >>> run_above(Path("reports/shop/mine/segments.csv")) is None
    True
    """
    for folder in file.parents:
        if RUN.fullmatch(folder.name) and os.path.lexists(folder.parent / "latest"):
            return folder
    return None


def _refuse(path: Path, file: Path, kind: int | None) -> None:
    named = {stat.S_IFSOCK: "it is a socket", stat.S_IFBLK: "it is a disk"}
    if kind in named:
        message = f"{path}: cannot be written, {named[kind]}; give another name."
        raise TargetError(message)
    if os.path.islink(file):  # nothing behind it was found: links that lead to each other
        message = f"{path}: cannot be written, it is a link that leads to itself; remove it."
        raise TargetError(message)
    if wrong := unwritable(file):
        message = f"{path}: cannot be written, {wrong}."
        raise TargetError(message)


def _suffix(path: Path, known: tuple[str, ...]) -> str:
    suffix = path.suffix.lower()
    if suffix not in known:
        message = (
            f"{path}: cannot tell the format from the suffix {path.suffix!r}; "
            f"give a name that ends in {', '.join(known[:-1])} or {known[-1]}."
        )
        raise WrongTargetError(message)
    return suffix


def _piped(path: Path) -> str:
    if (suffix := path.suffix.lower()) in (".parquet", WORKBOOK):
        kind = "Parquet" if suffix == ".parquet" else "a workbook"
        message = (
            f"{path}: is a pipe or a device, which {kind} cannot be written to; "
            "give a file, or a name that ends in .csv."
        )
        raise WrongTargetError(message)
    return ".csv"


def _descriptor(path: Path) -> int | None:
    """Give the open file that a path stands for; links are followed one by one.

    Followed to the end, ``/dev/stdout`` would be the file that the shell writes it to.
    """
    place = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        place = os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))
        if found := _DESCRIPTOR.fullmatch(place):
            return int(found[1]) if _own(place) else None
        try:
            onward = os.readlink(place)
        except (OSError, ValueError):
            return None
        place = os.path.normpath(os.path.join(os.path.dirname(place), onward))
    return None


def _own(place: str) -> bool:
    """Tell whether an entry of ``/proc`` is of this process."""
    process = place.split("/")[2]
    return place.startswith("/dev/") or process in ("self", "thread-self", str(os.getpid()))
