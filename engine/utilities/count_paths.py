"""How counts of a table could be others, its totals and what is told of it being the same."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

Cell = tuple[int, int]
"""A row and a column."""


class Paths:
    """Circles through the cells of a table that are not told.

    Rows and columns are the nodes of a network. From a row to a column goes what is added to their
    cell, from a column to a row what is taken from it.

    Parameters
    ----------
    counts : int array of shape (n_rows, n_columns)
    hidden : bool array of shape (n_rows, n_columns)
        Cells that are not told. Grows by what closes circles.
    known : bool array of shape (n_rows, n_columns), optional
        Cells that are never hidden, as everybody knows them.

    Attributes
    ----------
    closed : dict of Cell to Cell
        What was hidden to close a circle, and for which cell that was.

    References
    ----------
    Ahuja, Magnanti, Orlin (1993), Network Flows, chapters 4 and 6; Hundepool et al. (2012),
    Statistical Disclosure Control, section 4.4, for its use on tables with totals.
    """

    def __init__(
        self, counts: np.ndarray, hidden: np.ndarray, known: np.ndarray | None = None
    ) -> None:
        self.counts = np.asarray(counts, np.int64)
        self.hidden = np.array(hidden, bool)
        self.closed: dict[Cell, Cell] = {}
        self._known = np.zeros_like(self.hidden) if known is None else np.asarray(known, bool)
        self._rows = rows = len(self.counts)
        self._open = np.zeros((sum(self.counts.shape),) * 2, bool)
        self._open[:rows, rows:] = self.hidden
        self._open[rows:, :rows] = (self.hidden & (self.counts > 0)).T

    def hide(self, cell: Cell) -> None:
        """Tell a cell no more."""
        self.hidden[cell] = True
        self._set(cell, int(self.counts[cell]))

    def tell(self, cell: Cell) -> None:
        """Tell a cell again."""
        self.hidden[cell] = False
        self._set(cell, int(self.counts[cell]))

    def _set(self, cell: Cell, left: int) -> None:
        row, column = cell[0], self._rows + cell[1]
        hidden = bool(self.hidden[cell])
        self._open[row, column], self._open[column, row] = hidden, hidden and left > 0

    def shifted(self, cell: Cell, by: int, *, closing: bool = True) -> dict[Cell, int]:
        """Find a table of the same totals in which a cell has as much more or less as can be.

        Parameters
        ----------
        cell : Cell
        by : int
            At most so many more, or less where it is negative.
        closing : bool
            Whether more cells may be hidden for it, of as few customers as serve.

        Returns
        -------
        shifts : dict of Cell to int
            What cells have more or less; empty where nothing can be shifted.
        """
        row, column = cell[0], self._rows + cell[1]
        ends = (column, row) if by > 0 else (row, column)
        shifts: dict[Cell, int] = {}
        done = 0
        while done < abs(by):
            self._open[ends] = False  # the cell itself is no way around
            nodes = self._through(*ends)
            if nodes is None and closing:
                nodes = self._closing(cell, *ends, shifts)
            if nodes is None:
                break
            done += self._pass(nodes, abs(by) - done, shifts)
        for other in [cell, *shifts]:
            self._set(other, int(self.counts[other]))
        return {**shifts, cell: done if by > 0 else -done} if done else {}

    def _cell(self, start: int, end: int) -> tuple[Cell, int]:
        """Give the cell between two nodes, and whether something is added to or taken from it."""
        if start < self._rows:
            return (start, end - self._rows), 1
        return (end, start - self._rows), -1

    def _pass(self, nodes: list[int], most: int, shifts: dict[Cell, int]) -> int:
        """Send as much as a path takes, and give how much that is."""
        steps = [self._cell(*pair) for pair in pairwise(nodes)]
        left = {at: int(self.counts[at]) + shifts.get(at, 0) for at, _ in steps}
        much = min([most, *(left[at] for at, sign in steps if sign < 0)])
        for at, sign in steps:
            shifts[at] = shifts.get(at, 0) + sign * much
            self._set(at, left[at] + sign * much)
        return much

    def _through(self, start: int, end: int) -> list[int] | None:
        """Find a shortest path through hidden cells: breadth first, a layer at a time."""
        before = np.full(len(self._open), -1)
        before[start] = start
        layer = np.array([start])
        while len(layer):
            ways = self._open[layer]
            reached = np.flatnonzero(ways.any(axis=0) & (before < 0))
            before[reached] = layer[ways[:, reached].argmax(axis=0)]
            if before[end] >= 0:
                return _walked(before, start, end)
            layer = reached
        return None

    def _closing(
        self, cell: Cell, start: int, end: int, shifts: dict[Cell, int]
    ) -> list[int] | None:
        """Find the path on which the fewest customers are hidden more, and hide them."""
        from scipy.sparse import csr_array  # 0.3 s, which few tables need
        from scipy.sparse.csgraph import dijkstra

        left = self.counts.copy()
        for at, n in shifts.items():
            left[at] += n
        costs = np.where(self.hidden, 0.0, self.counts + 1.0)
        costs[self._known] = np.inf
        costs[cell] = np.inf
        taken = np.where(left > 0, costs, np.inf)
        rows, columns = costs.shape
        to = np.concatenate([
            np.tile(np.arange(rows, rows + columns), rows), np.tile(np.arange(rows), columns)
        ])  # fmt: skip
        starts = np.concatenate([
            np.arange(rows) * columns, rows * columns + np.arange(columns + 1) * rows
        ])  # fmt: skip
        data = np.concatenate([costs.ravel(), taken.T.ravel()])
        network = csr_array((data, to, starts), shape=(rows + columns,) * 2)
        far, before = dijkstra(network, indices=[start], return_predecessors=True)
        if not np.isfinite(far[0, end]):
            return None
        nodes = _walked(before[0], start, end)
        for at in [self._cell(*pair)[0] for pair in pairwise(nodes)]:
            if not self.hidden[at]:
                self.closed[at] = cell
                self.hide(at)
        return nodes


def _walked(before: np.ndarray, start: int, end: int) -> list[int]:
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    return nodes[::-1]
