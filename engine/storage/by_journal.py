"""Several names that come to show something else, where there are no links to lead them through.

What they are to show lies ready under ``new``, and ``names.json`` says whose it is. Then a file
``ready`` appears, by one rename: before it nothing has happened, and after it whoever comes next
does what is left of it. While it is being done, for milliseconds, names may show one this and
another that; whoever holds the lock sees none of it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from engine.storage.links import pointer

_NEW, _NAMES, _READY = "new", "names.json", "ready"
_TRIES, _WAIT = 20, 0.05
"""How often a file that somebody reads is tried, and the seconds between."""


def change(folder: Path, names: Mapping[Path, Path | None]) -> None:
    """Let names show something else; as :func:`engine.storage.switch.switch`, without links.

    Raises
    ------
    OSError
        Something cannot be written; every name shows what it showed.
    """
    new = folder / _NEW
    try:
        new.mkdir(parents=True, exist_ok=True)
        for index, wanted in enumerate(names.values()):
            if wanted is not None and wanted.is_dir():
                (new / str(index)).write_text(pointer(wanted.name), encoding="utf-8")
            elif wanted is not None:
                shutil.copy2(wanted, new / str(index))
        told = [[os.path.abspath(name), wanted is None] for name, wanted in names.items()]
        (folder / _NAMES).write_text(json.dumps(told), encoding="utf-8")
        fresh = folder / f"{_READY}.next"
        fresh.touch()
        fresh.replace(folder / _READY)
    except BaseException:
        finish(folder)
        raise
    finish(folder)


def finish(folder: Path) -> None:
    """Do what is left of a change that is ready, and remove its folder.

    A name that cannot be written now is left to the next one who comes, and so is the folder.
    """
    with suppress(OSError, ValueError):
        if (folder / _READY).exists():
            for index, (name, gone) in enumerate(json.loads((folder / _NAMES).read_text("utf-8"))):
                ready = folder / _NEW / str(index)
                if gone:
                    Path(name).unlink(missing_ok=True)
                elif ready.exists():
                    _replace(ready, Path(name))
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
