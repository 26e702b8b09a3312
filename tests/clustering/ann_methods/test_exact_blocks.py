"""The nearest of many points on a GPU without Faiss: those of a CPU, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.ann_methods import exact_blocks
from engine.clustering.ann_methods.exact_blocks import ExactBlocks, nearest_few
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.clustering.spectral.neighbours import NearestFew
from engine.errors import EngineError
from engine.places.runtime import Runtime
from tests.standing_cupy import a_gpu

CPU = Runtime()


@pytest.fixture
def place(monkeypatch) -> Runtime:
    monkeypatch.setattr(exact_blocks, "POINTS", 300)
    monkeypatch.setattr(exact_blocks, "CHUNK_ROWS", 256)
    return a_gpu(monkeypatch)


def nearest(points: np.ndarray, rows: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    """All distances by float64 differences, of equals the first."""
    wide = rows[:, None].astype(np.float64) - points
    squares = (wide**2).sum(axis=2)
    order = np.argsort(squares, axis=1, kind="stable")[:, :p]
    return order, np.take_along_axis(squares, order, axis=1)


RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("p", [1, 7, 300, 301])
@pytest.mark.parametrize(
    "points",
    [
        RANDOM.random((1_000, 4)),
        RANDOM.integers(0, 3, (1_000, 3)).astype(float),
        RANDOM.random((901, 5)) + 1e4,
        np.ones((650, 2)),
    ],
    ids=["random", "ties", "far from zero", "equal"],
)
def test_they_are_those_of_all_distances(place, points, p):
    points = points.astype(np.float32).astype(np.float64)
    rows = points[:700].astype(np.float32)
    few = nearest_few(points, p, place)
    assert isinstance(few, ExactBlocks)
    index, squares = (place.get(part) for part in few(place.put(rows)))
    expected = nearest(points, rows, p)
    assert np.array_equal(index, expected[0])
    assert squares == pytest.approx(expected[1], rel=1e-12)


def test_few_points_and_those_of_a_cpu_need_no_blocks(place):
    points = RANDOM.random((301, 2))
    assert type(nearest_few(points[:300], 2, place)) is NearestFew
    assert type(nearest_few(points, 2, CPU)) is NearestFew


@pytest.mark.parametrize("there", [True, False])
def test_customers_like_these_are_those_of_a_cpu(place, there):
    x = RANDOM.random((1_000, 4)).astype(np.float32)
    rows = place.put(x) if there else x
    found = NearestCustomers.of(rows, runtime=place).nearest(rows[:50], 5)
    expected = NearestCustomers.exactly(x, runtime=CPU).nearest(x[:50], 5)
    assert np.array_equal(found[0], expected[0])
    assert found[1] == pytest.approx(expected[1], rel=1e-6)


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_an_index_that_is_asked_for_by_name_is_told_of(place, kind, tmp_path):
    x = RANDOM.random((400, 3)).astype(np.float32)
    words = (
        f"no index of the kind {kind} is built on this GPU, as faiss-gpu is not installed: every"
    )
    with pytest.warns(RuntimeWarning, match=words):
        made = NearestCustomers.of(x, runtime=place, kind=kind)
    with pytest.raises(EngineError, match="an exact search keeps no index"):
        made.save(tmp_path)
