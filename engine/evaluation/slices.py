"""Whether finer segments lie where customers are few, or slice coarser ones anywhere.

A bar or a ring can be cut into compact pieces that every method finds, and a box around it tells
nothing about that. So pieces are held against others of the very same segments: cells around
customers drawn at random. Where groups touch, true borders run where few customers stand, and cross
far fewer links between nearest others than such cells do.
"""

from __future__ import annotations

import numpy as np

THIN = 0.5
"""Share of the links that random cells cross up to which borders run where customers are few.
Fifteen groups that overlap had 0.32 to 0.49; rings, bars and clouds without groups 0.64 to 0.95."""

_DRAWS = 8


def beside_slices(
    x: np.ndarray, others: np.ndarray, fine: np.ndarray, coarse: np.ndarray, seed: int
) -> float | None:
    """Give the links that finer segments cross, as a share of those that random cells cross.

    Parameters
    ----------
    x : float32 array of shape (n, n_columns)
    others : int array of shape (n, m)
        As :func:`engine.evaluation.neighbours.nearest` gives them.
    fine, coarse : int array of shape (n,)
        Segments from 0, the finer ones within the coarser, but for few rows.
    seed : int

    Returns
    -------
    share : float or None
        About 0.9 where a cloud is sliced; None where no coarse segment has two finer ones, or
        random cells cross no link. O(draws n k n_columns + draws n m).
    """
    rng = np.random.default_rng([seed, len(x)])
    lies_in = [int(np.bincount(coarse[fine == s]).argmax()) for s in np.unique(fine)]
    crossed, of_cells = 0, 0.0
    for s in np.unique(coarse):
        pieces, rows = lies_in.count(int(s)), np.flatnonzero(coarse == s)
        if not 1 < pieces < len(rows):
            continue
        near = others[rows]
        within = coarse[near] == s
        crossed += int(((fine[near] != fine[rows][:, None]) & within).sum())
        for _ in range(_DRAWS):
            cells = np.zeros(len(x), dtype=np.int64)
            cells[rows] = _cells(x[rows], pieces, rng)
            of_cells += int(((cells[near] != cells[rows][:, None]) & within).sum()) / _DRAWS
    return crossed / of_cells if of_cells else None


def _cells(x: np.ndarray, pieces: int, rng: np.random.Generator) -> np.ndarray:
    """Cut into cells around rows drawn at random, moved once to the means of their cells."""
    centres = x[rng.choice(len(x), pieces, replace=False)]
    cells = _nearest_of(x, centres)
    sums = np.zeros_like(centres, dtype=np.float64)
    np.add.at(sums, cells, x)
    counts = np.bincount(cells, minlength=pieces)[:, None]
    moved = np.where(counts > 0, sums / np.maximum(counts, 1), centres)
    return _nearest_of(x, moved)


def _nearest_of(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    squares = (centres**2).sum(axis=1) - 2 * (x.astype(np.float64) @ centres.T.astype(np.float64))
    nearest: np.ndarray = squares.argmin(axis=1)
    return nearest
