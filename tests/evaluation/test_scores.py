"""Scores over all rows: against scikit-learn, by hand, and unmoved by what must not matter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

from engine.evaluation.scores import InternalScores, inertia, internal_scores
from engine.places.runtime import CHUNK_ROWS, Runtime

RUNTIME = Runtime(threads=1)


def blobs(sizes: list[int], d: int = 4, seed: int = 0, sep: float = 3.0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.int32)
    centres = rng.normal(size=(len(sizes), d)) * sep
    return (centres[labels] + rng.normal(size=(len(labels), d))).astype(np.float32), labels


def numbers(scores: InternalScores) -> np.ndarray:
    named = [scores.inertia, scores.davies_bouldin, scores.calinski_harabasz]
    return np.array([*named, scores.silhouette_squared, *scores.silhouette_squared_per_segment])


SHAPES = {
    "equal": blobs([300, 300, 300]),
    "unequal": blobs([900, 90, 9, 1], seed=1),
    "overlapping": blobs([400, 500], sep=0.2, seed=2),
    "many": blobs([7] * 60, seed=3),
}


@pytest.mark.parametrize("name", SHAPES)
def test_equals_scikit_learn(name):
    X, labels = SHAPES[name]
    scores = internal_scores(X, labels, runtime=RUNTIME)
    wide = X.astype(np.float64)
    each = silhouette_samples(wide, labels, metric="sqeuclidean")
    assert scores.davies_bouldin == pytest.approx(davies_bouldin_score(wide, labels), rel=1e-12)
    assert scores.calinski_harabasz == pytest.approx(
        calinski_harabasz_score(wide, labels), rel=1e-12
    )
    assert scores.silhouette_squared == pytest.approx(each.mean(), abs=1e-12)
    by_segment = [each[labels == c].mean() for c in range(scores.k)]
    assert scores.silhouette_squared_per_segment == pytest.approx(by_segment, abs=1e-12)
    assert scores.sizes == tuple(np.bincount(labels))


def test_equals_the_plain_formulas_over_several_chunks():
    X, labels = blobs([CHUNK_ROWS, CHUNK_ROWS // 2, 40_000, 12], d=3, seed=5)
    scores = internal_scores(X, labels, runtime=RUNTIME)
    wide = X.astype(np.float64)
    means = np.array([wide[labels == c].mean(axis=0) for c in range(4)])
    assert scores.centres == pytest.approx(means, rel=1e-12)
    apart = ((wide - means[labels]) ** 2).sum()
    assert scores.inertia == pytest.approx(apart, rel=1e-12)
    assert inertia(X, scores.centres, labels, runtime=RUNTIME) == pytest.approx(apart, rel=1e-12)
    assert scores.davies_bouldin == pytest.approx(davies_bouldin_score(wide, labels), rel=1e-12)


def test_four_points_by_hand():
    # Means 1 and 11; every row is 1 from its own.
    # Row 0: a = 4, b = mean(100, 144) = 122; row 2: a = 4, b = mean(64, 100) = 82.
    X = np.array([[0], [2], [10], [12]], dtype=np.float32)
    scores = internal_scores(X, np.array([0, 0, 1, 1], dtype=np.int32), runtime=RUNTIME)
    expected = float(Fraction(1, 2) * (2 - Fraction(4, 122) - Fraction(4, 82)))
    assert scores.silhouette_squared == pytest.approx(expected, abs=1e-15)
    assert (scores.inertia, scores.davies_bouldin, scores.calinski_harabasz) == (4.0, 0.2, 50.0)
    assert scores.centres.tolist() == [[1.0], [11.0]]


def test_a_lone_row_scores_zero():
    X = np.array([[0], [2], [10]], dtype=np.float32)
    scores = internal_scores(X, np.array([0, 0, 1], dtype=np.int32), runtime=RUNTIME)
    # Row 0: a = 4, b = 100; row 1: a = 4, b = 64.
    assert scores.silhouette_squared_per_segment == pytest.approx(
        [((1 - 4 / 100) + (1 - 4 / 64)) / 2, 0.0], abs=1e-15
    )


def test_an_empty_segment_changes_nothing_else():
    X, labels = blobs([50, 60, 70])
    dense = internal_scores(X, labels, runtime=RUNTIME)
    gap = internal_scores(X, np.array([0, 2, 3], dtype=np.int32)[labels], runtime=RUNTIME, k=5)
    assert gap.sizes == (50, 0, 60, 70, 0)
    assert np.isnan(gap.centres[[1, 4]]).all()
    assert numbers(gap)[:4] == pytest.approx(numbers(dense)[:4], rel=1e-14)
    per_segment = gap.to_json()["silhouette_squared_per_segment"]
    assert per_segment[1] is None
    assert per_segment[4] is None


@pytest.mark.parametrize("k", [1, 3])
def test_one_segment_has_inertia_and_no_other_score(k):
    X = np.array([[0, 0], [2, 2]], dtype=np.float32)
    scores = internal_scores(X, np.zeros(2, dtype=np.int32), runtime=RUNTIME, k=k)
    assert scores.to_json() == {
        "k": k,
        "sizes": [2, 0, 0][:k],
        "inertia": 4.0,
        "davies_bouldin": None,
        "calinski_harabasz": None,
        "silhouette_squared": None,
        "silhouette_squared_per_segment": [None] * k,
    }


def test_all_rows_equal_in_two_segments_score_zero_not_noise():
    X = np.full((7, 3), 0.1, dtype=np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1, 1], dtype=np.int32)
    scores = internal_scores(X, labels, runtime=RUNTIME)
    assert (scores.inertia, scores.davies_bouldin, scores.silhouette_squared) == (0.0, 0.0, 0.0)


def test_a_segment_far_away_costs_no_accuracy():
    # Two segments 3 apart, and a third at a million: expansions around one origin lose the 3.
    near, labels = blobs([200, 200], d=2, seed=6)
    near = np.round(near * 16) / 16  # so that adding 2**20 is exact in float32
    far = np.concatenate([near + 2.0**16, np.full((1, 2), -(2.0**20))]).astype(np.float32)
    labels = np.append(labels, 2).astype(np.int32)
    each = internal_scores(far, labels, runtime=RUNTIME).silhouette_squared_per_segment
    alone = internal_scores(near.astype(np.float32), labels[:-1], runtime=RUNTIME)
    assert each[:2] == pytest.approx(alone.silhouette_squared_per_segment, abs=1e-13)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 1], "labels must be one for each row; got 2 for 3 rows."),
        ([0, 1, -1], "labels must lie in 0 to 1; got -1 to 1."),
        ([0, 1, 2], "labels must lie in 0 to 1; got 0 to 2."),
    ],
)
def test_wrong_labels_are_refused(labels, sentence):
    X = np.zeros((3, 2), dtype=np.float32)
    with pytest.raises(ValueError, match=sentence):
        internal_scores(X, np.array(labels, dtype=np.int32), runtime=RUNTIME, k=2)


def test_the_same_bits_at_any_number_of_threads():
    X, labels = blobs([150_000, 60_000, 5], d=3, seed=7)
    one = internal_scores(X, labels, runtime=Runtime(threads=1))
    for threads in (2, 5):
        other = internal_scores(X, labels, runtime=Runtime(threads=threads))
        assert numbers(other).tobytes() == numbers(one).tobytes()
        assert other.centres.tobytes() == one.centres.tobytes()


def test_a_file_gives_the_same_bits_as_an_array(tmp_path: Path):
    X, labels = blobs([70_000, 3_000], d=3, seed=8)
    X.tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", dtype=np.float32, mode="r", shape=X.shape)
    one = internal_scores(X, labels, runtime=RUNTIME)
    assert numbers(internal_scores(mapped, labels, runtime=RUNTIME)).tobytes() == (
        numbers(one).tobytes()
    )


@st.composite
def labelled(draw):
    """Rows on a grid of sixteenths, so that scaling and shifting them is exact, and labels."""
    n, d, k = draw(st.integers(2, 40)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    cells = draw(hnp.arrays(np.int32, (n, d), elements=st.integers(-160, 160)))
    labels = draw(hnp.arrays(np.int32, (n,), elements=st.integers(0, k - 1)))
    return (cells / 16).astype(np.float32), labels


def close(got: InternalScores, expected: InternalScores, inertia: float = 1.0, within=1e-9):
    wanted = numbers(expected)
    wanted[0] *= inertia
    assert numbers(got) == pytest.approx(wanted, rel=within, abs=within, nan_ok=True)


@given(labelled(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(data, random):
    X, labels = data
    order = np.array(random.sample(range(len(X)), len(X)))
    scores = internal_scores(X, labels, runtime=RUNTIME)
    close(internal_scores(X[order], labels[order], runtime=RUNTIME), scores)


@given(labelled(), st.sampled_from([-(2.0**18), 2.0**18]))
def test_a_far_origin_does_not_matter(data, shift):
    X, labels = data
    scores = internal_scores(X, labels, runtime=RUNTIME)
    # Centres may be a thousandth apart, and at 2**18 their own float64 rounding is 3e-11.
    close(internal_scores(X + np.float32(shift), labels, runtime=RUNTIME), scores, within=1e-7)


@given(labelled(), st.sampled_from([2.0**-10, 0.5, 2.0**10]))
def test_units_do_not_matter(data, unit):
    X, labels = data
    scores = internal_scores(X, labels, runtime=RUNTIME)
    close(internal_scores(X * np.float32(unit), labels, runtime=RUNTIME), scores, unit**2)


@given(labelled())
def test_every_row_twice_doubles_the_inertia_and_keeps_davies_bouldin(data):
    X, labels = data
    once = internal_scores(X, labels, runtime=RUNTIME)
    twice = internal_scores(
        np.concatenate([X, X]), np.concatenate([labels, labels]), runtime=RUNTIME
    )
    assert twice.inertia == pytest.approx(2 * once.inertia, rel=1e-9, abs=1e-9)
    assert twice.davies_bouldin == pytest.approx(
        once.davies_bouldin, rel=1e-9, abs=1e-9, nan_ok=True
    )


def test_a_shift_of_a_million_loses_little():
    X, labels = blobs([500, 500], seed=9)
    shifted = (X + np.float32(1e6)).astype(np.float32)  # itself rounded to sixteenths
    at_home = internal_scores(shifted - np.float32(1e6), labels, runtime=RUNTIME)
    assert numbers(internal_scores(shifted, labels, runtime=RUNTIME)) == pytest.approx(
        numbers(at_home), rel=1e-11
    )
