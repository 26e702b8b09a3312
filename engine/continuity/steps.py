"""What a run does about the model that it continues: before it clusters, and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import algorithm
from engine.continuity.matching import Continuity, match
from engine.continuity.overlap import previous_segments
from engine.evaluation.moments import centres_and_scatter, segment_sizes

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit
    from engine.config.sections import Config
    from engine.data_preparation.features.identity import Identity
    from engine.data_preparation.reading.sources import Source
    from engine.model.model import Model
    from engine.places.runtime import Runtime
    from engine.utilities.stages import Stages


@dataclass(frozen=True)
class Predecessor:
    """A model that a run continues, and the run's customers.

    Attributes
    ----------
    model : Model
    source : Source
    identity : Identity
    runtime : Runtime
    stages : Stages
    columns : tuple of str
        Those by which the run clusters.
    starts : bool
        Whether a method of the run can start from the model's segments.
    """

    model: Model
    source: Source
    identity: Identity
    runtime: Runtime
    stages: Stages
    columns: tuple[str, ...]
    starts: bool

    @cached_property
    def labels(self) -> Any:
        """The model's segment of each customer, int32 (n,); None where no method asks for it."""
        if not self.starts:
            return None
        return previous_segments(self.model, self.source, self.identity, **self._quietly())

    def assigned(self) -> Any:
        """Give the model's segment of each customer, int32 (n,), with a pass where none did."""
        if self.labels is not None:
            return self.labels
        return previous_segments(self.model, self.source, self.identity, **self._quietly())

    def start(self, space: Any) -> np.ndarray | None:
        """Mean of each of the model's segments that has customers, where they are clustered.

        Parameters
        ----------
        space : float32 array of shape (n, n_columns)
            The customers, in the run's own columns: those of the model may be others.

        Returns
        -------
        start : float64 array of shape (k_start, n_columns) or None
            None where no method asks for it.
        """
        if not self.starts:
            return None
        n, k = len(space), self.model.representatives.n_segments
        with self.stages("previous segments", n, passes=1):
            labels, quiet = self.labels, replace(self.runtime, on_rows=None)
            sizes = segment_sizes(labels, n, k, quiet)
            centres, _ = centres_and_scatter(space, labels, sizes, quiet)
        return centres[sizes > 0]

    def match(self, fit: Fit) -> Continuity:
        """Find which segments of a fit are those of the model."""
        with self.stages("continue", len(self.identity.ids), passes=1):
            found = match(
                self.model,
                fit,
                self.source,
                self.identity,
                **self._quietly(),
                before=self.labels,
            )
        before = self.model.plan.columns
        return replace(
            found,
            features_new=tuple(column for column in self.columns if column not in before),
            features_gone=tuple(column for column in before if column not in self.columns),
        )

    def _quietly(self) -> dict[str, Any]:
        """Give where to run, and where rows are counted: once, by what reads them."""
        quiet = replace(self.runtime, on_rows=None)
        return {"runtime": quiet, "progress": self.stages.progress}


def can_start(methods: Iterable[str], config: Config) -> bool:
    """Say whether any of these methods can start from a previous model's segments."""
    settings = config.clustering
    return any(algorithm(method).takes_start(settings.params(method)) for method in methods)
