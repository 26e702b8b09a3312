"""What segments are worth: the sum of one column over their customers, and its share."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.descriptive_stats.gathering import Gathered


def value_of(
    column: str, index: int, gathered: Gathered, sizes: np.ndarray, told: np.ndarray
) -> tuple[dict[str, Any], list[dict[str, Any] | None]]:
    """Give what everyone and each segment come to.

    Parameters
    ----------
    column : str
    index : int
        Of the column among the numbers that were gathered.
    gathered : Gathered
    sizes : int array of shape (k,)
    told : bool array of shape (k,)
        Whether the column is told of a segment; everyone is those that are told.

    Returns
    -------
    value : dict
        ``column``, ``label``, ``unit``, ``total``, and ``missing``: customers whose value is not
        known, who count as 0.
    segments : list of k
        ``total``, ``share`` (None where everyone comes to nothing, or to less) and ``mean``, a
        customer; None for a segment that is not told.
    """
    totals = gathered.totals()[:, index]
    missing = int((sizes - gathered.counts[:, index])[told].sum())
    total = rounded(totals[told].sum())
    value = {"column": column, "label": column, "unit": None, "total": total, "missing": missing}
    return value, shares_of(totals, sizes, told)


def shares_of(
    totals: np.ndarray, sizes: np.ndarray, told: np.ndarray
) -> list[dict[str, Any] | None]:
    """Give total, share and mean of each segment that is told.

    Examples
    --------
    >>> told = np.array([True, True, False])
    >>> shares_of(np.array([30.0, 10.0, 5.0]), np.array([10, 5, 1]), told)[0]
    {'total': 30.0, 'share': 0.75, 'mean': 3.0}
    """
    everyone = float(totals[told].sum())
    found: list[dict[str, Any] | None] = []
    for total, n, there in zip(totals.tolist(), sizes.tolist(), told.tolist(), strict=True):
        share = total / everyone if everyone > 0 else None
        own = {"total": rounded(total), "share": share, "mean": rounded(total / n)}
        found.append(own if there else None)
    return found


def rounded(total: float) -> float:
    """Give a sum without the noise of its last bits.

    Examples
    --------
    >>> rounded(29881615.359999996), rounded(-0.0)
    (29881615.36, 0.0)
    """
    return float(f"{total:.15g}") + 0.0
