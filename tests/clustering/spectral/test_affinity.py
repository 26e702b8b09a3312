"""What scikit-learn's settings mean here: affinities, solvers, rounding, and what is refused."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix, hstack, issparse
from sklearn.cluster import SpectralClustering as Theirs
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import pairwise_distances, rbf_kernel
from sklearn.neighbors import kneighbors_graph

from engine.clustering import SpectralClustering

OFFSETS = [0.0, 1e6, 1e9]


@pytest.fixture(scope="module")
def near() -> tuple[np.ndarray, np.ndarray]:
    """Three groups in one part of the graph, on a grid that float64 holds at any offset."""
    centres = [[0, 0, 0], [5, 0, 0], [0, 5, 0]]
    x, groups = make_blobs(300, centers=centres, cluster_std=1.2, random_state=5)
    return np.round(x * 1024) / 1024, groups


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return adjusted_rand_score(one, other) == 1


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize(
    "settings",
    [
        {"affinity": "rbf", "gamma": 0.1},
        {"affinity": "laplacian", "gamma": 0.3, "assign_labels": "kmeans"},
        {"eigen_solver": "arpack", "assign_labels": "discretize"},
        {"eigen_solver": "lobpcg"},
        {"eigen_tol": 1e-6, "n_components": 5},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_as_scikit_learn_near_zero(near, settings, offset):
    x, _ = near
    ours = SpectralClustering(3, random_state=0, **settings).fit(x + offset)
    assigned = "kmeans" if "n_components" in settings else "cluster_qr"
    more = {"affinity": "nearest_neighbors", "assign_labels": assigned} | settings
    theirs = Theirs(3, random_state=0, **more).fit(x - np.median(x, axis=0))
    assert same(ours.labels_, theirs.labels_)
    ours_affinity, wanted = (m.affinity_matrix_ for m in (ours, theirs))
    assert abs(ours_affinity - wanted).max() <= 1e-9
    assert np.array_equal(ours.predict(x + offset), ours.labels_)
    assert (np.diff(np.bincount(ours.labels_)) <= 0).all()


@pytest.mark.parametrize("kernel", ["linear", "poly", "cosine", "chi2", "sigmoid"])
def test_kernels_that_know_where_zero_is_get_the_rows_as_they_are(near, kernel):
    x = np.abs(near[0])
    settings = {"affinity": kernel, "gamma": 0.01, "degree": 2, "coef0": 0.5, "random_state": 0}
    ours = SpectralClustering(2, assign_labels="kmeans", **settings).fit(x)
    theirs = Theirs(2, **settings).fit(x)
    assert np.array_equal(ours.affinity_matrix_, theirs.affinity_matrix_)
    assert same(ours.labels_, theirs.labels_)


def test_a_callable_with_its_own_settings(near):
    x, _ = near

    def near_to(one: np.ndarray, other: np.ndarray, width: float) -> float:
        return float(np.exp(-((one - other) ** 2).sum() / width))

    settings = {"width": 10.0}
    by_hand = SpectralClustering(3, affinity=near_to, kernel_params=settings, random_state=0)
    by_name = SpectralClustering(3, affinity="rbf", gamma=0.1, random_state=0)
    assert same(by_hand.fit(x).labels_, by_name.fit(x).labels_)
    assert settings == {"width": 10.0}


@pytest.mark.parametrize("container", [np.asarray, csr_matrix, coo_array])
def test_the_callers_affinities(near, container):
    x, _ = near
    given = rbf_kernel(x, gamma=0.1)
    ours = SpectralClustering(3, affinity="precomputed", random_state=0).fit(container(given))
    rows = SpectralClustering(3, affinity="rbf", gamma=0.1, random_state=0).fit(x)
    assert np.array_equal(ours.labels_, rows.labels_)
    assert issparse(ours.affinity_matrix_) == (container is not np.asarray)
    assert not hasattr(ours, "predict")
    with pytest.raises(AttributeError) as caught:
        ours.predict(given)
    assert str(caught.value.__cause__) == (
        "affinity='precomputed' leaves no rows that others could be near to: there is no predict."
    )
    assert np.array_equal(pickle.loads(pickle.dumps(ours)).labels_, ours.labels_)


def test_the_callers_distances(near):
    x, _ = near
    graph = kneighbors_graph(x, 15, mode="distance", include_self=False)
    settings = {"affinity": "precomputed_nearest_neighbors", "n_neighbors": 10, "random_state": 0}
    theirs = Theirs(3, assign_labels="cluster_qr", **settings)
    for given in (graph, pairwise_distances(x)):
        ours = SpectralClustering(3, **settings).fit(given)
        assert same(ours.labels_, theirs.fit(given).labels_)


@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
def test_huge_affinities_and_distances_of_the_callers_are_not_squared(near, container):
    x, _ = near
    kernel = rbf_kernel(x, gamma=0.1)
    settings = {"affinity": "precomputed", "random_state": 0}
    plain = SpectralClustering(3, **settings).fit(container(kernel))
    huge = SpectralClustering(3, **settings).fit(container(kernel * 1e300))
    assert same(huge.labels_, plain.labels_)
    settings["affinity"] = "precomputed_nearest_neighbors"
    distances = pairwise_distances(x)
    plain = SpectralClustering(3, **settings).fit(container(distances))
    huge = SpectralClustering(3, **settings).fit(container(distances * 1e280))
    assert same(huge.labels_, plain.labels_)
    with pytest.raises(ValueError, match="squared distances between rows are taken"):
        SpectralClustering(3, affinity="rbf").fit(container(x * 1e200))


def test_our_own_graph_is_told(near):
    x, _ = near
    model = SpectralClustering(3, random_state=0).fit(x)
    graph = model.affinity_matrix_
    assert graph.shape == (300, 300)
    assert abs(graph - graph.T).max() == 0
    theirs = Theirs(3, affinity="nearest_neighbors", random_state=0).fit(x).affinity_matrix_
    # The same neighbours; rows in sparse surroundings weigh less.
    assert np.array_equal((graph != 0).toarray(), (theirs != 0).toarray())
    assert (graph.data <= 1 + 1e-12).all()
    twice = SpectralClustering(3, random_state=0).fit(np.repeat(x, 2, axis=0)).affinity_matrix_
    assert twice.shape == (600, 600)
    assert twice.sum() == pytest.approx(2 * graph.sum())
    landmarks = SpectralClustering(3, exact_limit=0, landmarks=50, random_state=0).fit(x)
    with pytest.raises(AttributeError, match="the graph is one of landmarks"):
        landmarks.affinity_matrix_  # noqa: B018 (the property raises)


@pytest.mark.parametrize("settings", [{}, {"affinity": "rbf"}, {"eigen_solver": "arpack"}])
def test_sparse_rows(near, settings):
    x, _ = near
    x = np.where(x > 0, x, 0)
    dense = SpectralClustering(3, random_state=0, **settings).fit(x)
    sparse = SpectralClustering(3, random_state=0, **settings).fit(csr_array(x))
    assert same(sparse.labels_, dense.labels_)
    assert np.array_equal(sparse.predict(csr_array(x)), sparse.labels_)
    assert np.array_equal(sparse.predict(x), sparse.labels_)
    assert np.array_equal(dense.predict(csr_array(x)), dense.labels_)


def test_sparse_rows_of_many_columns_are_not_written_out(monkeypatch):
    from engine.clustering.spectral import estimator

    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 200)
    x = csr_array(rng.poisson(np.where(np.arange(60) % 3 == groups[:, None], 3.0, 0.2)) * 1.0)
    written_out = SpectralClustering(3, random_state=0).fit(x)
    monkeypatch.setattr(estimator, "SPARSE_CELLS", 100)
    model = SpectralClustering(3, random_state=0).fit(x)
    assert same(model.labels_, groups)
    assert same(written_out.labels_, groups)
    assert np.array_equal(model.predict(x), model.labels_)


STAMP = 1.7e9
"""Seconds since 1970: a column that all rows have, and whose squares leave float64 no digits."""


@pytest.fixture(scope="module")
def stamped() -> tuple[csr_matrix, np.ndarray]:
    x, groups = make_blobs(300, 2, centers=3, cluster_std=0.3, random_state=1)
    return csr_matrix(np.c_[x, np.full(300, STAMP)]), groups


@pytest.mark.parametrize("empty", [0, 120_000])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"affinity": "rbf"},
        {"affinity": "laplacian"},
        {"eigen_solver": "arpack"},
        {"eigen_tol": 1e-6},
    ],
    ids=str,
)
def test_sparse_rows_far_from_zero(stamped, settings, empty):
    x, groups = stamped
    x = hstack([x, csr_matrix((300, empty))], format="csr") if empty else x
    before = x.copy()
    model = SpectralClustering(3, random_state=0, **settings).fit(x)
    assert same(model.labels_, groups)
    assert np.array_equal(model.predict(x), model.labels_)
    assert np.array_equal(model.predict(x[7:9]), model.labels_[7:9])
    if not empty:
        assert np.array_equal(model.predict(x.toarray()), model.labels_)
    assert (x != before).nnz == 0


@pytest.mark.parametrize("affinity", ["cosine", "linear"])
def test_kernels_that_know_where_zero_is_are_predicted_from_moved_rows(stamped, affinity):
    x, _ = stamped
    model = SpectralClustering(3, affinity=affinity, random_state=0).fit(x)
    assert len(np.unique(model.labels_)) == 3
    assert np.array_equal(model.predict(x), model.labels_)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize(
    "settings",
    [{}, {"exact_limit": 0}, {"affinity": "rbf"}, {"eigen_solver": "arpack"}, {"n_components": 5}],
    ids=str,
)
def test_fewer_distinct_rows_than_clusters(settings, container):
    given = np.repeat([[0.0, 1.0], [2.0, 3.0], [9.0, 1.0]], [9, 8, 7], axis=0)
    x = container(given)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Graph is not fully", UserWarning)
        with pytest.warns(ConvergenceWarning, match=r"^Only 3 distinct .* than n_clusters=5: "):
            model = SpectralClustering(5, random_state=0, **settings).fit(x)
    assert np.array_equal(model.labels_, np.repeat([0, 1, 2], [9, 8, 7]))
    assert np.array_equal(model.predict(x), model.labels_)


@pytest.mark.parametrize("settings", [{}, {"exact_limit": 0}, {"affinity": "rbf", "gamma": 9}])
def test_one_cluster_is_not_cut_and_nothing_is_said_of_parts(stamped, settings):
    x = stamped[0].toarray()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SpectralClustering(1, random_state=0, **settings).fit(x)
    assert not model.labels_.any()
    assert not model.predict(x).any()


@pytest.mark.parametrize("exact_limit", [0, 20_000])
def test_a_graph_in_parts_is_warned_of(exact_limit):
    x, groups = make_blobs(300, 2, centers=[[0, 0], [50, 0], [0, 50]], random_state=0)
    model = SpectralClustering(3, exact_limit=exact_limit, landmarks=60, random_state=0)
    with pytest.warns(UserWarning, match=r"^Graph is not fully connected: it has 3 parts\."):
        model.fit(x)
    assert same(model.labels_, groups)
    with pytest.warns(UserWarning, match="not fully connected"):
        SpectralClustering(3, affinity="rbf", eigen_solver="arpack", random_state=0).fit(x)


def test_more_and_fewer_components(near):
    x, groups = near
    for road in ({}, {"exact_limit": 0, "landmarks": 60}):
        more = SpectralClustering(3, n_components=5, random_state=0, **road).fit(x)
        assert adjusted_rand_score(groups, more.labels_) > 0.8
        same_as_clusters = SpectralClustering(3, n_components=3, random_state=0, **road).fit(x)
        plain = SpectralClustering(3, random_state=0, **road).fit(x)
        assert np.array_equal(same_as_clusters.labels_, plain.labels_)
        fewer = SpectralClustering(6, n_components=2, random_state=0, **road).fit(x)
        assert len(np.unique(fewer.labels_)) == 6
    with pytest.warns(ConvergenceWarning, match=r"^Only 1 distinct clusters were found"):
        SpectralClustering(3, n_components=1).fit(x)


@pytest.mark.parametrize("assign", ["cluster_qr", "kmeans", "discretize"])
def test_it_tells_what_it_does_where_asked(near, capsys, assign):
    for settings in ({}, {"affinity": "rbf"}):
        SpectralClustering(3, assign_labels=assign, verbose=True, **settings).fit(near[0])
        assert f"Computing label assignment using {assign}" in capsys.readouterr().out
        SpectralClustering(3, assign_labels=assign, **settings).fit(near[0])
        assert not capsys.readouterr().out


@pytest.mark.parametrize("n_jobs", [1, 3, -1])
def test_the_number_of_threads_changes_no_bit(near, n_jobs):
    models = [SpectralClustering(3, n_jobs=n, random_state=0) for n in (None, n_jobs)]
    plain, told = (model.fit(near[0]) for model in models)
    assert np.array_equal(plain.labels_, told.labels_)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"affinity": "rbf"},
            "affinity='rbf' takes a matrix of 0.7 MiB, and copies of it: X has 300 rows, more than "
            "exact_limit=100. Take affinity='nearest_neighbors' with the other settings at their "
            "defaults, which clusters any number of rows by landmarks, or raise exact_limit.",
        ),
        (
            {"eigen_solver": "arpack"},
            "eigen_solver='arpack' takes a graph of all rows: X has 300 rows, more than "
            "exact_limit=100. Take affinity='nearest_neighbors' with the other settings at their "
            "defaults, which clusters any number of rows by landmarks, or raise exact_limit.",
        ),
    ],
)
def test_too_many_rows_are_refused_before_anything_is_computed(near, settings, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        SpectralClustering(3, exact_limit=100, **settings).fit(near[0])
    assert str(caught.value) == sentence


def test_bad_matrices_and_numbers(near):
    with pytest.raises(ValueError, match=r"^affinity='precomputed' needs a square matrix: X has"):
        SpectralClustering(3, affinity="precomputed").fit(near[0])
    with pytest.raises(ValueError, match=r"^n_samples=5 should be >= n_clusters=6\.$"):
        SpectralClustering(6, affinity="rbf").fit(near[0][:5])
    for name, value in (("affinity", "far"), ("assign_labels", "best"), ("eigen_tol", -1.0)):
        with pytest.raises(ValueError, match=f"^The '{name}' parameter of SpectralClustering must"):
            SpectralClustering(3, **{name: value}).fit(near[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exact_limit", [0, 20_000])
def test_the_same_wherever_numbers_lie(exact_limit, dtype):
    x, groups = make_blobs(400, 3, centers=4, cluster_std=0.8, random_state=3)
    x = np.round(x * 1024) / 1024
    model = SpectralClustering(4, exact_limit=exact_limit, landmarks=80, random_state=0)
    plain = model.fit_predict(x)
    assert same(plain, groups)
    offsets = (1e3,) if dtype == np.float32 else (1e6, 1e8, 1e10, 1e12)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for rows in [x + o for o in offsets] + [x * s for s in (1e-30, 1e-10, 1e10, 1e30)]:
            moved = rows.astype(dtype)
            labels = model.fit_predict(moved)
            assert adjusted_rand_score(plain, labels) >= (0.99 if dtype == np.float32 else 1)
            assert np.array_equal(model.predict(moved), labels)
