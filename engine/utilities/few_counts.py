"""Which counts of a table with totals tell of few, and which others these could be had from."""

from __future__ import annotations

import numpy as np


def untold(counts: np.ndarray, least: int) -> np.ndarray:
    """Find the cells of a table of counts that are not told where its totals are.

    Parameters
    ----------
    counts : int array of shape (n_rows, n_columns)
        Customers, each in one cell.
    least : int
        A count from 1 to ``least - 1`` is not told. Nor are others, the smallest first, until no
        row and no column has one alone, or several that come to less: the rest of a total would
        tell. What is hidden and need not be in the end is told after all, the largest first.

    Returns
    -------
    hidden : bool array of shape (n_rows, n_columns)

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, chapter 4: secondary suppression.

    Examples
    --------
    >>> import numpy as np
    >>> untold(np.array([[90, 2, 8], [10, 50, 7], [9, 20, 60]]), 5).astype(int).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> bool(untold(np.array([[90, 2]]), 1).any())
    False
    """
    few: np.ndarray = (counts > 0) & (counts < least)
    hidden = few.copy()
    changed = bool(hidden.any())
    while changed:
        changed = False
        for axis in (0, 1):
            # Views: what is hidden in a column is hidden in its row.
            lines = (
                zip(counts.T, hidden.T, strict=True) if axis else zip(counts, hidden, strict=True)
            )
            for line, hide in lines:
                more = _another(line, hide, least)
                if more is not None:
                    hide[more] = changed = True
    for i, j in sorted(np.argwhere(hidden & ~few).tolist(), key=lambda at: -counts[*at]):
        hidden[i, j] = False
        both = (counts[i], hidden[i]), (counts[:, j], hidden[:, j])
        hidden[i, j] = any(_another(line, hide, least) is not None for line, hide in both)
    return hidden


def _another(line: np.ndarray, hide: np.ndarray, least: int) -> int | None:
    """Give the next cell that is to be hidden in a row or a column; None where none is."""
    n = int(hide.sum())
    if not n or (n > 1 and line[hide].sum() >= least):
        return None
    shown = np.flatnonzero(~hide & (line > 0))
    if len(shown):
        return int(shown[np.argmin(line[shown])])
    none = np.flatnonzero(~hide)
    return int(none[0]) if n == 1 and len(none) else None
