"""Temporary matrices: a CPU's fit its caches and keep their size, a GPU's are large."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering import nearest, representatives
from engine.clustering.nearest import CELLS, Nearest
from engine.evaluation import distances
from engine.evaluation.silhouette import silhouette
from engine.places.device_sizes import cells
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests import cupy_by_numpy as stand_in

GIB = 1 << 30


def gpu(memory: int) -> Runtime:
    return Runtime(Place.GPU, device_memory=memory, xp=stand_in.made())


def test_a_cpus_tiles_are_what_they_were():
    """Their sizes decide the last bits of the results."""
    assert (CELLS, distances._tile(Runtime(threads=8))) == (4_000_000, (256, 1_024))
    assert Runtime().cells(CELLS) == CELLS


@pytest.mark.parametrize("memory", [GIB, 10 * GIB, 126 * GIB])
def test_a_gpus_are_large_and_fit(memory):
    high, wide = distances._tile(gpu(memory))
    assert high * wide >= 16 * 256 * 1_024
    assert high * wide * 8 <= memory / 16
    assert gpu(memory).cells(CELLS) == cells(memory) >= CELLS
    assert 20 * cells(memory) <= memory / 12


def test_rows_are_parted_by_the_places_size(monkeypatch):
    rows, points = np.zeros((5_000, 2), np.float32), np.zeros((100, 2))
    monkeypatch.setattr(nearest, "CELLS", 50_000)
    assert len(list(Nearest(points, Runtime())._parts(rows))) == 10
    assert len(list(Nearest(points, gpu(GIB))._parts(stand_in.DeviceArray(rows)))) == 1


@pytest.mark.parametrize("memory", [1 << 20, GIB])
def test_silhouettes_and_labels_are_the_same(memory):
    rng = np.random.default_rng(3)
    x = rng.random((6_000, 4), np.float32)
    labels = (x[:, 0] * 3).astype(np.int32)
    points, runtime = x[:40].astype(np.float64), gpu(memory)
    sizes = {"anchors": 300, "reference": 2_000}
    priority = row_priority(len(x), 0)
    found, expected = (
        silhouette(rows, labels, priority=priority, runtime=place, **sizes)
        for rows, place in ((stand_in.DeviceArray(x), runtime), (x, Runtime()))
    )
    assert found.anchor_values == pytest.approx(expected.anchor_values, rel=1e-12)
    whole = representatives.Representatives(points, np.arange(40, dtype=np.int32), points)
    assert np.array_equal(
        whole.assign(stand_in.DeviceArray(x), runtime=runtime), whole.assign(x, runtime=Runtime())
    )
