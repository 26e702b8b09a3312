"""Columns of percentages: whether they hold shares of 1 or 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AS_PERCENT = 1.5
"""Mean from which on a column of percentages holds 0 to 100, and not shares of 1."""


def whole(everyone: Mapping[str, Any]) -> float:
    """Give what a column of percentages holds for all of something: 1, or 100.

    Parameters
    ----------
    everyone : mapping
        Mean and median of all customers, as far as they are known.

    Examples
    --------
    >>> whole({"mean": 0.4, "median": None}), whole({"mean": 41.0, "median": 0.0})
    (1.0, 100.0)
    """
    known = [abs(v) for v in (everyone.get("mean"), everyone.get("median")) if v is not None]
    return 100.0 if max(known, default=0.0) > _AS_PERCENT else 1.0
