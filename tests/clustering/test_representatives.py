"""The nearest representative: the float64 answer for every row, whatever block it is in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clustering import nearest as owner
from engine.clustering.nearest import Nearest
from engine.clustering.representatives import Representatives, canonical_order
from engine.places.runtime import CHUNK_ROWS, Runtime


def brute(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Nearest in float64 from differences, the first of equals."""
    difference = x[:, None].astype(np.float64) - points
    return np.einsum("ijk,ijk->ij", difference, difference).argmin(axis=1)


@st.composite
def hard(draw) -> tuple[np.ndarray, np.ndarray]:
    """Rows and points that float32 alone decides wrongly: ties, offsets, scales, single ulps."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, k = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    offset = draw(st.sampled_from([0.0, 1.0, -1e3, 1e6, 1e9]))
    scale = draw(st.sampled_from([1e-22, 1e-20, 1e-6, 1.0, 1e6, 1e15]))
    grid = draw(st.sampled_from([1, 2, 1_000]))  # few values a column make many exact ties
    x = (offset + rng.integers(-grid, grid + 1, (60, d)) * scale).astype(np.float32)
    points = x[rng.choice(60, k)].astype(np.float64)
    points[::2] += rng.integers(-1, 2, points[::2].shape) * np.spacing(np.abs(points[::2]))
    points[1::3] = (points[1::3] + x[:1]) / 2  # half way: ties by construction
    x[::3] = np.nextafter(x[::3], np.float32(0))
    return x, points


@given(hard())
def test_equals_float64_brute_force(case):
    x, points = case
    assert np.array_equal(Nearest(points, Runtime()).exact(x), brute(x, points))


@given(hard())
def test_assigning_is_as_exact(case):
    x, points = case
    found = Representatives(points, np.arange(len(points), dtype=np.int32), points)
    assert np.array_equal(found.assign(x, runtime=Runtime()), brute(x, points))


@given(hard(), st.integers(1, 59))
def test_does_not_depend_on_the_block(case, cut):
    x, points = case
    nearest = Nearest(points, Runtime())
    whole = nearest.exact(x)
    assert np.array_equal(np.concatenate([nearest.exact(x[:cut]), nearest.exact(x[cut:])]), whole)
    assert np.array_equal([nearest.exact(x[i : i + 1])[0] for i in range(20)], whole[:20])


@given(hard())
def test_does_not_depend_on_how_rows_are_parted(case):
    x, points = case
    whole = Nearest(points, Runtime()).exact(x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, "CELLS", 40)
        assert np.array_equal(Nearest(points, Runtime()).exact(x), whole)


def test_a_million_away_float32_alone_is_wrong():
    """The case that makes the second look necessary, and shows that it is taken."""
    rng = np.random.default_rng(0)
    x = (1e6 + rng.random((2_000, 3)) * 4).astype(np.float32)
    points = 1e6 + rng.random((20, 3)) * 4
    plain = (-2 * x @ points.astype(np.float32).T + (points**2).sum(axis=1)).argmin(axis=1)
    expected = brute(x, points)
    assert (plain != expected).mean() > 0.5
    assert np.array_equal(Nearest(points, Runtime()).exact(x), expected)


@pytest.mark.parametrize("scale", [1e-18, 1e-20, 1e-21, 1e-22, 1e-23, 1e-30])
def test_squares_below_float32s_smallest_numbers(scale):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(500, 3)) * scale).astype(np.float32)
    points = rng.normal(size=(20, 3)) * scale
    assert np.array_equal(Nearest(points, Runtime()).exact(x), brute(x, points))


def test_the_first_of_equals():
    points = np.array([[0.0, 1], [1, 0], [0, -1], [0, 1]])
    assert Nearest(points, Runtime()).exact(np.zeros((1, 2), np.float32)).tolist() == [0]
    assert Nearest(points, Runtime()).exact(np.array([[0, 1]], np.float32)).tolist() == [0]


def test_quick_is_the_nearest_up_to_rounding():
    rng = np.random.default_rng(1)
    x, points = rng.normal(size=(5_000, 8)).astype(np.float32), rng.normal(size=(40, 8))
    distance = ((x[:, None].astype(np.float64) - points) ** 2).sum(axis=2)
    quick = distance[np.arange(len(x)), Nearest(points, Runtime()).quick(x)]
    assert (quick - distance.min(axis=1)).max() < 1e-4


def test_assign_maps_points_to_their_segments():
    found = Representatives(
        np.array([[0.0], [1.0], [10.0]]), np.array([1, 1, 0], np.int32), np.array([[10.0], [0.5]])
    )
    x = np.array([[0.2], [0.9], [9.0], [-4.0]], np.float32)
    labels = found.assign(x, runtime=Runtime())
    assert labels.tolist() == [1, 1, 0, 1]
    assert labels.dtype == np.int32
    distances = found.distances(x, labels, runtime=Runtime())
    assert distances.tolist() == pytest.approx([0.3, 0.4, 1.0, 4.5], rel=1e-6)
    assert found.n_segments == 2


def test_assign_is_the_same_bits_at_any_number_of_threads():
    rng = np.random.default_rng(0)
    x = rng.random((2 * CHUNK_ROWS + 11, 3), np.float32)
    found = Representatives(rng.random((9, 3)), np.arange(9, dtype=np.int32), rng.random((9, 3)))
    seen = set()
    for threads in (1, 2, 3):
        labels = found.assign(x, runtime=Runtime(threads=threads))
        distances = found.distances(x, labels, runtime=Runtime(threads=threads))
        seen.add((labels.tobytes(), distances.tobytes()))
    assert len(seen) == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.randoms())
def test_canonical_order_does_not_depend_on_the_numbering(counts, random):
    centres = np.random.default_rng(0).integers(0, 3, (len(counts), 2)).astype(float)
    centres += np.arange(len(counts))[:, None] * 1e-3  # distinct, as centres are
    sizes = np.array(counts)
    turn = list(range(len(counts)))
    random.shuffle(turn)
    one = canonical_order(sizes, centres)
    other = canonical_order(sizes[turn], centres[turn])
    assert centres[one].tolist() == centres[turn][other].tolist()
    assert (np.diff(sizes[one]) <= 0).all()
