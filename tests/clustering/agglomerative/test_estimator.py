"""``AgglomerativeClustering`` keeps scikit-learn's conventions, predicts its fit, cuts again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage
from sklearn.base import clone
from sklearn.cluster import AgglomerativeClustering as Sklearn
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.clustering.agglomerative.estimator import AgglomerativeClustering

NAMES = ["age", "income", "orders"]
SMALL = {"exact_limit": 400, "micro_clusters": 100, "random_state": 0}


def blobs(n: int, d: int = 3, k: int = 5, spread: float = 1.0, seed: int = 0) -> np.ndarray:
    return make_blobs(n, d, centers=k, cluster_std=spread, random_state=seed)[0]


@pytest.mark.long_at("AgglomerativeClustering([!)]*")
@parametrize_with_checks(
    [
        AgglomerativeClustering(),
        AgglomerativeClustering(3, linkage="single"),
        AgglomerativeClustering(3, linkage="average"),
        AgglomerativeClustering(3, linkage="complete"),
        AgglomerativeClustering(exact_limit=10, micro_clusters=8),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
@pytest.mark.parametrize("k", [2, 5, 17])
def test_labels_children_and_distances_are_scikit_learns(linkage, k):
    x = blobs(400, spread=2.0).astype(np.float32)
    ours = AgglomerativeClustering(k, linkage=linkage, compute_distances=True).fit(x)
    theirs = Sklearn(k, linkage=linkage, compute_distances=True, compute_full_tree=True)
    theirs.fit(x.astype(np.float64))
    assert adjusted_rand_score(theirs.labels_, ours.labels_) == 1
    assert np.sort(ours.distances_) == pytest.approx(np.sort(theirs.distances_), rel=1e-9)
    pairs = [{frozenset(p) for p in np.sort(m.children_, axis=1).tolist()} for m in (ours, theirs)]
    assert pairs[0] == pairs[1]
    assert (ours.n_clusters_, ours.n_leaves_) == (theirs.n_clusters_, theirs.n_leaves_)


@pytest.mark.parametrize("linkage", ["ward", "single"])
def test_distance_threshold_is_scikit_learns(linkage):
    x = blobs(300).astype(np.float32)
    height = float(AgglomerativeClustering(4, linkage=linkage).fit(x).linkage_matrix()[-3, 2])
    for threshold in (height, height * 1.001):
        ours = AgglomerativeClustering(None, linkage=linkage, distance_threshold=threshold).fit(x)
        theirs = Sklearn(None, linkage=linkage, distance_threshold=threshold).fit(x.astype(float))
        if threshold != height:  # at the height itself rounding decides in theirs
            assert ours.n_clusters_ == theirs.n_clusters_ == 3
            assert adjusted_rand_score(theirs.labels_, ours.labels_) == 1
        else:
            assert ours.n_clusters_ == 4


MUST = "parameter of AgglomerativeClustering must be"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"n_clusters": 0},
            f"The 'n_clusters' {MUST} greater than or equal to 1, or None. Got 0 instead.",
        ),
        ({"n_clusters": 2.5}, f"The 'n_clusters' {MUST} an integer or None. Got 2.5 instead."),
        (
            {"compute_full_tree": "yes"},
            f"The 'compute_full_tree' {MUST} 'auto' or a boolean. Got 'yes' instead.",
        ),
        (
            {"connectivity": "foo"},
            f"The 'connectivity' {MUST} an array, a sparse matrix, a callable or None. "
            "Got 'foo' instead.",
        ),
        (
            {"connectivity": lambda _: None},
            "The function given as connectivity must give a matrix of all rows by all. "
            "Got None instead.",
        ),
        (
            {"linkage": "median"},
            f"The 'linkage' {MUST} 'ward', 'complete', 'average' or 'single'. "
            "Got 'median' instead.",
        ),
        (
            {"n_clusters": None, "distance_threshold": -1.0},
            f"The 'distance_threshold' {MUST} greater than or equal to 0, or None. "
            "Got -1.0 instead.",
        ),
        (
            {"distance_threshold": 3.0},
            "Exactly one of n_clusters and distance_threshold has to be set, and the other needs "
            "to be None.",
        ),
        (
            {"n_clusters": None},
            "Exactly one of n_clusters and distance_threshold has to be set, and the other needs "
            "to be None.",
        ),
        ({"n_clusters": 21}, "n_samples=20 should be >= n_clusters=21."),
        (
            {"linkage": "complete", "exact_limit": 10},
            "linkage is complete, which is only offered up to exact_limit (10 rows), but there "
            "are 20: among many a few outlying rows decide its clusters; use ward.",
        ),
        (
            {"n_clusters": 9, "exact_limit": 10, "micro_clusters": 8},
            "n_clusters is 9, but 20 rows, more than exact_limit (10), are joined as at most "
            "micro_clusters=8: raise either of the two.",
        ),
    ],
)
def test_bad_parameters_are_named(params, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        AgglomerativeClustering(**params).fit(blobs(20))
    assert str(caught.value) == sentence


def test_too_many_clusters_are_refused_before_anything_is_computed(monkeypatch):
    def none(*_, **__):
        raise AssertionError

    monkeypatch.setattr("engine.clustering.agglomerative.trees.micro_joined", none)
    monkeypatch.setattr("engine.clustering.agglomerative.estimator.micro_joined", none)
    with pytest.raises(
        ValueError, match=r"^n_clusters is 101, but 900 rows, more than exact_limit"
    ):
        AgglomerativeClustering(101, **SMALL).fit(blobs(900))


def test_fewer_micro_clusters_than_allowed_are_told():
    x = np.repeat(np.arange(30.0)[:, None], 30, axis=0)
    sentence = r"^n_clusters is 55, but the rows have only 30 micro-clusters; ask for at most 30\.$"
    with pytest.raises(ValueError, match=sentence):
        AgglomerativeClustering(55, **SMALL).fit(x)


def test_one_distinct_row_is_spoken_of_as_one():
    with pytest.warns(ConvergenceWarning, match="but only 1 row is distinct: "):
        AgglomerativeClustering(2).fit(np.ones((5, 2)))


def test_what_fit_does_not_take_is_told_by_its_own_name():
    x = blobs(20)
    with pytest.raises(TypeError, match=r"^AgglomerativeClustering\.fit\(\) got an unexpected"):
        AgglomerativeClustering().fit(x, sample_weight=np.ones(20))


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_equal_rows_are_parted_where_more_clusters_are_asked_for(linkage):
    rows = np.repeat([[0.0, 1.0], [2.0, 3.0]], 10, axis=0)
    sentence = (
        r"^n_clusters is 3, but only 2 rows are distinct: rows at distance 0 are parted, and "
        r"predict gives all of them the cluster of the first\.$"
    )
    model = AgglomerativeClustering(3, linkage=linkage)
    with pytest.warns(ConvergenceWarning, match=sentence):
        model.fit(rows)
    assert sorted(np.bincount(model.labels_)) == sorted(np.bincount(Sklearn(3).fit(rows).labels_))
    for half in (slice(0, 10), slice(10, 20)):
        assert set(model.predict(rows[half])) == {model.labels_[half.start]}
    two = AgglomerativeClustering(2, linkage=linkage).fit(rows)
    with pytest.warns(ConvergenceWarning, match=sentence):
        assert np.array_equal(two.cut(3), model.labels_)
    with pytest.raises(ValueError, match="cannot be cut into 0 clusters"):
        two.cut(0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("params", [{}, SMALL], ids=["exact", "micro"])
def test_predict_equals_fit(params, dtype):
    # No structure at all: every border runs through a crowd.
    x = np.random.default_rng(0).random((1_500, 4)).astype(dtype)
    model = AgglomerativeClustering(7, **params)
    assert np.array_equal(model.fit_predict(x), model.labels_)
    assert np.array_equal(model.predict(x), model.labels_)
    one_by_one = [model.predict(x[i : i + 1])[0] for i in range(100)]
    assert np.array_equal(one_by_one, model.labels_[:100])


@pytest.mark.parametrize("params", [{}, SMALL], ids=["exact", "micro"])
def test_cutting_again_is_fitting_with_that_number(params):
    x = blobs(900, spread=2.0)
    model = AgglomerativeClustering(4, **params).fit(x)
    before = model.labels_.copy()
    for k in (1, 3, 8):
        assert np.array_equal(model.cut(k), AgglomerativeClustering(k, **params).fit(x).labels_)
    assert np.array_equal(model.labels_, before)


@pytest.mark.parametrize("params", [{}, SMALL], ids=["exact", "micro"])
def test_the_linkage_matrix_is_scipys(params):
    model = AgglomerativeClustering(4, compute_distances=True, **params).fit(blobs(900))
    matrix = model.linkage_matrix()
    assert is_valid_linkage(matrix)
    assert matrix.shape == (model.n_leaves_ - 1, 4)
    assert np.array_equal(matrix[:, :2], model.children_)
    assert np.array_equal(matrix[:, 2], model.distances_)


@pytest.mark.parametrize("params", [{}, SMALL], ids=["exact", "micro"])
def test_a_clone_repeats_bit_for_bit_in_canonical_order(params):
    x = blobs(900, k=8, spread=3.0)
    model = AgglomerativeClustering(8, compute_distances=True, **params).fit(x)
    again = clone(model).fit(x)
    assert again.labels_.tobytes() == model.labels_.tobytes()
    assert again.distances_.tobytes() == model.distances_.tobytes()
    assert (np.diff(np.bincount(model.labels_)) <= 0).all()


def test_the_input_is_left_alone():
    x = blobs(500).astype(np.float32)
    before = x.copy()
    AgglomerativeClustering(4).fit(x).predict(x)
    assert np.array_equal(x, before)
