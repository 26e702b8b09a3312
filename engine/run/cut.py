"""A cut of a saved tree, which takes the place of fitting in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.algorithm import Fit
from engine.clustering.scored import Scored
from engine.errors import DataError
from engine.model.cut import fitted_in
from engine.model.model import Model
from engine.run.customers import Customers
from engine.run.methods import score

if TYPE_CHECKING:
    from engine.clustering.representatives import Representatives
    from engine.clustering.tree import Tree
    from engine.data_preparation.features.feature_plan import FeaturePlan


@dataclass(frozen=True)
class Cut:
    """A cut of a model's tree, which takes the place of fitting in a run.

    Attributes
    ----------
    model : Model
    tree : Tree
    representatives : Representatives
        The leaves, with the segments of this cut.
    notes : tuple of str
    continued : Model or None
        The model whose numbers and names this cut keeps.
    """

    model: Model
    tree: Tree
    representatives: Representatives
    notes: tuple[str, ...]
    continued: Model | None

    @property
    def run(self) -> str:
        """Id of the run that fitted the tree."""
        return fitted_in(self.model)

    def check(self, plan: FeaturePlan) -> None:
        """Refuse customers that are not those of the model's run.

        Raises
        ------
        DataError
        """
        if plan.to_json() != self.model.plan.to_json():
            raise self._others()

    def _others(self) -> DataError:
        message = (
            f"the customers are not those of run {self.model.info['run_id']}, whose tree was to be "
            "cut; run the engine on them, or assign them with its model."
        )
        return DataError(message)

    def score(self, customers: Customers) -> Scored:
        """Give the segments of this cut to all customers, and score them.

        Raises
        ------
        DataError
            The customers are others.
        """
        found = self.representatives
        with customers.stages("cut", len(customers.space), passes=1):
            labels = found.assign(customers.space, runtime=customers.runtime)
        k = found.n_segments
        sizes = np.bincount(found.segments, weights=self.tree.weights, minlength=k)
        if not np.array_equal(sizes, np.bincount(labels, minlength=k)):
            raise self._others()
        fit = Fit(found, labels, 0, self.notes, self.tree)
        return score(self.model.info["method"], fit, customers, seconds=0.0)
