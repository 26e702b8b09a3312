"""The parts of a model as plain arrays by name, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.clustering.representatives import Representatives
from engine.clustering.tree import Tree
from engine.dimensionality_reduction.pca import PCA

_PCA = ("pca_mean", "pca_components", "pca_explained_variance_ratio")
_TREE = "tree_"
_SAME_MEANS = "tree_means"


@dataclass(frozen=True)
class Parts:
    """What a model computes with.

    Attributes
    ----------
    pca : PCA or None
    representatives : Representatives
    tree : Tree or None
        How the representatives were joined; None where they were not.
    """

    pca: PCA | None
    representatives: Representatives
    tree: Tree | None

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Give plain arrays for saving, by name."""
        arrays = self.representatives.to_arrays()
        if self.pca is not None:
            pca = self.pca
            parts = (pca.mean, pca.components, pca.explained_variance_ratio)
            arrays |= dict(zip(_PCA, parts, strict=True))
        if self.tree is not None:
            arrays |= {_TREE + name: part for name, part in self.tree.to_arrays().items()}
            # Where every customer is a leaf, the leaves' means are the representatives.
            if np.array_equal(self.tree.means, self.representatives.points):
                del arrays[_SAME_MEANS]
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Parts:
        """Make them of what :meth:`to_arrays` gave; KeyError where something is missing."""
        from engine.clustering.pca_methods.assigner import representatives_of

        representatives = representatives_of(arrays)
        pca = PCA(*(arrays[name] for name in _PCA)) if _PCA[0] in arrays else None
        found = {k.removeprefix(_TREE): v for k, v in arrays.items() if k.startswith(_TREE)}
        found.setdefault("means", representatives.points)
        tree = Tree.from_arrays(found) if len(found) > 1 else None
        return cls(pca, representatives, tree)
