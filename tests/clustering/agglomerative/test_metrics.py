"""Distances by other metrics: where rows lie far away, have none, or come from a function."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering as Sklearn
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import manhattan_distances, pairwise_distances

from engine.clustering.agglomerative.estimator import AgglomerativeClustering

TRUTHS = ["jaccard", "dice", "rogerstanimoto", "sokalsneath"]


def rows(n: int = 60, d: int = 4) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, d))


def fitted(
    x: np.ndarray, metric: object, k: int = 6, **settings: object
) -> AgglomerativeClustering:
    settings = {"linkage": "average", **settings}
    return AgglomerativeClustering(k, metric=metric, **settings).fit(x)


@pytest.mark.parametrize(
    "metric", ["sqeuclidean", "cosine", "correlation", "manhattan", "chebyshev", "canberra",
               "braycurtis"],
)  # fmt: skip
@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8, 1e12])
def test_predict_is_labels_far_from_zero(metric, offset):
    x = rows() + offset
    model = fitted(x, metric)
    assert np.array_equal(model.predict(x), model.labels_)
    assert model.predict(x[7:8]) == model.labels_[7]


@pytest.mark.parametrize("metric", ["cosine", "correlation"])
@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-160, 1e160, 1e280])
def test_lengths_do_not_count_for_directions(metric, scale):
    x = rows()
    model, one = fitted(x * scale, metric, compute_distances=True), fitted(x, metric)
    theirs = Sklearn(6, metric=metric, linkage="average", compute_distances=True).fit(x)
    assert model.distances_ == pytest.approx(theirs.distances_, rel=1e-9)
    assert np.array_equal(model.labels_, one.labels_)
    assert np.array_equal(model.predict(x * scale), model.labels_)
    assert np.array_equal(model.predict(x), model.labels_)


@pytest.mark.parametrize("metric", ["cosine", "correlation"])
def test_new_rows_go_to_the_nearest_direction(metric):
    x, new = rows(200), np.random.default_rng(1).normal(size=(500, 4))
    model = fitted(x, metric)
    nearest = pairwise_distances(new, x, metric=metric).argmin(axis=1)
    assert np.array_equal(model.predict(new), model.labels_[nearest])
    # No direction is as far from all: the first of equals.
    assert model.predict(np.full((1, 4), 0.1 * (metric == "correlation"))) == model.labels_[0]


@pytest.mark.parametrize("linkage", ["complete", "average", "single"])
@pytest.mark.parametrize("metric", [*TRUTHS, "minkowski"])
def test_more_of_scipys(metric, linkage):
    x = rows(200, 12)
    if metric in TRUTHS:
        x = np.unique(x > 0, axis=0).astype(float)
        x = x[x.any(axis=1)]
    settings = {"metric": metric, "linkage": linkage, "compute_distances": True}
    ours = AgglomerativeClustering(5, **settings).fit(x)
    theirs = Sklearn(5, **settings).fit(x)
    assert ours.distances_ == pytest.approx(theirs.distances_, rel=1e-9)
    assert adjusted_rand_score(theirs.labels_, ours.labels_) == 1
    assert np.array_equal(ours.predict(x), ours.labels_)


def test_minkowski_is_euclidean_above_the_limit_too():
    x = rows(500)
    settings = {"linkage": "single", "exact_limit": 100, "micro_clusters": 50, "random_state": 0}
    one, other = (AgglomerativeClustering(5, metric=m, **settings).fit(x) for m in
                  ("euclidean", "minkowski"))  # fmt: skip
    assert np.array_equal(one.labels_, other.labels_)


def without_direction(metric: str) -> np.ndarray:
    x = rows()
    x[[3, 8]] = 0.3 if metric == "correlation" else 0.0
    return np.abs(x) if metric == "braycurtis" else x


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("cosine", r"^Cosine affinity cannot be used when X contains zero vectors, such as row 3"),
        ("correlation", r"^metric='correlation' cannot .* one value throughout, such as row 3\.$"),
        ("braycurtis", r"^metric='braycurtis' gives nan for rows 3 and 8 of X: rows without a dis"),
    ],
)
def test_rows_without_a_distance_are_named(metric, sentence):
    with pytest.raises(ValueError, match=sentence):
        fitted(without_direction(metric), metric)


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda _: None, "of shape (60, 60). Got None instead."),
        (lambda x: x[0], "of shape (60, 60). Got ndarray of shape (4,) instead."),
        (lambda x: manhattan_distances(x)[:-1], "Got ndarray of shape (59, 60) instead."),
        (lambda _: "far", "Got str of shape () instead."),
        (
            lambda x: manhattan_distances(x) + np.diag([np.nan] * 60),
            "gives nan for rows 0 and 0 of",
        ),
    ],
)
@pytest.mark.parametrize("linkage", ["average", "single"])
def test_what_a_function_gives_is_checked(function, got, linkage):
    with pytest.raises(ValueError, match=r"^The function given as metric ") as caught:
        fitted(rows(), function, linkage=linkage)
    assert got in str(caught.value)


@pytest.mark.parametrize("given", [None, np.ones(3), "far", np.nan])
def test_what_a_function_of_two_rows_gives_is_checked(given):
    with pytest.raises(
        ValueError, match=r"^The function given as metric must give the distance of"
    ):
        fitted(rows(), lambda *_: given, connectivity=np.ones((60, 60)))


def test_a_function_of_two_rows_with_a_connectivity():
    x, allowed = rows(), np.ones((60, 60))
    by_function = fitted(x, lambda a, b: np.abs(a - b).sum(), connectivity=allowed)
    by_name = fitted(x, "manhattan", connectivity=allowed)
    assert np.array_equal(by_function.labels_, by_name.labels_)


def test_a_metric_that_a_connectivity_does_not_go_with():
    with pytest.raises(ValueError, match=r"^metric is 'chebyshev', which does not go with a conn"):
        fitted(rows(), "chebyshev", connectivity=np.ones((60, 60)))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "precomputed"])
def test_a_function_may_write_to_what_it_is_handed(metric):
    x = rows()
    x = manhattan_distances(x) if metric == "precomputed" else x
    before = x.copy()

    def allowed(given):
        n = len(given)
        given[:] = 0
        return np.ones((n, n))

    def zeroed(given):
        found = manhattan_distances(given)
        given[:] = 0
        return found

    model = fitted(x, metric, connectivity=allowed)
    assert np.array_equal(x, before)
    clean = fitted(x, metric, connectivity=np.ones((60, 60)))
    assert np.array_equal(model.labels_, clean.labels_)
    assert np.array_equal(model.children_, clean.children_)
    if metric != "precomputed":
        assert np.array_equal(model.predict(x), model.labels_)
        fitted(x, zeroed)
        assert np.array_equal(x, before)


@pytest.mark.parametrize("metric", ["manhattan", "chebyshev", "precomputed", "cosine"])
def test_values_that_are_not_squared_may_be_larger(metric):
    x = rows()
    x = manhattan_distances(x) if metric == "precomputed" else x
    one, other = fitted(x, metric), fitted(x * 1e200, metric)
    assert np.array_equal(one.labels_, other.labels_)
    if metric != "precomputed":
        assert np.array_equal(other.predict(x * 1e200), other.labels_)
    sentence = r"^X has values as large as .*, and distances are added up in float64: .* 1e\+300 in"
    with pytest.raises(ValueError, match=sentence):
        fitted(x * 1e304, metric)


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "minkowski"])
def test_values_that_are_squared_may_not(metric):
    with pytest.raises(ValueError, match="squared distances between rows are taken in float64"):
        fitted(rows() * 1e200, metric)


@pytest.mark.parametrize("metric", ["manhattan", "euclidean"])
def test_predict_goes_by_what_was_fitted(metric):
    x = rows()
    model = fitted(x, metric)
    for later in ("precomputed", "cosine"):
        model.set_params(metric=later, exact_limit=10, connectivity=np.ones((2, 2)))
        assert np.array_equal(model.predict(x), model.labels_)
