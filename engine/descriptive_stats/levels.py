"""The levels of categories that tell a segment from everyone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.descriptive_stats.few_shares import nearest, tells_of_few

_MIN_LIFT = 1.2
_MIN_SUPPORT = 0.01
_MIN_CUSTOMERS = 30
_MOST_LEVELS = 5
_POINTS, _TWICE = 0.05, 2.0


def tells(share: float, overall: float, known: float) -> bool:
    """Whether a share is told beside everyone's: by 5 points, or surely by a fifth and about twice.

    Examples
    --------
    >>> tells(0.014, 0.011, 3000), tells(0.04, 0.01, 3000), tells(0.3, 0.24, 3000)
    (False, True, True)
    """
    if abs(share - overall) >= _POINTS:
        return True
    low, high = sorted((share, overall))
    error = 1.96 * math.sqrt(max(overall * (1 - overall), share * (1 - share)) / max(known, 1))
    return high >= _TWICE * low and high - error >= _MIN_LIFT * low


def distinctive_levels(
    counts: dict[str, Counter[tuple[int, str]]],
    sizes: np.ndarray,
    features: Sequence[CategoricalFeature],
    smallest: int,
) -> list[list[dict[str, Any]]]:
    """Find each segment's levels of lift 1.2 or more, at least 1% and 30 of its customers.

    The lift is one that :func:`tells`: no noise, and no difference of a point.

    Of a small segment all of them, and never fewer than ``smallest``.

    Parameters
    ----------
    counts : dict of Counter
        By column: customers by segment and level.
    sizes : int array of shape (k,)
    features : sequence of CategoricalFeature
    smallest : int
        Where a segment has a level of fewer, or fewer without it, the level's shares are to the
        nearest so many customers in all segments.

    Returns
    -------
    levels : list of k lists
        ``missing`` counts those of the segment whose value is not known, ``known`` is the share of
        the others: of these the shares are.
    """
    found: list[list[dict[str, Any]]] = [[] for _ in sizes]
    least = np.minimum(np.maximum(_MIN_CUSTOMERS, _MIN_SUPPORT * sizes), sizes)
    least = np.maximum(least, smallest)
    for feature in features:
        own, missing, known = _known(feature, counts[feature.column], sizes)
        for level, overall in zip(feature.named, feature.values, strict=False):
            n = np.array([own[s, level] for s in range(len(sizes))])
            near = tells_of_few(n[:, None], known[:, None], smallest)[0]
            told = nearest(n, known, smallest) if near else n
            shares = told / known
            for s in np.flatnonzero((n >= least) & (shares >= _MIN_LIFT * overall)).tolist():
                if not tells(float(shares[s]), overall, float(known[s])):
                    continue
                found[s].append(
                    {
                        "column": feature.column,
                        "level": level,
                        "share": float(shares[s]),
                        "overall": overall,
                        "lift": float(shares[s] / overall),
                        "missing": int(missing[s]),
                        "known": float(known[s] / sizes[s]),
                    }
                )
    return [
        sorted(rows, key=lambda x: (-x["lift"], x["column"], x["level"]))[:_MOST_LEVELS]
        for rows in found
    ]


def _known(
    feature: CategoricalFeature, own: Counter[tuple[int, str]], sizes: np.ndarray
) -> tuple[Counter[tuple[int, str]], np.ndarray, np.ndarray]:
    """Count those whose value is missing: where that is no level, the known are held together."""
    missing = np.array(
        [sum(own[s, level] for level in feature.no_level) for s in range(len(sizes))]
    )
    return own, missing, np.maximum(sizes - missing, 1)
