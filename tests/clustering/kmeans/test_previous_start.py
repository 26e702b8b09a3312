"""k-means that starts from a previous model's segments: kept, unless a start is clearly better."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.lloyd import fit
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.previous_start import CLEARLY
from engine.evaluation.scores import inertia
from engine.places.runtime import Runtime
from tests.fitting import task_of

CPU = Runtime(threads=1)
PARAMS = KMeansParams(n_init=8, start_rows=1_000, coarse_rows=2_000)
KEPT = ("starts from the segments of the previous model",)
CORNERS = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0], [20.0, 20.0]])


def task_from(x: np.ndarray, k: int, start: np.ndarray | None = None, seed: int = 0) -> Task:
    return task_of(x.astype(np.float32), k, seed, start=start)


def means(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.array([x[labels == s].mean(axis=0) for s in range(labels.max() + 1)])


def groups(n: int = 400) -> np.ndarray:
    return np.repeat(CORNERS, n, axis=0) + np.random.default_rng(1).normal(size=(4 * n, 2))


def cost(task: Task, found: Fit) -> float:
    return inertia(task.x, found.representatives.centres, found.labels, runtime=CPU)


@pytest.mark.parametrize("rows", [3_000, 10_000])
def test_customers_without_groups_keep_their_segments(rows):
    params = KMeansParams(n_init=8, start_rows=rows, coarse_rows=rows)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((6_000, 6))
    before = fit(task_from(x, 5), params, CPU).representatives
    x[:600] = rng.standard_normal((600, 6))  # a tenth are others now
    anew = task_from(x, 5, seed=1)
    then = before.assign(anew.x, runtime=CPU)
    kept = replace(anew, start=means(x, then))
    without, found = fit(anew, params, CPU), fit(kept, params, CPU)
    assert found.notes == KEPT
    assert without.notes == ()
    kept_by, left_by = (adjusted_rand_score(then, f.labels) for f in (found, without))
    assert kept_by > 0.8 > 0.75 > left_by
    assert cost(kept, found) < (1 + CLEARLY) * cost(anew, without)


def test_a_start_that_is_clearly_better_is_taken_and_told():
    x = groups()
    # Three in one corner, and one for the three others.
    start = np.concatenate([[[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [CORNERS[1:].mean(axis=0)]])
    task = task_from(x, 4, start)
    found, without = fit(task, PARAMS, CPU), fit(task_from(x, 4), PARAMS, CPU)
    assert found.labels.tobytes() == without.labels.tobytes()
    (note,) = found.notes
    better = re.fullmatch(
        r"another start is (\d+\.\d)% better than the previous segments, and is taken", note
    )
    assert better is not None
    assert float(better[1]) > 90


@pytest.mark.parametrize("k", [3, 5])
def test_another_number_of_segments_starts_anew(k):
    x = groups(100)
    found = fit(task_from(x, k, CORNERS), PARAMS, CPU)
    without = fit(task_from(x, k), PARAMS, CPU)
    assert found.representatives.centres.tobytes() == without.representatives.centres.tobytes()
    (note,) = found.notes
    assert note == (
        f"starts anew: today's customers are in 4 segments of the previous model, and {k} are "
        "wanted"
    )


def test_neither_threads_nor_the_order_of_rows_matter():
    x = groups(1_000)
    task = task_from(x, 4, CORNERS + 2)
    one, three = (fit(task, PARAMS, Runtime(threads=t)) for t in (1, 3))
    assert one.notes == KEPT
    assert one.representatives.centres.tobytes() == three.representatives.centres.tobytes()
    turn = np.random.default_rng(0).permutation(len(x))
    turned = fit(replace(task, x=task.x[turn], priority=task.priority[turn]), PARAMS, CPU)
    assert np.array_equal(turned.labels, one.labels[turn])


def test_a_segment_that_lost_its_customers_is_filled():
    start = np.concatenate([CORNERS[:3], [[-500.0, -500.0]]])
    found = fit(task_from(groups(), 4, start), PARAMS, CPU)
    assert found.notes == KEPT
    assert np.bincount(found.labels).tolist() == [400] * 4
