"""Few rows that are spread: brought here, clustered as on one machine, and their segments sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.utilities.rows import is_spread, laid

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime


def to_be_brought(task: Task, most: int) -> bool:
    """Whether the rows of a task are spread, and so few that they are brought here."""
    return is_spread(task.x) and len(task.x) <= most


def brought(task: Task) -> Task:
    """Give the same task with its rows here, in their order."""
    every = np.arange(len(task.x))
    return replace(task, x=task.x.take(every), priority=task.priority.take(every))


def fitted_here(
    fit: Callable[[Task, Any, Runtime], Fit], task: Task, params: Any, runtime: Runtime
) -> Fit:
    """Fit the rows here: the same bits as on one machine, with the segments where the rows are."""
    found = fit(brought(task), params, runtime)
    return replace(found, labels=laid(found.labels, task.x))


@dataclass(frozen=True)
class EveryKHere:
    """One fit of rows here that gives any number of segments, with these where the rows are."""

    found: EveryK
    rows: Any

    @property
    def most(self) -> int:
        """Segments that it can give."""
        return self.found.most

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give the segments of some rows."""
        return self.found.labels_of(rows, sample, k)

    def fit(self, k: int) -> Fit:
        """Give the fit of ``k`` segments."""
        found = self.found.fit(k)
        return replace(found, labels=laid(found.labels, self.rows))
