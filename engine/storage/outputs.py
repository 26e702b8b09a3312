"""Where a run's results go, so that nobody ever sees half a run.

A run writes into hidden staging folders, renames each to its run id, then flips the ``latest``
links one by one, the model's last. Until that last flip the previous run is what everybody sees.
Each run holds a lock that dies with its process; what a killed run left is removed by the next.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from engine.config.sections import OutputConfig
from engine.errors import EngineError, first_line
from engine.utilities.locks import is_locked, locked, one_at_a_time

LATEST = "latest"
_PARTIAL = ".partial-"
_ALIVE = ".alive-"


@dataclass(frozen=True)
class RunFolders:
    """The folders of one run.

    Attributes
    ----------
    settings : OutputConfig
    run_id : str
        UTC time and random letters; sorts by time.
    """

    settings: OutputConfig
    run_id: str

    @property
    def roots(self) -> tuple[Path, Path, Path]:
        """Folders of all runs of this name: figures, reports, models (flipped in this order)."""
        reports = Path(self.settings.reports)
        name = self.settings.name
        return (reports / "figures" / name, reports / name, Path(self.settings.models) / name)

    @property
    def scratch(self) -> Path:
        """Folder for matrices that do not fit in memory; removed at the end."""
        return Path(self.settings.processed) / self._staged_name

    @property
    def figures(self) -> Path:
        """Staging folder of the figures."""
        return self.roots[0] / self._staged_name

    @property
    def reports(self) -> Path:
        """Staging folder of the report, summary, segments and profiles."""
        return self.roots[1] / self._staged_name

    @property
    def model(self) -> Path:
        """Staging folder of the model."""
        return self.roots[2] / self._staged_name

    @property
    def _staged_name(self) -> str:
        return f"{_PARTIAL}{self.run_id}-{self.tag}"

    @property
    def tag(self) -> str:
        """Tells staging folders of this name apart from those of others in a shared folder."""
        return hashlib.sha256(str(self.roots[2].resolve()).encode()).hexdigest()[:8]

    @property
    def alive(self) -> Path:
        """File locked while the run works; unlocked means that the run is over."""
        return self.roots[2] / f"{_ALIVE}{self.run_id}"

    def published(self, root: Path) -> Path:
        """Folder of this run under a root, once published."""
        return root / self.run_id

    def publish(self, spared: str | None = None) -> None:
        """Make this run the latest; the model last. Then remove runs beyond ``keep``.

        Parameters
        ----------
        spared : str, optional
            An older run that stays, beside them: the one whose tree this run is a cut of.

        Raises
        ------
        EngineError
            A folder cannot be written; the previous run is then the latest, as it was.
        """
        with writing(self.roots[2]), one_at_a_time(self.roots[2]):
            try:
                for root in self.roots:
                    _sync(root / self._staged_name)
                    (root / self._staged_name).rename(self.published(root))
                for root in self.roots:
                    _flip(root, self.run_id)
            except BaseException:
                _take_back(self)
                raise
            self._prune({self.run_id, *([spared] if spared else [])})

    def _prune(self, stay: set[str]) -> None:
        # Runs side by side may end in another order than they began: never remove this one.
        older = [run for run in run_ids(self.roots[2]) if run not in stay]
        keep = {*stay, *older[max(0, len(older) - self.settings.keep + 1) :]}
        for root in self.roots:
            for old in run_ids(root):
                if old not in keep:
                    shutil.rmtree(root / old, ignore_errors=True)

    def discard(self) -> None:
        """Remove what this run staged and did not publish."""
        for root in (*self.roots, Path(self.settings.processed)):
            shutil.rmtree(root / self._staged_name, ignore_errors=True)


@contextmanager
def new_run(settings: OutputConfig) -> Iterator[RunFolders]:
    """Open staging folders for a run; whatever is not published by the end is removed.

    Raises
    ------
    EngineError
        A folder cannot be written; raised before any work is done.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folders = RunFolders(settings, f"{stamp}-{secrets.token_hex(3)}")
    with _alive(folders):
        try:
            recover(settings)
            for root in folders.roots:
                with writing(root):
                    (root / folders._staged_name).mkdir(parents=True)
                _refuse_folder(root / LATEST)
            yield folders
        finally:
            folders.discard()


@contextmanager
def _alive(folders: RunFolders) -> Iterator[None]:
    """Hold the lock that tells other runs that this one is at work."""
    models = folders.roots[2]
    with ExitStack() as held:
        with writing(models):
            models.mkdir(parents=True, exist_ok=True)
            with one_at_a_time(models):
                held.enter_context(locked(folders.alive))
        try:
            yield
        finally:
            folders.alive.unlink(missing_ok=True)


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
        raise EngineError(message) from None


def _write_errors() -> tuple[type[Exception], ...]:
    from safetensors import SafetensorError

    return (OSError, pl.exceptions.ComputeError, SafetensorError)


def recover(settings: OutputConfig) -> None:
    """Clean up after runs that were killed: the model's ``latest`` is what counts.

    Removes what they staged and what they renamed but never flipped to, and points the reports'
    links to the run the model's link names.
    """
    models = RunFolders(settings, "").roots[2]
    if not models.is_dir():
        return
    with writing(models), one_at_a_time(models):
        for alive in models.glob(f"{_ALIVE}*"):
            if not is_locked(alive):
                killed = RunFolders(settings, alive.name.removeprefix(_ALIVE))
                _take_back(killed)
                killed.discard()
                alive.unlink(missing_ok=True)
        _heal_links(RunFolders(settings, ""))


def _take_back(run: RunFolders) -> None:
    """Undo a publication that did not come to its last flip; keep one that did."""
    if latest_id(run.roots[2]) != run.run_id:
        for root in run.roots:
            shutil.rmtree(run.published(root), ignore_errors=True)
            (root / f".latest-{run.run_id}").unlink(missing_ok=True)
    _heal_links(run)


def _heal_links(folders: RunFolders) -> None:
    current = latest_id(folders.roots[2])
    for root in folders.roots:
        link = root / LATEST
        if current and latest_id(root) != current and (root / current).is_dir():
            _flip(root, current)
        elif link.is_symlink() and not link.exists():
            link.unlink()


def run_ids(root: Path) -> list[str]:
    """Complete runs under a root, oldest first."""
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if p.is_dir() and _is_run(p))


def _is_run(path: Path) -> bool:
    return not path.is_symlink() and len(path.name) == 22 and path.name[:8].isdigit()


def latest_id(root: Path) -> str | None:
    """Run id that a root's ``latest`` names, None when there is none."""
    link = root / LATEST
    return link.readlink().name if link.is_symlink() and link.exists() else None


def _flip(root: Path, run_id: str) -> None:
    _refuse_folder(root / LATEST)
    fresh = root / f".latest-{run_id}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(root / LATEST)


def _refuse_folder(link: Path) -> None:
    if link.exists() and not link.is_symlink():
        message = f"{link} is a folder or file, but the engine keeps a link there; move it away."
        raise EngineError(message)


def _sync(folder: Path) -> None:
    """Put the files on the disk before a link names them."""
    for path in folder.iterdir():
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
