"""Sparse rows stay sparse, lie in the frame that dense ones have, and give the same clusters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score as ari

from engine.clustering import ANNClustering, PCAClustering
from engine.clustering.algorithm import algorithm
from engine.clustering.frame import Frame
from engine.clustering.sparse_rows import SparseRows, frame_of, inside, stay_sparse
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from tests.fitting import task_of

KINDS = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array, sparse.lil_array]
STAMP = 1.7e9
"""Offset of the one column that is full: seconds since 1970."""


def rows(n: int = 400, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Five groups in twelve columns, half of them zeros, and a time stamp."""
    x, groups = make_blobs(n, 12, centers=5, random_state=0)
    x[np.abs(x) < 3] = 0
    x[:, 3] = np.round(x[:, 3] * 64) / 64
    if dtype == np.float64:
        x[:, 3] += STAMP
    return x.astype(dtype), groups


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_lie_where_dense_rows_do(dtype: type) -> None:
    x, _ = rows(dtype=dtype)
    given = sparse.csr_array(x)
    frame = frame_of(given)
    assert np.array_equal(frame.shift[[0, 3]] != 0, [False, dtype == np.float64])
    if dtype == np.float64:
        dense = Frame.of(x)  # by a sample of the rows
        assert np.array_equal(frame.shift == 0, dense.shift == 0)
        assert frame.shift == pytest.approx(dense.shift, abs=1)
        assert frame.scale == dense.scale
    found = inside(frame, given)
    assert isinstance(found, SparseRows)
    assert found.shape == x.shape
    assert found.dtype == np.float32
    assert np.array_equal(found.toarray(), frame.inside(x))
    assert np.array_equal(found.csr().toarray(), frame.inside(x))
    assert np.array_equal(found[5:9].csr().toarray(), frame.inside(x[5:9]))
    assert np.array_equal(found[np.array([7, 2])], frame.inside(x[[7, 2]]))
    assert stay_sparse(found)
    assert not stay_sparse(SparseRows(given, Frame(np.ones(12), 1.0)))
    assert not stay_sparse(x)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_values_of_any_size_have_a_frame(scale: float) -> None:
    given = sparse.csr_array(rows(dtype=np.float32)[0].astype(np.float64) * scale)
    found = inside(frame_of(given), given).csr()
    assert 0.1 < np.abs(found.data).max() < 1e3
    assert found.nnz < 2 * given.nnz
    assert not frame_of(sparse.csr_array((3, 2))).shift.any()


def test_means_are_those_of_dense_rows() -> None:
    x, groups = rows()
    given = sparse.csr_array(x)
    found = inside(frame_of(given), given)
    weights = np.random.default_rng(0).random(len(x))
    moved = found.toarray().astype(np.float64)
    for some in (None, weights):
        sizes = np.bincount(groups, some, minlength=6)
        means = found.means(groups, sizes, some)
        for k in range(5):
            mine = groups == k
            each = None if some is None else some[mine]
            assert_allclose(means[k], np.average(moved[mine], 0, each), rtol=1e-12, atol=1e-12)
        assert not means[5].any()


ROADS = [
    ANNClustering(5, random_state=0),
    ANNClustering(5, exact_limit=0, graph_rows=200, representatives=60, random_state=0),
    PCAClustering(5, random_state=0, settings={"n_init": 2}),
    PCAClustering(5, components=3, method="ann_methods", random_state=0),
    PCAClustering(5, components=0.8, method="agglomerative", random_state=0),
]


@pytest.mark.parametrize("model", ROADS, ids=str)
def test_clusters_are_those_of_dense_rows(model) -> None:
    x, groups = rows()
    dense = model.fit(x).labels_
    assert ari(groups, dense) == 1
    assert np.array_equal(model.predict(sparse.csr_array(x)), dense)
    for kind in KINDS:
        given = kind(x)
        before = given.copy()
        found = model.fit(given)
        assert np.array_equal(found.labels_, dense)
        assert np.array_equal(found.predict(given), dense)
        assert np.array_equal(found.predict(x), dense)
        assert (given != before).nnz == 0


