"""``KMeans`` in the company of scikit-learn's tools: pipelines, searches, tables, files."""

from __future__ import annotations

import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from engine.clustering import KMeans
from tests.fitting import LIBRARIES, table_of

NAMES = ["age", "income", "orders"]


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return make_blobs(400, 3, centers=4, random_state=2)[0]


def test_parameters_stand_in_scikit_learns_order() -> None:
    import inspect

    ours, theirs = (list(inspect.signature(c).parameters) for c in (KMeans, SklearnKMeans))
    assert ours[: len(theirs)] == theirs
    defaults = inspect.signature(SklearnKMeans).parameters
    for name, parameter in inspect.signature(KMeans).parameters.items():
        if name in defaults:
            assert parameter.default == defaults[name].default
            assert parameter.kind == defaults[name].kind
    for method in ("fit", "predict", "transform", "fit_predict", "fit_transform", "score"):
        one, other = (inspect.signature(getattr(c, method)) for c in (KMeans, SklearnKMeans))
        assert list(one.parameters) == list(other.parameters)


def test_a_pipeline_of_mixed_columns_with_sparse_output(x) -> None:
    kinds = np.array(["web", "shop", "fair"])[np.arange(400) % 3]
    table = pd.DataFrame(x, columns=NAMES).assign(kind=kinds)
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), NAMES), ("kinds", OneHotEncoder(), ["kind"])],
        sparse_threshold=1.0,
    )
    model = make_pipeline(columns, KMeans(4, n_init=10, random_state=0)).fit(table)
    rows = columns.fit_transform(table)
    assert rows.format == "csr"
    dense = KMeans(4, n_init=10, random_state=0).fit(rows.toarray())
    assert np.array_equal(model.predict(table), dense.labels_)
    assert model.score(table) == pytest.approx(-dense.inertia_, rel=1e-9)
    names = model[-1].get_feature_names_out().tolist()
    assert names == model.get_feature_names_out().tolist() == [f"kmeans{j}" for j in range(4)]


def test_a_search_over_k_needs_no_scorer(x) -> None:
    search = GridSearchCV(KMeans(random_state=0), {"n_clusters": [2, 4]}, cv=3).fit(x)
    assert search.best_params_ == {"n_clusters": 4}
    assert search.best_score_ < 0
    theirs = cross_val_score(SklearnKMeans(4, n_init=10, random_state=0), x, cv=3)
    assert cross_val_score(KMeans(4, random_state=0), x, cv=3) == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_come_out_where_they_are_asked_for(x, library) -> None:
    model = KMeans(4, random_state=0).set_output(transform=library)
    table = table_of(x, NAMES, library)
    given = model.fit_transform(table)
    assert type(given).__module__.startswith(library)
    assert list(given.columns) == ["kmeans0", "kmeans1", "kmeans2", "kmeans3"]
    plain = KMeans(4, random_state=0).fit(x).transform(x)
    assert np.array_equal(given.to_numpy(), plain)
    assert np.array_equal(model.transform(table).to_numpy(), plain)
    if library == "pandas":
        assert given.index.equals(table.index)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("settings", [{}, {"n_init": 2}], ids=str)
def test_tables_give_what_arrays_give(x, library, settings) -> None:
    table = table_of(x, NAMES, library)
    ours = KMeans(4, random_state=0, **settings).fit(table)
    plain = KMeans(4, random_state=0, **settings).fit(x)
    assert np.array_equal(ours.labels_, plain.labels_)
    assert np.array_equal(ours.transform(table), plain.transform(x))
    assert ours.score(table) == plain.score(x)
    assert ours.feature_names_in_.tolist() == NAMES


@pytest.mark.parametrize("settings", [{}, {"n_init": 2}, {"init": "array"}], ids=str)
def test_it_comes_back_from_files_as_it_was(x, tmp_path: Path, settings) -> None:
    if settings:
        settings = {"init": x[:4]} if "init" in settings else settings
    model = KMeans(4, random_state=0, **settings).fit(x)
    joblib.dump(model, tmp_path / "model.joblib")
    for again in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(again.predict(x), model.labels_)
        assert again.transform(x).tobytes() == model.transform(x).tobytes()
        assert again.score(x) == model.score(x)
        again.partial_fit(x[:10])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("settings", [{}, {"n_init": 2}, {"init": "random"}], ids=str)
def test_rows_in_a_file_that_cannot_be_written_to(x, tmp_path: Path, dtype, settings) -> None:
    np.save(tmp_path / "x.npy", x.astype(dtype))
    rows = np.load(tmp_path / "x.npy", mmap_mode="r")
    model = KMeans(4, random_state=0, copy_x=False, **settings).fit(rows)
    in_memory = KMeans(4, random_state=0, **settings).fit(x.astype(dtype))
    assert np.array_equal(model.labels_, in_memory.labels_)
    assert np.array_equal(model.predict(rows), model.labels_)
    assert np.array_equal(model.transform(rows), in_memory.transform(x.astype(dtype)))


def test_weights_find_their_way_through_a_pipeline(x) -> None:
    weights = np.random.default_rng(0).integers(1, 5, len(x)).astype(float)
    with config_context(enable_metadata_routing=True):
        model = KMeans(4, n_init=5, random_state=0)
        model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scaled = StandardScaler().set_fit_request(sample_weight=False)
        steps = make_pipeline(scaled, model).fit(x, sample_weight=weights)
        rows = StandardScaler().fit_transform(x)
        alone = KMeans(4, n_init=5, random_state=0).fit(rows, sample_weight=weights)
        assert steps[-1].inertia_ == pytest.approx(alone.inertia_, rel=1e-12)
        assert steps.score(x, sample_weight=weights) == pytest.approx(-alone.inertia_, rel=1e-12)
        search = GridSearchCV(model, {"n_clusters": [2, 4]}, cv=2).fit(x, sample_weight=weights)
        assert search.best_params_ == {"n_clusters": 4}


def test_weights_go_to_a_step_by_name(x) -> None:
    weights = np.arange(len(x)) % 3 + 0.0
    steps = make_pipeline(StandardScaler(), KMeans(4, n_init=5, random_state=0))
    steps.fit(x, kmeans__sample_weight=weights)
    alone = KMeans(4, n_init=5, random_state=0)
    rows = StandardScaler().fit_transform(x)
    assert np.array_equal(alone.fit_predict(rows, sample_weight=weights), steps[-1].labels_)
    away = alone.fit_transform(rows, sample_weight=weights)
    assert np.array_equal(away, steps[-1].transform(rows))


def test_what_scikit_learn_is_told_of_it(x) -> None:
    tags = get_tags(KMeans())
    assert tags.input_tags.sparse
    assert tags.estimator_type == "clusterer"
    model = KMeans(4, random_state=0).fit(pl.DataFrame(x, schema=NAMES))
    assert model.n_features_in_ == 3
    assert model.labels_.dtype == np.int32
    assert isinstance(model.n_iter_, int)
    assert isinstance(model.inertia_, float)
    assert isinstance(model.score(pl.DataFrame(x, schema=NAMES)), float)
