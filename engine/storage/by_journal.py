"""Several names that come to show something else, where there are no links to lead them through.

What they are to show lies ready under ``new``, what they show under ``old``, and ``names.json``
says whose it is. Then a file ``ready`` appears, by one rename: before it nothing has happened, and
after it whoever comes next does what is left of it. Where a name cannot be written, ``ready`` goes
first, and each name that was changed gets back what it showed; whoever comes next does what is
left of that. ``names.json`` goes when nothing is left. Meanwhile, for milliseconds, names may show
one this and another that; whoever holds the lock sees none of it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from engine.storage.links import pointer, second_name
from engine.utilities.flushing import to_disk

_OLD, _NEW, _NAMES, _READY = "old", "new", "names.json", "ready"
_TRIES, _WAIT = 20, 0.05
"""How often a file that somebody reads is tried, and the seconds between."""


def change(folder: Path, names: Mapping[Path, Path | None]) -> None:
    """Let names show something else; as :func:`engine.storage.switch.switch`, without links.

    Raises
    ------
    OSError
        Something cannot be written; every name shows what it showed, or does so from the next
        :func:`finish` on where not even that can be written now.
    """
    try:
        _prepare(folder, names)
        _forward(folder)
    except Exception:
        with suppress(OSError):
            (folder / _READY).unlink(missing_ok=True)
            finish(folder)
        raise
    _done(folder)


def finish(folder: Path) -> bool:
    """Bring a change to its end, or take it back where it is not ready, and remove its folder.

    Returns
    -------
    done : bool
        Whether nothing is left of it. A name that cannot be written now is left to the next one
        who comes, and so is the folder; no other change may begin before.
    """
    try:
        if (folder / _READY).exists():
            _forward(folder)
        else:
            _back(folder)
    except ValueError:
        pass  # names that never came to be written: nothing has happened
    except OSError:
        return False
    _done(folder)
    return True


def _prepare(folder: Path, names: Mapping[Path, Path | None]) -> None:
    """Keep what names show and are to show, all of it on the disk before it is ready."""
    old, new = folder / _OLD, folder / _NEW
    for part in (old, new):
        part.mkdir(parents=True, exist_ok=True)
    told = []
    for index, (name, wanted) in enumerate(names.items()):
        if wanted is not None and wanted.is_dir():
            (new / str(index)).write_text(pointer(wanted.name), encoding="utf-8")
        elif wanted is not None:
            shutil.copy2(wanted, new / str(index))
        if name.is_symlink():
            (old / str(index)).write_text(pointer(name.readlink().name), encoding="utf-8")
        elif name.is_file():
            second_name(name, old / str(index))
        told.append([os.path.abspath(name), wanted is None, (old / str(index)).exists()])
    (folder / _NAMES).write_text(json.dumps(told), encoding="utf-8")
    for file in (*old.iterdir(), *new.iterdir(), folder / _NAMES):
        to_disk(file)
    fresh = folder / f"{_READY}.next"
    fresh.touch()
    fresh.replace(folder / _READY)
    for part in (old, new, folder):
        with suppress(OSError):  # some systems flush no folder
            to_disk(part)


def _forward(folder: Path) -> None:
    for index, name, gone, _ in _names(folder):
        ready = folder / _NEW / str(index)
        if gone:
            name.unlink(missing_ok=True)
        elif ready.exists():
            _replace(ready, name)


def _back(folder: Path) -> None:
    for index, name, gone, was in _names(folder):
        kept = folder / _OLD / str(index)
        if os.path.lexists(name) if gone else (folder / _NEW / str(index)).exists():
            continue  # never changed, or not any more
        if kept.exists():
            _replace(kept, name)
        elif not was:
            name.unlink(missing_ok=True)


def _names(folder: Path) -> Iterator[tuple[int, Path, bool, bool]]:
    if not (folder / _NAMES).exists():
        return
    for index, told in enumerate(json.loads((folder / _NAMES).read_text(encoding="utf-8"))):
        name, gone, was = (*told, True)[:3]  # an earlier build kept no old ones
        yield index, Path(name), gone, was


def _done(folder: Path) -> None:
    with suppress(OSError):
        (folder / _NAMES).unlink(missing_ok=True)  # first: without it nothing is left to do
        shutil.rmtree(folder, ignore_errors=True)


def _replace(ready: Path, name: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            if os.name == "nt" and name.is_symlink():
                name.unlink()  # nothing is renamed over a link to a folder there
            ready.replace(name)
            return
        except PermissionError:  # open elsewhere, as Windows has it
            if not left:
                raise
            time.sleep(_WAIT)
