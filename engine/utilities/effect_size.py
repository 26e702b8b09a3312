"""From which size on a difference from everyone is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NOTICEABLE = 0.1
"""Standard deviations from everyone's mean below which a feature is no difference at all: half of
what is called a small effect (Cohen, 1988, Statistical Power Analysis, section 2.2)."""


def noticeable(distinctive: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the features that a segment differs in by enough to be told, in their order.

    Parameters
    ----------
    distinctive : sequence of dict
        With ``z``, the distance from everyone's mean in standard deviations.

    Examples
    --------
    >>> noticeable([{"feature": "spend", "z": -0.3}, {"feature": "age", "z": 0.02}])
    [{'feature': 'spend', 'z': -0.3}]
    """
    return [item for item in distinctive if abs(item["z"]) >= NOTICEABLE]
