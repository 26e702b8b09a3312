"""Stability: the agreement index against scikit-learn's, and what resampling says of clouds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from engine.evaluation.stability import agreement, agreement_of, stability
from engine.places.runtime import Runtime

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=60)


@given(LABELS)
def test_agreement_is_scikit_learns(pairs):
    first, second = np.array(pairs).T
    assert agreement(first, second) == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)


def test_agreement_of_billions_does_not_overflow():
    table = np.array([[200, 30], [10, 300]])
    many = agreement_of(table * 10**10)
    assert many == pytest.approx(agreement_of(table * 1_000), abs=1e-5)
    first, second = np.repeat([0, 0, 1, 1], table.ravel()), np.repeat([0, 1, 0, 1], table.ravel())
    assert agreement_of(table) == pytest.approx(adjusted_rand_score(first, second))


def resampled(x: np.ndarray, k: int, resamples: int = 5):
    labels = KMeans(k, n_init=3, random_state=0).fit_predict(x)

    def again(rows: np.ndarray, seed: int) -> np.ndarray:
        assert len(rows) == len(x)
        assert len(np.unique(rows)) < len(x), "drawn with replacement"
        return KMeans(k, n_init=3, random_state=seed).fit(x[rows]).predict(x)

    return stability(len(x), labels, again, resamples=resamples, seed=0)


def test_groups_come_back_and_slices_do_not():
    rng = np.random.default_rng(0)
    groups = rng.standard_normal((600, 2)) + 10 * np.repeat(np.eye(2), 300, axis=0)
    found = resampled(groups, 2)
    assert found.mean == found.low == 1.0
    assert found.spread == 0.0
    cloud = resampled(rng.standard_normal((600, 2)), 5)
    assert cloud.mean < 0.8
    assert cloud.low <= cloud.mean
    assert cloud.to_json()["resamples"] == 5


def test_without_resamples_nothing_is_said():
    assert stability(10, np.zeros(10, int), lambda *_: None, resamples=0, seed=0) is None


def test_it_ends_where_a_mean_is_out_of_reach_at_any_number_of_threads():
    labels, asked = np.repeat([0, 1], 50), [1.0, 0.2, 0.1, 1.0, 1.0, 1.0]

    def fit(_, number: int) -> np.ndarray:
        found = labels.copy()
        found[: int(50 * (1 - asked[number]))] = 1
        return found

    def found(threads: int):
        runtime = Runtime(threads=threads)
        return stability(100, labels, fit, resamples=6, seed=0, least=0.9, runtime=runtime)

    first = found(1)
    assert len(first.values) == 2
    assert first == found(2) == found(5)
