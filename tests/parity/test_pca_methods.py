"""Clustering among leading components: the same segments in both places, and models both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Fit
from engine.clustering.pca_methods.algorithm import PCA_METHODS
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import task_of

CPU = Runtime(Place.CPU, "to compare with", threads=2)
ROWS = 6_000

ROADS: dict[str, dict[str, Any]] = {
    "kmeans": {"settings": {"n_init": 4}},
    "kmeans, coarse to fine": {"settings": {"coarse_rows": 2_000}},
    "ward": {"method": "agglomerative", "settings": {"exact_limit": 2_000}},
    "cut": {"method": "spectral"},
    "landmarks": {"method": "spectral", "settings": {"exact_limit": 0}},
}


def fitted(x, road: str, place: Runtime, components: int | float | str = 4) -> Fit:
    params = PCAMethodsParams(components=components, **ROADS[road])
    return PCA_METHODS.runs[place.place](task_of(x, 5), params, place)


# How many components there are is decided before the method, so one method shows that.
@pytest.mark.parametrize(
    ("road", "components"), [*((r, 4) for r in ROADS), ("kmeans", "parallel"), ("kmeans", 0.9)]
)
def test_groups_far_apart_by_models_that_go_both_ways(rows_of, separated, road, components):
    runtime, where = rows_of
    x, groups = separated[0][:ROWS], separated[1][:ROWS]
    ours = fitted(where(x), road, runtime, components)
    theirs = fitted(x, road, CPU, components)
    assert ours.notes[0] == theirs.notes[0]
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.99
    if components != "parallel":
        assert adjusted_rand_score(groups, ours.labels) >= 0.99
    assert ours.representatives.centres == pytest.approx(theirs.representatives.centres, rel=1e-3)
    assert np.array_equal(ours.representatives.assign(x, runtime=CPU), ours.labels)
    there = theirs.representatives.assign(where(x), runtime=runtime)
    assert np.array_equal(there, theirs.labels)


@pytest.mark.parametrize("components", [2, 5])
def test_projections_are_the_same(runtime, crowd, components):
    """To the last bit of float32: a GPU may round a product and a sum once, a CPU twice."""
    from engine.clustering.pca_methods.assigner import Projection
    from engine.dimensionality_reduction.pca import fit_pca

    pca = fit_pca(crowd, components, runtime=CPU)
    there = runtime.get(Projection(pca, runtime)(runtime.put(crowd)))
    assert there == pytest.approx(Projection(pca, CPU)(crowd), rel=1e-6, abs=1e-6)
