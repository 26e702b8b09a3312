"""Which counts of a table with totals are not told, so that nothing of few is had from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.utilities.count_paths import Cell, Paths

_STEPS = 4
"""Smallest groups to which a sum is rounded at least that would tell of few."""


@dataclass(frozen=True)
class Untold:
    """What is not told of a table of counts whose totals are.

    Attributes
    ----------
    hidden : bool array of shape (n_rows, n_columns)
    others : list of dict
        What the cells of other tables have more or less than this one's. All that is told fits
        these tables as well, and each count of few is another one in at least one of them.
    step : int
        The least that a sum is rounded to which these tables do not share.
    """

    hidden: np.ndarray
    others: list[dict[Cell, int]] = field(repr=False)
    step: int

    def told(self, counts: np.ndarray, which: np.ndarray) -> tuple[int, int]:
        """Give the sum of some cells as it may be told.

        Parameters
        ----------
        counts : int array of shape (n_rows, n_columns)
        which : bool array of shape (n_rows, n_columns)

        Returns
        -------
        total, step : int
            The sum itself and 0 where the other tables have the same. Otherwise rounded to a step
            so wide that they all are within half of one of it.
        """
        total = int(counts[which].sum())
        apart = [sum(n for cell, n in other.items() if which[cell]) for other in self.others]
        lowest, highest = min([0, *apart]), max([0, *apart])
        if lowest == highest:
            return total, 0
        step = self.step
        while True:
            told = step * round(total / step)
            if 2 * (told - total - lowest) <= step and 2 * (total + highest - told) <= step:
                return told, step
            step *= 2

    def rough(self, counts: np.ndarray) -> list[list[int | None]]:
        """Say about how many are in each cell that is not told; None of others, and of few.

        Each is rounded as :meth:`told` rounds a sum: the other tables lie within half of its step.
        None is more than its row in all.
        """
        found: list[list[int | None]] = [[None] * counts.shape[1] for _ in counts]
        for i, j in np.argwhere(self.hidden).tolist():
            which = np.zeros(counts.shape, bool)
            which[i, j] = True
            found[i][j] = min(self.told(counts, which)[0], int(counts[i].sum())) or None
        return found


def part_said(part: int, whole: int, step: int) -> str:
    """Say a part of a whole that may be rounded to a step, so that nothing false is said.

    Examples
    --------
    >>> part_said(75, 100, 0), part_said(80, 100, 20), part_said(0, 24, 20)
    ('75 (75%)', 'about 80 (80%)', 'fewer than 20')
    >>> part_said(3_020, 3_020, 20), part_said(24, 24, 0), part_said(0, 0, 0)
    ('all but a few', '24 (100%)', '0')
    """
    share = f" ({part / whole:.0%})" if whole else ""
    if not step:
        return f"{part:,}{share}"
    if not part:
        return f"fewer than {step:,}"
    if part + step // 2 >= whole:
        return "all but a few"
    return f"about {part:,}{share}"


def untold(counts: np.ndarray, least: int, known: np.ndarray | None = None) -> Untold:
    """Find the cells of a table of counts that are not told where its totals are.

    Parameters
    ----------
    counts : int array of shape (n_rows, n_columns)
        Customers, each in one cell.
    least : int
        A count from 1 to ``least - 1`` is not told. Nor are so many others that each of these could
        be ``least`` or more by all that is told. Where no more are in its row or column in all, it
        could be as many as the totals allow, and nobody.
    known : bool array of shape (n_rows, n_columns), optional
        Cells that everybody knows to hold nobody: they hide nothing.

    Returns
    -------
    untold : Untold

    Notes
    -----
    What could be more in a cell passes around a circle of cells that are not told, in turn taken
    from one and given to the next of a row or a column; how much is a maximum flow in the network
    of rows and columns. Where it is too little, the circle is closed that hides the fewest
    customers more. What need not be hidden in the end is told after all, the largest first.
    O(f (n_rows + n_columns)^2) for f counts of few, times how often one is looked at.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, chapter 4: secondary suppression.

    Examples
    --------
    >>> import numpy as np
    >>> untold(np.array([[90, 2, 8], [10, 50, 7], [9, 20, 60]]), 5).hidden.astype(int).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> bool(untold(np.array([[90, 2]]), 1).hidden.any())
    False
    """
    paths = Paths(counts, (counts > 0) & (counts < least), known)
    few: list[Cell] = [(int(i), int(j)) for i, j in np.argwhere(paths.hidden)]
    witnesses = {}
    for cell in few:
        witnesses[cell] = _witnesses(paths, cell, least)
    _tell_again(paths, witnesses, least)
    others = [other for found in witnesses.values() for other in found if other]
    return Untold(paths.hidden, others, _STEPS * least)


def _witnesses(paths: Paths, cell: Cell, least: int) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """Give other tables in which the cell has more and, where that is not enough, nobody."""
    n = int(paths.counts[cell])
    more = paths.shifted(cell, least - n)
    less = paths.shifted(cell, -n) if n + more.get(cell, 0) < least else {}
    return more, less


def _tell_again(
    paths: Paths, witnesses: dict[Cell, tuple[dict[Cell, int], dict[Cell, int]]], least: int
) -> None:
    """Tell what need not be hidden, the largest first."""
    again = [cell for cell in paths.closed if cell not in witnesses]
    for cell in sorted(again, key=lambda at: (-paths.counts[at], at)):
        using = [of for of, found in witnesses.items() if any(cell in one for one in found)]
        paths.tell(cell)
        replaced = {}
        for of in sorted(using, key=lambda of: of != paths.closed[cell]):
            found = tuple(
                paths.shifted(of, one[of], closing=False) if one else one for one in witnesses[of]
            )
            if any(
                one.get(of) != was.get(of) for one, was in zip(found, witnesses[of], strict=True)
            ):
                paths.hide(cell)
                break
            replaced[of] = found[0], found[1]
        else:
            witnesses.update(replaced)


def untold_parts(counts: Sequence[int] | np.ndarray, least: int) -> np.ndarray:
    """Find the parts of a total that are not told where it is.

    Parameters
    ----------
    counts : sequence of int
    least : int
        A count from 1 to ``least - 1`` is not told. Nor are others, the smallest first, until
        there are two and they come to ``least`` together. What is hidden and need not be in the end
        is told after all, the largest first.

    Returns
    -------
    hidden : bool array of shape (n_parts,)

    Examples
    --------
    >>> untold_parts([90, 2, 8], 5).tolist(), untold_parts([90, 2, 3], 5).tolist()
    ([False, True, True], [False, True, True])
    >>> untold_parts([90, 8], 5).tolist()
    [False, False]
    """
    values = np.asarray(counts, np.int64)
    few: np.ndarray = (values > 0) & (values < least)
    hidden = few.copy()
    if not hidden.any():
        return hidden
    shown = sorted(np.flatnonzero(~few & (values > 0)).tolist(), key=lambda i: values[i])
    for i in [*shown, *np.flatnonzero(values == 0).tolist()]:
        if hidden.sum() > 1 and values[hidden].sum() >= least:
            break
        hidden[i] = True
    for i in sorted(np.flatnonzero(hidden & ~few).tolist(), key=lambda i: -values[i]):
        hidden[i] = False
        hidden[i] = hidden.sum() < 2 or values[hidden].sum() < least
    return hidden
