"""What killed processes left: brought to its end, or removed, by whoever comes next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from engine.config.sections import OutputConfig
from engine.errors import DataError, EngineError
from engine.storage.folders import ALIVE, SWITCH, Places
from engine.storage.latest import LATEST, latest_id
from engine.storage.links import point, pointed
from engine.storage.switch import settle
from engine.utilities.leftovers import sweep
from engine.utilities.locks import is_locked
from engine.utilities.remote import FETCHED

_PRUNED = ".pruned-"


def clean_up(settings: OutputConfig) -> None:
    """Clean up; the caller holds the lock under which names come to show something else.

    Brings to its end what killed processes began to show, removes what they staged and what they
    never came to show, and lets the reports' links name the run that the model's link names.

    Raises
    ------
    EngineError
        What was begun cannot be brought to its end now; nothing else may begin before.
    """
    here = Places(settings, "")
    dead = [alive for alive in here.roots[2].glob(f"{ALIVE}*") if not _works(alive)]
    killed = [_left(settings, alive) for alive in dead]
    # Only who holds the lock switches or prunes, and that is us.
    for root in {here.roots[1], *(run.roots[1] for run in killed)}:
        for begun in root.glob(f"{SWITCH}*-{here.tag}"):
            if not settle(begun):
                message = (
                    f"an earlier change in {root} is not done yet, as a file of it cannot be "
                    "written; close what has it open, and ask again."
                )
                raise EngineError(message)
    for run, alive in zip(killed, dead, strict=True):
        take_back(run)
        run.discard()
        alive.unlink(missing_ok=True)
    for root in here.roots:
        for pruned in root.glob(f"{_PRUNED}*"):
            shutil.rmtree(pruned, ignore_errors=True)
    heal_links(here)
    sweep(Path(settings.processed), FETCHED)


def _works(alive: Path) -> bool:
    try:
        return is_locked(alive)
    except FileNotFoundError:  # it has ended between two looks
        return True


def _left(settings: OutputConfig, alive: Path) -> Places:
    """Give the folders of a killed run: where it worked, as far as it came to say so."""
    aside = False
    try:
        where = json.loads(alive.read_text(encoding="utf-8"))
        settings = settings.model_copy(update={p: str(where[p]) for p in ("reports", "processed")})
        aside = where.get("aside") is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # killed before it said so, or of an earlier build: it worked where this one does
    return Places(settings, alive.name.removeprefix(ALIVE), aside)


def take_back(run: Places) -> None:
    """Undo a publication that did not come to its one step; keep one that did."""
    if not run.is_published:
        for root in run.roots:
            remove(run.published(root))
            (root / f".latest-{run.run_id}").unlink(missing_ok=True)
    heal_links(run)


def remove(run: Path) -> None:
    """Remove a published run in one step: whoever reads it finds all of it, or nothing."""
    gone = run.with_name(f"{_PRUNED}{run.name}")
    with suppress(OSError):
        run.rename(gone)
    for left in (gone, run):  # the second where nothing can be renamed
        shutil.rmtree(left, ignore_errors=True)


def heal_links(folders: Places) -> None:
    """Let links that an earlier build flipped one by one agree, and remove those to nothing."""
    current = latest_id(folders.roots[2])
    for root in folders.roots:
        link = root / LATEST
        if current and latest_id(root) != current and (root / current).is_dir():
            _flip(root, current)
        elif pointed(link) is not None and latest_id(root) is None:
            link.unlink()


def _flip(root: Path, run_id: str) -> None:
    refuse_folder(root / LATEST)
    point(root / LATEST, run_id, root / f".latest-{run_id}")


def refuse_folder(link: Path) -> None:
    """Refuse to put a link where somebody keeps a folder or a file.

    Raises
    ------
    EngineError
        Naming it.
    """
    if link.exists() and not link.is_symlink() and pointed(link) is None:
        message = f"{link} is a folder or file, but the engine keeps a link there; move it away."
        raise EngineError(message)


def refuse_changed(run_id: str, seen: Mapping[Path, bytes]) -> None:
    """Refuse to go on where files of a run are not what they were.

    Raises
    ------
    DataError
    """
    if any(not p.is_file() or p.read_bytes() != held for p, held in seen.items()):
        message = f"run {run_id} was changed meanwhile; nothing was: ask again."
        raise DataError(message)
