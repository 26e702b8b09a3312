"""Gaps between segments: by hand, for shapes, for clouds without groups, and in the choice of k."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_circles, make_moons
from sklearn.neighbors import NearestNeighbors

from engine.evaluation.chance import Chance
from engine.evaluation.choose_k import choose_k
from engine.evaluation.gaps import APART, CUT, Gaps, numbers
from engine.evaluation.inside import Segment
from engine.evaluation.neighbours import leaving, nearest
from engine.evaluation.structure import structure
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority

RUNTIME = Runtime(threads=1)


def kmeans(x, k):
    return KMeans(k, n_init=2, random_state=0).fit_predict(x).astype(np.int32)


def gaps(x) -> Gaps:
    return Gaps(x.astype(np.float32), kmeans, RUNTIME, seed=0)


def two(x, least=0.0) -> bool:
    x = np.ascontiguousarray(x, np.float32)
    return Segment(x, kmeans, RUNTIME, 0, least).falls_apart()


def shapes():
    moons = make_moons(1_500, noise=0.05, random_state=0)
    return [moons, make_circles(1_500, noise=0.03, factor=0.5, random_state=0)]


def test_nearest_others_by_hand():
    x = np.array([[0.0], [1.0], [3.0], [7.0]], np.float32)
    assert sorted(nearest(x)[0].tolist()) == [1, 2, 3]  # all others, where those are fewer
    rows = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    oracle = NearestNeighbors(n_neighbors=16, algorithm="brute").fit(rows)
    expected = oracle.kneighbors(rows, return_distance=False)[:, 1:]
    assert (np.sort(nearest(rows)) == np.sort(expected)).all()


def test_leaving_is_that_of_the_worst_segment():
    others = np.array([[1, 2], [0, 2], [0, 1], [4, 0], [3, 0]])
    assert leaving(others, np.array([0, 0, 0, 1, 1])) == 0.5
    assert leaving(others, np.array([0, 0, 0, 3, 3])) == 0.5  # numbers without rows do not count
    assert leaving(others, np.zeros(5, np.int32)) == 0.0


@pytest.mark.parametrize("shape", shapes(), ids=("moons", "rings"))
def test_shapes_are_apart_and_their_slices_are_not(shape):
    x, truth = shape
    found = gaps(x)
    assert found.share(truth, 2) <= APART
    assert found.share(kmeans(x, 4), 4) > CUT
    third = truth + 2 * ((truth == 0) & (x[:, 0] > 0))  # one of them cut once more
    assert found.share(third, 3) > APART


def test_slices_of_a_cloud_are_as_far_from_apart_as_chance():
    x = np.random.default_rng(1).normal(size=(1_500, 3)) * [3, 2, 1]
    assert all(gaps(x).share(kmeans(x, k), k) > 0.5 for k in (2, 5))


def test_flags_and_codes_are_no_numbers():
    rng = np.random.default_rng(2)
    flag, code = rng.integers(0, 2, 500), rng.integers(0, 12, 500)
    x = np.column_stack([rng.normal(size=500), flag, code, rng.normal(size=500)])
    assert (numbers(x) == x[:, [0, 3]]).all()
    assert numbers(x[:, 1:3]).shape == (500, 0)


def test_too_few_rows_say_nothing():
    x = np.random.default_rng(3).normal(size=(8, 2))
    assert gaps(x).share(np.arange(8) % 4, 4) is None
    assert not two(np.repeat([[0.0], [9.0]], 40, axis=0))


@pytest.mark.parametrize("columns", [1, 2, 6])
def test_two_groups_fall_apart_and_one_does_not(columns):
    rng = np.random.default_rng(4)
    one = rng.normal(size=(600, columns))
    other = one + np.where(np.arange(600) % 3, 0, 8)[:, None] * np.eye(1, columns)
    assert two(other)
    assert not two(other, least=0.4)  # the smaller would be too small
    long = one * np.array([4] + [1] * (columns - 1))
    for cloud in (one, long, rng.uniform(size=one.shape), rng.exponential(size=one.shape)):
        assert not two(cloud)


@pytest.mark.parametrize("shape", shapes(), ids=("moon", "ring"))
def test_a_long_segment_is_one_group(shape):
    x, truth = shape
    assert not two(x[truth == 0])


def choose(x, method, **more):
    x = np.ascontiguousarray(x, np.float32)
    priority = row_priority(len(x), 0)
    chance = Chance(x, kmeans, RUNTIME, 0)
    return choose_k(
        x, range(2, 7), method, priority=priority, runtime=RUNTIME, chance=chance, **more
    )


def test_groups_near_each_other_are_counted_where_others_are_far():
    rng = np.random.default_rng(5)
    centres = np.array([[0, 0], [9, 0], [80, 0], [0, 80], [80, 80]])
    x = centres[np.arange(1_000) % 5] + rng.normal(size=(1_000, 2))
    assert choose(x, kmeans).k == 4  # the silhouette alone

    def halves(rows, least):
        return two(x[rows], least)

    choice = choose(x, kmeans, two_groups=halves)
    assert choice.k == 5
    assert "none of which is two groups itself, as one of 4 would be" in choice.rule
    fewer = choose_k(
        x.astype(np.float32),
        range(2, 5),
        kmeans,
        priority=row_priority(len(x), 0),
        runtime=RUNTIME,
        chance=Chance(x.astype(np.float32), kmeans, RUNTIME, 0),
        two_groups=halves,
    )
    assert fewer.k == 4
    assert "One of its segments is two groups itself, and no number up to 4" in fewer.rule


def test_shapes_are_counted_by_the_gaps_between_them():
    x, truth = make_circles(1_000, noise=0.03, factor=0.5, random_state=0)

    def rings(_, k):
        """Cut the rings first, then the outer one into ever more arcs."""
        arcs = ((np.arctan2(x[:, 1], x[:, 0]) + np.pi) / (2 * np.pi + 1e-9) * (k - 1)).astype(int)
        return np.where(truth == 1, 0, 1 + arcs).astype(np.int32)

    by_gaps = choose(x, rings, gaps=gaps(x))
    assert (by_gaps.k, by_gaps.structure) == (2, "strong")
    assert by_gaps.sweep[0]["gaps"] <= APART < CUT < by_gaps.sweep[2]["gaps"]
    assert choose(x, rings).structure != "strong"


def test_a_gap_is_structure_whatever_the_silhouette():
    assert structure(0.1, 0.3) == "none"
    assert structure(0.1, 0.3, gaps=0.0) == "strong"
    assert structure(0.1, 0.3, gaps=0.5) == "none"


def test_equal_customers_are_one_group():
    def never(*_):
        raise AssertionError

    x = np.ones((200, 2), np.float32)
    assert not Segment(x, never, Runtime(), 0).falls_apart()
    assert not Segment(x, never, Runtime(), 0).may_hold_more()
