"""One graph for any number of segments: each fit is the bits of a fit for that number alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import EveryK, Fit
from engine.clustering.spectral import cut, eigen, exact, landmarks
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.params import SpectralParams
from engine.errors import DataError
from engine.places.runtime import CHUNK_ROWS, Runtime
from tests.fitting import task_of

ROADS = {"exact": {}, "landmarks": {"exact_limit": 0}}
both_roads = pytest.mark.parametrize("road", ROADS)
ORDER = (2, 5, 12, 3, 2)


def every(x: np.ndarray, least: int = 2, *, runtime: Runtime | None = None, **kw: Any) -> EveryK:
    task = task_of(x, least)
    return SPECTRAL.every_k(task, SpectralParams(**kw), runtime or Runtime(threads=2))


def bits(found: Fit) -> dict[str, Any]:
    arrays = {name: a.tobytes() for name, a in found.representatives.to_arrays().items()}
    return {**arrays, "labels": found.labels.tobytes(), "notes": found.notes, "n": found.n_iter}


def parts(_: Any) -> np.ndarray:
    """Five parts of which one is a speck where few segments are asked for, and no other."""
    rng = np.random.default_rng(0)
    groups = ((0, 900), (1, 700), (2, 600), (4, 300), (6, 40))
    return np.concatenate([rng.normal(c, 0.02, (n, 3)) for c, n in groups]).astype(np.float32)


def crowd(_: Any) -> np.ndarray:
    return np.random.default_rng(1).random((3_000, 5), np.float32)


def mixture(shapes: Any) -> np.ndarray:
    x, _ = shapes.mixture(3_000, 2, seed=0)
    return x


@pytest.mark.long_at("crowd-*", "parts-*", "mixture-landmarks")
@both_roads
@pytest.mark.parametrize("rows", [parts, crowd, mixture])
def test_each_is_what_runs_gives(shapes, fit, rows: Callable[[Any], np.ndarray], road):
    x = rows(shapes)
    found, alone = every(x, **ROADS[road]), {}
    for k in ORDER:
        alone.setdefault(k, bits(fit(x, k, **ROADS[road])))
        assert bits(found.fit(k)) == alone[k]


@both_roads
def test_parts_beyond_the_segments_are_among_the_cases(shapes, road):
    found = every(parts(shapes), **ROADS[road])
    few, many = found.fit(2).notes, found.fit(12).notes
    assert any("unconnected parts, more than the 2 segments" in note for note in few)
    assert any("joined to what lies nearest" in note for note in few)
    assert not any("unconnected parts" in note for note in many)


def test_more_segments_take_more_landmarks(shapes, fit):
    x, settings = mixture(shapes), {"exact_limit": 0, "landmarks": 30}
    found = every(x, **settings)
    for k in (2, 5, 3):
        assert bits(found.fit(k)) == bits(fit(x, k, **settings))
    assert [len(found.fit(k).representatives.points) for k in (2, 5)] == [40, 100]


def counted(monkeypatch, module: Any, name: str) -> list[int]:
    """Count the calls of the real function."""
    real, seen = getattr(module, name), []

    def call(*arguments: Any, **keywords: Any) -> Any:
        seen.append(1)
        return real(*arguments, **keywords)

    monkeypatch.setattr(module, name, call)
    return seen


@pytest.mark.long_at("exact")
@both_roads
def test_graph_and_eigenvectors_are_made_once(shapes, road, monkeypatch):
    x = crowd(shapes)
    graphs = [
        counted(monkeypatch, exact, "neighbour_graph"),
        counted(monkeypatch, landmarks, "landmark_graph"),
    ]
    solved = counted(monkeypatch, cut, "leading")
    found, rows = every(x, **ROADS[road]), np.arange(500)
    for k in range(2, 11):
        found.labels_of(rows, x[rows], k)
    found.fit(5)
    assert sum(map(len, graphs)) == len(solved) == 1


@both_roads
def test_labels_of_some_rows_are_those_of_the_fit(shapes, road):
    x = mixture(shapes)
    found, rows = every(x, **ROADS[road]), np.arange(0, len(x), 3)
    for k in (2, 6):
        labels = found.labels_of(rows, x[rows], k)
        assert adjusted_rand_score(found.fit(k).labels[rows], labels) == 1.0
        assert set(labels.tolist()) <= set(range(k))


def test_a_sample_by_landmarks_takes_no_pass_over_all_rows(shapes):
    x, seen = shapes.mixture(CHUNK_ROWS + 100, 2)[0], []
    found = every(x, runtime=Runtime(on_rows=seen.append), landmarks=100, exact_limit=0)
    assert seen == [CHUNK_ROWS, 100]
    found.labels_of(np.arange(50), x[:50], 3)
    assert seen == [CHUNK_ROWS, 100]


@both_roads
def test_too_many_segments_are_refused_as_by_a_fit(fit, road):
    x = np.repeat(np.random.default_rng(0).random((12, 2), np.float32), 5, axis=0)
    found = every(x, **ROADS[road])
    for k in (13, 61):
        with pytest.raises(DataError) as alone:
            fit(x, k, **ROADS[road])
        with pytest.raises(DataError) as shared:
            found.fit(k)
        assert str(shared.value) == str(alone.value)


@pytest.mark.parametrize(("columns", "settings"), [(4, {}), (2, {"n_neighbors": 80})])
def test_what_fills_in_is_not_factorised(fit, columns, settings, monkeypatch):
    x = np.random.default_rng(0).random((2_000, columns), np.float32)
    made = counted(monkeypatch, eigen, "factorised")
    fit(x, 3, **settings)
    assert not made
    fit(x[:, :2], 3)
    assert made


def test_all_rows_are_told_once_and_bound_the_number(shapes):
    seen: list[int] = []
    x, _ = shapes.moons(400)
    cuts = every(x, runtime=Runtime(on_rows=seen.append))
    cuts.fit(2)
    cuts.fit(3)
    assert seen == [400]
    assert cuts.most == 400
