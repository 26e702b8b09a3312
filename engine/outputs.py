"""Where a run's results go, so that nobody ever sees half a run.

A run writes into hidden staging folders, renames each to its run id, then flips the ``latest``
links one by one, the model's last. Until that last flip the previous run is what everybody sees.
What a killed run left behind is removed by the next one, under a lock that dies with its process.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from engine.config import OutputConfig
from engine.errors import EngineError

LATEST = "latest"
_PARTIAL = ".partial-"


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
        return f"{_PARTIAL}{self.run_id}-{os.getpid()}"

    def published(self, root: Path) -> Path:
        """Folder of this run under a root, once published."""
        return root / self.run_id

    def publish(self) -> None:
        """Make this run the latest; the model last. Then remove runs beyond ``keep``."""
        with writing(self.roots[2]), _lock(self.roots[2]):
            for root in self.roots:
                _sync(root / self._staged_name)
                (root / self._staged_name).rename(self.published(root))
            for root in self.roots:
                _flip(root, self.run_id)
            self._prune()

    def _prune(self) -> None:
        keep = set(run_ids(self.roots[2])[-self.settings.keep :])
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
    try:
        for root in folders.roots:
            with writing(root):
                (root / folders._staged_name).mkdir(parents=True)
        recover(settings)
        yield folders
    finally:
        folders.discard()


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn a failed write into one sentence; what was there before is untouched."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        message = (
            f"cannot write to {place}: {reason}; earlier results are as they were. "
            "Free some space or name another folder under output."
        )
        raise EngineError(message) from None


def recover(settings: OutputConfig) -> None:
    """Clean up after runs that were killed: the model's ``latest`` is what counts.

    Removes staging folders of processes that are gone and runs renamed but never flipped to, and
    points the reports' links to the run the model's link names.
    """
    folders = RunFolders(settings, "")
    models = folders.roots[2]
    if not models.is_dir():
        return
    with writing(models), _lock(models):
        _drop_abandoned(Path(settings.processed))
        current = latest_id(models)
        for root in folders.roots:
            _drop_abandoned(root)
            for run in run_ids(root):
                if current is None or run > current:
                    shutil.rmtree(root / run, ignore_errors=True)
            if current and latest_id(root) != current and (root / current).is_dir():
                _flip(root, current)
            elif current is None and (root / LATEST).is_symlink():
                (root / LATEST).unlink()


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
    link = root / LATEST
    if link.exists() and not link.is_symlink():
        message = f"{link} is a folder, but the engine keeps a link there; move it away."
        raise EngineError(message)
    fresh = root / f".latest-{run_id}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(link)


def _drop_abandoned(root: Path) -> None:
    if not root.is_dir():
        return
    for path in root.glob(f"{_PARTIAL}*"):
        if not _alive(int(path.name.rpartition("-")[2])):
            shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(".latest-*"):
        path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync(folder: Path) -> None:
    """Put the files on the disk before a link names them."""
    for path in folder.iterdir():
        with path.open("rb") as handle:
            os.fsync(handle.fileno())


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    with (root / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
