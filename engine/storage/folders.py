"""The folders of one run: where it is staged, where published, and the file that says it works."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.sections import OutputConfig
from engine.storage.latest import latest_id

_PARTIAL = ".partial-"
ALIVE = ".alive-"
SWITCH = ".switch-"


@dataclass(frozen=True)
class Places:
    """The folders of one run.

    Attributes
    ----------
    settings : OutputConfig
    run_id : str
        UTC time and random letters; sorts by time.
    aside : bool
        The run is kept beside the one in use, and does not take its place.
    """

    settings: OutputConfig
    run_id: str
    aside: bool = False

    @property
    def roots(self) -> tuple[Path, Path, Path]:
        """Folders of all runs of this name: figures, reports, models (flipped in this order)."""
        reports = Path(self.settings.reports)
        name = self.settings.name
        return (reports / "figures" / name, reports / name, Path(self.settings.models) / name)

    @property
    def scratch(self) -> Path:
        """Folder for matrices that do not fit in memory; removed at the end."""
        return Path(self.settings.processed) / self.staged_name

    @property
    def figures(self) -> Path:
        """Staging folder of the figures."""
        return self.roots[0] / self.staged_name

    @property
    def reports(self) -> Path:
        """Staging folder of the report, summary, segments and profiles."""
        return self.roots[1] / self.staged_name

    @property
    def model(self) -> Path:
        """Staging folder of the model."""
        return self.roots[2] / self.staged_name

    @property
    def staged_name(self) -> str:
        """Hidden name of its staging folders."""
        return f"{_PARTIAL}{self.run_id}-{self.tag}"

    @property
    def tag(self) -> str:
        """Tells staging folders of this name apart from those of others in a shared folder."""
        return hashlib.sha256(str(self.roots[2].resolve()).encode()).hexdigest()[:8]

    @property
    def alive(self) -> Path:
        """File locked while the run works; unlocked means that the run is over."""
        return self.roots[2] / f"{ALIVE}{self.run_id}"

    def published(self, root: Path) -> Path:
        """Folder of this run under a root, once published."""
        return root / self.run_id

    @property
    def switch(self) -> Path:
        """Where names are kept while they come to show something else."""
        return self.roots[1] / f"{SWITCH}{self.run_id}-{self.tag}"

    def discard(self) -> None:
        """Remove what this run staged and did not publish."""
        for folder in self.staged():
            shutil.rmtree(folder, ignore_errors=True)

    def staged(self) -> list[Path]:
        """Staging folders that are there."""
        places = (*self.roots, Path(self.settings.processed))
        return [folder for p in places if (folder := p / self.staged_name).exists()]

    @property
    def is_published(self) -> bool:
        """Whether it came to its one step: it is in use, or aside with its model, the last part."""
        models = self.roots[2]
        if self.aside:
            return self.published(models).is_dir()
        return latest_id(models) == self.run_id

    def record(self) -> dict[str, Any]:
        """Say where this run works: whoever cleans up after it may be set up otherwise."""
        where = {part: getattr(self.settings, part) for part in ("reports", "processed")}
        told = {part: os.path.abspath(folder) for part, folder in where.items()}
        return {**told, "aside": self.aside}
