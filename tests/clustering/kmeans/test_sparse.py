"""Sparse rows give what the same rows give dense, and are never made so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import make_blobs

from engine.clustering import KMeans

K = 5


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Give rows of which half of the values are zero, on a grid that float32 holds."""
    rows, _ = make_blobs(800, 12, centers=K, cluster_std=2.5, random_state=8)
    return np.round(np.maximum(rows, 0) * 256) / 256


FORMATS = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_rows_give_what_dense_ones_give(x, kind, dtype) -> None:
    settings = {"n_init": 4, "random_state": 0}
    dense = KMeans(K, **settings).fit(x.astype(dtype))
    rows = kind(x.astype(dtype))
    model = KMeans(K, **settings).fit(rows)
    assert np.array_equal(model.labels_, dense.labels_)
    assert model.cluster_centers_ == pytest.approx(dense.cluster_centers_, rel=1e-4, abs=1e-4)
    assert model.cluster_centers_.dtype == dtype
    assert model.inertia_ == pytest.approx(dense.inertia_, rel=1e-6)
    assert np.array_equal(model.predict(rows), model.labels_)
    away = model.transform(rows)
    assert away.dtype == dtype
    assert away == pytest.approx(dense.transform(x.astype(dtype)), rel=1e-4)
    assert model.score(rows) == pytest.approx(dense.score(x), rel=1e-6)


def test_a_model_of_dense_rows_takes_sparse_ones_and_the_other_way_round(x) -> None:
    rows = sparse.csr_array(x)
    for far in (0.0, 1_000.0, 1e7):  # of dense rows a frame that is moved
        dense = KMeans(K, random_state=0).fit(x + far)
        given = sparse.csr_array(x + far)
        assert np.array_equal(dense.predict(given), dense.labels_)
        assert dense.transform(given) == pytest.approx(dense.transform(x + far), rel=1e-6)
        assert dense.score(given) == pytest.approx(dense.score(x + far), rel=1e-6)
    model = KMeans(K, random_state=0).fit(rows)
    assert np.array_equal(model.predict(x), model.labels_)
    assert model.transform(x) == pytest.approx(model.transform(rows), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_column_far_from_zero_beside_sparse_ones(x, dtype) -> None:
    """Time stamps in a column of the matrix: it is stored in full, and moved."""
    given = np.column_stack([x, 1.7e9 + np.arange(len(x)) % 7]).astype(dtype)
    rows = sparse.csr_array(given)
    near = given.astype(np.float64) - np.append(np.zeros(12), 1.7e9)
    model, dense = (KMeans(K, n_init=5, random_state=0).fit(r) for r in (rows, near))
    assert np.array_equal(model.labels_, dense.labels_)
    assert np.array_equal(model.predict(rows), model.labels_)
    assert model.inertia_ == pytest.approx(dense.inertia_, rel=1e-6)
    assert model.score(rows) == pytest.approx(-model.inertia_, rel=1e-9)
    assert model.transform(rows) == pytest.approx(dense.transform(near), rel=1e-4)
    by_dense = KMeans(K, n_init=5, random_state=0).fit(given)
    assert np.array_equal(by_dense.predict(rows), by_dense.labels_)
    assert by_dense.transform(rows) == pytest.approx(by_dense.transform(given), rel=1e-4)
    before = model.inertia_
    model.partial_fit(rows)
    assert model.inertia_ == pytest.approx(before, rel=1e-3)


def test_rows_of_many_features_stay_sparse() -> None:
    """They would be 1.6 GB; what is fitted is five centres, of 4 MB."""
    rng = np.random.default_rng(0)
    n, d = 2_000, 100_000
    groups = rng.integers(0, K, n)
    columns = (groups[:, None] * 1_000 + rng.integers(0, 60, (n, 20))).ravel()
    shape, starts = (n, d), np.arange(0, 20 * n + 1, 20)
    rows = sparse.csr_array((np.ones(20 * n), columns, starts), shape=shape)
    model = KMeans(K, n_init=3, random_state=0).fit(rows)
    assert model.cluster_centers_.shape == (K, d)
    together = np.zeros((K, K))
    np.add.at(together, (groups, model.labels_), 1)
    assert (np.count_nonzero(together, axis=1) == 1).all()
    assert np.array_equal(model.predict(rows), model.labels_)
    assert model.transform(rows[:50]).argmin(axis=1).tolist() == model.labels_[:50].tolist()
    assert -model.score(rows) == pytest.approx(model.inertia_, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1e12, 1e30])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_unit_of_measurement_changes_nothing(x, unit, dtype) -> None:
    here = KMeans(K, random_state=0).fit(sparse.csr_array(x.astype(dtype)))
    there = KMeans(K, random_state=0).fit(sparse.csr_array((x * unit).astype(dtype)))
    assert np.array_equal(there.labels_, here.labels_)
    assert there.inertia_ / unit**2 == pytest.approx(here.inertia_, rel=1e-6)
    rows = sparse.csr_array((x * unit).astype(dtype))
    assert np.array_equal(there.predict(rows), there.labels_)
    assert there.transform(rows) / unit == pytest.approx(
        here.transform(sparse.csr_array(x.astype(dtype))), rel=1e-4
    )


def test_rows_of_zeros() -> None:
    rows = sparse.csr_array((6, 4))
    rows = sparse.vstack([rows, sparse.csr_array(np.eye(4))]).tocsr()
    model = KMeans(2, n_init=10, random_state=0).fit(rows)
    assert model.labels_[:6].tolist() == [0] * 6
    assert model.inertia_ == pytest.approx(SklearnKMeans(2, n_init=10).fit(rows).inertia_)


def test_many_sparse_rows_are_measured_part_by_part() -> None:
    """More rows than a chunk holds, and more centres than rows of a chunk fit a cache with."""
    rows = sparse.random_array((70_000, 30), density=0.1, format="csr", rng=1)
    start = rows[::700].toarray()
    model = KMeans(100, init=start, max_iter=2).fit(rows)
    theirs = SklearnKMeans(100, init=start, max_iter=2).fit(rows)
    assert (model.labels_ == theirs.labels_).mean() > 0.9999
    assert model.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)


def test_indices_of_64_bits_are_taken_where_32_hold_them(x) -> None:
    rows = sparse.csr_array(x)
    wide = sparse.csr_array((rows.data, rows.indices.astype("i8"), rows.indptr.astype("i8")))
    assert wide.indices.dtype == np.int64
    model = KMeans(K, random_state=0).fit(wide)
    assert np.array_equal(model.labels_, KMeans(K, random_state=0).fit(rows).labels_)
    assert np.array_equal(model.predict(wide), model.labels_)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_none_are_refused(x, bad) -> None:
    rows = sparse.csr_array(x)
    rows.data[3] = bad
    with pytest.raises(ValueError, match="Input X contains"):
        KMeans(K).fit(rows)


def test_the_callers_matrix_is_left_alone(x) -> None:
    rows = sparse.csr_array(x * 1e-9)
    before = rows.copy()
    for array in (rows.data, rows.indices, rows.indptr):
        array.flags.writeable = False
    KMeans(K, copy_x=False, random_state=0).fit(rows).transform(rows)
    assert (rows != before).nnz == 0
