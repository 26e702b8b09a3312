"""``PCAClustering`` keeps scikit-learn's conventions, predicts its fit and says what it found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.clustering.algorithm import ROWS
from engine.clustering.kmeans.estimator import KMeans
from engine.clustering.pca_methods.estimator import PCAClustering
from tests.fitting import LIBRARIES, table_of

from .conftest import ROADS, in_planes

OTHERS = [name for name in ROWS if name != "pca_methods"]
NAMES = [f"{kind} {i}" for kind in ("spend", "visits") for i in range(5)]


@pytest.mark.long_at("PCAClustering()-*", "PCAClustering(component*=1,*", "*method='spectral'*")
@parametrize_with_checks(
    [
        PCAClustering(),
        PCAClustering(n_clusters=3, components=0.8, settings={"n_init": 2}),
        PCAClustering(n_clusters=3, components=1, method="agglomerative"),
        PCAClustering(n_clusters=3, method="spectral", settings={"landmarks": 10}),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("road", ROADS)
def test_predict_equals_fit(planes, road):
    x, segment = planes
    model = PCAClustering(4, random_state=0, **ROADS[road]).fit(x)
    assert adjusted_rand_score(segment, model.labels_) > 0.97
    assert np.array_equal(model.predict(x), model.labels_)
    ones = [model.predict(x[i : i + 1])[0] for i in range(50)]
    assert np.array_equal(ones, model.labels_[:50])
    sizes = np.bincount(model.labels_)
    assert (sizes[:-1] >= sizes[1:]).all()


@pytest.mark.parametrize("library", LIBRARIES)
def test_tables_give_the_labels_of_arrays_and_words_of_their_columns(planes, library):
    x = planes[0]
    by_array = PCAClustering(4, random_state=0).fit(x)
    table = table_of(x, NAMES, library)
    by_table = PCAClustering(4, random_state=0).fit(table)
    assert np.array_equal(by_table.labels_, by_array.labels_)
    assert np.array_equal(by_table.predict(table), by_table.labels_)
    first, second = by_table.loadings
    assert first.startswith("component 1 (6")
    assert "spend" in first
    assert "visits" not in first
    assert "visits" in second
    assert by_array.loadings[0].partition(": ")[2][0] == "x"


def test_what_is_said_of_the_components(planes):
    model = PCAClustering(4, components=3, random_state=0).fit(planes[0])
    assert model.components_.shape == (3, 10)
    assert model.components_ @ model.components_.T == pytest.approx(np.eye(3), abs=1e-12)
    assert model.explained_variance_ratio_.shape == (3,)
    assert model.n_components_ == 3
    assert model.notes_[0].startswith("3 of 10 components are used, which hold ")


def test_all_components_are_the_rows_turned(planes):
    turned = PCAClustering(4, components=10, random_state=0).fit(planes[0])
    plain = KMeans(4, random_state=0).fit(planes[0])
    assert np.array_equal(turned.labels_, plain.labels_)


def test_leaving_noise_out_helps():
    """Two segments that a plane tells apart, and a hundred columns that tell nothing."""
    x, segment = in_planes(400, seed=5)
    rng = np.random.default_rng(0)
    wide = np.hstack([x, rng.normal(0, 4, (400, 100))]).astype(np.float32)
    few = PCAClustering(4, components=2, random_state=0).fit(wide)
    assert adjusted_rand_score(segment, few.labels_) > 0.95


def test_a_clone_with_the_same_seed_repeats_bit_for_bit(planes):
    model = PCAClustering(5, random_state=5).fit(planes[0])
    again = clone(model).fit(planes[0])
    assert again.labels_.tobytes() == model.labels_.tobytes()
    assert again.components_.tobytes() == model.components_.tobytes()


def test_loadings_need_a_fit():
    with pytest.raises(NotFittedError):
        _ = PCAClustering().loadings


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"components": 0},
            "The 'components' parameter of PCAClustering must be a whole number, a share of "
            "variance between 0 and 1, or parallel. Got 0 instead.",
        ),
        (
            {"components": 1.0},
            "The 'components' parameter of PCAClustering must be a whole number, a share of "
            "variance between 0 and 1, or parallel. Got 1.0 instead.",
        ),
        (
            {"components": True},
            "The 'components' parameter of PCAClustering must be a whole number, a share of "
            "variance between 0 and 1, or parallel. Got True instead.",
        ),
        (
            {"method": "pca_methods"},
            f"The 'method' parameter of PCAClustering must be {', '.join(OTHERS[:-1])} or "
            f"{OTHERS[-1]}. Got 'pca_methods' instead.",
        ),
        (
            {"settings": {"linkage": "ward"}},
            "The 'settings' parameter of PCAClustering must be settings of kmeans, but it knows no "
            "'linkage' (known are n_init, max_iter, tol, start_rows, coarse_rows, solver). "
            "Got {'linkage': 'ward'} instead.",
        ),
        (
            {"settings": {"n_init": 0}},
            "The 'settings' parameter of PCAClustering must be settings of kmeans, but n_init must "
            "be auto or a whole number from 1 to 1,000. Got {'n_init': 0} instead.",
        ),
        (
            {"method": "agglomerative", "settings": {"distance_threshold": 2.0}},
            "The 'settings' parameter of PCAClustering must be settings of agglomerative, but "
            "these leave no number of segments to be asked for. "
            "Got {'distance_threshold': 2.0} instead.",
        ),
        (
            {"parallel_quantile": 1.0},
            "The 'parallel_quantile' parameter of PCAClustering must be less than 1. "
            "Got 1.0 instead.",
        ),
        ({"n_clusters": 41}, "n_samples=40 should be >= n_clusters=41."),
        (
            {"n_clusters": 3, "components": 11},
            "components is 11, but there are only 10 features; ask for fewer, or for a "
            "share of variance such as 0.9.",
        ),
    ],
)
def test_bad_parameters_are_named(params, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        PCAClustering(**params).fit(in_planes(40)[0])
    assert str(caught.value) == sentence


ALIKE = [np.full((10, 3), 3.3, np.float32), np.full((10, 3), -7e9), np.ones((1, 5))]


@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("x", ALIKE, ids=lambda x: f"{len(x)}-{x[0, 0]:g}")
@pytest.mark.parametrize("components", ["parallel", 2])
def test_equal_rows_are_one_cluster(x, components, container):
    model = PCAClustering(1, components=components, random_state=0)
    sentence = rf"^No feature varies among n_samples={len(x)}: there is one cluster\.$"
    with pytest.warns(ConvergenceWarning, match=sentence):
        model.fit(container(x))
    assert model.labels_.tolist() == [0] * len(x)
    assert model.explained_variance_ratio_.tolist() == [0]
    assert np.array_equal(model.predict(container(x)), model.labels_)
    assert model.predict(np.zeros((2, x.shape[1]))).tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"^components is 6, but there are only"):
        PCAClustering(1, components=6).fit(container(x))


@pytest.mark.filterwarnings("ignore:No feature varies:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("method", OTHERS)
def test_fewer_distinct_rows_than_clusters(method, container):
    x = container(np.repeat(np.eye(3) * [[1], [2], [5]], [9, 8, 7], axis=0))
    model = PCAClustering(5, components=2, method=method, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"^Only 3 distinct .* than n_clusters=5: "):
        model.fit(x)
    assert np.array_equal(model.labels_, np.repeat([0, 1, 2], [9, 8, 7]))
    assert np.array_equal(model.predict(x), model.labels_)
    with pytest.warns(ConvergenceWarning, match=r"^Only 1 distinct .* than n_clusters=2: "):
        PCAClustering(2, method=method).fit(container(np.ones((10, 3))))


@pytest.mark.parametrize("method", OTHERS)
@pytest.mark.parametrize(("k", "distinct"), [(4, 300), (301, 300)])
def test_rows_that_the_leading_components_do_not_tell_apart(method, k, distinct):
    """One row so far out that its direction holds all of the variance."""
    x = np.repeat(np.random.default_rng(0).normal(size=(300, 5)), 2, axis=0)
    x[:2] = 1e12
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        PCAClustering(k, method=method, random_state=0).fit(x)
    assert str(caught.value) == (
        f"n_clusters is {k}, but of {distinct} distinct rows only 2 can be told apart by the "
        "leading components: a row or a feature lies so far out that it holds nearly all of the "
        "variance, or components are too few. Leave it out or scale it, take more components, or "
        "ask for at most 2."
    )
