"""The estimators inside the tools that people put scikit-learn's in: none of them tells the two."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_blobs
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score as ari
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from engine import clustering
from engine.clustering import ANNClustering, KMeans, PCAClustering

K = 4
ESTIMATORS = [getattr(clustering, name) for name in clustering.__all__]
each = pytest.mark.parametrize("estimator", ESTIMATORS)


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    return make_blobs(300, 3, centers=K, cluster_std=0.4, random_state=0)


@each
def test_a_pipeline_predicts_its_fit(estimator, blobs):
    x, groups = blobs
    whole = make_pipeline(StandardScaler(), estimator(K, random_state=0))
    labels = whole.fit_predict(x * 1e6 + 1e9)
    assert ari(groups, labels) == 1
    assert np.array_equal(whole.fit(x * 1e6 + 1e9).predict(x * 1e6 + 1e9), labels)


def customers(n: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Four groups: by town, and by what is spent; a column of time stamps says nothing."""
    rng = np.random.default_rng(0)
    town, much = rng.integers(0, 2, n), rng.integers(0, 2, n)
    table = pd.DataFrame(
        {
            "town": np.array(["Ulm", "Graz"])[town],
            "card": np.array(["gold", "none"])[much],
            "spent": much * 10 + rng.normal(size=n) * 0.3,
            "since": 1.7e9 + rng.normal(size=n) * 1e-2,
        }
    )
    return table, town * 2 + much


def encoded(threshold: float) -> Any:
    """One-hot towns and cards beside numbers; sparse where fewer are zeros than ``threshold``."""
    return make_column_transformer(
        (OneHotEncoder(), ["town", "card"]),
        remainder="passthrough",
        sparse_threshold=threshold,
    )


@each
def test_columns_that_come_out_sparse(estimator):
    table, groups = customers()
    model = estimator(K, random_state=0)
    whole = make_pipeline(encoded(1.0), model)
    if not get_tags(model).input_tags.sparse:
        with pytest.raises(TypeError, match=r"^Sparse data was passed for X\b"):
            whole.fit(table)
        return
    labels = whole.fit(table)[-1].labels_
    dense = make_pipeline(encoded(0.0), clone(model))
    assert ari(dense.fit(table)[-1].labels_, labels) == 1
    assert np.array_equal(whole.predict(table), labels)
    if estimator is not PCAClustering:  # of one-hot columns components hold what they hold
        assert ari(groups, labels) == 1


def test_which_take_sparse_rows():
    takes = {e.__name__ for e in ESTIMATORS if get_tags(e()).input_tags.sparse}
    assert takes >= {"ANNClustering", "KMeans", "PCAClustering"}


def test_a_grid_search_without_a_scorer(blobs):
    x, groups = blobs
    grid = {"n_clusters": [2, 3, K]}
    found = GridSearchCV(KMeans(random_state=0), grid, cv=3).fit(x)
    assert found.best_params_ == {"n_clusters": K}  # the least inertia of rows left out
    assert ari(groups, found.predict(x)) == 1
    assert found.score(x) == pytest.approx(-found.best_estimator_.inertia_)
    inside = {f"kmeans__{name}": values for name, values in grid.items()}
    whole = GridSearchCV(make_pipeline(StandardScaler(), KMeans(random_state=0)), inside, cv=3)
    assert whole.fit(x).best_params_ == {"kmeans__n_clusters": K}


@each
@pytest.mark.parametrize("by", ["pickle", "joblib"])
def test_a_round_trip_keeps_everything(estimator, by, blobs, tmp_path):
    x, _ = blobs
    model = estimator(K, random_state=0).fit(x)
    if by == "pickle":
        back = pickle.loads(pickle.dumps(model))
    else:
        joblib.dump(model, tmp_path / "model.joblib", compress=3)
        back = joblib.load(tmp_path / "model.joblib")
    assert np.array_equal(back.predict(x), model.labels_)
    assert set(vars(back)) == set(vars(model))
    for name, value in vars(model).items():
        if name.endswith("_") and isinstance(value, np.ndarray):
            assert np.array_equal(getattr(back, name), value), name
    assert np.array_equal(back.fit(x).labels_, model.labels_)


@each
def test_a_model_that_was_dumped_is_read_as_a_memory_map(estimator, blobs, tmp_path):
    x, _ = blobs
    model = estimator(K, random_state=0).fit(x)
    joblib.dump(model, tmp_path / "model.joblib")
    back = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert np.array_equal(back.predict(x), model.labels_)


