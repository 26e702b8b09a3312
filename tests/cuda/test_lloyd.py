"""Passes over rows by kernels, executed on the CPU: beside NumPy in float64, label by label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.clustering.kmeans import passes
from engine.clustering.kmeans.passes import lloyd_step, refine
from engine.clustering.nearest import Nearest
from engine.clustering.representatives import Representatives
from engine.cuda import geometry
from engine.cuda.lloyd import DevicePoints
from engine.cuda.segments import segment_sums
from engine.cuda.tiles import tiled_pass
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

CPU = Runtime(threads=1)
SHAPES = [
    (1, 1, 1), (513, 1, 2), (700, 3, 8), (257, 4, 2), (1500, 16, 8), (300, 17, 9), (1025, 16, 64),
    (130, 63, 8), (129, 64, 16), (300, 65, 33), (90, 130, 64), (400, 8, 255), (300, 16, 256),
    (300, 5, 257), (150, 12, 1000), (90, 30, 1100),
]  # fmt: skip


@pytest.fixture(params=[False, True], ids=["from the first", "from the last"])
def place(request, monkeypatch) -> Runtime:
    """Give a GPU that compiles kernels, whose blocks and threads run in either order."""
    monkeypatch.setattr(raw_module, "ORDER", [request.param])
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made(kernels=True))


def made(n: int, d: int, k: int, seed: int = 0, away: float = 0.0):
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n, d)) + away).astype(np.float32)
    return x, rng.normal(size=(k, d)) + away


def on_device(points: np.ndarray, place: Runtime) -> DevicePoints:
    found = Nearest(points, place).on_device
    assert found is not None
    return found


def squares(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    return ((x[:, None].astype(np.float64) - points[None]) ** 2).sum(axis=2)


def summed(x: np.ndarray, labels: np.ndarray, k: int, weights=None):
    each = np.ones(len(x)) if weights is None else weights
    sums = np.zeros((k, x.shape[1]))
    np.add.at(sums, labels, x.astype(np.float64) * each[:, None])
    return np.bincount(labels, each, minlength=k), sums


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_labels_and_sums_are_those_of_float64(shape, place):
    x, points = made(*shape)
    by, rows = on_device(points, place), place.put(x)
    labels = by.labels(rows).get()
    assert labels.dtype == np.int32
    assert np.array_equal(labels, squares(x, points).argmin(axis=1))
    assert np.array_equal(labels, Nearest(points, CPU).exact(x))
    counts, sums = (part.get() for part in by.sums(rows))
    wanted = summed(x, labels, shape[2])
    assert np.array_equal(counts, wanted[0])
    assert np.allclose(sums, wanted[1], rtol=1e-13, atol=1e-12)
    again = by.sums(rows)
    assert again[1].get().tobytes() == sums.tobytes()
    fused = geometry.fused_pass(*shape[1:], by.limit) is not None
    once = fused or tiled_pass(*shape[1:], by.limit) is not None
    assert ("lloyd_tiled" in raw_module.LAUNCHED) == (once and not fused)
    assert ("segment_sums" in raw_module.LAUNCHED) == (not once)


@pytest.mark.parametrize(
    "shape", [(700, 3, 8), (300, 17, 9), (300, 5, 257), (90, 30, 1100)], ids=str
)
def test_weights_and_inertia(shape, place):
    x, points = made(*shape)
    weights = np.random.default_rng(1).uniform(0.0, 3.0, len(x))
    by, near = on_device(points, place), squares(x, points)
    counts, sums, inertia = by.sums_and_inertia(place.put(x), place.put(weights))
    wanted = summed(x, near.argmin(axis=1), shape[2], weights)
    assert np.allclose(counts.get(), wanted[0], rtol=1e-13)
    assert np.allclose(sums.get(), wanted[1], rtol=1e-12, atol=1e-12)
    fused = geometry.fused_pass(*shape[1:], by.limit, weighted=True, inertia=True)
    once = fused is not None or tiled_pass(*shape[1:], by.limit) is not None
    assert (inertia is None) == (not once)
    if inertia is not None:
        assert inertia.get()[0] == pytest.approx((near.min(axis=1) * weights).sum(), rel=1e-12)


@pytest.mark.parametrize("start", [1, 2, 3])
def test_rows_that_begin_at_any_address(start, place):
    """Rows of 4 columns of a matrix of them begin at 16 bytes; those of 3 and of a slice do not."""
    flat = np.random.default_rng(2).normal(size=4 * 300 + 4).astype(np.float32)
    held = DeviceArray(flat)
    rows = held[start : start + 4 * 300].reshape(300, 4)
    assert rows.data.ptr % 16
    points = made(1, 4, 5)[1]
    by = on_device(points, place)
    wanted = squares(rows.get(), points).argmin(axis=1)
    assert np.array_equal(by.labels(rows).get(), wanted)
    assert np.array_equal(by.sums(rows)[1].get(), summed(rows.get(), wanted, 5)[1])


def test_near_ties_are_decided_in_float64(place):
    """Ten thousand from the origin float32 has steps of 1/1024: points closer than that."""
    rng = np.random.default_rng(3)
    points = 1e4 + np.array([[0.0, 0], [1e-5, 0], [0, 1e-5], [5, 5], [5, 5], [5, 5 + 1e-9]])
    x = (1e4 + rng.normal(size=(600, 2)) * 4).astype(np.float32)
    x[::3] = x[0]  # the same row many times
    labels = on_device(points, place).labels(place.put(x)).get()
    assert np.array_equal(labels, Nearest(points, CPU).exact(x))
    assert np.array_equal(labels, squares(x, points).argmin(axis=1))
    assert set(labels.tolist()) >= {0, 3}
    assert 4 not in labels  # the first of equals


def test_a_row_between_two_points_goes_to_the_first(place):
    points = np.array([[-1.0, 0], [1, 0], [0, 1], [0, -1], [1, 0]])
    x = np.array([[0, 0], [1, 1], [0.5, -0.5], [1, 0], [-3, 3]], np.float32)
    assert on_device(points, place).labels(place.put(x)).get().tolist() == [0, 1, 1, 1, 0]


def test_of_many_equal_points_the_first_is_taken(place):
    """The lanes of a warp share them: equal ones of one lane, and of two."""
    x, points = made(200, 3, 70)
    points[[32, 33, 64]] = points[0]
    points[[45, 69]] = points[37]
    labels = on_device(points, place).labels(place.put(x)).get()
    assert np.array_equal(labels, squares(x, points).argmin(axis=1))
    assert {0, 37} <= set(labels.tolist())


@pytest.mark.parametrize(("d", "k"), [(5, 8), (16, 9), (7, 40)])
def test_rows_that_are_clear_are_not_decided_again(d, k, place):
    """Float64 points that are NaN would send a row that is to the first."""
    x, points = made(300, d, k)
    by = on_device(points, place)
    blind = replace(by, points=place.put(np.full_like(points, np.nan)))
    assert np.array_equal(blind.labels(place.put(x)).get(), by.labels(place.put(x)).get())


def test_far_from_zero(place):
    x, points = made(500, 6, 20, away=1e4)
    labels = on_device(points, place).labels(place.put(x)).get()
    assert np.array_equal(labels, squares(x, points).argmin(axis=1))


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e12, 1e19, 1e25])
def test_scores_beyond_float32_are_decided_in_float64(scale, place):
    x, points = made(300, 3, 5)
    x = (x * np.float32(scale)).astype(np.float32)
    points = points * scale
    with np.errstate(over="ignore"):
        labels = on_device(points, place).labels(place.put(x)).get()
    assert np.array_equal(labels, squares(x, points).argmin(axis=1))


def test_rows_that_are_not_finite_end_in_some_segment(place):
    """They are refused before; a kernel must stay in bounds all the same."""
    x, points = made(300, 5, 12)
    x[7], x[8, 2], x[9, 0], x[299] = np.nan, np.inf, -np.inf, np.nan
    by = on_device(points, place)
    labels = by.labels(place.put(x)).get()
    assert (labels >= 0).all()
    assert (labels < 12).all()
    assert by.sums(place.put(x))[0].get().sum() == 300
    fine = np.isfinite(x).all(axis=1)
    assert np.array_equal(labels[fine], squares(x[fine], points).argmin(axis=1))


def test_no_rows(place):
    x, points = made(0, 5, 3)
    by = on_device(points, place)
    assert by.labels(place.put(x)).get().shape == (0,)
    assert [part.get().sum() for part in by.sums(place.put(x))] == [0.0, 0.0]


def test_names_are_written_in_the_place_of_numbers(place):
    x, points = made(300, 5, 12)
    names = np.arange(12, dtype=np.int32)[::-1] * 10
    by = on_device(points, place)
    labels = by.labels(place.put(x), place.put(names)).get()
    assert np.array_equal(labels, names[by.labels(place.put(x)).get()])


def test_many_blocks_are_added_up_in_order(place, monkeypatch):
    monkeypatch.setattr(geometry, "_WAVES", 7)
    x, points = made(5_000, 3, 4)
    by = on_device(points, place)
    blocks = geometry.pass_blocks(5_000, 256, 100)
    assert blocks == geometry.Blocks(7, 768)
    labels = squares(x, points).argmin(axis=1)
    counts, sums, inertia = by.sums_and_inertia(place.put(x))
    wanted = summed(x, labels, 4)
    assert np.array_equal(counts.get(), wanted[0])
    assert np.allclose(sums.get(), wanted[1], rtol=1e-13)
    assert inertia.get()[0] == pytest.approx(squares(x, points).min(axis=1).sum(), rel=1e-13)


@pytest.mark.parametrize("shape", [(600, 3, 4), (500, 33, 170), (200, 70, 3)], ids=str)
def test_rows_are_added_up_by_any_label(shape, place, monkeypatch):
    """Across slices of columns and of segments; labels that are none are left out."""
    monkeypatch.setattr(geometry, "_LEAST_ROWS", 64)
    n, d, k = shape
    x, _ = made(n, d, 1)
    labels = np.random.default_rng(4).integers(-1, k, n).astype(np.int32)
    weights = np.random.default_rng(5).uniform(size=n)
    for given in (None, weights):
        there = None if given is None else place.put(given)
        found = segment_sums(place.xp, place.put(x), place.put(labels), k, there)
        kept = labels >= 0
        each = None if given is None else given[kept]
        wanted = summed(x[kept], labels[kept], k, each)
        assert np.allclose(found[0].get(), wanted[0], rtol=1e-13)
        assert np.allclose(found[1].get(), wanted[1], rtol=1e-12, atol=1e-12)


def test_rows_of_other_kinds_are_left_to_arrays(place):
    x, points = made(40, 4, 3)
    by = on_device(points, place)
    assert by.takes(place.put(x))
    assert not by.takes(place.put(x.astype(np.float64)))
    assert not by.takes(place.put(x)[:, :3])
    assert not by.takes(DeviceArray(np.asfortranarray(x)))
    assert np.array_equal(
        Nearest(points, place).exact(place.put(x.astype(np.float64))).get(),
        Nearest(points, CPU).exact(x.astype(np.float64)),
    )
    assert on_device_or_none(made(2, 3_000, 4)[1], place) is None


def on_device_or_none(points: np.ndarray, place: Runtime) -> DevicePoints | None:
    return Nearest(points, place).on_device


@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_of_lloyd_is_that_of_a_cpu(weighted, place):
    x, points = made(1_000, 6, 5)
    weights = np.random.default_rng(6).uniform(size=1_000) if weighted else None
    there = None if weights is None else place.put(weights)
    found = lloyd_step(place.put(x), points, place, there)
    wanted = lloyd_step(x, points, CPU, weights)
    for one, other in zip(found, wanted, strict=True):
        assert isinstance(one, np.ndarray)
        assert np.allclose(one, other, rtol=1e-12, atol=1e-12)
    assert raw_module.LAUNCHED[0] == "lloyd_pass"


def test_iterations_end_where_a_cpus_do(place, monkeypatch):
    monkeypatch.setattr(passes, "_BOUNDED_FROM", -1)
    x, points = made(1_000, 6, 5)
    found = refine(place.put(x), points, 1e-8, 30, place)
    wanted = refine(x, points, 1e-8, 30, CPU)
    assert found[1] == wanted[1]
    assert np.allclose(found[0], wanted[0], rtol=1e-9)


def test_customers_are_assigned_as_by_a_cpu(place):
    x, points = made(1_000, 6, 9)
    by = Representatives(points, np.arange(9, dtype=np.int32) % 4, points)
    assert np.array_equal(by.assign(place.put(x), runtime=place), by.assign(x, runtime=CPU))
    assert "lloyd_pass" in raw_module.LAUNCHED


@pytest.mark.parametrize("on_host", [True, False])
def test_rows_in_host_memory_come_in_chunks_and_others_at_once(on_host, place):
    told: list[int] = []
    small = Runtime(Place.GPU, device_memory=1 << 20, xp=place.xp, on_rows=told.append)
    x, points = made(5_000, 6, 5)
    found = lloyd_step(x if on_host else small.put(x), points, small)
    wanted = lloyd_step(x, points, CPU)
    assert np.array_equal(found[0], wanted[0])
    assert np.allclose(found[1], wanted[1], rtol=1e-12, atol=1e-12)
    assert sum(told) == 5_000
    assert raw_module.LAUNCHED.count("lloyd_pass") == len(told)
    assert (len(told) > 1) == on_host


def test_a_gpu_without_room_for_all_rows_takes_them_in_chunks(place, monkeypatch):
    x, points = made(5_000, 6, 5)
    sums = DevicePoints.sums

    def least(self, rows, weights=None):
        if len(rows) > 3_000:
            raise MemoryError
        return sums(self, rows, weights)

    monkeypatch.setattr(DevicePoints, "sums", least)
    with pytest.warns(RuntimeWarning, match="blocks of 2,500 fit"):
        found = lloyd_step(place.put(x), points, place)
    assert np.array_equal(found[0], lloyd_step(x, points, CPU)[0])


def test_where_a_pass_runs_it_asks_for_its_own_kernel(place):
    """As on a cluster: what is sent is made anew of the worker's place."""
    x, points = made(300, 6, 5)
    sent = Nearest(points, CPU)
    make, (given, _) = sent.__reduce__()
    there = make(given, place)
    assert sent.on_device is None
    assert np.array_equal(there.exact(place.put(x)).get(), sent.exact(x))
    assert "lloyd_pass" in raw_module.LAUNCHED


def test_a_gpu_whose_kernels_do_not_compile_keeps_its_way(place):
    xp = stand_in.made(kernels=True)

    def broken(**_):
        message = "nvrtc: error: invalid value for --gpu-architecture\nmore"
        raise RuntimeError(message)

    xp.RawModule = broken
    x, points = made(300, 6, 5)
    there = Runtime(Place.GPU, device_memory=1 << 30, xp=xp)
    with pytest.warns(RuntimeWarning, match=r"lloyd_pass is not compiled.*invalid value for"):
        found = lloyd_step(there.put(x), points, there)
    again = lloyd_step(there.put(x), points, there)
    for one, other, wanted in zip(found, again, lloyd_step(x, points, CPU), strict=True):
        assert np.array_equal(one, other)
        assert np.allclose(one, wanted, rtol=1e-12)
