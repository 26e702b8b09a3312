"""One reading of the rows for up to 64 columns and 256 points: on which GPUs, and what it computes.

Passes are executed on the CPU, beside NumPy in float64, in both orders of blocks and threads.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clustering.nearest import Nearest
from engine.cuda import geometry, tiles
from engine.cuda.geometry import fused_pass
from engine.cuda.lloyd import DevicePoints
from engine.cuda.tiles import tiled_blocks, tiled_pass
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

KIB = 1 << 10
LIMITS = {"sm_75": 64 * KIB, "sm_70": 96 * KIB, "sm_86": 99 * KIB, "sm_80": 163 * KIB,
          "sm_90": 227 * KIB}  # fmt: skip
"""Bytes of shared memory that a block may opt into; sm_89 and sm_120 have those of sm_86, sm_100
those of sm_90, sm_87 those of sm_80."""

POINTS = [*range(1, 40), *range(40, 300, 7), 255, 256, 257, 500, 1_000, 4_096]
CHOSEN = list(itertools.product((1, 3, 16, 33, 63, 64), (1, 8, 9, 97, 255, 256)))
QUICK = {(1, 256), (3, 9), (16, 256), (33, 97), (63, 97), (64, 256)}
SHAPES = [pytest.param(d, k, marks=[] if (d, k) in QUICK else pytest.mark.long) for d, k in CHOSEN]


@pytest.fixture(params=[False, True], ids=["from the first", "from the last"])
def place(request, monkeypatch) -> Runtime:
    """Give a GPU of 227 KiB, whose blocks and threads run in either order."""
    monkeypatch.setattr(raw_module, "ORDER", [request.param])
    monkeypatch.setattr(raw_module, "LAUNCHED", [])
    return gpu()


def gpu() -> Runtime:
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made(kernels=True))


def one_reading(d: int, k: int, limit: int) -> bool:
    """Whether rows are read once whatever is added up beside."""
    kinds = itertools.product((False, True), (False, True))
    fused = all(fused_pass(d, k, limit, weighted=w, inertia=i) for w, i in kinds)
    return fused or tiled_pass(d, k, limit) is not None


def most_points(d: int, limit: int) -> int:
    """Give the most points up to which all are one reading, of at most 256."""
    return next((k - 1 for k in range(1, 257) if not one_reading(d, k, limit)), 256)


@pytest.mark.parametrize("limit", [163 * KIB, 227 * KIB])
def test_one_reading_does_for_64_columns_and_256_points(limit):
    assert all(one_reading(d, k, limit) for d in range(1, 65) for k in range(1, 257))


def test_the_page_says_which_shapes_are_one_reading_elsewhere():
    page = Path(__file__).parents[2].joinpath("docs/gpu_kernels.md").read_text("utf-8")
    for name, limit in LIMITS.items():
        found = [str(most_points(d, limit)) for d in (8, 16, 32, 48, 64)]
        line = next(row for row in page.splitlines() if row.startswith(f"| {name}"))
        assert [cell.strip() for cell in line.split("|")[3:-1]] == found, name


def test_what_a_launch_takes_is_what_the_gpu_has():
    for limit in LIMITS.values():
        for d, k in itertools.product([*range(1, 71, 3), 64, 96, 130, 200], POINTS):
            if (how := tiled_pass(d, k, limit)) is None:
                continue
            assert how.shared <= limit - KIB
            assert how.threads <= 256
            assert how.threads % (32 * how.teams) == 0
            assert how.rows in (64, 128)
            assert 4 * k * (2 * d + how.sliced) + 4 * how.rows * how.stride < how.shared
            if how.sliced:  # what the registers of a block hold, and whole groups of points
                assert 8 * how.teams * how.slice <= 4 * how.threads
                assert how.slice & (how.slice - 1) == 0
            else:
                assert how.slice == how.width


def test_blocks_are_the_same_on_every_gpu():
    """So that sums and inertia have the same bits: rows of a block are whole tiles of any cut."""
    for n, d, k in ((1, 64, 256), (1_000, 16, 256), (1 << 33, 64, 256), (10**9, 33, 97)):
        blocks = tiled_blocks(n, d, k)
        assert blocks.rows % 128 == 0
        assert (blocks.count - 1) * blocks.rows < n <= blocks.count * blocks.rows
        assert blocks.count == 1 or blocks.count * 8 * k * (d + 1) <= 64 << 20


def made(n: int, d: int, k: int, seed: int = 0):
    """Make rows, points and weights: some rows lie on points, which may be equal, or between."""
    rng = np.random.default_rng(seed)
    x, points = rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(k, d))
    points[k // 2] = points[0]
    x[: n // 5] = points[rng.integers(0, k, n // 5)]
    both = rng.integers(0, k, (2, n // 5))
    x[-(n // 5) :] = points[both].mean(axis=0)
    return x, points, rng.uniform(0.0, 3.0, n)


def on_device(points: np.ndarray, place: Runtime) -> DevicePoints:
    found = Nearest(points, place).on_device
    assert found is not None
    return found


def squares(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.stack([((x.astype(np.float64) - point) ** 2).sum(axis=1) for point in points], axis=1)


def summed(x: np.ndarray, labels: np.ndarray, k: int, weights: np.ndarray):
    sums = np.zeros((k, x.shape[1]))
    np.add.at(sums, labels, x.astype(np.float64) * weights[:, None])
    return np.bincount(labels, weights, minlength=k), sums


def bits(found) -> list[bytes]:
    return [part.get().tobytes() for part in found]


@pytest.mark.parametrize(("d", "k"), SHAPES)
def test_labels_sums_and_inertia_are_those_of_float64(d, k, place, monkeypatch):
    """Rows are no multiple of the tile, in two blocks, with near and exact ties."""
    monkeypatch.setattr(geometry, "_WAVES", 2)
    if k > 8:  # shapes that the small form takes are tiled as well
        monkeypatch.setattr(geometry, "fused_pass", lambda *_, **__: None)
    x, points, weights = made(301, d, k)
    by, rows, near = on_device(points, place), place.put(x), squares(x, points)
    labels, out = near.argmin(axis=1), place.xp.empty(301, np.int32)
    for each in (None, weights):
        there = None if each is None else place.put(each)
        wanted = summed(x, labels, k, np.ones(301) if each is None else each)
        found = by.sums_and_inertia(rows, there, labels=out)
        assert np.array_equal(out.get(), labels)
        assert np.allclose(found[0].get(), wanted[0], rtol=1e-13)
        assert np.allclose(found[1].get(), wanted[1], rtol=1e-12, atol=1e-12)
        least = near.min(axis=1) * (1.0 if each is None else each)
        assert found[2].get()[0] == pytest.approx(least.sum(), rel=1e-12)
        assert bits(by.sums_and_inertia(rows, there)) == bits(found)
        assert bits(by.sums(rows, there)) == bits(found[:2])
    assert set(raw_module.LAUNCHED) == {"lloyd_tiled" if k > 8 else "lloyd_pass", "folded"}


@pytest.mark.parametrize("shape", [(64, 256), (16, 256), (33, 97), (63, 41)], ids=str)
def test_how_a_launch_is_cut_changes_no_bit(shape, place, monkeypatch):
    """GPUs that differ in shared memory cut it differently: each cut, also beyond what fits one."""
    monkeypatch.setattr(geometry, "fused_pass", lambda *_, **__: None)
    x, points, weights = made(301, *shape)
    by, rows, there = on_device(points, place), place.put(x), place.put(weights)
    wanted, seen = bits(by.sums_and_inertia(rows, there)), set()
    for cut in tiles._CUTS:
        monkeypatch.setattr(tiles, "_CUTS", (cut,))
        if (how := tiled_pass(*shape, by.limit)) is None:
            continue
        seen.add((how.rows, how.teams, how.slice))
        assert bits(by.sums_and_inertia(rows, there)) == wanted, how
    assert len(seen) >= 4
    assert len({how[0] for how in seen}) == 2 or shape == (64, 256)


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_gpu_takes_one_reading_where_it_can_and_two_steps_beyond(limit, place, monkeypatch):
    monkeypatch.setattr(raw_module, "SHARED_LIMIT", limit)
    x, points, _ = made(140, 64, 256)
    labels = squares(x, points).argmin(axis=1)
    by = replace(on_device(points, gpu()), limit=limit)
    found, out = None, place.xp.empty(140, np.int32)
    found = by.sums_and_inertia(place.put(x), labels=out)
    assert np.array_equal(out.get(), labels)
    assert np.array_equal(found[0].get(), np.bincount(labels, minlength=256))
    once = limit >= 163 * KIB
    assert (found[2] is not None) == once
    assert ("lloyd_tiled" in raw_module.LAUNCHED) == once
    assert ("segment_sums" in raw_module.LAUNCHED) == (not once)


def test_rows_that_are_not_finite_end_in_some_segment(place):
    x, points, _ = made(301, 40, 200)
    x[7], x[8, 2], x[9, 0], x[300] = np.nan, np.inf, -np.inf, np.nan
    by, out = on_device(points, place), place.xp.empty(301, np.int32)
    counts = by.sums_and_inertia(place.put(x), labels=out)[0].get()
    fine, labels = np.isfinite(x).all(axis=1), out.get()
    assert raw_module.LAUNCHED[0] == "lloyd_tiled"
    assert np.array_equal(counts, np.bincount(labels, minlength=200))
    assert np.array_equal(labels[fine], squares(x[fine], points).argmin(axis=1))
    assert labels[[7, 300]].tolist() == [0, 0]


def test_rows_that_are_clear_are_not_decided_again(place):
    """Float64 points that are NaN would send a row that is to the first."""
    x, points, _ = made(200, 20, 300, seed=1)
    x, points = x[40:160], points + 0.01 * np.arange(300)[:, None]
    by, out = on_device(points, place), [place.xp.empty(120, np.int32) for _ in range(2)]
    blind = replace(by, points=place.put(np.full_like(points, np.nan)))
    for way, labels in zip((by, blind), out, strict=True):
        way.sums_and_inertia(place.put(x), inertia=False, labels=labels)
    assert "lloyd_tiled" in raw_module.LAUNCHED
    assert np.array_equal(out[0].get(), out[1].get())


@pytest.mark.parametrize("first", [0, 4, 8, 12])
def test_the_bound_on_rounding_has_the_whole_length_of_a_row(first, place, monkeypatch):
    """Of rows as far from two points, the scores differ by rounding; each team measures a part."""
    monkeypatch.setattr(geometry, "fused_pass", lambda *_, **__: None)
    rng = np.random.default_rng(5)
    half = rng.integers(-1023, 1024, (150, 40)) / 1024
    other = half.copy()
    other[:, [first, first + 3]] = half[:, [first + 3, first]]
    points = rng.permutation(np.concatenate([half, other]))
    x = np.zeros((300, 40), np.float32)
    x[:, first : first + 4] = rng.integers(-8192, 8192, (300, 4))
    x[:, first] = x[:, first + 3]
    by, out = on_device(points, place), place.xp.empty(300, np.int32)
    by.sums_and_inertia(place.put(x), labels=out)
    assert np.array_equal(out.get(), squares(x, points).argmin(axis=1))


@pytest.mark.parametrize("start", [1, 2, 3])
def test_rows_that_begin_at_any_address(start, place):
    points = made(10, 64, 70)[1]
    flat = DeviceArray(np.random.default_rng(2).normal(size=64 * 90 + 4).astype(np.float32))
    rows = flat[start : start + 64 * 90].reshape(90, 64)
    assert rows.data.ptr % 16
    labels = squares(rows.get(), points).argmin(axis=1)
    found = on_device(points, place).sums(rows)[1].get()
    assert raw_module.LAUNCHED[0] == "lloyd_tiled"
    assert np.allclose(found, summed(rows.get(), labels, 70, np.ones(90))[1], rtol=1e-13)


@given(
    n=st.integers(1, 400), d=st.integers(1, 70), k=st.integers(9, 300),
    cut=st.sampled_from(tiles._CUTS), seed=st.integers(0, 2**32), turned=st.booleans(),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_whole_numbers_are_added_up_exactly(n, d, k, cut, seed, turned):
    """Their ties are exact and everywhere, the first of equals; sums have no rounding."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, (n, d)).astype(np.float32)
    points = rng.integers(-2, 3, (k, d)).astype(np.float64)
    near = squares(x, points)
    labels = near.argmin(axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_module, "ORDER", [turned])
        patch.setattr(geometry, "fused_pass", lambda *_, **__: None)
        patch.setattr(tiles, "_CUTS", (cut,))
        by, out = on_device(points, gpu()), np.empty(n, np.int32)
        if tiled_pass(d, k, by.limit) is None:
            return
        found = by.sums_and_inertia(DeviceArray(x), labels=DeviceArray(out))
    wanted = summed(x, labels, k, np.ones(n))
    assert np.array_equal(out, labels)
    assert np.array_equal(found[0].get(), wanted[0])
    assert np.array_equal(found[1].get(), wanted[1])
    assert found[2].get()[0] == near.min(axis=1).sum()
