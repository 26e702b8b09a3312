"""What profiles tell beside features: shares of levels that only describe, and worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.data_preparation.prepare import Prepared
from engine.descriptive_stats.columns import columns_of
from engine.descriptive_stats.decided import decided
from engine.descriptive_stats.gathering import Gathered
from engine.descriptive_stats.shares import level_shares
from engine.descriptive_stats.value import value_of


def with_beside(
    tree: dict[str, Any],
    prepared: Prepared,
    gathered: Gathered,
    sizes: np.ndarray,
    told: np.ndarray,
) -> dict[str, Any]:
    """Give a tree of profiles with what is told beside features.

    ``describing`` and ``shares`` of columns that only describe, ``value`` where it is known, and
    ``decided``, the segments that one column decides.

    Parameters
    ----------
    tree : dict
    prepared : Prepared
    gathered : Gathered
    sizes : int array of shape (k,)
    told : bool array of shape (k, d)
        Of which numbers a segment is told.
    """
    columns = columns_of(prepared)
    formed = {c: o for c, o in tree["overall"].items() if c not in columns.describing}
    alone = decided(tree["segments"], formed, gathered.levels, prepared.plan.categorical)
    beside = [f for f in columns.categorical if f.column in columns.describing]
    everyone, shares = level_shares(gathered.levels, sizes, beside, tree["smallest_group"])
    found = {"describing": [c for c in columns.names if c in columns.describing]}
    worth: Sequence[dict[str, Any] | None] = [None] * len(sizes)
    value = prepared.described.value if prepared.described else None
    if value is not None:
        i = columns.numbers.index(value)
        tree = tree | {"value": (of := value_of(value, i, gathered, sizes, told[:, i]))[0]}
        worth = of[1]
    segments = [
        {**s, "shares": own, "value": w}
        for s, own, w in zip(tree["segments"], shares, worth, strict=True)
    ]
    return tree | found | {"shares": everyone, "segments": segments, "decided": alone}
