"""Targets of segments looked at before anything is done: none is the input, all can be reached."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.config.connections import is_database
from engine.config.sections import Config
from engine.data_preparation.fetching.databases import file_of
from engine.data_preparation.fetching.delta import is_delta
from engine.data_preparation.reading.files import find_files
from engine.delivery.databases import table_of
from engine.delivery.own_folders import refuse_folders
from engine.delivery.reaching import check_reachable
from engine.errors import ConfigError, EngineError, in_sentences
from engine.utilities.remote import is_remote, masked, resolved


def check_targets(config: Config) -> None:
    """Refuse targets that are the run's own input, and what nothing can be written to.

    So it is of the run's own folders.

    Raises
    ------
    EngineError
        As :func:`refuse_input`, :func:`engine.delivery.reaching.check_reachable` and
        :func:`engine.delivery.own_folders.refuse_folders`.
    """
    refuse_folders(config.output)
    refuse_input(config)
    with in_sentences("looking at output.segments"):
        check_reachable(config.output.segments)


def refuse_input(config: Config) -> None:
    """Refuse targets that would be written over what the run reads, or that it would read next.

    Raises
    ------
    ConfigError
    """
    problems = [
        f"output.segments: {masked(target)} is {what}; give another place"
        for target in config.output.segments
        if (what := _input(_address(target), config))
    ]
    if problems:
        raise ConfigError(problems)


def _address(text: str) -> str:
    """Write out what stands in environment variables; what is not set is told by who needs it."""
    try:
        return resolved(text, "")[0]
    except ValueError:
        return text


def _input(target: str, config: Config) -> str:
    """Say what of the input a target is; empty where it is none."""
    read = config.input
    if is_database(target):
        asked = read.sql is not None and _address(str(read.connection))
        return "the table that input.sql reads" * bool(asked and _asks(read.sql, asked, target))
    for key in ("path", "customers"):
        path = getattr(read, key)
        if path is None or (key == "path" and read.sql is not None):
            continue
        within = _is_within(target, _address(path))
        if within:
            return f"{within} input.{key}"
    return ""


def _asks(sql: str | None, asked: str, target: str) -> bool:
    """Tell whether a query names the table of a target, in the same database."""
    table, bare = table_of(target)
    if asked.lower().startswith("sqlite:") and bare.lower().startswith("sqlite:"):
        same = _same(file_of(asked), file_of(bare))
    else:
        same = _server(asked) == _server(bare)
    name = re.escape(table.rpartition(".")[2])
    return same and re.search(rf"(?i)(?<!\w){name}(?!\w)", str(sql)) is not None


def _server(address: str) -> str:
    """Give host and database of an address, whoever asks."""
    place = address.partition("://")[2]
    host = re.search(r"[?&](host=[^&]*)", place)
    return f"{place.partition('?')[0].rpartition('@')[2]} {host[1] if host else ''}".lower()


def _is_within(target: str, path: str) -> str:
    """Say whether a file or an object is, or would be, among those that a path names."""
    if is_remote(target) or is_remote(path):
        prefix = f"{path.rstrip('/')}/"
        within = target.startswith(prefix) and "/" not in target.removeprefix(prefix)
        return "the data of" if target == path else "among the data of" * within
    file, place = Path(target).expanduser(), Path(path).expanduser()
    if place.is_dir():
        folders = file.parents if is_delta(path) else (file.parent,)
        return "in the folder of" * any(_same(folder, place) for folder in folders)
    if any(_same(file, other) for other in _files(path)):
        return "among the files of" if str(place) != str(file) else "the file of"
    pattern = str(Path(os.path.realpath(place.parent)) / place.name)
    there = Path(os.path.realpath(file.parent)) / file.name
    return "among the files of" * (bool(set(path) & set("*?[")) and there.match(pattern))


def _files(path: str) -> Iterator[Path]:
    with suppress(EngineError):  # who reads them says what is wrong
        yield from find_files(path)


def _same(one: Path, other: Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    with suppress(OSError):
        return one.samefile(other)
    return False
