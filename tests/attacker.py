"""Whoever works out what is not told of a table, with linear programs over all that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog

from engine.utilities.few_counts import Untold

LEAST = 5


class Attacker:
    """Knows totals, shown cells, cells of nobody, and what was rounded: hidden cells and sums."""

    def __init__(self, counts, told: Untold, known=None, sums=()):
        self.shape, self.counts = counts.shape, counts
        n, m = counts.shape
        lines = [np.repeat(np.eye(n)[i], m) for i in range(n)]
        lines += [np.tile(np.eye(m)[j], n) for j in range(m)]
        self.equal = np.array(lines), [*counts.sum(axis=1), *counts.sum(axis=0)]
        fixed = ~told.hidden if known is None else ~told.hidden | known
        self.bounds = [
            (n, n) if fix else (0, None)
            for n, fix in zip(counts.ravel().tolist(), fixed.ravel(), strict=True)
        ]
        self.below = None
        one = [np.arange(n * m).reshape(n, m) == cell for cell in np.flatnonzero(told.hidden)]
        sums = [*sums, *(which for which in one if told.others)]
        if sums:
            rows, most = [], []
            for which in sums:
                total, step = told.told(counts, which)
                flat = which.ravel().astype(float)
                rows += [flat, -flat]
                most += [total + step / 2, step / 2 - total]
            self.below = np.array(rows), most

    def range_of(self, cell):
        found = []
        for sign in (1, -1):
            aim = np.zeros(self.shape)
            aim[cell] = sign
            done = linprog(
                aim.ravel(), *(self.below or (None, None)), *self.equal, bounds=self.bounds
            )
            assert done.status == 0
            found.append(round(sign * done.fun, 6))
        return found


def safe(counts: np.ndarray, told: Untold, known: Any = None, sums: Any = ()) -> None:
    """Assert that of no count of few more is known than that it may be anything."""
    attacker = Attacker(counts, told, known, sums)
    open_ = Untold(np.ones(counts.shape, bool), [], 1)  # what totals alone tell is told
    totals = Attacker(counts, open_, known)
    for cell in map(tuple, np.argwhere((counts > 0) & (counts < LEAST))):
        assert told.hidden[cell]
        lowest, highest = attacker.range_of(cell)
        least, most = totals.range_of(cell)
        assert highest >= min(LEAST, most)
        assert lowest < highest or least == most
        assert highest >= LEAST or lowest == least
