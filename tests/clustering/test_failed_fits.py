"""A fit that fails on the way leaves the model that there was, whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from engine.clustering import (
    AgglomerativeClustering,
    ANNClustering,
    KMeans,
    PCAClustering,
    SpectralClustering,
)

X = np.random.default_rng(0).normal(size=(300, 4))
OTHER = np.repeat(X[:40, :3], 3, axis=0) * 100 - 500
"""Rows of other features, among which only 40 are distinct."""

FAILING = [
    (AgglomerativeClustering(3), {"connectivity": np.ones((2, 2))}),
    (AgglomerativeClustering(3), {"n_clusters": 999}),
    (AgglomerativeClustering(3), {"metric": "cosine"}),
    (
        AgglomerativeClustering(3, exact_limit=100, micro_clusters=60, random_state=0),
        {"n_clusters": 55},
    ),
    (ANNClustering(3, random_state=0), {"n_clusters": 999}),
    (KMeans(3, random_state=0), {"n_clusters": 999}),
    (KMeans(3, random_state=0), {"init": np.zeros((3, 9))}),
    (PCAClustering(3, random_state=0), {"n_clusters": 999}),
    (PCAClustering(3, random_state=0), {"components": 4}),
    (SpectralClustering(3, random_state=0), {"n_clusters": 999}),
    (SpectralClustering(3, random_state=0), {"affinity": "precomputed"}),
    (SpectralClustering(3, random_state=0), {"affinity": "poly", "exact_limit": 10}),
    (SpectralClustering(3, affinity="rbf", random_state=0), {"affinity": "chi2"}),
    (
        SpectralClustering(3, affinity="rbf", random_state=0),
        {"affinity": "nearest_neighbors", "n_clusters": 999},
    ),
]


@pytest.mark.parametrize(("model", "settings"), FAILING)
def test_a_refit_that_fails_changes_nothing(model: Any, settings: dict[str, Any]) -> None:
    model = clone(model).fit(X)
    labels, params = model.labels_.copy(), model.get_params()
    with pytest.raises((ValueError, TypeError)):
        model.set_params(**settings).fit(OTHER)
    model.set_params(**params)
    assert np.array_equal(model.labels_, labels)
    assert np.array_equal(model.predict(X), labels)
    assert model.n_features_in_ == 4


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "model",
    [
        AgglomerativeClustering(3),
        KMeans(3, random_state=0),
        KMeans(3, n_init=2, random_state=0),
        PCAClustering(3, random_state=0),
        SpectralClustering(3, random_state=0),
        SpectralClustering(3, affinity="rbf", random_state=0),
    ],
)
def test_nor_does_one_that_a_warning_ends(model: Any) -> None:
    model = clone(model).fit(X)
    labels = model.labels_.copy()
    with pytest.raises(ConvergenceWarning):
        model.set_params(n_clusters=50).fit(OTHER)
    assert np.array_equal(model.predict(X), labels)


def test_a_first_fit_that_fails_leaves_no_model() -> None:
    model = AgglomerativeClustering(3, connectivity=np.ones((2, 2)))
    before = dict(vars(model))
    with pytest.raises(ValueError, match="Wrong shape for connectivity"):
        model.fit(X)
    assert vars(model) == before


def test_a_spectral_model_predicts_by_the_affinity_that_was_fitted() -> None:
    model = SpectralClustering(3, random_state=0).fit(X)
    model.set_params(affinity="precomputed")
    assert np.array_equal(model.predict(X), model.labels_)
    given = np.exp(-((X[:, None] - X[None]) ** 2).sum(axis=2))
    model.fit(given).set_params(affinity="rbf")
    assert not hasattr(model, "predict")
