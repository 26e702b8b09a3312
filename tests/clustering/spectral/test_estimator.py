"""``SpectralClustering`` keeps scikit-learn's conventions and predicts its fit."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.clustering.spectral.estimator import SpectralClustering

NAMES = ["age", "income"]


@pytest.mark.filterwarnings("ignore:Only 1 distinct clusters:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.long_at("SpectralClustering([!)]*")
@parametrize_with_checks(
    [
        SpectralClustering(),
        SpectralClustering(n_clusters=3, exact_limit=0, landmarks=10),
        SpectralClustering(n_clusters=3, affinity="rbf"),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"n_clusters": 0},
            "The 'n_clusters' parameter of SpectralClustering must be greater than or equal to 1. "
            "Got 0 instead.",
        ),
        (
            {"n_neighbors": 1},
            "The 'n_neighbors' parameter of SpectralClustering must be greater than or equal to 2. "
            "Got 1 instead.",
        ),
        (
            {"landmarks": 2.5},
            "The 'landmarks' parameter of SpectralClustering must be an integer. Got 2.5 instead.",
        ),
        (
            {"nearest_landmarks": 101},
            "The 'nearest_landmarks' parameter of SpectralClustering must be less than or equal "
            "to 100. Got 101 instead.",
        ),
        (
            {"exact_limit": -1},
            "The 'exact_limit' parameter of SpectralClustering must be greater than or equal to 0. "
            "Got -1 instead.",
        ),
        (
            {"n_init": 0},
            "The 'n_init' parameter of SpectralClustering must be auto or a whole number from 1 to "
            "1,000. Got 0 instead.",
        ),
        (
            {"n_jobs": 0},
            "The 'n_jobs' parameter of SpectralClustering must be a whole number other than 0, or "
            "None. Got 0 instead.",
        ),
        ({"n_clusters": 41}, "n_samples=40 should be >= n_clusters=41."),
    ],
)
def test_bad_parameters_are_named(shapes, params, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        SpectralClustering(**params).fit(shapes.moons(40)[0])
    assert str(caught.value) == sentence
