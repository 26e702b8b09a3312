"""Customers without groups: drawn as wide as real ones, and lumpy where their columns are.

A number that takes many values is drawn smoothly: its own shape must not pass into the cloud, or
two groups along one axis would count as chance. A flag, a small count, a category or a number that
is mostly zero is another matter: its lumps are no groups, and any cut along them is compact. So
such a column takes its own values, in the order that the smooth draw gives them, and a category
with all of its columns at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

FEW_VALUES = 20
"""Distinct values up to which a column is lumpy: flags and codes have gaps by nature."""

_HEAVY = 0.1
"""Share of the rows that one value must have for a column of many values to be lumpy."""

_BOX = (0.01, 0.99)

Blocks = Sequence[Sequence[int]]
"""Columns of the prepared matrix that stand for one column of the file, such as a category's."""

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def lumps(x: np.ndarray, blocks: Blocks = ()) -> tuple[tuple[int, ...], ...]:
    """Find the lumpy columns.

    Parameters
    ----------
    x : float32 array of shape (n, n_prepared)
    blocks : sequence of sequences of int
        Columns that belong together; the others stand alone.

    Returns
    -------
    lumps : tuple of tuple of int
        Blocks, and single columns with at most 20 distinct values or with one that at least a
        tenth of the rows have. Constant columns are none. O(n n_prepared log n).

    Examples
    --------
    >>> lumps(np.array([[0, 1], [1, 1], [0, 1]], np.float32))
    ((0,),)
    """
    together = {j for block in blocks for j in block}
    alone = (j for j in range(x.shape[1]) if j not in together and _lumpy(x[:, j]))
    return (*(tuple(block) for block in blocks), *((j,) for j in alone))


def _lumpy(column: np.ndarray) -> bool:
    values, counts = np.unique(column, return_counts=True)
    few = len(values) <= FEW_VALUES or counts.max() >= _HEAVY * len(column)
    return len(values) > 1 and bool(few)


def gaussian(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a Gaussian cloud with the same covariance; float64, of the shape of ``x``."""
    mean = x.mean(axis=0, dtype=np.float64)
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(x, rowvar=False, dtype=np.float64)))
    shape = axes * np.sqrt(np.maximum(values, 0))
    cloud: np.ndarray = mean + rng.standard_normal(x.shape) @ shape.T
    return cloud


def box(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw rows evenly over the box, along the principal axes, that holds nearly all."""
    mean = x.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov(x, rowvar=False, dtype=np.float64)))
    low, high = np.quantile((x - mean) @ axes, _BOX, axis=0)
    cloud: np.ndarray = mean + rng.uniform(low, high, x.shape) @ axes.T
    return cloud


@dataclass(frozen=True)
class Wide:
    """Customers as they were prepared, and the way from there to where they are clustered.

    Attributes
    ----------
    x : float32 array of shape (n, n_prepared)
    project : callable
        Gives the float32 rows, of shape (n, n_columns), where customers are clustered.
    blocks : sequence of sequences of int
        As :func:`lumps` takes them.
    """

    x: np.ndarray
    project: Callable[[np.ndarray], np.ndarray]
    blocks: Blocks = ()

    @cached_property
    def lumps(self) -> tuple[tuple[int, ...], ...]:
        """Lumpy columns of these rows."""
        return lumps(self.x, self.blocks)

    def of(self, rows: np.ndarray | slice) -> Wide:
        """Give some of the rows; what is lumpy is asked anew."""
        return Wide(np.ascontiguousarray(self.x[rows]), self.project, self.blocks)

    def draw(self, smooth: Draw, rng: np.random.Generator) -> np.ndarray:
        """Draw as many customers without groups, where customers are clustered; float32."""
        cloud = smooth(self.x, rng)
        for columns in self.lumps:
            if len(columns) > 1:
                cloud[:, columns] = self.x[rng.permutation(len(self.x))][:, columns]
            else:
                ranks = cloud[:, columns[0]].argsort(kind="stable").argsort(kind="stable")
                cloud[:, columns[0]] = np.sort(self.x[:, columns[0]])[ranks]
        return self.project(cloud.astype(np.float32))
