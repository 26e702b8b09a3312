"""The share of each level of categories that only describe, in every segment and of everyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.descriptive_stats.few_shares import nearest, tells_of_few

MOST_SHOWN = 12
"""Levels of a column that are told, the most common first."""


def level_shares(
    counts: dict[str, Counter[tuple[int, str]]],
    sizes: np.ndarray,
    features: Sequence[CategoricalFeature],
    smallest: int,
) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, list[dict[str, Any]]]]]:
    """Give the shares of levels, of those whose value is known.

    Parameters
    ----------
    counts : dict of Counter
        By column: customers by segment and level.
    sizes : int array of shape (k,)
    features : sequence of CategoricalFeature
    smallest : int
        Of a segment of fewer nothing is told, and everyone is then the others. Where a segment has
        a level of fewer, or fewer without it, its shares are to the nearest so many customers.

    Returns
    -------
    everyone : dict of column to list
        ``level`` and ``share``; ``about`` is the number of customers to which they are rounded.
    segments : list of k dicts of column to list
        The same with ``lift``, the share by everyone's.
    """
    own = np.flatnonzero(sizes >= smallest)
    everyone: dict[str, list[dict[str, Any]]] = {}
    found: list[dict[str, list[dict[str, Any]]]] = [{} for _ in sizes]
    for feature in features:
        held = counts[feature.column]
        known = sizes - [sum(held[s, x] for x in feature.no_level) for s in range(len(sizes))]
        told = own[known[own] >= max(smallest, 1)]
        for level in feature.named[:MOST_SHOWN] if len(told) else ():
            n, of = np.array([held[s, level] for s in told.tolist()]), known[told]
            total, n_known = np.array([n.sum()]), np.array([of.sum()])
            about = {}
            if tells_of_few(n[:, None], of[:, None], smallest)[0]:
                about = {"about": smallest}
                n, total = nearest(n, of, smallest), nearest(total, n_known, smallest)
            overall = float(total[0] / n_known[0])
            row = {"level": level, "share": overall, **about}
            everyone.setdefault(feature.column, []).append(row)
            for s, share in zip(told.tolist(), (n / of).tolist(), strict=True):
                lift = share / overall if overall else None
                row = {"level": level, "share": share, "lift": lift}
                found[s].setdefault(feature.column, []).append(row)
    return everyone, found
