"""The numbers that tell a segment from everyone."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.descriptive_stats.kinds import FLAG
from engine.descriptive_stats.levels import tells
from engine.utilities.effect_size import noticeable

_KNOWN = 0.5
"""Share of a segment whose value must be known for it to be what sets them apart."""


def distinctive(
    own: dict[str, dict[str, float | None]],
    overall: dict[str, dict[str, Any]],
    describing: frozenset[str],
    counts: np.ndarray,
    size: int,
) -> list[dict[str, Any]]:
    """Features that tell the segment from everyone, the most distinctive first; may be none.

    A z-score is of the prepared scale, where a logarithm and unknown values that were filled in
    may say what neither the mean nor the median of the known values does: that is not told.
    ``plain`` says that neither of them contradicts it. What most of a segment lack (``counts``
    have a value, of ``size``) does not tell what they are like.
    """
    found, known = [], dict(zip(own, counts.tolist(), strict=True))
    for column in sorted(own, key=lambda c: (-abs(own[c]["z"] or 0.0), c)):
        z = own[column]["z"] or 0.0
        ways = [_way(own[column][key], overall[column][key], z) for key in ("mean", "median")]
        n, flag = known[column], overall[column]["kind"] == FLAG
        few = flag and not tells(own[column]["mean"] or 0.0, overall[column]["mean"] or 0.0, n)
        if max(ways) > 0 and n >= _KNOWN * size and not few:
            item = {"feature": column, "z": z, "direction": "high" if z > 0 else "low"}
            item |= {"describes": True} if column in describing else {}
            found.append(item | {"plain": ways[0] >= 0 and (flag or ways[1] >= 0), "flag": flag})
    return noticeable(found)


def _way(own: float | None, everyone: float | None, z: float) -> int:
    """Give 1 where a figure differs as the z-score says, -1 for the other way, 0 for neither."""
    if own is None or everyone is None:
        return 0
    return int(np.sign(own - everyone) * np.sign(z))
