"""A cut of a saved tree, which takes the place of fitting in a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.scored import Scored
from engine.data_preparation.features.feature_plan import MISSING_LEVEL
from engine.data_preparation.features.roles import assign_roles
from engine.errors import DataError
from engine.model.cut import fitted_in
from engine.model.model import Model
from engine.run.customers import Customers
from engine.run.methods import choose, score
from engine.utilities.rows import counted

if TYPE_CHECKING:
    from engine.clustering.agglomerative.fit import Joined
    from engine.clustering.representatives import Representatives
    from engine.clustering.tree import Tree
    from engine.config.sections import Config
    from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
    from engine.data_preparation.features.survey import Survey
    from engine.data_preparation.loaded import Loaded
    from engine.data_preparation.prepare import Learnt

    Learn = Callable[[Loaded, Config], Learnt]


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
    aside : bool
        The run in use stays so, and this cut is kept beside it.
    """

    model: Model
    tree: Tree
    representatives: Representatives
    notes: tuple[str, ...]
    continued: Model | None
    aside: bool = True

    @property
    def run(self) -> str:
        """Id of the run that fitted the tree."""
        return fitted_in(self.model)

    def learnt(self, learn: Learn, loaded: Loaded, config: Config) -> Learnt:
        """Learn from the customers, with the plan of the run that fitted the tree.

        An earlier build may have used columns, or shapes of them, that a run does not use today:
        they are learnt again with its columns, and its plan is taken where the numbers agree.

        Raises
        ------
        DataError
            The customers are not those of the model's run.
        """
        found = learn(loaded, config)
        plan = self.model.plan
        if found[2].to_json() == plan.to_json():
            return found
        features = config.features.model_copy(update={"include": tuple(plan.columns)})
        try:
            roles = assign_roles(loaded.source, features, loaded.id_column)
            again = config.model_copy(update={"features": features})
            loaded, surveyed, fresh, report = learn(replace(loaded, roles=roles), again)
        except DataError:
            raise self._others() from None
        if not _agree(fresh, plan, surveyed):
            raise self._others()
        return loaded, surveyed, plan, report

    def _others(self) -> DataError:
        message = (
            f"the customers are not those of run {self.model.info['run_id']}, whose tree was to be "
            "cut; run the engine on them, or assign them with its model."
        )
        return DataError(message)

    def score(self, customers: Customers) -> Scored:
        """Give the segments of this cut to all customers, and score them.

        Where several numbers of segments are asked for, the one of them is taken that a run that
        chooses would take; the others are as near: see :mod:`engine.run.what_if`.

        Raises
        ------
        DataError
            The customers are others.
        """
        method, settings = self.model.info["method"], customers.config.clustering
        with customers.stages("cut", len(customers.space), passes=1):
            tree = self._joined(customers)
        k, choice = self.representatives.n_segments, None
        sizes = np.bincount(self.representatives.segments, self.tree.weights, minlength=k)
        if not np.array_equal(sizes, counted(tree.fit(k).labels, k)):
            raise self._others()
        if settings.several:
            choice = choose(
                method, settings.params(method), customers, tree.labels_of, most=tree.most
            )
            k = choice.k
            customers.beside(method, tree.fit)
        fit = replace(tree.fit(k), n_iter=0, notes=self.notes)
        return score(method, fit, customers, seconds=0.0, choice=choice)

    def _joined(self, customers: Customers) -> Joined:
        """Hang all customers on the leaves of the tree, each on the nearest."""
        from engine.clustering.agglomerative.fit import Joined
        from engine.clustering.representatives import Representatives

        points = self.representatives.points
        each = Representatives(points, np.arange(len(points), dtype=np.int32), points)
        leaves = each.assign(customers.space, runtime=customers.runtime)
        return Joined(self.tree, points, leaves)


def _agree(fresh: FeaturePlan, saved: FeaturePlan, surveyed: Survey) -> bool:
    """Tell whether two plans are of the same customers, by what all builds learn alike."""
    ours = [(f.column, f.fill, f.low, f.high) for f in fresh.numeric]
    theirs = [(f.column, f.fill, f.low, f.high) for f in saved.numeric]
    return ours == theirs and all(_has_levels(f, surveyed) for f in saved.categorical)


def _has_levels(feature: CategoricalFeature, surveyed: Survey) -> bool:
    """Tell whether a column holds the levels that a plan names; all of them, where none is rare."""
    known = surveyed.text.get(feature.column)
    held, named = {*((known and known.levels) or ())}, {*feature.named} - {MISSING_LEVEL}
    return named <= held if feature.rest else named == held - {MISSING_LEVEL}
