"""What chance gives: clouds without groups never stand out, groups do, and it repeats."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.kmeans.lloyd import fit
from engine.clustering.kmeans.params import KMeansParams
from engine.evaluation.chance import ROWS, STANDS_OUT, Chance
from engine.evaluation.choose_k import choose_k
from engine.evaluation.structure import structure
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests.fitting import task_of

RUNTIME = Runtime(threads=1)


def kmeans(x, k):
    task = task_of(x, k)
    return fit(task, KMeansParams().for_sample(), RUNTIME).labels


def chance(x: np.ndarray, seed: int = 0) -> Chance:
    return Chance(np.ascontiguousarray(x, np.float32), kmeans, RUNTIME, seed)


def chosen(x: np.ndarray, ks=range(2, 7), smallest: float = 0.0):
    x = np.ascontiguousarray(x, np.float32)
    priority = row_priority(len(x), 0)
    return choose_k(
        x, ks, kmeans, priority=priority, runtime=RUNTIME, chance=chance(x), smallest=smallest
    )


CLOUDS = {
    "gaussian": lambda rng: rng.standard_normal((1_500, 3)),
    "stretched": lambda rng: rng.standard_normal((1_500, 3)) * [5.0, 1.0, 0.2],
    "turned": lambda rng: rng.standard_normal((1_500, 2)) @ np.array([[3.0, 2.0], [0.0, 0.5]]),
    "one column": lambda rng: rng.standard_normal((1_500, 1)),
    "box": lambda rng: rng.uniform(size=(1_500, 2)),
    "turned box": lambda rng: rng.uniform(size=(1_500, 2)) @ np.array([[1.0, 1.0], [-1.0, 1.0]]),
    "heavy tails": lambda rng: rng.standard_t(3, (1_500, 3)),
}


@pytest.mark.long_at("heavy tails", "turned", "turned box", "stretched", "box", "one column")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds_without_groups_have_no_structure(cloud):
    choice = chosen(CLOUDS[cloud](np.random.default_rng(1)), [2, 3, 5])
    assert choice.structure == "none"
    assert choice.k == 2
    assert "stands out, so the fewest are taken" in choice.rule
    assert all(row["silhouette"] - row["chance"] < STANDS_OUT for row in choice.sweep)


@pytest.mark.long_at("2", "5")
@pytest.mark.parametrize("k", [2, 3, 5])
def test_groups_stand_out_and_are_counted(k):
    rng = np.random.default_rng(k)
    angles = np.arange(k) * 2 * np.pi / k
    centres = 6 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    x = centres[rng.integers(0, k, 1_500)] + rng.standard_normal((1_500, 2))
    choice = chosen(x)
    assert choice.k == k
    assert choice.structure != "none"
    assert "stand" in choice.rule
    assert "customers without groups" in choice.rule


def test_two_groups_along_one_axis_are_not_taken_for_chance():
    """The clouds keep spreads and box, but not the gap."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2_000, 1)) + 8 * rng.integers(0, 2, (2_000, 1))
    assert chosen(x).k == 2


def test_it_is_the_mean_of_the_kind_that_gives_more():
    """By hand for a box: 2 segments of [0, 1] have a mean silhouette of 0.62."""
    x = np.random.default_rng(0).uniform(size=(ROWS, 1))
    assert chance(x).silhouette(2) == pytest.approx(0.62, abs=0.02)
    # A Gaussian in one column: 0.55, and a box of its extent still gives 0.62.
    y = np.random.default_rng(0).standard_normal((ROWS, 1))
    assert chance(y).silhouette(2) == pytest.approx(0.62, abs=0.02)


def test_it_repeats_and_asks_only_once():
    x = np.random.default_rng(0).standard_normal((500, 2))
    calls = []

    def counted(rows, k):
        calls.append(k)
        return kmeans(rows, k)

    first = Chance(np.float32(x), counted, RUNTIME, 3)
    assert first.silhouette(3) == first.silhouette(3) == chance(x, 3).silhouette(3)
    assert calls == [3] * 4
    assert chance(x, 4).silhouette(3) != first.silhouette(3)
    assert 0 < first.error < 0.05


def test_too_few_rows_say_nothing():
    x = np.random.default_rng(0).standard_normal((8, 2))
    assert chance(x).silhouette(3) is None
    assert chance(x).error == 0.0
    choice = chosen(np.array([[0.0], [0.1], [5.0], [5.1]]), range(2, 4))
    assert choice.k == 2
    assert "best silhouette" in choice.rule


def test_constant_columns_and_equal_rows():
    x = np.zeros((100, 3))
    x[:50, 1] = 1.0
    assert chance(x).silhouette(2) is not None
    assert structure(0.9, chance(x).silhouette(2)) == "strong"


def test_a_segment_that_is_too_small_is_passed_over():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1_000, 2)) + 12 * np.repeat(np.eye(2), 500, axis=0)
    x[:5] += 60
    assert chosen(x, range(2, 5)).k == 3
    choice = chosen(x, range(2, 5), smallest=0.02)
    assert choice.k == 2 or "would leave a segment of less than 2.0%" in choice.rule
    # Where nothing else is left, the rule gives way.
    assert chosen(x, [3], smallest=0.02).k == 3


def test_a_cloud_that_cannot_be_cut_gives_nothing():
    """All but two of a thousand customers are equal: a box of nearly all is one point."""
    from engine.errors import DataError

    def strict(x, k):
        if len(np.unique(x, axis=0)) < k:
            message = "too few distinct rows"
            raise DataError(message)
        return kmeans(x, k)

    x = np.zeros((1_000, 2), np.float32)
    x[:2] = [[3, 1], [-2, 5]]
    found = Chance(x, strict, RUNTIME, 0)
    assert 0 < found.silhouette(2) < 0.7  # the Gaussian's
    assert found.leaving(2) > 0
