"""Lloyd's iterations over few rows: each looks at all of them, by as few calls as there can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.pace import Pace

if TYPE_CHECKING:
    from engine.clustering.kmeans.layout import Rows


def descend_few(
    rows: Rows, centres: np.ndarray, limit: float, max_iter: int, far: int
) -> tuple[np.ndarray, int, bool]:
    """Iterate until the centres come to rest, or one has no rows.

    Parameters
    ----------
    rows, centres, limit, max_iter, far
        As for :func:`engine.clustering.kmeans.descent.descend`.

    Returns
    -------
    centres : float64 array of shape (k, d)
    n_iter : int
        Those that moved centres.
    done : bool
        False where a centre lost its rows.
    """
    k, n, d = len(centres), rows.n, rows.d
    factor, room = np.empty((k, d + 2), rows.dtype), rows.room(k, n)
    factor[:, d + 1] = 1
    pace, goes, before = Pace(far, max_iter), 0.0, np.zeros((k, n), bool)
    for n_iter in range(max_iter):
        np.multiply(centres, -2, out=factor[:, :d], casting="same_kind")
        factor[:, d] = np.einsum("ij,ij->i", centres, centres)
        np.matmul(factor, rows.columns, out=room)
        mine = room <= room.min(axis=0)
        if np.count_nonzero(mine) != n:  # of equals the first
            mine = room.argmin(axis=0) == np.arange(k)[:, None]
        changed = n if not n_iter else int(np.count_nonzero(mine != before)) // 2
        if not changed and goes == 1:
            return centres, n_iter, True
        sums = np.matmul(mine.astype(rows.dtype), rows.weighted, dtype=np.float64)
        weight = sums[:, d:-1]
        if not weight.all():
            return centres, n_iter, False
        step = sums[:, :d] / weight
        step -= centres
        moved = float(np.vdot(step, step))
        if moved <= limit:
            return centres + step, n_iter + 1, True
        goes, before = pace.factor(n_iter + 1, moved, changed / n), mine
        if goes != 1:
            step *= goes
        centres = centres + step
    return centres, max_iter, True
