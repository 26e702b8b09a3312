"""Segments described, beside their scores where nothing is left that decides which they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.descriptive_stats.profiles import Profiles, described
from engine.descriptive_stats.worded import worded
from engine.places.place import Place
from engine.run.borderline import with_borderline
from engine.run.job import Job
from engine.utilities.ahead import importing
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from engine.clustering.scored import Scored
    from engine.data_preparation.transactions.purchases import Purchases
    from engine.utilities.stages import Begun, Done

_DRAWS = ("engine.visualization.charts.figures",)
"""What is imported while rows are read."""


def goes_aside(run: Job) -> bool:
    """Whether stages go on beside others: on CPUs, with threads to spare or on workers.

    Those of a cluster compute for both meanwhile: what one waits for, the other does not.
    """
    place = run.runtime.place
    return place == Place.CPU_CLUSTER or (place == Place.CPU and run.runtime.threads > 1)


@dataclass
class Describing:
    """What is described, of a run.

    Attributes
    ----------
    run : Job
    loaded : Loaded
    prepared : Prepared
    purchases : Purchases or None
        What the customers bought, where they were gathered from transactions.
    begun : Begun or None
        The stage, where it was begun.
    """

    run: Job
    loaded: Loaded
    prepared: Prepared
    purchases: Purchases | None = None
    begun: Begun[Profiles] | Done[Profiles] | None = None

    def begin(self, labels: Any) -> None:
        """Begin to describe the segments that are shown, whatever their scores."""
        self.begun = self.run.stages.begin(
            "describe", len(labels), lambda progress: self._described(labels, progress), passes=1
        )

    def of(self, best: Scored, space: Any) -> Profiles:
        """Give the profiles of the method that is shown; ``space`` is where it clustered."""
        stages, priority = self.run.stages, self.prepared.identity.priority

        def scored(found: Profiles) -> Profiles:
            told = found.scored(best.silhouette.per_segment)
            return with_borderline(told, best.fit, space, priority, self.run.runtime)

        if self.begun:
            return stages.finish(self.begun, scored)
        with stages("describe", len(self.prepared.matrix), passes=1):
            return scored(self._described(best.fit.labels, stages.progress))

    def beside(self, other: Scored) -> Profiles:
        """Give the profiles of another number of segments than the one that is shown."""
        with self.run.stages("describe", len(self.prepared.matrix), passes=1):
            return self._described(other.fit.labels, self.run.stages.progress)

    def _described(self, labels: Any, progress: Progress) -> Profiles:
        with importing(*_DRAWS):
            beside = self.prepared.described
            found = described(
                beside.source if beside else self.loaded.source,
                self.prepared,
                labels,
                runtime=replace(self.run.runtime, on_rows=None),
                progress=progress,
                least=self.run.config.output.smallest_group,
            )
        told = worded(
            found, self.run.config.features.labels,
            of_shop=self.purchases is not None,
            currency=self.purchases.facts.get("currency") if self.purchases else None,
        )  # fmt: skip
        return told.labelled()