@each
def test_a_clone_has_the_settings_and_nothing_else(estimator, blobs):
    x, _ = blobs
    model = estimator(3, random_state=0)
    settings = model.get_params()
    copy = clone(model.fit(x))
    assert copy.get_params() == settings
    with pytest.raises(NotFittedError):
        copy.predict(x)
    assert copy.set_params(n_clusters=K).fit(x).labels_.max() == K - 1
    assert model.n_clusters == 3


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_in_a_file_that_is_only_read(estimator, dtype, blobs, tmp_path):
    x = blobs[0].astype(dtype)
    file = tmp_path / "rows.npy"
    np.save(file, x)
    mapped = np.load(file, mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    model = estimator(K, random_state=0).fit(mapped)
    assert np.array_equal(model.labels_, estimator(K, random_state=0).fit(x).labels_)
    assert np.array_equal(model.predict(mapped), model.labels_)
    assert np.array_equal(np.load(file), x)


def _labels(model: Any, x: np.ndarray) -> np.ndarray:
    assert isinstance(x, np.memmap)  # joblib hands large arrays to its workers like that
    return np.asarray(model.fit(x).labels_)


@pytest.mark.long
def test_workers_of_joblib_share_rows(blobs, tmp_path):
    x, _ = blobs
    models = [e(K, random_state=0) for e in ESTIMATORS]
    jobs = (joblib.delayed(_labels)(model, x) for model in models)
    with joblib.Parallel(2, max_nbytes=1, temp_folder=tmp_path) as parallel:
        found = parallel(jobs)
    for model, labels in zip(models, found, strict=True):
        assert np.array_equal(model.fit(x).labels_, labels)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_distances_come_as_a_table_where_that_is_asked_for(library, blobs):
    x, _ = blobs
    model = KMeans(K, random_state=0).set_output(transform=library).fit(x)
    table = model.transform(x)
    assert type(table).__module__.startswith(library)
    assert list(table.columns) == [f"kmeans{i}" for i in range(K)]
    assert np.array_equal(table.to_numpy().argmin(axis=1), model.labels_)
    joined = FeatureUnion([("near", KMeans(K, random_state=0)), ("svd", TruncatedSVD(2))])
    columns = joined.set_output(transform=library).fit_transform(x).columns
    assert list(columns)[:2] == ["near__kmeans0", "near__kmeans1"]


@pytest.fixture
def _routing() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("_routing")
@pytest.mark.parametrize("estimator", [ANNClustering, KMeans])
def test_weights_are_routed_through_a_pipeline(estimator, blobs):
    x, _ = blobs
    weights = np.random.default_rng(0).integers(1, 4, len(x)).astype(float)
    model = estimator(K, random_state=0).set_fit_request(sample_weight=True)
    whole = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
    labels = whole.fit(x, sample_weight=weights)[-1].labels_
    scaled = StandardScaler().fit_transform(x)
    alone = estimator(K, random_state=0).fit(scaled, sample_weight=weights)
    assert np.array_equal(labels, alone.labels_)


@pytest.fixture
def _yellowbrick() -> Iterator[None]:
    # Its version 1.5 warns of distutils and of Matplotlib's colours while it is imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("yellowbrick")
        yield


# scikit-learn says by tags what an estimator is, and yellowbrick 1.5 looks for what was there
# before: it takes scikit-learn's own no more than ours without ``force_model``. Matplotlib from
# 3.9 on lacks what it looks up colours by, so that they are given.
COLOURS = ["tab:blue", "tab:orange", "tab:green", "tab:red"]


@pytest.mark.usefixtures("_yellowbrick")
@each
def test_yellowbricks_elbow(estimator, blobs, tmp_path):
    from yellowbrick.cluster import KElbowVisualizer

    x, _ = blobs
    metric = "distortion" if estimator is KMeans else "silhouette"
    looked = KElbowVisualizer(
        estimator(random_state=0), k=(2, 7), metric=metric, timings=False, force_model=True
    ).fit(x)
    assert looked.elbow_value_ in (3, K)
    assert len(looked.k_scores_) == 5
    looked.show(outpath=tmp_path / "elbow.png")
    assert Path(tmp_path / "elbow.png").stat().st_size > 1_000


@pytest.mark.usefixtures("_yellowbrick")
@each
def test_yellowbricks_silhouette(estimator, blobs, tmp_path):
    from sklearn.metrics import silhouette_score
    from yellowbrick.cluster import SilhouetteVisualizer

    x, _ = blobs
    model = estimator(K, random_state=0)
    looked = SilhouetteVisualizer(model, colors=COLOURS, force_model=True).fit(x)
    labels = clone(model).fit(x).labels_
    assert looked.silhouette_score_ == pytest.approx(silhouette_score(x, labels))
    looked.show(outpath=tmp_path / "silhouette.png")
    assert Path(tmp_path / "silhouette.png").stat().st_size > 1_000
