"""The tree: SciPy's numbering, cuts, its top, and plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import dendrogram, fcluster, is_valid_linkage, linkage
from scipy.spatial.distance import pdist

from engine.clustering.agglomerative.joining import joined
from engine.clustering.tree import Tree, grown, weighted_means
from engine.errors import DataError
from engine.places.runtime import Runtime


def by_hand() -> Tree:
    """Five leaves on a line at 0, 1, 5, 7, 20; merges given in another order than by height."""
    means = np.array([[0.0], [1], [5], [7], [20]])
    first, second = np.array([2, 0, 5, 7]), np.array([3, 1, 6, 4])
    weights = np.array([1, 2, 3, 4, 5])
    return grown(first, second, np.array([2.0, 1, 5, 14]), weights=weights, means=means)


def test_merges_are_ordered_and_numbered_by_height():
    tree = by_hand()
    assert tree.children.tolist() == [[0, 1], [2, 3], [5, 6], [4, 7]]
    assert tree.heights.tolist() == [1, 2, 5, 14]
    assert tree.linkage()[:, 3].tolist() == [2, 2, 4, 5]
    assert tree.linkage(weighted=True)[:, 3].tolist() == [3, 7, 10, 15]
    assert is_valid_linkage(tree.linkage())


def test_cuts_by_count_and_by_height():
    tree = by_hand()
    cuts = {k: tree.cut(k).tolist() for k in range(1, 6)}
    assert cuts == {
        1: [0, 0, 0, 0, 0],
        2: [0, 0, 0, 0, 1],
        3: [0, 0, 1, 1, 2],
        4: [0, 0, 1, 2, 3],
        5: [0, 1, 2, 3, 4],
    }
    assert tree.cut(3).dtype == np.int32
    # At a merge's very height it is undone, as by scikit-learn.
    assert [tree.count_at(h) for h in (0.5, 1, 1.5, 2, 5, 5.1, 14, 15)] == [5, 5, 4, 4, 3, 2, 2, 1]
    assert tree.cut_at(5).tolist() == cuts[3]


@pytest.mark.parametrize("k", [0, 6, -1])
def test_cuts_out_of_range(k):
    with pytest.raises(DataError) as caught:
        by_hand().cut(k)
    assert str(caught.value) == f"a tree of 5 leaves cannot be cut into {k} clusters."


def test_the_top_is_a_tree_of_clusters():
    top = by_hand().top(2)
    assert top.children.tolist() == [[0, 1], [2, 3]]
    assert top.heights.tolist() == [5, 14]
    assert top.weights.tolist() == [3, 7, 5]
    assert top.means[:, 0] == pytest.approx([2 / 3, 43 / 7, 20])
    whole = by_hand().top(99)
    assert np.array_equal(whole.children, by_hand().children)


def test_plain_arrays_and_back():
    tree = by_hand()
    again = Tree.from_arrays(tree.to_arrays())
    assert all(np.array_equal(a, again.to_arrays()[n]) for n, a in tree.to_arrays().items())
    with pytest.raises(KeyError):
        Tree.from_arrays({"children": tree.children})


def test_one_leaf():
    tree = joined(np.ones((1, 2), np.float32), "ward", Runtime())
    assert tree.cut(1).tolist() == [0]
    assert tree.linkage().shape == (0, 4)
    assert tree.top(5).n_leaves == 1


def test_weighted_means_by_hand():
    means = weighted_means(np.array([[0.0, 1], [3, 1], [9, 9]]), np.array([2, 1, 5]), [0, 0, 1])
    assert means.tolist() == [[1, 1], [9, 9]]


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 8))
def test_cuts_and_tops_are_scipys(seed, n, p):
    x = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    tree, matrix = joined(x, "ward", Runtime()), linkage(pdist(x.astype(float)), "ward")
    k = 1 + seed % n
    theirs = fcluster(matrix, k, "maxclust")
    assert same_partition(tree.cut(k), theirs)
    height = tree.heights[seed % (n - 1)] * (1 + 1e-9)
    assert same_partition(tree.cut_at(height), fcluster(matrix, height, "distance"))
    top = tree.top(p)
    assert top.weights.sum() == n
    assert np.array_equal(top.heights, tree.heights[-p:])
    shown = dendrogram(tree.linkage(), p=len(top.weights), truncate_mode="lastp", no_plot=True)
    assert len(shown["leaves"]) == top.n_leaves or n == 2
    for k in range(1, top.n_leaves + 1):
        assert np.array_equal(top.cut(k)[tree.cut(top.n_leaves)], tree.cut(k))


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings differ in their numbers alone."""
    pairs = np.unique(np.column_stack([one, other]), axis=0)
    return len(pairs) == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("columns", [2, 6, 40])
def test_means_are_weighted_however_many_columns_there_are(columns):
    rng = np.random.default_rng(0)
    means, weights = rng.normal(size=(300, columns)), rng.integers(1, 9, 300)
    clusters = np.concatenate([np.arange(7), rng.integers(0, 7, 293)]).astype(np.int32)
    expected = [
        np.average(means[clusters == c], axis=0, weights=weights[clusters == c]) for c in range(7)
    ]
    assert weighted_means(means, weights, clusters) == pytest.approx(np.array(expected), rel=1e-12)
