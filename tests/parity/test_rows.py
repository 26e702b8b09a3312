"""Every algorithm runs on every place present and agrees with the CPU, or says why it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import ROWS, Fit, algorithm
from engine.config.loading import load_config
from engine.data_preparation.prepare import load
from engine.evaluation.scores import inertia
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.planning.customers import make_plan
from tests.fitting import task_of

CPU = Runtime(Place.CPU, "to compare with", threads=1)


SETTINGS = {"pca_methods": {"components": 4}}
"""Five groups lie in four directions: fewer, which parallel analysis may keep, would mix them."""


def fitted(name: str, x: np.ndarray, k: int, runtime: Runtime) -> Fit:
    row = algorithm(name)
    task = task_of(runtime.put(x), k)
    return row.runs[runtime.place](task, row.params(**SETTINGS.get(name, {})), runtime)


def our_inertia(x: np.ndarray, fit: Fit) -> float:
    """Sum of squared distances to the means of the segments, in float64."""
    sizes = np.bincount(fit.labels)
    sums = np.array([x[fit.labels == s].sum(axis=0, dtype=np.float64) for s in range(len(sizes))])
    return inertia(x, sums / sizes[:, None], fit.labels, runtime=CPU)


def skip_refusals(name: str, runtime: Runtime) -> None:
    reason = algorithm(name).refusal(runtime.place)
    if reason is not None:
        pytest.skip(f"{name} is refused on {runtime.place}: {reason}")


@pytest.mark.parametrize("name", ROWS)
def test_groups_far_apart_are_found(name, runtime, separated):
    skip_refusals(name, runtime)
    x, groups = separated
    found = fitted(name, x, 5, runtime)
    assert isinstance(found.labels, np.ndarray)
    assert found.labels.dtype == np.int32
    assert adjusted_rand_score(groups, found.labels) >= 0.99
    assert adjusted_rand_score(fitted(name, x, 5, CPU).labels, found.labels) >= 0.99


# Cuts and communities of a graph do not answer to inertia: test_spectral.py and
# test_ann_methods.py compare those.
@pytest.mark.parametrize("name", [n for n in ROWS if n not in ("spectral", "ann_methods")])
def test_a_crowd_is_cut_as_well_as_on_the_cpu(name, runtime, crowd):
    skip_refusals(name, runtime)
    assert our_inertia(crowd, fitted(name, crowd, 9, runtime)) <= 1.01 * our_inertia(
        crowd, fitted(name, crowd, 9, CPU)
    )


@pytest.mark.parametrize("name", ROWS)
def test_segments_come_in_canonical_order_and_in_host_memory(name, runtime, crowd):
    skip_refusals(name, runtime)
    found = fitted(name, crowd, 6, runtime)
    points = found.representatives
    for array in (points.points, points.segments, points.centres):
        assert isinstance(array, np.ndarray)
    assert points.points.dtype == points.centres.dtype == np.float64
    assert (np.diff(np.bincount(found.labels, minlength=6)) <= 0).all()


@pytest.mark.parametrize("name", ROWS)
def test_a_fit_repeats(name, runtime, crowd):
    skip_refusals(name, runtime)
    one, other = (fitted(name, crowd, 6, runtime) for _ in range(2))
    assert adjusted_rand_score(one.labels, other.labels) >= 0.99


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("name", ROWS)
def test_what_a_place_lacks_is_refused_before_anything_runs(name, place, tmp_path: Path):
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"id": range(50), "x": range(50)}).write_parquet(path)
    config = load_config({"input": {"path": str(path)}, "clustering": {"methods": [name], "k": 2}})
    refusals = make_plan(config, load(config), Runtime(place)).refusals
    reason = algorithm(name).refusal(place)
    expected = () if reason is None else (f"{name} does not run on {place}: {reason}.",)
    assert refusals == expected
