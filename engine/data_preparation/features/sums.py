"""Columns that are the sum of others: told, for all of them may count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

_ROWS = 2_000
_LEAST_ROWS = 30
_MOST_COLUMNS = 200
_MOST_PARTS = 8
_HOLDS = 0.95
_NEAR = 0.05
_EXACT = 1e-6
_RIDGE = 1e-10


def sums(names: Sequence[str], values: np.ndarray) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Find columns that are the sum of two or more others for nearly all customers.

    Parameters
    ----------
    names : sequence of d str
    values : float64 array of shape (n, d)
        As they stand in the file; NaN where missing.

    Yields
    ------
    total : str
    parts : tuple of str
    share : float
        Of the customers for whom it is so, 0.95 or more.

    Notes
    -----
    Each column is regressed on all others by one inverse of their products (O(d^3)); weights that
    are all near 0 or 1 name the parts, and the sum itself is then held against the column.

    Examples
    --------
    >>> rows = np.random.default_rng(0).integers(1, 9, (50, 2)).astype(float)
    >>> list(sums(["web", "shop", "all"], np.column_stack([rows, rows.sum(axis=1)])))
    [('all', ('web', 'shop'), 1.0)]
    """
    if not 3 <= len(names) <= _MOST_COLUMNS:
        return
    rows = values[np.flatnonzero(np.isfinite(values).all(axis=1))[:_ROWS]]
    if len(rows) < max(_LEAST_ROWS, 2 * len(names)):
        return
    with np.errstate(all="ignore"):
        size = np.sqrt((rows**2).mean(axis=0))
        scaled = rows / size
        products = scaled.T @ scaled / len(rows)
    if not np.isfinite(products).all():
        return
    inverse = np.linalg.inv(products + _RIDGE * np.eye(len(names)))
    seen: set[int] = set()
    for total in sorted(range(len(names)), key=lambda i: -size[i]):
        weights = -inverse[total] / inverse[total, total] * size[total] / size
        weights[total] = 0.0
        parts = np.flatnonzero(np.abs(weights - 1) < _NEAR)
        rest = np.delete(weights * size, [*parts, total])
        alone = (np.abs(rest) < _NEAR * size[total]).all()
        if not alone or not 2 <= len(parts) <= _MOST_PARTS or total in seen:
            continue
        off = np.abs(rows[:, parts].sum(axis=1) - rows[:, total])
        share = float((off <= _EXACT * np.abs(rows[:, total]) + 1e-9).mean())
        if share >= _HOLDS:
            seen |= {total, *(int(p) for p in parts)}
            yield names[total], tuple(names[p] for p in parts.tolist()), share
