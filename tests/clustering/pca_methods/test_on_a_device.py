"""Components and segments as on a GPU, with NumPy in CuPy's place: the same as on a CPU."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.clustering.algorithm import Fit, Origin, Task
from engine.clustering.pca_methods.algorithm import PCA_METHODS, settle
from engine.clustering.pca_methods.assigner import Projection
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests.cupy_by_numpy import DeviceArray
from tests.standing_cupy import a_gpu

from .conftest import CPU, ROADS

POOLS = {"in memory": 1 << 30, "in blocks": 1 << 20}


@pytest.fixture(params=POOLS)
def place(request, monkeypatch) -> Runtime:
    """Give a GPU that holds the rows, or one that they pass through."""
    return a_gpu(monkeypatch, POOLS[request.param])


def _shift(name: str) -> Any:
    shift = getattr(operator, name)
    return lambda self, by: DeviceArray(shift(self.held, getattr(by, "held", by)))


def both(params: PCAMethodsParams, x: np.ndarray, k: int, place: Runtime) -> tuple[Fit, Fit]:
    priority, large = row_priority(len(x), 0), place.device_memory >= 1 << 30
    rows = place.put(x) if large else x
    run = PCA_METHODS.runs
    ours = run[Place.GPU](Task(rows, k, priority, 0), params, place)
    return ours, run[Place.CPU](Task(x, k, priority, 0), params, CPU)


@pytest.mark.parametrize("components", ["parallel", 3, 0.8])
@pytest.mark.parametrize("road", ["ward", "micro-clusters"])
def test_the_same_segments(place, planes, road, components):
    params = PCAMethodsParams(components=components, **ROADS[road])
    ours, theirs = both(params, planes[0], 4, place)
    assert np.array_equal(ours.labels, theirs.labels)
    assert ours.notes == theirs.notes
    for name, array in theirs.representatives.to_arrays().items():
        found = ours.representatives.to_arrays()[name]
        assert type(found) is np.ndarray
        assert found == pytest.approx(array, rel=1e-6, abs=1e-6)
    assert np.array_equal(ours.representatives.assign(planes[0], runtime=CPU), ours.labels)


@pytest.mark.parametrize("components", ["parallel", 0.95])
def test_rows_on_a_device_decide_the_same(place, planes, components):
    """The prepared rows lie there too, or pass through."""
    x, params = planes[0], PCAMethodsParams(components=components)
    pca, priority = fit_pca(x, 6, runtime=CPU), row_priority(len(x), 0)
    few, where = pca.transform(x), place.put if place.device_memory >= 1 << 30 else np.asarray
    origin = Origin(where(x), pca.explained_variance_ratio)
    there = settle(Task(where(few), 4, priority, 0, origin), params, place)
    assert there == settle(Task(x, 4, priority, 0), params, CPU)
    assert there == settle(Task(few, 4, priority, 0, replace(origin, x=x)), params, CPU)


def test_a_projection_has_the_bits_of_the_cpu(place, planes):
    pca = fit_pca(planes[0], 4, runtime=CPU)
    there = Projection(pca, place)(place.put(planes[0]))
    assert place.get(there).tobytes() == Projection(pca, CPU)(planes[0]).tobytes()
