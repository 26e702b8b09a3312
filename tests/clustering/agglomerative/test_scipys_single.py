"""Single linkage: SciPy's tree in every bit, whichever way its edges are found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from sklearn.datasets import make_blobs, make_moons

from engine.clustering.agglomerative import neighbours, scipys_single, spanning_edges
from engine.places.runtime import Runtime

RUNTIME = Runtime(threads=2)


def rows(kind: str, n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return {
        "normal": lambda: rng.normal(size=(n, d)),
        "float32": lambda: rng.normal(size=(n, d)).astype(np.float32).astype(float),
        "blobs": lambda: make_blobs(n, d, centers=5, cluster_std=0.3, random_state=seed)[0],
        "heavy tails": lambda: rng.standard_cauchy((n, d)),
        "integers": lambda: rng.integers(0, 6, (n, d)).astype(float),
        "many integers": lambda: rng.integers(0, 40, (n, d)).astype(float),
        "tenths": lambda: rng.integers(0, 9, (n, d)) * 0.1,
        "cents": lambda: rng.normal(size=(n, d)).round(2),
        "some equal": lambda: rng.normal(size=(n, d))[rng.integers(0, n, n)],
        "equal gaps": lambda: rng.permutation(n).astype(float)[:, None] * np.ones(d),
        "one hot": lambda: np.eye(max(n, d))[:n, :d],
    }[kind]()


KINDS = [
    "normal", "float32", "blobs", "heavy tails", "integers", "many integers", "tenths", "cents",
    "some equal", "equal gaps", "one hot",
]  # fmt: skip


def is_scipys(x: np.ndarray) -> bool:
    first, second, heights = scipys_single.scipys_single(x, RUNTIME)
    return np.array_equal(np.column_stack([first, second, heights]), linkage(x, "single")[:, :3])


@contextmanager
def always_by_edges() -> Iterator[None]:
    """Let neither few rows, nor columns, nor ties stand in the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scipys_single, "FEW", 9)
        patch.setattr(scipys_single, "LOW", 3)
        patch.setattr(scipys_single, "HIGH", 4)
        patch.setattr(spanning_edges, "_LEAST_ALONE", 0)
        patch.setattr(spanning_edges, "_LEAST_ALONE_OF_ALL", 0)
        patch.setattr(spanning_edges, "_MOST", 100)
        yield


@given(st.sampled_from(KINDS), st.integers(10, 90), st.integers(1, 6), st.integers(0, 10_000))
def test_the_edges_of_all_spanning_trees_hold_scipys(kind, n, d, seed):
    x = rows(kind, n, d, seed)
    with always_by_edges():
        assert is_scipys(x)
        edges = spanning_edges.spanning_edges(x, RUNTIME, by_tree=d <= 3)
    if d > 1:
        assert edges is not None
        assert len(np.unique(edges, axis=0)) == len(edges) >= n - 1


@given(st.sampled_from(KINDS), st.integers(2, 60), st.integers(1, 40), st.integers(0, 10_000))
def test_few_rows(kind, n, d, seed):
    assert is_scipys(rows(kind, n, d, seed))


@pytest.mark.parametrize("d", [1, 2, 4, 16])
@pytest.mark.parametrize("kind", ["normal", "blobs", "cents", "float32"])
def test_more_rows(kind, d):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scipys_single, "FEW", 1_000)
        assert is_scipys(rows(kind, 1_500, d, 0))


@pytest.mark.long
@pytest.mark.parametrize(
    "x", [make_moons(7_000, noise=0.05, random_state=0)[0], rows("cents", 7_000, 16, 0)]
)
def test_so_many_rows_that_edges_are_looked_for(x):
    found = spanning_edges.spanning_edges(x, RUNTIME, by_tree=x.shape[1] <= scipys_single.LOW)
    assert found is not None
    assert is_scipys(x)


def test_rows_on_a_grid_are_left_to_scikit_learn():
    grid = np.stack(np.meshgrid(*[np.arange(20.0)] * 2), axis=-1).reshape(-1, 2)
    assert spanning_edges.spanning_edges(grid, RUNTIME, by_tree=True) is None
    assert is_scipys(grid)


@pytest.mark.parametrize("d", [2, 5])
def test_neither_threads_nor_blocks_matter(d):
    x = rows("cents", 600, d, 0)
    with always_by_edges():
        whole = spanning_edges.spanning_edges(x, Runtime(threads=1), by_tree=d < 4)
        for cells, threads in ((700, 3), (40_000, 2)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(neighbours, "CELLS", cells)
                again = spanning_edges.spanning_edges(x, Runtime(threads=threads), by_tree=d < 4)
            assert np.array_equal(again, whole)


def test_by_hand():
    """0-1 and 5-6 are as near; SciPy finds 0-1 first, as it starts from the first row."""
    first, second, heights = scipys_single.scipys_single(
        np.array([[5.0], [0.0], [6.0], [1.0], [9.0]]), RUNTIME
    )
    assert np.column_stack([first, second]).tolist() == [[0, 2], [1, 3], [4, 5], [6, 7]]
    assert heights.tolist() == [1, 1, 3, 4]
