"""The Faiss index: exact where it says so, the recall it measures, the same bits again."""

from __future__ import annotations

import sys

import faiss
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from engine.clustering.ann_methods import graph, index
from engine.clustering.ann_methods.graph import neighbours
from engine.clustering.ann_methods.index import build
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.errors import EngineError, ModelError
from engine.places.runtime import Runtime

TWO = Runtime(threads=2)
KINDS = ["flat", "ivf", "hnsw"]


def rows(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(20, d)) * 3)[rng.integers(0, 20, n)].astype(np.float32) + rng.normal(
        size=(n, d)
    ).astype(np.float32)


def true_neighbours(x: np.ndarray, asked: np.ndarray, k: int) -> np.ndarray:
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x).kneighbors(asked)[1]


@pytest.mark.long_at("hnsw")
@pytest.mark.parametrize("kind", KINDS)
def test_recall_is_what_it_says(kind):
    x = rows(30_000)
    made = build(x, recall=0.9, k=10, seed=0, runtime=TWO, kind=kind)
    asked = rows(400, seed=0)[:400]
    true = true_neighbours(x, asked, 10)
    found, _ = made.search(asked, 10)
    hits = [len(np.intersect1d(a[1:], b[1:])) / 9 for a, b in zip(found, true, strict=True)]
    hit = np.mean(hits)
    assert made.kind == kind
    assert made.recall >= 0.9
    assert hit == pytest.approx(made.recall, abs=0.03)
    assert (hit == 1.0) == (kind == "flat")


def test_more_recall_looks_through_more():
    x = rows(30_000)
    low, high = (build(x, recall=r, k=10, seed=0, runtime=TWO) for r in (0.5, 0.99))
    assert low.kind == high.kind == "ivf"
    assert low.probes < high.probes
    assert low.recall < high.recall


@pytest.mark.parametrize("kind", KINDS)
def test_far_from_zero_as_near_it(kind):
    x = rows(3_000, 4)
    near = build(x, recall=0.95, k=5, seed=0, runtime=TWO, kind=kind)
    far = build(x + np.float32(2**12), recall=0.95, k=5, seed=0, runtime=TWO, kind=kind)
    a, b = near.search(x[:500], 5)[0], far.search(x[:500] + np.float32(2**12), 5)[0]
    assert (a == b).mean() > 0.95


@pytest.mark.long_at("hnsw")
@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_the_same_bits_at_any_number_of_threads(kind):
    x, seen = rows(25_000), set()
    for threads in (1, 2, 3):
        made = build(x, recall=0.9, k=8, seed=1, runtime=Runtime(threads=threads), kind=kind)
        found, squares = made.search(x[:2_000], 8)
        seen.add((found.tobytes(), squares.tobytes(), made.recall))
    assert len(seen) == 1


def test_blocks_do_not_matter(monkeypatch):
    x = rows(25_000)
    made = build(x, recall=0.9, k=8, seed=1, runtime=TWO)
    whole = made.search(x, 8)[0]
    monkeypatch.setattr(index, "CHUNK_ROWS", 700)
    assert np.array_equal(made.search(x, 8)[0], whole)
    # Few rows are not taken list by list.
    assert np.array_equal(made.search(x[:3_000], 8)[0], whole[:3_000])
    assert (made._by_list(x[:3_000]), len(made._by_list(x))) == (None, 25_000)


def test_faiss_gets_its_threads_back():
    before = faiss.omp_get_max_threads()
    build(rows(500), recall=1.0, k=3, seed=0, runtime=Runtime(threads=before + 1))
    assert faiss.omp_get_max_threads() == before


def test_faiss_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(EngineError, match=r"^Faiss is not installed; install faiss-cpu"):
        build(rows(100), recall=1.0, k=3, seed=0, runtime=TWO)


def test_no_gpu_is_never_the_cpu():
    on_gpu = Runtime(device_memory=1 << 30)
    for kind in KINDS:
        with pytest.raises(EngineError, match=r"^Faiss sees no GPU here"):
            build(rows(100), recall=1.0, k=3, seed=0, runtime=on_gpu, kind=kind)


