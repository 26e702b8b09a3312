"""Runs without figures and page: most of a small run's time, where no test looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.storage.outputs import RunFolders


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave figures and page out of runs in this process.

    What ``engine report`` draws from is saved as ever, and the folder of figures is not empty.
    """

    def keep(data: Any, folders: RunFolders) -> None:
        data.save(folders.reports)
        (folders.figures / "undrawn.txt").touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.pipeline.draw_report", keep)
        yield
