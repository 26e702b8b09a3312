"""Scores and silhouettes: the same numbers as on the CPU and as scikit-learn's."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from engine.evaluation.choose_k import choose_k
from engine.evaluation.scores import inertia, internal_scores
from engine.evaluation.silhouette import silhouette
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority

CPU = Runtime(Place.CPU, "to compare with", threads=1)


def cut(x: np.ndarray, k: int) -> np.ndarray:
    """Labels 0 to k - 1 of very different sizes."""
    edges = np.quantile(x[:, 0], 1 - 0.5 ** np.arange(1, k))
    return np.searchsorted(edges, x[:, 0]).astype(np.int32)


@pytest.mark.parametrize("offset", [0.0, 1_000.0])
def test_internal_scores(rows_of, crowd, offset):
    runtime, where = rows_of
    x = (crowd + offset).astype(np.float32)
    labels = cut(x, 5)
    found = internal_scores(where(x), labels, runtime=runtime, k=5)
    expected = internal_scores(x, labels, runtime=CPU, k=5)
    assert found.sizes == expected.sizes == tuple(np.bincount(labels))
    for ours, theirs in zip(astuple(found)[2:], astuple(expected)[2:], strict=True):
        assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=1e-6)
    wide = x.astype(np.float64)
    assert found.davies_bouldin == pytest.approx(davies_bouldin_score(wide, labels), rel=1e-6)
    ratio = calinski_harabasz_score(wide, labels)
    assert found.calinski_harabasz == pytest.approx(ratio, rel=1e-6)


def test_an_empty_segment_and_a_lone_row(rows_of, crowd):
    runtime, where = rows_of
    labels = cut(crowd, 3)
    labels[labels == 1] = 2
    labels[0] = 4
    found = internal_scores(where(crowd), labels, runtime=runtime, k=6)
    expected = internal_scores(crowd, labels, runtime=CPU, k=6)
    assert found.sizes == expected.sizes
    assert np.allclose(found.centres, expected.centres, rtol=1e-12, equal_nan=True)
    assert found.silhouette_squared == pytest.approx(expected.silhouette_squared, rel=1e-6)
    assert found.davies_bouldin == pytest.approx(expected.davies_bouldin, rel=1e-6)


def test_inertia(rows_of, crowd):
    runtime, where = rows_of
    labels, centres = cut(crowd, 4), crowd[:4].astype(np.float64)
    by_hand = ((crowd.astype(np.float64) - centres[labels]) ** 2).sum()
    found = inertia(where(crowd), centres, labels, runtime=runtime)
    assert found == pytest.approx(by_hand, rel=1e-9)


def test_an_exact_silhouette(rows_of, crowd):
    runtime, where = rows_of
    x = np.ascontiguousarray(crowd[:1_500])
    labels = cut(x, 4)
    found = silhouette(where(x), labels, priority=row_priority(len(x), 0), runtime=runtime)
    assert found.exact
    assert found.value == pytest.approx(silhouette_score(x.astype(np.float64), labels), rel=1e-6)


def test_a_sampled_silhouette(rows_of, crowd):
    runtime, where = rows_of
    labels = cut(crowd, 4)
    sizes = {"anchors": 400, "reference": 5_000}
    priority = row_priority(len(crowd), 0)
    found = silhouette(where(crowd), labels, priority=priority, runtime=runtime, **sizes)
    expected = silhouette(crowd, labels, priority=priority, runtime=CPU, **sizes)
    assert np.array_equal(found.anchor_rows, expected.anchor_rows)
    assert found.anchor_values == pytest.approx(expected.anchor_values, rel=1e-6, abs=1e-9)
    for name in ("value", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-6)


def test_the_choice_of_k(runtime, separated):
    x, _ = separated
    x = np.ascontiguousarray(x[:3_000])
    priority = row_priority(len(x), 0)

    def fit(rows: object, k: int) -> np.ndarray:
        return cut(x, k)

    found, expected = (
        choose_k(place.put(x), range(2, 6), fit, priority=priority, runtime=place)
        for place in (runtime, CPU)
    )
    assert found.k == expected.k
    for ours, theirs in zip(found.sweep, expected.sweep, strict=True):
        for unasked in ("chance", "gaps"):
            assert ours.pop(unasked) is theirs.pop(unasked) is None
        assert ours == pytest.approx(theirs, rel=1e-6)