@pytest.mark.parametrize("d", [2, 8])
def test_graph_neighbours_are_scikit_learns(d):
    x = np.unique(rows(2_000, d), axis=0)
    found = neighbours(x, 10, recall=0.9, seed=0, runtime=TWO)
    away, true = NearestNeighbors(n_neighbors=11).fit(x.astype(float)).kneighbors()
    assert found.kind == "exact"
    assert np.array_equal(np.sort(found.index, axis=1), np.sort(true[:, :10], axis=1))
    assert found.last == pytest.approx(away[:, 9] ** 2, rel=1e-5)


def test_graph_neighbours_by_faiss(monkeypatch):
    monkeypatch.setattr(graph, "FLAT_ROWS", 100)
    monkeypatch.setattr(index, "FLAT_ROWS", 100)
    x = np.unique(rows(5_000), axis=0)
    found = neighbours(x, 10, recall=0.95, seed=0, runtime=TWO)
    true = NearestNeighbors(n_neighbors=10).fit(x.astype(float)).kneighbors()[1]
    hit = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found.index, true, strict=True)])
    assert found.kind == "ivf"
    assert hit == pytest.approx(found.recall, abs=0.03)
    assert hit >= 0.92
    assert not (found.index == np.arange(len(x))[:, None]).any()


def test_edges_by_hand():
    """Points 0, 1, 3 with one neighbour each: 0 and 1 name each other, 3 names 1."""
    x = np.array([[0.0], [1.0], [3.0]], np.float32)
    found = neighbours(x, 1, recall=1.0, seed=0, runtime=TWO)
    made = graph.connected(x, np.array([1, 1, 4]), found)
    # The last neighbours are at 1, 1 and 4 squared: the third point is 1/4 thin, its root 1/2.
    assert made.weights.toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert made.weights.dtype == np.float32
    assert made.weights.indices.dtype == np.int32


@pytest.mark.parametrize("kind", KINDS)
def test_customers_like_these_come_back_from_disk(tmp_path, kind):
    x = rows(3_000)
    made = NearestCustomers.of(x, runtime=TWO, kind=kind)
    made.save(tmp_path)
    read = NearestCustomers.load(tmp_path, runtime=TWO)
    assert read.index.recall == made.index.recall
    for a, b in zip(made.nearest(x[:200], 5), read.nearest(x[:200], 5), strict=True):
        assert np.array_equal(a, b)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["similar.faiss", "similar.json"]


def test_others_are_without_oneself_and_streamed(monkeypatch):
    from engine.clustering.ann_methods import nearest_customers

    monkeypatch.setattr(nearest_customers, "CHUNK_ROWS", 64)
    x = rows(1_000)
    x[1] = x[0]
    made = NearestCustomers.of(x, runtime=TWO)
    parts = list(made.others(x, np.arange(200), 4))
    assert [len(part[0]) for part in parts] == [64, 64, 64, 8]
    index_, distances = (np.concatenate([p[i] for p in parts]) for i in (1, 2))
    true = NearestNeighbors(n_neighbors=4).fit(x.astype(float)).kneighbors()[1][:200]
    assert index_.shape == (200, 4)
    assert np.array_equal(np.sort(index_[2:], axis=1), np.sort(true[2:], axis=1))
    assert index_[0, 0] == 1
    assert index_[1, 0] == 0
    assert (np.diff(distances, axis=1) >= 0).all()


def test_a_damaged_index_is_said(tmp_path):
    with pytest.raises(ModelError, match="holds no readable index of customers"):
        NearestCustomers.load(tmp_path, runtime=TWO)
    NearestCustomers.of(rows(100), runtime=TWO).save(tmp_path)
    (tmp_path / "similar.faiss").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="build it again"):
        NearestCustomers.load(tmp_path, runtime=TWO)
