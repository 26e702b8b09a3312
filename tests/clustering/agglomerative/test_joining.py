"""Exact merges: SciPy's heights, a valid step everywhere, weights as duplicates, any block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist

from engine.clustering.agglomerative import joining, neighbours, scipys_single
from engine.clustering.agglomerative.joining import joined
from engine.clustering.agglomerative.ward import ward
from engine.clustering.tree import Tree, grown
from engine.places.runtime import Runtime

RUNTIME = Runtime(threads=2)


@pytest.fixture(autouse=True, scope="module")
def few_rows_are_joined_as_many():
    """Libraries join few rows: here what joins many is looked at on few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "FEW", 0)
        patch.setattr(joining, "FEW_A_COLUMN", 0)
        patch.setattr(scipys_single, "FEW", 9)
        yield


def scipy_linkage(x: np.ndarray, method: str) -> np.ndarray:
    return linkage(pdist(x.astype(np.float64)), method)


def rows(kind: str, n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = {
        "normal": lambda: rng.normal(size=(n, d)),
        "offset": lambda: 1e5 + rng.normal(size=(n, d)),
        "two far blobs": lambda: rng.normal(size=(n, d)) + 1e4 * (rng.random((n, 1)) < 0.5),
        "outlier": lambda: rng.normal(size=(n, d)) + 1e6 * (np.arange(n) == 0)[:, None],
        "heavy tails": lambda: rng.standard_cauchy((n, d)),
        "collinear": lambda: rng.normal(size=(n, 1)) * np.ones(d),
        "growing chain": lambda: np.cumprod(np.full((n, 1), 1.3), axis=0) * np.ones(d),
        "tiny": lambda: rng.normal(size=(n, d)) * 1e-30,
        "huge": lambda: rng.normal(size=(n, d)) * 1e30,
    }[kind]()
    return x.astype(np.float32)


KINDS = [
    "normal", "offset", "two far blobs", "outlier", "heavy tails", "collinear", "growing chain",
    "tiny", "huge",
]  # fmt: skip


@given(st.sampled_from(KINDS), st.integers(2, 80), st.integers(1, 6), st.integers(0, 10_000))
def test_ward_heights_are_scipys(kind, n, d, seed):
    # A coarse float32 grid far from the origin makes ties, which SciPy may decide otherwise.
    x = np.unique(rows(kind, n, d, seed), axis=0)
    if kind in ("offset", "two far blobs") and d == 1:
        return
    theirs = scipy_linkage(x, "ward")[:, 2] if len(x) > 1 else np.empty(0)
    assert joined(x, "ward", RUNTIME).heights == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("method", ["single", "complete", "average"])
@given(st.sampled_from(KINDS), st.integers(2, 60), st.integers(2, 5), st.integers(0, 10_000))
def test_other_heights_are_scipys(method, kind, n, d, seed):
    x = rows(kind, n, d, seed)
    theirs = scipy_linkage(x, method)
    tree = joined(x, method, RUNTIME)
    assert tree.heights == pytest.approx(theirs[:, 2], rel=1e-9)
    assert np.array_equal(np.sort(tree.children, axis=None), np.arange(2 * n - 2))


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4), st.integers(2, 40))
def test_single_heights_do_not_depend_on_ties(seed, grid, d, n):
    x = np.random.default_rng(seed).integers(0, grid + 1, (n, d)).astype(np.float32)
    theirs = scipy_linkage(x, "single")[:, 2]
    assert joined(x, "single", RUNTIME).heights == pytest.approx(theirs, rel=1e-12)


def valid_greedy(tree: Tree) -> bool:
    """Whether each merge joins a closest pair, by brute force in float64, at the told height."""
    members = {i: (tree.weights[i], tree.means[i]) for i in range(tree.n_leaves)}
    for made, ((a, b), height) in enumerate(zip(tree.children, tree.heights, strict=True)):
        nodes = list(members)
        w = np.array([members[i][0] for i in nodes], float)
        c = np.array([members[i][1] for i in nodes])
        squared = ((c[:, None] - c) ** 2).sum(axis=2) * 2 / (1 / w[:, None] + 1 / w)
        np.fill_diagonal(squared, np.inf)
        i, j = nodes.index(a), nodes.index(b)
        scale = 1e-9 * (squared[np.isfinite(squared)].max() + 1e-300)
        if abs(squared[i, j] - height**2) > scale or squared[i, j] > squared.min() + scale:
            return False
        (wa, ca), (wb, cb) = members.pop(a), members.pop(b)
        members[tree.n_leaves + made] = (wa + wb, (wa * ca + wb * cb) / (wa + wb))
    return len(members) == 1


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4), st.integers(2, 30))
def test_ward_among_ties_always_joins_a_closest_pair(seed, grid, d, n):
    x = np.random.default_rng(seed).integers(0, grid + 1, (n, d)).astype(np.float32)
    assert valid_greedy(joined(x, "ward", RUNTIME))


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((50, 3)),
        np.arange(60.0)[:, None],
        np.stack(np.meshgrid(np.arange(7), np.arange(7)), axis=-1).reshape(-1, 2),
        np.eye(30),
        np.cumsum(np.arange(40.0))[:, None],
        np.repeat(np.eye(4), 9, axis=0),
        np.exp(2j * np.pi * np.arange(24) / 24).view(float).reshape(-1, 2),
    ],
    ids=["equal", "line", "square", "simplex", "growing gaps", "repeated", "circle"],
)
@pytest.mark.parametrize("method", ["ward", "single"])
def test_degenerate_rows(x, method):
    x = x.astype(np.float32)
    tree = joined(x, method, RUNTIME)
    assert (np.diff(tree.heights) >= 0).all()
    assert np.array_equal(np.sort(tree.children, axis=None), np.arange(2 * len(x) - 2))
    if method == "ward":
        assert valid_greedy(tree)
    else:
        theirs = scipy_linkage(x, method)[:, 2]
        assert tree.heights == pytest.approx(theirs, rel=1e-9)


