"""The kernel of distances to runs of rows, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.silhouette import silhouette
from engine.native.distances import distance_sums, takes
from engine.native.library import library
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)


@pytest.mark.parametrize(
    ("m", "n", "w", "runs"), [(1, 1, 3, 1), (4, 7, 3, 2), (9, 300, 9, 3), (5, 1_025, 34, 40)]
)
def test_sums_are_those_of_numpy(m, n, w, runs, instructions):
    rng = np.random.default_rng(m + n)
    points, rows = rng.normal(size=(m, w)), rng.normal(size=(n, w))
    ends = np.sort(rng.integers(0, n + 1, runs))  # some runs may hold no rows
    ends[-1], codes = n, rng.integers(0, 5, runs)
    found = distance_sums(points, rows, ends, codes, 6)
    distances = np.sqrt(np.maximum(points @ rows.T, 0))
    expected, start = np.zeros((m, 6)), 0
    for end, code in zip(ends, codes, strict=True):
        expected[:, code] += distances[:, start:end].sum(axis=1)
        start = end
    np.testing.assert_allclose(found, expected, 1e-12)


def test_what_is_below_zero_counts_as_zero_and_a_nan_stays_one():
    points = np.array([[1.0], [-1.0], [np.nan]])
    found = distance_sums(points, np.full((5, 1), 4.0), np.array([5]), np.array([0]), 1)
    assert found[:2].tolist() == [[10.0], [0.0]]
    assert np.isnan(found[2, 0])


@pytest.mark.parametrize(
    ("ends", "codes", "words"),
    [([3], [0], "runs"), ([4, 3], [0, 0], "runs"), ([4], [2], "codes"), ([4], [0, 1], "code each")],
)
def test_runs_that_are_not_those_of_the_rows_are_refused(ends, codes, words):
    with pytest.raises(ValueError, match=words):
        distance_sums(np.ones((1, 2)), np.ones((4, 2)), np.array(ends), np.array(codes), 2)


def test_a_silhouette_is_that_of_numpy_at_any_number_of_threads(request):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3_000, 5)).astype(np.float32), np.arange(3_000) % 3
    x[labels == 1] += 3

    def measured(threads: int) -> tuple[float, float, float]:
        found = silhouette(
            x, labels.astype(np.int32), priority=row_priority(3_000, 0),
            runtime=Runtime(threads=threads), anchors=700, reference=2_000,
        )  # fmt: skip
        return found.value, found.low, found.high

    assert takes(np.ones((1, 1)), np.ones((1, 1)))
    assert not takes(np.ones((1, 200)), np.ones((1, 200)))
    one = measured(1)
    assert one == measured(2)
    request.getfixturevalue("without_kernels")
    assert not takes(np.ones((1, 1)), np.ones((1, 1)))
    assert one == pytest.approx(measured(1), rel=1e-11)
