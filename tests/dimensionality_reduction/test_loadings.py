"""What components stand for, in words: by hand, whatever their sign, and through another PCA."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dimensionality_reduction.loadings import in_words, on_columns, words_of
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.runtime import Runtime

NAMES = ["spend", "orders", "tenure", "recency", "channel=app", "city (frequency)"]


def said(weights: list[float], most: int = 3) -> str:
    (words,) = in_words(np.array([weights]), [0.344], NAMES, most)
    return words


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([0.6, 0.5, 0.4, -0.35, 0.1, 0.0], "spend, orders, tenure against recency"),
        ([0.6, 0.29, 0.31, 0.0, 0.0, 0.0], "spend, tenure"),
        ([0.1, 0.1, 0.1, 0.1, 0.9, -0.5], "channel is app against frequency of city"),
        ([0.4, 0.5, 0.5, 0.5, 0.5, 0.3], "orders, tenure, recency"),
        ([-0.6, -0.5, 0.4, 0.0, 0.0, 0.0], "spend, orders against tenure"),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.0], "no column"),
    ],
)
def test_by_hand(weights, words):
    assert said(weights) == f"component 1 (34% of the variance): {words}"


def test_at_most_so_many_on_each_side():
    weights = [0.5, 0.45, 0.4, -0.45, -0.4, -0.35]
    words = said(weights, most=1)
    assert words == "component 1 (34% of the variance): spend against recency"


def test_a_small_share_is_not_zero():
    words = in_words(np.eye(2), [0.998, 0.002], ["a", "b"])
    assert words[0].startswith("component 1 (100% of the variance)")
    assert words[1] == "component 2 (under 1% of the variance): b"


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6))
def test_the_sign_of_a_component_means_nothing(weights):
    assert said(weights) == said([-w for w in weights])


def test_names_that_do_not_fit():
    with pytest.raises(ValueError, match=r"^2 names do not fit components of shape \(1, 3\)\.$"):
        in_words(np.ones((1, 3)), [1.0], ["a", "b"])
    with pytest.raises(ValueError, match=r"^0 shares of variance do not fit 1 components\.$"):
        in_words(np.ones((1, 1)), [], ["a"])


def test_components_of_components_are_told_in_columns():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2_000, 2)) * (3, 2)
    x = np.repeat(shared, 3, axis=1) + 0.1 * rng.normal(size=(2_000, 6))
    x = x.astype(np.float32)
    before = fit_pca(x, 0.99, runtime=Runtime())
    assert before.n_components == 2
    inner = fit_pca(before.transform(x), 2, runtime=Runtime())
    direct = fit_pca(x, 2, runtime=Runtime())
    assert np.abs(on_columns(inner.components, before)) == pytest.approx(
        np.abs(direct.components), abs=1e-6
    )
    names = list("abcdef")
    assert words_of(inner, names, before=before) == words_of(direct, names)
    named = words_of(direct, names)[0].partition(": ")[2]
    assert sorted(named.split(", ")) == ["a", "b", "c"]