def test_ward_by_hand():
    """0 and 1 join at 1; with 4 at sqrt(2 * 2 * 1 / 3) * 3.5; weights 3 and 1 at sqrt(1.5)."""
    _, _, heights = ward(np.array([[0.0], [1], [4]]), np.ones(3), RUNTIME)
    assert heights == pytest.approx([1, np.sqrt(4 / 3) * 3.5])
    first, second, heights = ward(np.array([[0.0], [1]]), np.array([3, 1]), RUNTIME)
    assert (first.tolist(), second.tolist()) == ([0], [1])
    assert heights == pytest.approx([np.sqrt(1.5)])


@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(1, 4))
def test_weights_are_duplicated_rows(seed, n, d):
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=(n, d)).astype(np.float32), rng.integers(1, 6, n)
    merges = ward(x.astype(np.float64), weights, RUNTIME)
    few = grown(*merges, weights=weights, means=x.astype(np.float64))
    owner = np.repeat(np.arange(n), weights)
    many = joined(x[owner], "ward", RUNTIME)
    theirs = scipy_linkage(x[owner], "ward")[:, 2]
    repeats = len(owner) - n
    assert many.heights == pytest.approx(theirs, rel=1e-7, abs=1e-7)
    assert not many.heights[:repeats].any()
    assert few.heights == pytest.approx(many.heights[repeats:], rel=1e-12)
    for k in range(1, n + 1):
        assert np.array_equal(few.cut(k)[owner], many.cut(k))


@pytest.mark.parametrize("method", ["ward", "single"])
@given(st.integers(0, 10_000), st.sampled_from([-20, -3, 4, 30]))
def test_heights_scale(method, seed, power):
    x = np.random.default_rng(seed).normal(size=(40, 3)).astype(np.float32)
    one, other = (joined(v, method, RUNTIME) for v in (x, x * np.float32(2.0**power)))
    assert np.array_equal(one.children, other.children)
    assert np.array_equal(one.heights * 2.0**power, other.heights)


@pytest.mark.long_at("grid-*", "offset-*")
@pytest.mark.parametrize("method", ["ward", "single", "complete", "average"])
@pytest.mark.parametrize("kind", ["normal", "grid", "offset"])
def test_neither_blocks_nor_threads_nor_row_order_matter(method, kind):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 6, (700, 3)) if kind == "grid" else rng.normal(size=(700, 3))
    x = (x + 1e4 * (kind == "offset")).astype(np.float32)
    whole = joined(x, method, Runtime(threads=1))
    for cells, threads in ((1, 1), (5_000, 3), (40_000, 2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(neighbours, "CELLS", cells)
            again = joined(x, method, Runtime(threads=threads))
        assert again.children.tobytes() == whole.children.tobytes()
        assert again.heights.tobytes() == whole.heights.tobytes()
    turn = rng.permutation(len(x))
    turned = joined(x[turn], method, RUNTIME)
    assert turned.heights.tobytes() == whole.heights.tobytes()
    k = 20
    pairs = np.column_stack([whole.cut(k)[turn], turned.cut(k)])
    assert len(np.unique(pairs, axis=0)) == k


def test_float32_alone_would_join_the_wrong_pairs():
    """The case that makes the second look necessary: spread 1, a hundred thousand away."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4)) + 1e4 * (np.arange(400) % 2)[:, None]
    x = x.astype(np.float32)
    asked = []
    look = neighbours.Neighbours._look
    with pytest.MonkeyPatch.context() as patch:

        def counted(self, some, *more):
            asked.append(len(some))
            return look(self, some, *more)

        patch.setattr(neighbours.Neighbours, "_look", counted)
        tree = joined(x, "ward", Runtime())
    assert sum(asked) > 200
    assert tree.heights == pytest.approx(scipy_linkage(x, "ward")[:, 2], rel=1e-9)


@pytest.mark.parametrize("method", ["ward", "complete", "average", "single"])
def test_one_row_is_joined_with_nothing(method):
    tree = joined(np.ones((1, 2), np.float32), method, RUNTIME)
    assert (tree.n_leaves, len(tree.heights)) == (1, 0)
