"""Customers where they are clustered, and what their segments are held against."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit, Origin, Task, algorithm
from engine.config.sections import Config
from engine.dimensionality_reduction.pca import PCA
from engine.evaluation.chance import ROWS, Chance
from engine.evaluation.clouds import Blocks, Wide
from engine.evaluation.gaps import Gaps
from engine.places.runtime import Runtime
from engine.run.trust import chance_of, gaps_of
from engine.utilities.params import Params
from engine.utilities.sampling import draw
from engine.utilities.stages import Stages


@dataclass(frozen=True)
class Customers:
    """Customers where they are clustered, and how a run goes about it.

    Attributes
    ----------
    space : float32 array of shape (n_customers, n_components)
    priority : uint64 array of shape (n_customers,)
    config : Config
    runtime : Runtime
    stages : Stages
    origin : Origin or None
        What ``space`` was reduced from, unless it is the prepared columns.
    start : float64 array of shape (k_start, n_components) or None
        Means of these customers by the segments of the model that the run continues.
    pca : PCA or None
        What reduced them.
    blocks : sequence of sequences of int
        Prepared columns that stand for one column of the file, such as a category's.
    codes : tuple of int
        Prepared columns that say how common a level is.
    known : callable or None
        Told the segments of all customers once they are, before they are scored.
    narrower : dict of int to Customers
        The same by fewer components: see :meth:`judged_by`.
    others : dict of str to callable
        What gives a method's segments at any number, once it was run: see :meth:`beside`.
    """

    space: np.ndarray
    priority: np.ndarray
    config: Config
    runtime: Runtime
    stages: Stages
    origin: Origin | None = None
    start: np.ndarray | None = None
    pca: PCA | None = None
    blocks: Blocks = ()
    codes: tuple[int, ...] = ()
    known: Callable[[Any], None] | None = None
    narrower: dict[int, Customers] = field(default_factory=dict, repr=False)
    others: dict[str, Callable[[int], Fit]] = field(default_factory=dict, repr=False)

    @cached_property
    def chance(self) -> Chance:
        """What clustering finds where there are no groups."""
        return chance_of(self.space, self.priority, self.config, self.runtime, self.wide)

    def wide(self, rows: np.ndarray) -> Wide:
        """Give some of them, by their numbers, as they were prepared."""
        quiet, width = replace(self.runtime, on_rows=None), self.space.shape[1]
        prepared = self.origin.x if self.origin else self.space
        few = np.ascontiguousarray(quiet.take(prepared, rows))

        def project(x: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray((self.pca.transform(x) if self.pca else x)[:, :width])

        return Wide(few, project, self.blocks)

    @cached_property
    def lumpy(self) -> bool:
        """Whether any column is: see :func:`engine.evaluation.clouds.lumps`."""
        return bool(self.chance.wide and self.chance.wide.lumps)

    @property
    def look_for_gaps(self) -> bool:
        """Whether any method makes segments of any shape, which a silhouette misjudges."""
        clustering = self.config.clustering
        return any(algorithm(m).any_shape(clustering.params(m)) for m in clustering.names)

    @cached_property
    def gaps(self) -> Gaps | None:
        """What parts segments; None where no prepared column is a number."""
        prepared = self.origin.x if self.origin else self.space
        return gaps_of(prepared, self.priority, self.config, self.runtime)

    def share_of_gaps(self, labels: np.ndarray, k: int) -> float | None:
        """Say how far the segments of all customers are from apart; None where that is unknown."""
        if self.gaps is None:
            return None
        return self.gaps.share(labels[draw(self.priority, ROWS)], k)

    def judged_by(self, method: str, params: Params) -> Customers:
        """Give them as a method's numbers of segments are judged: by the components it goes by.

        Methods beside each other are scored in one space, that of all. Only where ``space`` are
        principal components; those that come first are a view of it.
        """
        columns = algorithm(method).judged_by(params)
        if self.origin is None or columns is None or columns >= self.space.shape[1]:
            return self
        if columns not in self.narrower:
            few = self.space[:, :columns]
            self.narrower[columns] = replace(self, space=few, narrower={})
        return self.narrower[columns]

    def beside(self, method: str, fit: Callable[[int], Fit]) -> None:
        """Keep what fits a method again, where several numbers of segments were asked for."""
        if self.config.clustering.several:
            self.others[method] = fit

    def know_chance(self, candidates: Collection[int]) -> None:
        """Cut customers without groups once, in a stage of its own: that is no method's time."""
        if all(map(self.chance.knows, candidates)):
            return
        with self.stages("customers without groups"):
            self.chance.know(candidates)

    def seconds(self, method: str, stages: Iterable[str]) -> float:
        """Sum up what some stages of a method took."""
        names = {f"{stage} {method}" for stage in stages}
        return float(sum(r["seconds"] for r in self.stages.records if r["name"] in names))

    def task(self, k: int) -> Task:
        """Give the task of finding ``k`` segments."""
        return Task(self.space, k, self.priority, self.config.random_state, self.origin, self.start)
