"""Sums by segment as on a GPU, with NumPy in CuPy's place: right, in no more than is planned."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from engine.descriptive_stats import gathering
from engine.descriptive_stats.gathering import Gathered, sums_by_segment
from engine.descriptive_stats.z_scores import z_scores
from engine.places.device_sizes import chunk_bytes
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module

POOL = 256 << 20
ROWS, WIDTH = 60_000, 16


@pytest.fixture
def place() -> Runtime:
    return Runtime(Place.GPU, device_memory=POOL, xp=stand_in.made())


def rows_and_labels(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(k)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, ROWS - k)]).astype(np.int32)
    return rng.random((ROWS, WIDTH), np.float32) + labels[:, None], labels


def peak_of(work) -> int:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("k", [3, 1_000])
def test_z_scores_take_what_is_planned(place, k):
    x, labels = rows_and_labels(k)
    ready = stand_in.DeviceArray(x)
    told = np.ones((k, WIDTH), bool)
    found: list[np.ndarray] = []
    peak = peak_of(
        lambda: found.append(z_scores(ready, labels, np.bincount(labels, minlength=k), told, place))
    )
    # The labels pass through two slots, and the 1,000 first rows and the sums lie in host memory.
    beside = 2 * labels.nbytes + 1_000 * WIDTH * 16 + 6 * k * WIDTH * 8
    assert peak <= chunk_bytes(WIDTH + 1, ROWS, POOL, k=k) + beside
    expected = z_scores(x, labels, np.bincount(labels, minlength=k), told, Runtime())
    assert found[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_z_scores_by_kernels_are_those_of_the_cpu():
    by_kernels = Runtime(Place.GPU, device_memory=POOL, xp=stand_in.made(kernels=True))
    rng = np.random.default_rng(0)
    x, labels = rng.random((9_000, 5), np.float32) + 100, rng.integers(0, 4, 9_000, np.int32)
    sizes, told = np.bincount(labels), np.ones((4, 5), bool)
    found = z_scores(stand_in.DeviceArray(x), labels, sizes, told, by_kernels)
    assert raw_module.LAUNCHED == ["moments_f32", "folded", "folded"]
    expected = z_scores(x, labels, sizes, told, Runtime())
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("k", [3, 1_000])
def test_gathering_takes_what_is_planned(place, k):
    x, labels = rows_and_labels(k)
    x = x.astype(np.float64)
    x[::7, 3] = np.nan

    def gathered(runtime: Runtime, values) -> Gathered:
        found = object.__new__(Gathered)
        found._runtime, found._k, found._shift = runtime, k, np.full(WIDTH, 0.5)
        found.sums, found.counts = np.zeros((k, WIDTH)), np.zeros((k, WIDTH))
        found.squares = np.zeros(WIDTH)
        found._add_numbers(labels, values)
        return found

    on_device, found = stand_in.DeviceArray(x), []
    peak = peak_of(lambda: found.append(gathered(place, on_device)))
    beside = 2 * labels.nbytes + 12 * k * WIDTH * 8
    assert peak <= chunk_bytes(WIDTH + 1, ROWS, POOL, k=k) + beside
    expected = gathered(Runtime(), x)
    assert found[0].sums == pytest.approx(expected.sums, rel=1e-9)
    assert np.array_equal(found[0].counts, expected.counts)
    assert found[0].squares == pytest.approx(expected.squares, rel=1e-9)


@pytest.mark.parametrize("k", [1, 5, 64, 200])
def test_slices_add_up(place, k, monkeypatch):
    x, labels = rows_and_labels(k)
    whole = np.array([x[labels == s].sum(axis=0, dtype=np.float64) for s in range(k)])
    for runtime in (Runtime(), replace(place, device_memory=1 << 20)):
        a, b = runtime.put(x.astype(np.float64)), runtime.put(labels)
        first, second = sums_by_segment(runtime, k)(b, a, 2 * a)
        assert runtime.get(first) == pytest.approx(whole, rel=1e-9)
        assert runtime.get(second) == pytest.approx(2 * whole, rel=1e-9)


def test_a_cpus_chunk_of_up_to_64_segments_is_one_product():
    """So that its last bits are those of one product."""
    assert gathering._CELLS // 64 == CHUNK_ROWS
    x, labels = rows_and_labels(64)
    wide = x.astype(np.float64)
    one_hot = (labels == np.arange(64)[:, None]).astype(np.float64)
    assert np.array_equal(sums_by_segment(Runtime(), 64)(labels, wide)[0], one_hot @ wide)
