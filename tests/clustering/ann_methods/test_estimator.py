"""``ANNClustering`` keeps scikit-learn's conventions and predicts its fit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.clustering.ann_methods.estimator import ANNClustering

NAMES = ["age", "income"]


# Some checks have fewer distinct rows than clusters, of which there is a warning.
@pytest.mark.filterwarnings("ignore:Only 4 distinct:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.long_at("ANNClustering([!)]*")
@parametrize_with_checks(
    [
        ANNClustering(),
        ANNClustering(n_clusters=3, exact_limit=0, graph_rows=100, representatives=20),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


BOTH = "Exactly one of n_clusters and resolution has to be set, and the other needs to be None."


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"n_clusters": 0},
            "The 'n_clusters' parameter of ANNClustering must be greater than or equal to 1, or "
            "None. Got 0 instead.",
        ),
        (
            {"n_neighbors": 1},
            "The 'n_neighbors' parameter of ANNClustering must be greater than or equal to 2. "
            "Got 1 instead.",
        ),
        (
            {"recall": 1.5},
            "The 'recall' parameter of ANNClustering must be less than or equal to 1. "
            "Got 1.5 instead.",
        ),
        (
            {"graph_rows": 2.5},
            "The 'graph_rows' parameter of ANNClustering must be an integer. Got 2.5 instead.",
        ),
        ({"resolution": 1.0}, BOTH),
        ({"n_clusters": None}, BOTH),
        ({"n_clusters": 41}, "n_samples=40 should be >= n_clusters=41."),
    ],
)
def test_bad_parameters_are_named(shapes, params, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        ANNClustering(**params).fit(shapes.moons(40)[0])
    assert str(caught.value) == sentence


@pytest.mark.parametrize("exact_limit", [0, 20_000])
def test_fewer_distinct_rows_than_clusters(exact_limit):
    rows = np.repeat([[0.0, 1.0], [2.0, 3.0]], 10, axis=0)
    sentence = "^Only 2 distinct clusters were found, fewer than n_clusters=3"
    with pytest.warns(ConvergenceWarning, match=sentence):
        model = ANNClustering(3, exact_limit=exact_limit).fit(rows)
    assert model.n_clusters_ == 2
    assert model.labels_.tolist() == [0] * 10 + [1] * 10


def test_what_leiden_finds_without_a_number(shapes):
    x, _ = shapes.mixture(6_000, 16, seed=4)
    model = ANNClustering(None, resolution=0.1, random_state=0).fit(x)
    assert model.n_clusters_ == 6
    assert model.notes_[-1] == "Resolution 0.1 gives 6 communities."
    finer = ANNClustering(None, resolution=10.0, random_state=0).fit(x)
    assert finer.n_clusters_ > 6


def test_a_graph_with_fewer_distinct_rows_than_clusters():
    rows = np.zeros((10_000, 2))
    rows[:5] = np.arange(10).reshape(5, 2) + 1
    sentence = (
        r"^The graph has fewer distinct rows than n_clusters=4, of 6 distinct rows of X; raise "
        r"graph_rows\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        ANNClustering(4, exact_limit=0, graph_rows=100, random_state=0).fit(rows)
