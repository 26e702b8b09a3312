"""``KMeans`` keeps scikit-learn's conventions, takes every kind of table and predicts its fit."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.clustering import KMeans
from tests.children import finished
from tests.fitting import LIBRARIES, table_of

NAMES = ["age", "income", "orders"]


def blobs(n: int, d: int = 3, k: int = 5, spread: float = 1.0, seed: int = 0) -> np.ndarray:
    return make_blobs(n, d, centers=k, cluster_std=spread, random_state=seed)[0]


def not_for(estimator):
    """Say what fails for scikit-learn's own KMeans, too, and is on its list of such checks."""
    if estimator.n_init == "auto":
        return {}
    why = "its starts are drawn from the rows as they are given, so that repeating one is another"
    kinds = ("dense", "sparse")
    return {f"check_sample_weight_equivalence_on_{kind}_data": why for kind in kinds}


@pytest.mark.long_at("KMeans()-*")
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@parametrize_with_checks(
    [KMeans(), KMeans(n_clusters=3, n_init=2, tol=0.0)], expected_failed_checks=not_for
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"n_clusters": 0},
            "The 'n_clusters' parameter of KMeans must be greater than or equal to 1. "
            "Got 0 instead.",
        ),
        (
            {"n_clusters": -3},
            "The 'n_clusters' parameter of KMeans must be greater than or equal to 1. "
            "Got -3 instead.",
        ),
        (
            {"n_clusters": 2.5},
            "The 'n_clusters' parameter of KMeans must be an integer. Got 2.5 instead.",
        ),
        (
            {"n_clusters": True},
            "The 'n_clusters' parameter of KMeans must be an integer. Got True instead.",
        ),
        (
            {"n_init": "often"},
            "The 'n_init' parameter of KMeans must be 'auto' or an integer of at least 1. "
            "Got 'often' instead.",
        ),
        (
            {"n_init": 0},
            "The 'n_init' parameter of KMeans must be 'auto' or an integer of at least 1. "
            "Got 0 instead.",
        ),
        (
            {"n_init": True},
            "The 'n_init' parameter of KMeans must be 'auto' or an integer of at least 1. "
            "Got True instead.",
        ),
        (
            {"init": "kmeans++"},
            "The 'init' parameter of KMeans must be a str among ['k-means++', 'random'], a "
            "callable or an array-like. Got 'kmeans++' instead.",
        ),
        (
            {"init": 3},
            "The 'init' parameter of KMeans must be a str among ['k-means++', 'random'], a "
            "callable or an array-like. Got 3 instead.",
        ),
        (
            {"init": np.zeros((8, 2))},
            "The shape of the initial centers (8, 2) does not match the number of features of the "
            "data 3.",
        ),
        (
            {"init": lambda X, k, random_state: X[:2]},
            "The shape of the initial centers (2, 3) does not match the number of clusters 8.",
        ),
        (
            {"init": np.full((8, 3), np.nan)},
            "Input init contains NaN.",
        ),
        (
            {"algorithm": "full"},
            "The 'algorithm' parameter of KMeans must be 'lloyd' or 'elkan'. Got 'full' instead.",
        ),
        (
            {"copy_x": 1},
            "The 'copy_x' parameter of KMeans must be a boolean. Got 1 instead.",
        ),
        (
            {"verbose": -1},
            "The 'verbose' parameter of KMeans must be greater than or equal to 0. Got -1 instead.",
        ),
        (
            {"max_iter": 0},
            "The 'max_iter' parameter of KMeans must be greater than or equal to 1. Got 0 instead.",
        ),
        (
            {"tol": -1.0},
            "The 'tol' parameter of KMeans must be greater than or equal to 0. Got -1.0 instead.",
        ),
        (
            {"tol": float("nan")},
            "The 'tol' parameter of KMeans must be a finite number. Got nan instead.",
        ),
        (
            {"coarse_rows": 999},
            "The 'coarse_rows' parameter of KMeans must be greater than or equal to 1000. "
            "Got 999 instead.",
        ),
        (
            {"random_state": "seed"},
            "'seed' cannot be used to seed a numpy.random.RandomState instance",
        ),
        ({"n_clusters": 21}, "n_samples=20 should be >= n_clusters=21."),
    ],
)
def test_bad_parameters_are_named(params, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        KMeans(**params).fit(blobs(20))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("settings", [{}, {"n_init": 3}, {"init": "random"}])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_fewer_distinct_rows_than_clusters(kind, settings):
    rows = kind(np.repeat([[0.0, 1.0], [2.0, 3.0]], [10, 12], axis=0))
    with pytest.warns(
        ConvergenceWarning, match=r"^Number of distinct clusters \(2\) found smaller "
    ):
        model = KMeans(3, random_state=0, **settings).fit(rows)
    assert model.labels_.tolist() == [1] * 10 + [0] * 12
    assert model.cluster_centers_[:2] == pytest.approx(np.array([[2, 3], [0, 1]]), abs=1e-12)
    assert model.inertia_ == pytest.approx(0, abs=1e-12)
    assert np.array_equal(model.predict(rows), model.labels_)


def test_many_rows_of_which_few_are_distinct():
    rows = np.repeat([[0.0, 1.0], [2.0, 3.0]], [1_500, 1_600], axis=0)
    for settings in ({}, {"n_init": 2}):
        model = KMeans(3, start_rows=1_000, coarse_rows=1_000, random_state=0, **settings)
        with pytest.warns(ConvergenceWarning, match=r"^Number of distinct clusters \(2\)"):
            assert np.bincount(model.fit_predict(rows)).tolist() == [1_600, 1_500]


def test_numpy_integers_are_integers():
    model = KMeans(n_clusters=np.int64(3), n_init=np.int32(2), random_state=0).fit(blobs(60))
    assert model.cluster_centers_.shape == (3, 3)


def test_values_beyond_float32_are_taken_and_beyond_squares_in_float64_refused():
    x = np.array([[1e39], [0.0], [1.0]])
    assert KMeans(n_clusters=2, random_state=0).fit(x).labels_.tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match=r"^X has values as large as 1e\+160, .* at most 1e\+150"):
        KMeans(n_clusters=2).fit(x * 1e121)


