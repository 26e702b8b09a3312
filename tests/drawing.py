"""How much of figures and page the runs of tests draw: most of a small run's time is that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image

from engine.storage.outputs import RunFolders
from engine.visualization.charts import figures
from engine.visualization.charts.canvas import rendered


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave figures and page out of runs in this process.

    What ``engine report`` draws from is saved as ever, and the folder of figures is not empty.
    """

    def keep(data: Any, folders: RunFolders) -> None:
        data.save(folders.reports, folders.settings.permissions)
        (folders.figures / "undrawn.txt").touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.pipeline.draw_report", keep)
        yield


@contextmanager
def sketched() -> Iterator[None]:
    """Compose figures and the page, but leave the pixels out: what all tests do, unless they say.

    A second of every run in this process, where no test looks at a figure.
    """

    def sketch(_: Figure) -> Image.Image:
        return Image.new("RGB", (8, 8), "white")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "rendered", sketch)
        yield


@contextmanager
def in_full() -> Iterator[None]:
    """Draw figures with their pixels, as runs of users do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "rendered", rendered)
        yield
