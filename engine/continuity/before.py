"""How a previous model compares customers, block by block, wherever these are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.dimensionality_reduction.pca import PCA, project_all

if TYPE_CHECKING:
    from engine.clustering.representatives import Representatives
    from engine.data_preparation.features.feature_plan import FeaturePlan
    from engine.model.model import Model
    from engine.places.runtime import Runtime


@dataclass(frozen=True)
class Before:
    """What the segments of a previous model are found by.

    Attributes
    ----------
    plan : FeaturePlan
    pca : PCA or None
    representatives : Representatives
    """

    plan: FeaturePlan
    pca: PCA | None
    representatives: Representatives

    @classmethod
    def of(cls, previous: Model) -> Before:
        """Take of a model what is needed here, and nothing that is large beside it."""
        return cls(previous.plan, previous.pca, previous.representatives)

    def rows(self, frame: Any, runtime: Runtime) -> Any:
        """Give a block of customers where the model compares them."""
        block = self.plan.transform(frame, runtime)
        if self.pca is None:
            return block
        components = runtime.empty((len(block), self.pca.n_components))
        project_all(self.pca, block, components, runtime=runtime)
        return components

    def segments(self, frame: Any, runtime: Runtime) -> Any:
        """Give a block of customers their segments: int32 of shape (n_rows,)."""
        return self.representatives.assign(self.rows(frame, runtime), runtime=runtime)