def test_what_lies_apart_from_all_is_a_cluster_of_its_own():
    """Beside one value of 1e17 all others are the same in squared distances of float32."""
    x = blobs(60)
    x[0, 0] = 1e17
    labels = KMeans(3, random_state=0).fit(x).labels_
    assert labels[0] == 2
    assert np.bincount(labels)[2] == 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_reordered_columns_are_refused(library):
    x = blobs(50)
    model = KMeans(2, random_state=0).fit(table_of(x, NAMES, library))
    turned = table_of(x, NAMES, library)
    turned = turned[NAMES[::-1]] if library == "pandas" else turned.select(NAMES[::-1])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(turned)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("coarse_rows", [1_000, 100_000])
def test_predict_equals_fit(coarse_rows, dtype):
    # No structure at all: every border runs through a crowd.
    x = np.random.default_rng(0).random((5_000, 4)).astype(dtype)
    model = KMeans(7, n_init=2, coarse_rows=coarse_rows, random_state=0)
    assert np.array_equal(model.fit_predict(x), model.labels_)
    assert np.array_equal(model.predict(x), model.labels_)
    one_by_one = [model.predict(x[i : i + 1])[0] for i in range(200)]
    assert np.array_equal(one_by_one, model.labels_[:200])


@pytest.mark.parametrize("coarse_rows", [1_000, 100_000])
def test_order_is_canonical(coarse_rows):
    model = KMeans(8, coarse_rows=coarse_rows, random_state=3).fit(blobs(4_000, k=8, spread=3))
    sizes = np.bincount(model.labels_, minlength=8)
    assert (np.diff(sizes) <= 0).all()


def test_equal_sizes_are_ordered_by_centre():
    x = np.array([[5.0, 1], [5, 2], [0, 9], [0, 8], [5, -3], [5, -4]])
    model = KMeans(3, random_state=0).fit(x)
    assert model.cluster_centers_ == pytest.approx(np.array([[0, 8.5], [5, -3.5], [5, 1.5]]))
    assert model.labels_.tolist() == [2, 2, 0, 0, 1, 1]


@pytest.mark.parametrize("coarse_rows", [1_000, 100_000])
@pytest.mark.parametrize("spread", [0.5, 4.0])
def test_inertia_is_as_low_as_scikit_learns(coarse_rows, spread):
    x = blobs(2_000, d=5, k=8, spread=spread, seed=2)
    ours = KMeans(8, coarse_rows=coarse_rows, random_state=0).fit(x)
    theirs = SklearnKMeans(8, n_init=10, random_state=0).fit(x)
    assert ours.inertia_ <= 1.01 * theirs.inertia_
    centred = x - ours.cluster_centers_[ours.labels_]
    assert ours.inertia_ == pytest.approx((centred**2).sum(), rel=1e-12)


def test_one_cluster_is_the_mean():
    x = blobs(100).astype(np.float32)
    model = KMeans(1, random_state=0).fit(x)
    assert model.cluster_centers_[0] == pytest.approx(x.mean(axis=0, dtype=np.float64), rel=1e-5)
    assert not model.labels_.any()


def test_transform_gives_distances():
    x = np.array([[0.0, 0], [0, 1], [3, 4], [3, 5]])
    model = KMeans(2, random_state=0).fit(x)
    assert model.transform([[0.0, 0.5]])[0].tolist() == [0.0, 5.0]


def test_a_clone_with_the_same_seed_repeats_bit_for_bit():
    x = blobs(3_000, spread=4)
    model = KMeans(6, coarse_rows=1_000, random_state=5).fit(x)
    again = clone(model).fit(x)
    assert again.cluster_centers_.tobytes() == model.cluster_centers_.tobytes()
    assert again.labels_.tobytes() == model.labels_.tobytes()


def test_the_input_is_left_alone():
    x = blobs(500).astype(np.float32)
    before = x.copy()
    KMeans(4, random_state=0).fit(x).predict(x)
    assert np.array_equal(x, before)


_CENTRES = """
import sys
from sklearn.datasets import make_blobs
from engine.clustering import KMeans
x, _ = make_blobs(8_000, 16, centers=8, cluster_std=6, random_state=0)
print(KMeans(8, n_init=2, random_state=0).fit(x.astype("f4")).cluster_centers_.tobytes().hex())
"""


@pytest.mark.long
def test_the_same_bits_whatever_openmp_is_told():
    # With three or more OpenMP threads scikit-learn adds partial sums in the order they finish.
    seen = {
        finished(
            [sys.executable, "-c", _CENTRES],
            env={**os.environ, "OMP_NUM_THREADS": threads},
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(seen) == 1
