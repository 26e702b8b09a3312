"""What else scikit-learn's takes: metrics, connectivity, stopping early, a cache; and refusals."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage
from scipy.sparse import csr_matrix
from sklearn.cluster import AgglomerativeClustering as Sklearn
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import manhattan_distances, pairwise_distances
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.clustering.agglomerative import trees
from engine.clustering.agglomerative.estimator import AgglomerativeClustering
from tests.fitting import LIBRARIES, table_of

METRICS = [
    "euclidean", "l2", "manhattan", "l1", "cityblock", "cosine", "chebyshev", "sqeuclidean",
    "correlation", "braycurtis", "canberra", "hamming",
]  # fmt: skip


def blobs(n: int = 300, d: int = 4, spread: float = 1.5) -> np.ndarray:
    return make_blobs(n, d, centers=5, cluster_std=spread, random_state=0)[0]


def cloud(n: int) -> np.ndarray:
    """Give rows whose neighbour graph is in one piece."""
    return np.random.default_rng(0).normal(size=(n, 3))


def graph(x: np.ndarray, k: int = 12) -> csr_matrix:
    return kneighbors_graph(x, k, include_self=False)


def same_as_theirs(ours: AgglomerativeClustering, theirs: Sklearn) -> None:
    assert adjusted_rand_score(theirs.labels_, ours.labels_) == 1
    assert np.array_equal(ours.children_, np.sort(theirs.children_, axis=1))
    assert ours.distances_ == pytest.approx(theirs.distances_, rel=1e-9)
    for name in ("n_clusters_", "n_leaves_", "n_connected_components_"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("linkage", ["complete", "average", "single"])
@pytest.mark.parametrize("metric", METRICS)
def test_metrics_are_scikit_learns(metric, linkage):
    x = blobs() + (np.arange(4) * 3 if metric != "hamming" else 0)
    x = x.round() if metric == "hamming" else x
    settings = {"metric": metric, "linkage": linkage, "compute_distances": True}
    ours = AgglomerativeClustering(5, **settings).fit(x)
    same_as_theirs(ours, Sklearn(5, **settings).fit(x))
    if metric != "hamming":  # which has rows at distance 0
        assert np.array_equal(ours.predict(x), ours.labels_)
        new = x + 1e-6
        assert np.array_equal(ours.predict(new), ours.labels_)


@pytest.mark.parametrize("linkage", ["complete", "average", "single"])
@pytest.mark.parametrize("metric", ["precomputed", manhattan_distances])
def test_distances_that_are_given(metric, linkage):
    x = blobs()
    given = pairwise_distances(x, metric="manhattan") if metric == "precomputed" else x
    settings = {"metric": metric, "linkage": linkage, "compute_distances": True}
    ours = AgglomerativeClustering(5, **settings).fit(given)
    same_as_theirs(ours, Sklearn(5, **settings).fit(given))
    by_name = AgglomerativeClustering(5, metric="manhattan", linkage=linkage).fit(x)
    assert adjusted_rand_score(by_name.labels_, ours.labels_) == 1
    assert np.array_equal(ours.cut(3), AgglomerativeClustering(3, **settings).fit(given).labels_)
    with pytest.raises(ValueError, match=r"^predict takes .*\.$"):
        ours.predict(given)
    assert ours.__sklearn_tags__().input_tags.pairwise == (metric == "precomputed")


@pytest.mark.parametrize("offset", [0.0, 1e9])
@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_connectivity_is_scikit_learns(linkage, offset):
    """Theirs of rows near zero: ward far from it loses what it adds up."""
    x = cloud(300)
    x = (x + offset) - offset  # what is left of them
    settings = {"linkage": linkage, "connectivity": graph(x), "compute_distances": True}
    ours = AgglomerativeClustering(4, **settings).fit(x + offset)
    same_as_theirs(ours, Sklearn(4, **settings).fit(x))
    assert np.array_equal(ours.predict(x + offset), ours.labels_)
    by_function = AgglomerativeClustering(4, linkage=linkage, connectivity=graph).fit(x + offset)
    assert np.array_equal(by_function.labels_, ours.labels_)
    dense = AgglomerativeClustering(4, linkage=linkage, connectivity=graph(x).toarray())
    assert np.array_equal(dense.fit(x + offset).labels_, ours.labels_)


def test_parts_of_a_connectivity_are_connected_with_a_warning():
    x = np.vstack([blobs(50), blobs(50) + 100])
    settings = {"connectivity": graph(x, 20), "linkage": "average", "compute_distances": True}
    with pytest.warns(UserWarning, match="Completing it to avoid stopping the tree early"):
        ours = AgglomerativeClustering(2, **settings).fit(x)
    with pytest.warns(UserWarning, match="Completing"):
        same_as_theirs(ours, Sklearn(2, **settings).fit(x))
    assert ours.n_connected_components_ >= 2


@pytest.mark.parametrize("linkage", ["ward", "average"])
@pytest.mark.parametrize("whole", ["auto", True, False])
def test_a_tree_that_stops_early(linkage, whole):
    x = cloud(400)
    settings = {"connectivity": graph(x, 10), "linkage": linkage, "compute_distances": True}
    for k in (3, 150):
        ours = AgglomerativeClustering(k, compute_full_tree=whole, **settings).fit(x)
        same_as_theirs(ours, Sklearn(k, compute_full_tree=whole, **settings).fit(x))
        assert len(np.unique(ours.labels_)) == k
        if len(ours.children_) == len(x) - k:
            with pytest.raises(ValueError, match=rf"joined to {k} clusters, and not on to 2\.$"):
                ours.cut(2)
            with pytest.raises(ValueError, match="cannot be cut into 0 clusters"):
                ours.cut(0)
            early = rf"^The tree was joined to {k} clusters, and a linkage matrix is of a whole one"
            with pytest.raises(ValueError, match=early):
                ours.linkage_matrix()
        else:
            assert is_valid_linkage(ours.linkage_matrix())
        assert len(np.unique(ours.cut(k + 1))) == k + 1


def test_distances_are_kept_where_they_are_asked_for():
    x = blobs(50)
    model = AgglomerativeClustering(3).fit(x)
    assert not hasattr(model, "distances_")
    model.set_params(compute_distances=True).fit(x)
    assert model.distances_.shape == (49,)
    model.set_params(compute_distances=False).fit(x)
    assert not hasattr(model, "distances_")
    model.set_params(n_clusters=None, distance_threshold=1.0).fit(x)
    assert model.distances_.dtype == np.float64
    every = AgglomerativeClustering(None, distance_threshold=0).fit(x)
    assert every.n_clusters_ == 50


@pytest.mark.parametrize("settings", [{}, {"exact_limit": 100, "micro_clusters": 50}])
def test_a_tree_is_kept_and_found_again(tmp_path, monkeypatch, settings):
    x = blobs()
    settings = {"memory": str(tmp_path), "random_state": 0, **settings}
    first = AgglomerativeClustering(5, **settings).fit(x)

    def none(*_, **__):
        raise AssertionError

    # What has been computed is not computed again, whatever it is cut into.
    monkeypatch.setattr(trees, "joined", none)
    monkeypatch.setattr(trees, "join", none)
    again = AgglomerativeClustering(3, **settings).fit(x)
    assert np.array_equal(again.labels_, first.cut(3))
    by_object = AgglomerativeClustering(
        5, **settings | {"memory": joblib.Memory(str(tmp_path), verbose=0)}
    )
    assert np.array_equal(by_object.fit(x).labels_, first.labels_)
    with pytest.raises(AssertionError):
        AgglomerativeClustering(5, **settings).fit(x**2)


REFUSED = {
    "compute_full_tree must be True if distance_threshold is set.": {
        "n_clusters": None, "distance_threshold": 1, "compute_full_tree": False,
    },
    "manhattan was provided as metric. Ward can only work with euclidean distances (i.e. "
    "'euclidean' and 'l2').": {"metric": "manhattan"},
    "metric is 'cosine', which is only offered up to exact_limit (20 rows), but there are 30: "
    "above it means of rows are joined, and distances between those are Euclidean.": {
        "metric": "cosine", "linkage": "average", "exact_limit": 20,
    },
    "Distance matrix should be square, got matrix of shape (30, 4)": {
        "metric": "precomputed", "linkage": "average",
    },
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_refusals(sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        AgglomerativeClustering(**REFUSED[sentence]).fit(blobs(30))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"metric": "mahalanobis"}, "'metric' parameter of AgglomerativeClustering must be 'eucl"),
        ({"compute_full_tree": "yes"}, "'compute_full_tree' parameter of Agglomerative"),
        ({"compute_distances": 3}, "'compute_distances' parameter of AgglomerativeClustering"),
        ({"memory": 5}, "'memory' should be None, a string or have the same interface"),
        ({"connectivity": np.ones((4, 4))}, "Wrong shape for connectivity matrix"),
        (
            {"metric": "cosine", "linkage": "average"},
            "Cosine affinity cannot be used when X contains zero vectors",
        ),
    ],
)
def test_what_cannot_be_is_said(settings, words):
    x = blobs(30)
    x[3] = 0
    with pytest.raises(ValueError, match=words):
        AgglomerativeClustering(**settings).fit(x)


def test_a_connectivity_keeps_every_row_a_leaf_above_the_limit():
    x = cloud(500)
    model = AgglomerativeClustering(5, connectivity=graph(x, 20), exact_limit=100).fit(x)
    assert model.n_leaves_ == 500
    assert np.array_equal(model.predict(x), model.labels_)


@pytest.mark.parametrize(
    "settings",
    [{}, {"linkage": "single"}, {"metric": "cosine", "linkage": "average"}, {"exact_limit": 50}],
)
def test_round_trips_pipelines_and_read_only_maps(tmp_path, settings):
    x = blobs() + 20
    model = AgglomerativeClustering(4, random_state=0, **settings).fit(x)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    for again in (joblib.load(path), joblib.load(path, mmap_mode="r"),
                  pickle.loads(pickle.dumps(model))):  # fmt: skip
        assert np.array_equal(again.predict(x), model.predict(x))
        assert np.array_equal(again.cut(6), model.cut(6))
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.array_equal(AgglomerativeClustering(**model.get_params()).fit(mapped).labels_,
                          model.labels_)  # fmt: skip
    assert np.array_equal(model.predict(mapped), model.predict(x))
    piped = make_pipeline(StandardScaler(), AgglomerativeClustering(4, random_state=0, **settings))
    assert np.array_equal(piped.fit_predict(x), piped[-1].labels_)
    assert np.array_equal(piped.predict(x), piped[-1].labels_)


@pytest.mark.parametrize("library", LIBRARIES)
def test_tables_with_other_metrics(library):
    x, names = blobs(100), ["a", "b", "c", "d"]
    by_array = AgglomerativeClustering(4, metric="l1", linkage="complete").fit(x)
    table = table_of(x, names, library)
    by_table = AgglomerativeClustering(4, metric="l1", linkage="complete").fit(table)
    assert np.array_equal(by_table.labels_, by_array.labels_)
    assert np.array_equal(by_table.predict(table), by_array.labels_)


def test_a_search_over_settings():
    x = blobs()
    truth = make_blobs(300, 4, centers=5, cluster_std=1.5, random_state=0)[1]

    def score(model, rows, labels):
        return adjusted_rand_score(labels, model.predict(rows))

    grid = {"n_clusters": [2, 5], "linkage": ["ward", "average"]}
    search = GridSearchCV(AgglomerativeClustering(), grid, scoring=score, cv=3).fit(x, truth)
    assert search.best_params_["n_clusters"] == 5


def test_a_height_below_the_micro_clusters_is_refused() -> None:
    """It may part rows of one, which the tree does not tell: 4,000 clusters of 20,343 before."""
    x = np.random.default_rng(0).normal(size=(500, 3))
    model = AgglomerativeClustering(
        None, distance_threshold=1e-3, exact_limit=200, micro_clusters=60, random_state=0
    )
    with pytest.raises(ValueError, match=r"^distance_threshold=0.001 parts all 60 micro-clusters"):
        model.fit(x)
    assert model.set_params(distance_threshold=20.0).fit(x).n_clusters_ < 60