def test_doubled_entries_add_up_and_the_callers_stay() -> None:
    x, _ = rows()
    coo = sparse.coo_array(x)
    twice = sparse.csr_array(
        sparse.coo_array(
            (np.tile(coo.data / 2, 2), (np.tile(coo.row, 2), np.tile(coo.col, 2))), x.shape
        )
    )
    loose = sparse.csr_array((twice.data, twice.indices[::1].copy(), twice.indptr), x.shape)
    found = PCAClustering(5, components=3, random_state=0).fit(loose)
    assert np.array_equal(
        found.labels_, PCAClustering(5, components=3, random_state=0).fit(x).labels_
    )


@pytest.mark.parametrize("method", ["kmeans", "ann_methods"])
def test_components_of_sparse_rows_are_those_of_dense_ones(method: str) -> None:
    x, _ = rows()
    dense = PCAClustering(5, components=4, method=method, random_state=0).fit(x)
    found = PCAClustering(5, components=4, method=method, random_state=0).fit(sparse.csr_array(x))
    assert_allclose(found.components_, dense.components_, atol=1e-9)
    assert_allclose(found.explained_variance_ratio_, dense.explained_variance_ratio_, rtol=1e-9)


def test_many_more_columns_than_rows() -> None:
    given = sparse.random_array((60, 3_000), density=0.01, format="csr", rng=0)
    found = PCAClustering(3, components=4, random_state=0).fit(given)
    dense = PCAClustering(3, components=4, random_state=0).fit(given.toarray())
    assert_allclose(found.explained_variance_ratio_, dense.explained_variance_ratio_, rtol=1e-6)
    assert np.array_equal(found.labels_, dense.labels_)


def wide(n_rows: int, n_columns: int) -> sparse.csr_array:
    """Hardly anything in many columns."""
    places = np.arange(n_rows) % n_columns
    return sparse.csr_array((np.ones(n_rows), places, np.arange(n_rows + 1)), (n_rows, n_columns))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            ANNClustering(),
            "X is sparse, and the rows of the graph are made dense, which needs about 26.8 GiB of "
            "memory, more than 4 GiB: 20,000 rows of 30,000 features. Take fewer features, such as "
            "the components of PCAClustering(method='ann_methods'), or lower graph_rows and "
            "exact_limit.",
        ),
        (
            PCAClustering(components=5),
            "X is sparse, and to find the components of its 30,000 features needs about 53.6 GiB "
            "of memory, more than 4 GiB; take fewer features first, such as those of "
            "scikit-learn's TruncatedSVD.",
        ),
        (
            PCAClustering(),
            "X is sparse, and to find the components of its 30,000 features needs about 55.9 GiB "
            "of memory, more than 4 GiB; ask for a number of them, or take fewer features first, "
            "such as those of scikit-learn's TruncatedSVD.",
        ),
    ],
    ids=["ann_methods", "a number of components", "parallel analysis"],
)
def test_what_would_take_too_much_memory_is_refused_before_it_is_tried(model, sentence) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        model.fit(wide(20_000, 30_000))
    assert str(caught.value) == sentence


@pytest.mark.long
@pytest.mark.parametrize("name", ["ann_methods", "pca_methods"])
def test_the_number_of_threads_changes_no_bit(name: str) -> None:
    x, _ = rows(CHUNK_ROWS + 1_000)
    given = sparse.csr_array(x)
    weights = np.random.default_rng(0).random(len(x)) if name == "ann_methods" else None
    task = task_of(inside(frame_of(given), given), 5, weights=weights)
    row = algorithm(name)
    settings = {"graph_rows": 1_000, "representatives": 200} if weights is not None else {}
    params = row.params(**settings)
    one, two = (row.runs[Place.CPU](task, params, Runtime(threads=threads)) for threads in (1, 2))
    assert np.array_equal(one.labels, two.labels)
    kept, again = (found.representatives.to_arrays() for found in (one, two))
    assert all(kept[part].tobytes() == again[part].tobytes() for part in kept)
