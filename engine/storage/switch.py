"""Several names that come to show something else in one step: one rename, however many they are.

At rest each name stands for itself: ``latest`` is a link to a run's folder, a page is a file. To
change them together they are led through one link for a moment::

    latest ── .switch-<id>/now/0 ── .switch-<id>/old/0 ── 20261129T183208-2dfd7c

Leading a name through changes nothing that anyone sees. Then ``now`` is renamed from ``old`` to
``new``: the one moment from which all names show what is new. Then each name is made to stand for
itself again, which changes nothing either. Whoever is killed on the way leaves names that all show
the old or all the new; whoever comes next reads ``now``, and brings it to its end.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.storage.by_journal import change, finish
from engine.storage.links import can_link, second_name

_NOW, _OLD, _NEW, _NAMES = "now", "old", "new", "names.json"


def switch(folder: Path, names: Mapping[Path, Path | None]) -> None:
    """Let names show something else, all in one step.

    Parameters
    ----------
    folder : Path
        Where this is kept meanwhile: a new one. Whoever looks for such folders to settle them holds
        a lock that the caller holds now.
    names : mapping of path to path or None
        What each name, a link or a file in a folder that exists, is to show: a folder beside it
        becomes a link's target, a file is taken over, and with None the name goes.

    Raises
    ------
    OSError
        Something cannot be written; every name shows what it showed.

    Notes
    -----
    After the one step nothing is raised any more: a name that cannot be made to stand for itself
    (the disk is full) stays led through the folder, shows the right thing, and is looked after by
    the next :func:`settle`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not can_link(folder):
            change(folder, names)
            return
        _prepare(folder, names)
        for index, name in enumerate(names):
            _put_link(_through(folder, index, name), name, folder)
        _point(folder, _NEW)
    except BaseException:
        settle(folder)
        raise
    settle(folder)


def settle(folder: Path) -> bool:
    """Let each name of a switch stand for itself, as ``now`` says, and remove the folder.

    A name that cannot be written stays as it is, and so does the folder; see :func:`switch`.

    Returns
    -------
    settled : bool
        Whether another switch may begin: one with links that is left does it no harm.
    """
    if not _is_ready(folder):
        return finish(folder)  # of one without links, or nothing has happened
    with suppress(OSError):
        for index, name in _names(folder):
            _stand_alone(folder, index, name)
        (folder / _NOW).unlink()
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _prepare(folder: Path, names: Mapping[Path, Path | None]) -> None:
    """Keep what names show and are to show side by side; no name is touched."""
    for part in (_OLD, _NEW):
        (folder / part).mkdir(parents=True, exist_ok=True)
    relative = [_relative(name, folder) for name in names]
    (folder / _NAMES).write_text(json.dumps(relative), encoding="utf-8")
    for index, (name, wanted) in enumerate(names.items()):
        _keep(name, folder / _OLD / str(index))
        if wanted is not None:
            _keep(wanted, folder / _NEW / str(index))
    _point(folder, _OLD)


def _keep(shown: Path, kept: Path) -> None:
    """Hold on to what a name shows: a folder by a link, a file by a second name of it."""
    if shown.is_dir():
        kept.symlink_to(_relative(shown.resolve(), kept.parent), target_is_directory=True)
    elif shown.is_file():
        second_name(shown, kept)


def _point(folder: Path, part: str) -> None:
    """Let ``now`` name a part: the one step that everybody sees."""
    fresh = folder / f"{_NOW}.next"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(part, target_is_directory=True)
    fresh.replace(folder / _NOW)


def _is_ready(folder: Path) -> bool:
    return (folder / _NOW).is_symlink()


def _names(folder: Path) -> Iterator[tuple[int, Path]]:
    for index, name in enumerate(json.loads((folder / _NAMES).read_text(encoding="utf-8"))):
        yield index, folder.resolve() / name


def _stand_alone(folder: Path, index: int, name: Path) -> None:
    _beside(name, folder).unlink(missing_ok=True)
    through = _through(folder, index, name)
    if not name.is_symlink() or os.readlink(name) != through:
        return  # never led through, or settled before
    shown = folder / _NOW / str(index)
    if shown.is_dir():
        _put_link(_relative(shown.resolve(), name.parent), name, folder)
    elif shown.is_file():
        fresh = _beside(name, folder)
        with _gone_if_failed(fresh):
            second_name(shown, fresh)
            fresh.replace(name)
    else:
        name.unlink()


def _through(folder: Path, index: int, name: Path) -> str:
    return os.path.join(_relative(folder, name.parent), _NOW, str(index))


def _put_link(text: str, name: Path, folder: Path) -> None:
    fresh = _beside(name, folder)
    fresh.unlink(missing_ok=True)
    with _gone_if_failed(fresh):
        fresh.symlink_to(text)
        fresh.replace(name)


@contextmanager
def _gone_if_failed(fresh: Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _beside(name: Path, folder: Path) -> Path:
    return name.with_name(f".{name.name}{folder.name}")


def _relative(path: Path, start: Path) -> str:
    """Write a path as seen from a folder, so that both may be moved together."""
    return os.path.relpath(path.parent.resolve() / path.name, start.resolve())
