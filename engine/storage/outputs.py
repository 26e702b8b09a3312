"""Where a run's results go, so that nobody ever sees half a run.

A run writes into hidden staging folders and renames each to its run id; then all three ``latest``
links name it in one step (``switch.py``). Until that step the previous run is what everybody sees.
Each run holds a lock that dies with its process; what a killed run left is removed by the next.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from engine.config.sections import OutputConfig
from engine.errors import DataError, InputMissingError, failed_write, first_line
from engine.storage.folders import Places
from engine.storage.history import write_down
from engine.storage.latest import LATEST, latest_id, new_run_id, run_ids
from engine.storage.leftovers import (
    clean_up,
    heal_links,
    refuse_changed,
    refuse_folder,
    remove,
    take_back,
)
from engine.storage.switch import switch
from engine.utilities.flushing import to_disk
from engine.utilities.locks import OPEN_FILES_GO, locked, one_at_a_time
from engine.utilities.stopping import check, tell_done, whole

REPORTS = ("report.pptx", "report.pdf")
"""What is made of a page that was published, beside it, until it is drawn again."""


@dataclass(frozen=True)
class RunFolders(Places):
    """The folders of one run, and how they are published.

    Attributes
    ----------
    settings, run_id, aside
        As of :class:`engine.storage.folders.Places`.
    """

    def publish(self, spared: str | None = None) -> None:
        """Make this run the latest, wholly or not at all. Then remove runs beyond ``keep``.

        A run that is ``aside`` is kept beside the latest, which stays the one in use.

        Parameters
        ----------
        spared : str, optional
            An older run that stays, beside them: the one whose tree this run is a cut of.

        Raises
        ------
        EngineError
            A folder cannot be written; the previous run is then the latest, as it was.
        """
        check()
        with _alone(self.settings):
            clean_up(self.settings)
            try:
                for root in self.roots:  # the model last
                    _sync(root / self.staged_name)
                    refuse_folder(root / LATEST)
                    (root / self.staged_name).rename(self.published(root))
                if not self.aside:
                    switch(self.switch, {r / LATEST: self.published(r) for r in self.roots})
            except BaseException:
                take_back(self)
                raise
            report = self.published(self.roots[1]) / "report.html"
            tell_done(f"the run is done and saved ({report})")
            write_down(self.roots[2], self.roots[1])
            self._prune({self.run_id, spared, latest_id(self.roots[2])})

    def _prune(self, stay: set[str | None]) -> None:
        # Runs side by side may end in another order than they began: never remove this one.
        older = [run for run in run_ids(self.roots[2]) if run not in stay]
        for old in older[: max(0, len(older) - self.settings.keep + 1)]:
            for root in self.roots:  # its model last, by which it is found again
                remove(root / old)

    def redrawn(
        self,
        run_id: str,
        also: Mapping[Path, Path | None] | None = None,
        as_seen: Mapping[Path, bytes] | None = None,
    ) -> list[str]:
        """Let figures and page that were staged here take the place of those of a published run.

        Parameters
        ----------
        run_id : str
        also : mapping of path to path, optional
            Published files, with what takes their place in the same step.
        as_seen : mapping of path to bytes, optional
            What files must hold still: what is staged was made from them.

        Returns
        -------
        gone : list of str
            Names of files that were made of the page as it was, and went with it.

        Raises
        ------
        EngineError
            The run is no longer there, or a folder cannot be written; figures and page are then
            as they were, all of them.
        """
        check()
        figures, reports = (root / run_id for root in self.roots[:2])
        with _alone(self.settings):
            clean_up(self.settings)
            if not reports.is_dir():
                message = (
                    f"run {run_id} was removed while its report was drawn (output.keep), so "
                    "there is nothing to draw it for; draw that of the latest run."
                )
                raise DataError(message)
            refuse_changed(run_id, as_seen or {})
            figures.mkdir(parents=True, exist_ok=True)
            staged = [*self.figures.iterdir(), *self.reports.glob("*.html")]
            _sync(self.figures)
            _sync(self.reports)
            _sync(self.model)
            # Slides and a PDF of the page as it was are gone with it.
            older = [p for p in map(reports.joinpath, REPORTS) if p.is_file()]
            names: dict[Path, Path | None] = {
                **dict.fromkeys([*figures.glob("*.png"), *older]),
                **(also or {}),
            }
            for file in staged:
                names[(figures if file.parent == self.figures else reports) / file.name] = file
            switch(self.switch, names)
            tell_done(f"the report is drawn again ({reports / 'report.html'})")
            with suppress(OSError):  # figures that were not there have no link yet
                heal_links(self)
            return [p.name for p in older]


@contextmanager
def new_run(settings: OutputConfig, *, aside: bool = False) -> Iterator[RunFolders]:
    """Open staging folders for a run; whatever is not published by the end is removed.

    Parameters
    ----------
    settings : OutputConfig
    aside : bool
        Keep it beside the run in use, and do not let it take its place.

    Raises
    ------
    EngineError
        A folder cannot be written; raised before any work is done.
    """
    folders = RunFolders(settings, new_run_id(Path(settings.models) / settings.name), aside)
    with _alive(folders):
        recover(settings)
        for root in folders.roots:
            with writing(root):
                (root / folders.staged_name).mkdir(parents=True)
            refuse_folder(root / LATEST)
        yield folders


@contextmanager
def _alive(folders: RunFolders) -> Iterator[None]:
    """Hold the lock that tells other runs that this one is at work, and leave nothing behind."""
    models = folders.roots[2]
    with ExitStack() as held:
        with writing(models):
            models.mkdir(parents=True, exist_ok=True)
        try:
            with writing(models), one_at_a_time(models), whole():
                held.enter_context(locked(folders.alive))
                folders.alive.write_text(json.dumps(folders.record()), encoding="utf-8")
            yield
        finally:
            with whole(), suppress(OSError):
                folders.discard()
                if not OPEN_FILES_GO:
                    held.close()  # no open file goes there
                if not folders.staged():  # what cannot be removed now is left to the next
                    folders.alive.unlink(missing_ok=True)


@contextmanager
def _alone(settings: OutputConfig) -> Iterator[None]:
    """Change what is published: one process at a time, and wholly once it has begun."""
    models = RunFolders(settings, "").roots[2]
    with writing(models), one_at_a_time(models), whole():
        yield


@contextmanager
def as_seen(settings: OutputConfig, run_id: str, seen: Mapping[Path, bytes]) -> Iterator[None]:
    """Put a file beside those of a run while nobody changes them: they hold still what was seen.

    Raises
    ------
    DataError
        They do not.
    """
    if not RunFolders(settings, "").roots[2].is_dir():  # a report alone, which nothing changes
        yield
        return
    with _alone(settings):
        refuse_changed(run_id, seen)
        yield


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn a failed write into one sentence; what was there before is untouched."""
    try:
        yield
    except _write_errors() as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        message = (
            f"cannot write to {place}: {reason}; earlier results are as they were. "
            "Free some space or name another folder under output."
        )
        raise failed_write(message, error) from None


