"""The tree of an agglomerative clustering: what was joined at which height, cut anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.errors import DataError

_MANY_COLUMNS, _FEW_CELLS = 6, 1 << 15
"""From and up to which means are added up in all columns at a time; after that column by column is
quicker, and holds no second array of their size."""

Merges = tuple[np.ndarray, np.ndarray, np.ndarray]
"""What each merge joins (leaves, then n + the merge that made it), and its height."""


@dataclass(frozen=True)
class Tree:
    """Leaves joined two at a time, in SciPy's and scikit-learn's numbering.

    Attributes
    ----------
    children : int64 array of shape (n_leaves - 1, 2)
        Merge ``i`` joins these two and makes node ``n_leaves + i``; the smaller number first.
    heights : float64 array of shape (n_leaves - 1,)
        Distance at which each merge happened, ascending; SciPy's convention, for ward
        ``sqrt(2 a b / (a + b)) |x - y|`` for clusters of sizes a, b with means x, y.
    weights : int64 array of shape (n_leaves,)
        Rows that each leaf stands for.
    means : float64 array of shape (n_leaves, n_columns)
        Mean of those rows.

    Examples
    --------
    >>> import numpy as np
    >>> tree = Tree(
    ...     children=np.array([[0, 1], [2, 3]]),
    ...     heights=np.array([1.0, 5.0]),
    ...     weights=np.ones(3, np.int64),
    ...     means=np.array([[0.0], [1.0], [5.5]]),
    ... )
    >>> tree.cut(2).tolist(), tree.count_at(0.5)
    ([0, 0, 1], 3)
    """

    children: np.ndarray
    heights: np.ndarray
    weights: np.ndarray
    means: np.ndarray

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return len(self.weights)

    def linkage(self, *, weighted: bool = False) -> np.ndarray:
        """Give SciPy's linkage matrix.

        Parameters
        ----------
        weighted : bool
            Count the rows below each merge instead of the leaves. SciPy's own functions want
            leaves; rows are for people.

        Returns
        -------
        matrix : float64 array of shape (n_leaves - 1, 4)
            The two nodes, the height and the count.
        """
        below = self._below(self.weights if weighted else np.ones(self.n_leaves, np.int64))
        return np.column_stack([self.children, self.heights, below[self.n_leaves :]]).astype(float)

    def cut(self, k: int) -> np.ndarray:
        """Undo the last ``k - 1`` merges.

        Parameters
        ----------
        k : int
            Clusters wanted, from 1 to ``n_leaves``.

        Returns
        -------
        clusters : int32 array of shape (n_leaves,)
            Cluster of each leaf, numbered by first leaf. O(n log n).

        Raises
        ------
        DataError
            ``k`` is out of range.
        """
        if not isinstance(k, int | np.integer) or isinstance(k, bool):
            message = f"the number of clusters must be a whole number, not {k!r}."
            raise DataError(message)
        if not 1 <= k <= self.n_leaves:
            message = f"a tree of {self.n_leaves:,} leaves cannot be cut into {k:,} clusters."
            raise DataError(message)
        roots, each = self._roots(self.n_leaves - k), np.arange(self.n_leaves)
        first = np.empty(self.n_leaves + len(self.heights), np.int64)
        first[roots[::-1]] = each[::-1]  # of a root's leaves the last that is written: its first
        leading = first[roots]
        rank = np.cumsum(leading == each, dtype=np.int32) - 1
        cluster: np.ndarray = rank[leading]
        return cluster

    def count_at(self, height: float) -> int:
        """Count the clusters that are left when only merges below ``height`` are done."""
        return int(np.count_nonzero(self.heights >= height)) + 1

    def cut_at(self, height: float) -> np.ndarray:
        """Undo the merges at ``height`` and above, as scikit-learn's ``distance_threshold`` does.

        Parameters
        ----------
        height : float

        Returns
        -------
        clusters : int32 array of shape (n_leaves,)
        """
        return self.cut(self.count_at(height))

    def top(self, p: int) -> Tree:
        """Keep the last ``p`` merges, for a figure; what was joined before becomes a leaf.

        Parameters
        ----------
        p : int
            Capped at the number of merges.

        Returns
        -------
        tree : Tree
            With ``p + 1`` leaves: the clusters of ``cut(p + 1)``, in that order.
        """
        p = min(p, len(self.heights))
        done = len(self.heights) - p
        clusters = self.cut(p + 1)
        number = np.full(self.n_leaves + len(self.heights), -1, np.int64)
        number[self._roots(done)] = clusters
        number[self.n_leaves + done :] = np.arange(p + 1, 2 * p + 1)
        weights = np.bincount(clusters, weights=self.weights).astype(np.int64)
        means = weighted_means(self.means, self.weights, clusters)
        children = np.sort(number[self.children[done:]], axis=1)
        return Tree(children, self.heights[done:], weights, means)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Give plain arrays for saving, by name."""
        return {
            "children": self.children,
            "heights": self.heights,
            "weights": self.weights,
            "means": self.means,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Tree:
        """Make a tree of what :meth:`to_arrays` gave; KeyError where something is missing."""
        return cls(arrays["children"], arrays["heights"], arrays["weights"], arrays["means"])

    def _roots(self, done: int) -> np.ndarray:
        """Node that each leaf lies under after the first ``done`` merges: pointers, doubled."""
        parent = np.arange(self.n_leaves + len(self.heights))
        parent[self.children[:done]] = self.n_leaves + np.arange(done)[:, None]
        while True:
            further = parent[parent]
            if (further == parent).all():
                return parent[: self.n_leaves]
            parent = further

    def _below(self, weights: np.ndarray) -> np.ndarray:
        """Sum of the weights below each node: children come before their parents."""
        below = [*weights.tolist()]
        for first, second in self.children.tolist():
            below.append(below[first] + below[second])
        return np.array(below, np.int64)


def grown(
    first: np.ndarray,
    second: np.ndarray,
    heights: np.ndarray,
    *,
    weights: np.ndarray,
    means: np.ndarray,
) -> Tree:
    """Make a tree of merges in the order they were found.

    Parameters
    ----------
    first, second : int64 array of shape (n_leaves - 1,)
        What merge ``i`` joins: leaves, or ``n_leaves + j`` for what merge ``j < i`` made.
    heights : float64 array of shape (n_leaves - 1,)
        In any order in which no merge is lower than those below it.
    weights : int64 array of shape (n_leaves,)
    means : float64 array of shape (n_leaves, n_columns)
    """
    order = np.argsort(heights, kind="stable")
    number = np.arange(len(weights) + len(heights))
    number[len(weights) + order] = len(weights) + np.arange(len(heights))
    children = np.sort(number[np.column_stack([first, second])[order]], axis=1)
    return Tree(children.astype(np.int64), heights[order], weights, means)


def weighted_means(means: np.ndarray, weights: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Mean of each cluster of weighted points: float64 array of shape (n_clusters, n_columns)."""
    total = np.bincount(clusters, weights=weights)
    if means.shape[1] >= _MANY_COLUMNS and means.size <= _FEW_CELLS:
        order = np.argsort(clusters, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(clusters))[:-1]])
        parts = means[order] * weights[order][:, None]
        return np.asarray(np.add.reduceat(parts, starts, axis=0)) / total[:, None]
    columns = [np.bincount(clusters, weights=weights * column) for column in means.T]
    return np.column_stack(columns) / total[:, None]
