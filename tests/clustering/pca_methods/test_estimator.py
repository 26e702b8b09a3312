"""``PCAClustering`` keeps scikit-learn's conventions, predicts its fit and says what it found."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
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
            "'linkage' (known are n_init, max_iter, tol, start_rows, coarse_rows). "
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


def test_nothing_varies_and_too_few_distinct_rows():
    with pytest.raises(ValueError, match=r"^no feature varies among n_samples=10, so there is"):
        PCAClustering(2).fit(np.ones((10, 3)))
    with pytest.raises(ValueError, match=r"^n_clusters is 4, but the rows have only 3 distinct"):
        PCAClustering(4, components=2).fit(np.repeat(np.eye(3), 5, axis=0))