def _write_errors() -> tuple[type[Exception], ...]:
    from safetensors import SafetensorError

    return (OSError, pl.exceptions.ComputeError, SafetensorError)


def take(settings: OutputConfig, run_id: str) -> str | None:
    """Let another run that is kept be the one in use: its model, report and figures in one step.

    Parameters
    ----------
    settings : OutputConfig
    run_id : str

    Returns
    -------
    before : str or None
        The run that was in use.

    Raises
    ------
    DataError
        Its model or report is not there.
    EngineError
        A link cannot be written; the run that was in use is so still.
    """
    check()
    with _alone(settings):
        clean_up(settings)
        here = RunFolders(settings, f"use-{secrets.token_hex(8)}")
        figures, *needed = ((root / LATEST, root / run_id) for root in here.roots)
        for link, run in needed:
            if not run.is_dir():
                message = (
                    f"run {run_id} cannot be taken: {run} is not there; engine runs lists all."
                )
                raise InputMissingError(message)
            refuse_folder(link)
        before = latest_id(here.roots[2])
        names: dict[Path, Path | None] = dict(needed)
        if figures[0].parent.is_dir():
            names[figures[0]] = figures[1] if figures[1].is_dir() else None
        switch(here.switch, names)
        tell_done(f"run {run_id} is in use")
        return before


def recover(settings: OutputConfig) -> None:
    """Clean up after processes that were killed: the model's ``latest`` is what counts.

    Brings to its end what they began to show, removes what they staged and what they never came
    to show, and points the reports' links to the run the model's link names.
    """
    if RunFolders(settings, "").roots[2].is_dir():
        with _alone(settings):
            clean_up(settings)


def _sync(folder: Path) -> None:
    """Put the files on the disk before a link names them."""
    for path in (p for p in folder.rglob("*") if p.is_file()):
        to_disk(path)
