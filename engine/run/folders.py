"""The folders of a run: places that can be none are refused, and what stays empty goes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.config.sections import OutputConfig
from engine.delivery.own_folders import refuse_folders
from engine.storage.outputs import RunFolders, new_run
from engine.utilities.locks import one_at_a_time

_LOCK = ".lock"


@contextmanager
def folders_of(
    settings: OutputConfig, note: Callable[[str], None], *, aside: bool = False
) -> Iterator[RunFolders]:
    """Open the folders of a run; those that it made and that are empty at its end are removed.

    Parameters
    ----------
    settings : OutputConfig
    note : callable
        Told of a folder that is made in one that is not there.
    aside : bool
        As of :func:`engine.storage.outputs.new_run`.

    Raises
    ------
    EngineError
        As :func:`engine.delivery.own_folders.refuse_folders`; or a folder cannot be written.
    """
    refuse_folders(settings)
    roots = RunFolders(settings, "").roots
    places = [p.absolute() for p in (*roots, Path(settings.processed))]
    new = _missing(places)
    reports = Path(settings.reports).absolute()
    if reports.parent in new:
        note(f"{reports.parent} was not there: the run makes it")
    try:
        with new_run(settings, aside=aside) as folders:
            yield folders
    finally:
        with suppress(OSError):
            _remove_empty(new, roots[2].absolute())


def _missing(places: list[Path]) -> set[Path]:
    """Give the folders that are not there yet."""
    new: set[Path] = set()
    for place in places:
        for folder in (place, *place.parents):
            if folder.is_dir():
                break
            new.add(folder)
    return new


def _remove_empty(new: set[Path], models: Path) -> None:
    if models in new and models.is_dir():
        with one_at_a_time(models):
            if [p.name for p in models.iterdir()] == [_LOCK]:
                (models / _LOCK).unlink()
    for folder in sorted(new, key=lambda f: len(f.parts), reverse=True):
        with suppress(OSError):  # it is not there, or holds something
            folder.rmdir()
