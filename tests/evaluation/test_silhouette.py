"""The sampled silhouette: exact when it sees all rows, and otherwise as sure as it says."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import silhouette_samples, silhouette_score

from engine.evaluation import distances
from engine.evaluation.silhouette import ANCHOR_FLOOR, REFERENCE_FLOOR, Silhouette, silhouette
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority

RUNTIME = Runtime(threads=1)


def blobs(sizes, *, d=4, seed=0, sep=3.0, spread=None):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.int32)
    centres = rng.normal(size=(len(sizes), d)) * sep
    width = np.ones(len(sizes)) if spread is None else np.array(spread)
    noise = rng.normal(size=(len(labels), d)) * width[labels, None]
    return (centres[labels] + noise).astype(np.float32), labels


def skewed(seed=0):
    """Spending-like rows, cut into six by their sum: no blobs, long tails."""
    X = np.random.default_rng(seed).lognormal(size=(6_000, 3)).astype(np.float32)
    labels = np.searchsorted([1.5, 2.5, 4, 7, 14], X.sum(axis=1)).astype(np.int32)
    return X, labels


def estimate(X, labels, seed=0, runtime=RUNTIME, **sample) -> Silhouette:
    return silhouette(X, labels, priority=row_priority(len(X), seed), runtime=runtime, **sample)


EXACT = {
    "iris-like": blobs([50, 50, 50], seed=1),
    "unequal": blobs([700, 60, 7, 2], seed=2),
    "lone rows": blobs([40, 1, 30, 1], seed=3),
    "overlapping": blobs([200, 300], sep=0.3, seed=4),
    "many segments": blobs([5] * 40, seed=5),
    "duplicates": tuple(np.repeat(part, 4, axis=0) for part in blobs([30, 40, 9], seed=6)),
    "far from the origin": tuple(
        part + offset for part, offset in zip(blobs([80, 90], seed=7), (1_000, 0), strict=True)
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_equals_scikit_learn_when_it_sees_all_rows(name):
    X, labels = EXACT[name]
    X = X.astype(np.float32)
    found = estimate(X, labels)
    each = silhouette_samples(X.astype(np.float64), labels)
    assert found.value == pytest.approx(each.mean(), abs=1e-9)
    assert found.anchor_values == pytest.approx(each[found.anchor_rows], abs=1e-7)
    assert found.per_segment == pytest.approx(
        [each[labels == c].mean() for c in range(labels.max() + 1)], abs=1e-8
    )
    assert (found.low, found.high, found.exact) == (found.value, found.value, True)
    assert found.anchors == found.reference == len(X)
    assert np.array_equal(found.anchor_labels, labels[found.anchor_rows])


def test_four_points_by_hand():
    # Segments {0, 1} and {4, 6} on a line. Row 0: a = 1, b = 5; row 1: a = 1, b = 4;
    # row 4: a = 2, b = 3.5; row 6: a = 2, b = 5.5.
    X = np.array([[0], [1], [4], [6]], dtype=np.float32)
    found = estimate(X, np.array([0, 0, 1, 1], dtype=np.int32))
    expected = [1 - 1 / 5, 1 - 1 / 4, 1 - 2 / 3.5, 1 - 2 / 5.5]
    assert found.anchor_values[np.argsort(found.anchor_rows)] == pytest.approx(expected, abs=1e-13)
    assert found.value == pytest.approx(sum(expected) / 4, abs=1e-13)


def test_equal_rows_are_at_distance_zero():
    # Two places, both in both segments: a and b differ by counts alone, not by rounding.
    X = np.repeat(np.array([[0.1, 7.3], [2.7, -1.9]], dtype=np.float32), [6, 4], axis=0)
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1, 1], dtype=np.int32)
    found = estimate(X, labels)
    # In units of the distance, rows of either segment have 2 of 4 others, or 3, elsewhere:
    # at the first place a = 2/4, b = 2/5; at the second a = 3/4, b = 3/5.
    first, second = (0.4 - 0.5) / 0.5, (0.6 - 0.75) / 0.75
    assert found.value == pytest.approx((6 * first + 4 * second) / 10, abs=1e-14)


def test_all_rows_equal_score_zero():
    found = estimate(np.full((6, 2), 0.1, dtype=np.float32), np.arange(6, dtype=np.int32) // 3)
    assert found.value == 0.0


@given(st.data())
def test_equals_scikit_learn_on_any_small_table(data):
    n = data.draw(st.integers(4, 25))
    X = data.draw(hnp.arrays(np.float32, (n, 2), elements=st.integers(-9, 9).map(float)))
    labels = np.arange(n, dtype=np.int32) % data.draw(st.integers(2, n - 1))
    assert estimate(X, labels).value == pytest.approx(silhouette_score(X, labels), abs=1e-7)


POPULATIONS = {
    "blobs": blobs([1_200] * 5, sep=4.0),
    "overlapping": blobs([1_500] * 4, sep=0.8, seed=1),
    "unequal": blobs([4_000, 1_500, 450, 38, 12], sep=2.0, seed=2, spread=[1, 2, 0.5, 1, 1]),
    "skewed": skewed(),
}


@pytest.mark.long_at("overlapping", "unequal", "skewed")
@pytest.mark.parametrize("name", POPULATIONS)
def test_the_interval_covers_the_exact_value(name):
    """Measured over 1,000 draws: 0.953, 0.956, 0.948 and 0.939 cover, 0.024 to 0.042 wide."""
    X, labels = POPULATIONS[name]
    exact = estimate(X, labels, anchors=len(X))
    assert exact.exact
    draws = [estimate(X, labels, seed, anchors=300, reference=1_500) for seed in range(120)]
    value = np.array([found.value for found in draws])
    low, high = (np.array([getattr(found, side) for found in draws]) for side in ("low", "high"))
    covered = np.mean((low <= exact.value) & (exact.value <= high))
    assert covered >= 0.90
    # As wide as the estimate varies, and no wider: 2 x 1.96 standard deviations.
    assert 0.85 <= np.mean(high - low) / (2 * 1.96 * value.std()) <= 1.2
    assert abs(value.mean() - exact.value) < 0.35 * value.std()


@pytest.mark.long
def test_the_reference_has_its_own_error_in_the_interval():
    """With all rows as anchors only the reference varies. Measured over 1,000 draws: 0.930."""
    X, labels = blobs([400] * 5, sep=4.0)
    exact = estimate(X, labels).value
    draws = [estimate(X, labels, seed, reference=600) for seed in range(100)]
    assert draws[0].anchors == len(X)
    assert np.mean([found.low <= exact <= found.high for found in draws]) >= 0.90
    assert 0.0 < np.mean([found.high - found.low for found in draws]) < 0.02


def test_more_confidence_is_wider():
    X, labels = POPULATIONS["blobs"]
    narrow, wide = (estimate(X, labels, anchors=300, confidence=c) for c in (0.5, 0.99))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low) > 0
    assert wide.value == narrow.value


@pytest.mark.parametrize("seed", range(5))
def test_small_segments_are_always_among_the_anchors(seed):
    X, labels = POPULATIONS["unequal"]
    found = estimate(X, labels, seed, anchors=300, reference=1_500)
    drew = np.bincount(found.anchor_labels)
    assert drew.tolist()[-3:] == [ANCHOR_FLOOR, 38, 12]
    assert found.anchors == len(found.anchor_rows) == drew.sum()
    assert len(np.unique(found.anchor_rows)) == found.anchors
    assert len(found.per_segment) == 5


def test_the_reference_keeps_small_segments_whole():
    X, labels = blobs([30_000, REFERENCE_FLOOR, 12], seed=8)
    found = estimate(X, labels, anchors=300, reference=5_000)
    share = int(np.ceil(5_000 / len(X) * 30_000))
    assert found.reference == share + REFERENCE_FLOOR + 12


def test_row_order_does_not_matter():
    X, labels = POPULATIONS["unequal"]
    priority = row_priority(len(X), 0)
    order = np.random.default_rng(0).permutation(len(X))
    sample = {"runtime": RUNTIME, "anchors": 300, "reference": 1_500}
    one = silhouette(X, labels, priority=priority, **sample)
    other = silhouette(X[order], labels[order], priority=priority[order], **sample)
    assert other.to_json() == one.to_json()
    assert np.array_equal(order[other.anchor_rows], one.anchor_rows)
    assert other.anchor_values.tobytes() == one.anchor_values.tobytes()


def test_the_same_bits_at_any_number_of_threads():
    X, labels = blobs([60_000, 40_000, 10], seed=9)
    sample = {"anchors": 200, "reference": 90_000}
    one = estimate(X, labels, runtime=Runtime(threads=1), **sample)
    for threads in (2, 3):
        other = estimate(X, labels, runtime=Runtime(threads=threads), **sample)
        assert other.to_json() == one.to_json()
        assert other.anchor_values.tobytes() == one.anchor_values.tobytes()


def test_a_file_gives_the_same_bits_as_an_array(tmp_path: Path):
    X, labels = POPULATIONS["unequal"]
    X.tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", dtype=np.float32, mode="r", shape=X.shape)
    sample = {"anchors": 300, "reference": 1_500}
    one, other = estimate(X, labels, **sample), estimate(mapped, labels, **sample)
    assert other.to_json() == one.to_json()


def test_temporary_memory_is_bounded():
    X, labels = blobs([25_000] * 4, d=4, seed=10)
    tracemalloc.start()
    estimate(X, labels, anchors=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 48 * 2**20  # the distances alone would take 381 MiB


def test_many_segments_are_measured_in_blocks(monkeypatch):
    X, labels = blobs([25] * 300, d=2, seed=11)
    found = estimate(X, labels, anchors=500, reference=3_000)
    assert (found.anchors, found.reference) == (2 * 300, 20 * 300)
    assert found.low <= estimate(X, labels, anchors=len(X)).value <= found.high
    monkeypatch.setattr(distances, "_SUMS", 1 << 30)  # all in one block
    whole = estimate(X, labels, anchors=500, reference=3_000)
    assert found.anchor_values == pytest.approx(whole.anchor_values, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


def test_one_segment_has_no_silhouette_and_says_why():
    found = estimate(np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.int32))
    assert found.to_json() == {
        "value": None,
        "low": None,
        "high": None,
        "anchors": 3,
        "reference": 3,
        "confidence": 0.95,
        "exact": False,
        "per_segment": [None],
        "reason": "a silhouette compares segments, and only one segment holds customers",
    }


def test_an_empty_segment_has_no_mean():
    X, labels = blobs([20, 20], seed=12)
    found, gap = estimate(X, labels), estimate(X, labels * 2)
    assert gap.value == found.value
    assert np.isnan(gap.per_segment[1])


def test_wrong_lengths_are_refused():
    X = np.zeros((3, 2), dtype=np.float32)
    sentence = "labels and priority must be one for each row; got 3 and 2 for 3 rows."
    with pytest.raises(ValueError, match=sentence):
        silhouette(X, np.zeros(3, dtype=np.int32), priority=row_priority(2, 0), runtime=RUNTIME)


def test_the_standard_error_is_that_of_the_interval():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3_000, 2)).astype(np.float32), np.arange(3_000) % 3
    priority, alone = row_priority(3_000, 0), np.zeros(3_000, np.int32)
    found = silhouette(x, labels, priority=priority, runtime=Runtime(), anchors=200)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * found.standard_error)
    whole = silhouette(x, labels, priority=priority, runtime=Runtime(), anchors=3_000)
    assert (whole.exact, whole.standard_error) == (True, 0.0)
    undefined = silhouette(x, alone, priority=priority, runtime=Runtime(), anchors=200)
    assert (np.isnan(undefined.value), undefined.standard_error) == (True, 0.0)
