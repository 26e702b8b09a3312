"""What a run was made of, told by digests: whether another one would find the same.

Of files there are two digests. One is of what the system says of them (size, times, inode), which
costs nothing: where it is the same, so are they. The other is of all of their bytes, and tells a
file that was touched, or copied anew, from one that is another; it is taken where a run is asked
for ``if_changed``, and reads the files once (SHA-256, about 1 GB/s and more).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.config.everywhere import as_asked, as_saved
from engine.config.sections import Config
from engine.data_preparation.reading.files import find_files
from engine.errors import EngineError
from engine.model.of_run import load_of_run
from engine.run.saved_customers import SEGMENTS
from engine.run.summaries import versions
from engine.storage.latest import latest_id
from engine.utilities.remote import is_remote
from engine.utilities.sealing import digest_of
from engine.utilities.tables import parts_of

_PLACES = ("models", "reports", "processed")
"""Keys of ``output`` that say where results go, which changes none of them."""

_RECENT = 2.0
"""Seconds in which a file may be written twice and have the same times."""

_DELTA_LOG = "_delta_log"


class Unchanged(NamedTuple):
    """The run in use, where another one would find the same.

    Attributes
    ----------
    name, run_id : str
    reason : str
        A sentence.
    """

    name: str
    run_id: str
    reason: str


def fingerprint(config: Config, *, content: bool = False) -> dict[str, Any]:
    """Tell what a run is asked to read, by which settings and which engine.

    Parameters
    ----------
    config : Config
        As it was asked for.
    content : bool
        Whether files are read, too.

    Returns
    -------
    fingerprint : dict
        ``settings`` and ``engine``; ``input``: ``files``, ``bytes``, and the digests ``stat`` and
        ``content``, each None where it cannot be told or was not asked for.
    """
    return {
        "settings": _settings(config),
        "engine": versions()["engine"],
        "input": _input(config, content=content),
    }


def looked_over(config: Config) -> tuple[Unchanged | None, dict[str, Any]]:
    """Tell whether a run would find what the run in use did; files are read where they must be.

    Parameters
    ----------
    config : Config
        As it was asked for.

    Returns
    -------
    same : Unchanged or None
        The run in use, where it was made of the same.
    made_of : dict
        The :func:`fingerprint`; with the content where there is a run to make.
    """
    made_of = fingerprint(config)
    if (same := _unchanged(config, made_of)) is not None:
        return same, made_of
    made_of = fingerprint(config, content=True)
    return _unchanged(config, made_of), made_of


def _unchanged(config: Config, now: dict[str, Any]) -> Unchanged | None:
    output = config.output
    used = latest_id(Path(output.models) / output.name)
    if used is None:
        return None
    folder = Path(output.reports) / output.name / used
    try:
        then = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["fingerprint"]
        same = all(then[key] == now[key] for key in ("settings", "engine"))
        if not (same and _same_files(then["input"], now["input"])):
            return None
        load_of_run(output, used)
        whole = (folder / "report.html").is_file() and bool(parts_of(folder / SEGMENTS))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EngineError):
        return None  # of an earlier build, damaged, or not signed as is asked now
    if not whole:
        return None
    reason = (
        f"neither data nor settings have changed since run {used} of {output.name}, which is in use"
    )
    return Unchanged(output.name, used, reason)


def _settings(config: Config) -> str:
    tree = as_saved(config).model_dump(mode="json")
    del tree["tracking"]  # where a run is recorded changes nothing of it
    for key in _PLACES:
        tree["output"].pop(key)
    return _digest([json.dumps(tree, sort_keys=True)])


def _input(config: Config, *, content: bool) -> dict[str, Any]:
    none = {"files": None, "bytes": None, "stat": None, "content": None}
    try:
        files = _files(config)
        if files is None:
            return none
        asked = as_saved(config)  # a table in memory is another file each time
        known = [(str(as_asked(file, asked)), file.stat()) for file in files]
        times = ("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
        lines = [f"{name} {[getattr(s, t) for t in times]}" for name, s in known]
        settled = all(max(s.st_mtime, s.st_ctime) < time.time() - _RECENT for _, s in known)
        return {
            "files": len(files),
            "bytes": sum(s.st_size for _, s in known),
            "stat": _digest(lines) if settled else None,
            "content": _content([n for n, _ in known], files) if content else None,
        }
    except (OSError, EngineError):  # whoever reads them says what is wrong
        return none


def _files(config: Config) -> list[Path] | None:
    """List the files that are read; None where they are no files of this machine."""
    paths = [p for p in (config.input.path, config.input.customers) if p is not None]
    if any(is_remote(path) for path in paths) or getattr(config.input, "sql", None):
        return None
    return [file for path in paths for file in _found(path)]


def _found(path: str) -> Sequence[Path]:
    log = Path(path).expanduser() / _DELTA_LOG
    if log.is_dir():  # which names every file of the table, and none of them changes
        return sorted(file for file in log.iterdir() if file.is_file())
    return find_files(path)


def _same_files(then: dict[str, Any], now: dict[str, Any]) -> bool:
    """Tell whether files are those of then: by the system's word, otherwise by their bytes."""
    if then["stat"] is not None and then["stat"] == now["stat"]:
        return True
    return then["content"] is not None and then["content"] == now["content"]


def _content(names: Iterable[str], files: Iterable[Path]) -> str:
    pairs = zip(names, files, strict=True)
    return _digest([f"{name} {digest_of(file)}" for name, file in pairs])


def _digest(lines: Iterable[str]) -> str:
    return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
