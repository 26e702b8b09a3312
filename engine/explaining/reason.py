"""Why one customer is in a segment, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.model.changes import Change


@dataclass(frozen=True)
class Reason:
    """Why one customer is in a segment.

    Attributes
    ----------
    id : int or str
    segment, second : int
        Indices; ``second`` is -1 where there is one segment alone.
    margin : float
    values : dict of str to any
        The customer's own, by column.
    shares : dict of str to float
        What each column adds to the difference of the squared distances: above zero what holds the
        customer, below what pulls to the next best segment.
    changes : tuple of Change or None
        What would lead to another segment; None where it was not looked for.
    around : tuple of int
        How many of the nearest representatives are of each segment.
    """

    id: Any
    segment: int
    second: int
    margin: float
    values: dict[str, Any]
    shares: dict[str, float]
    changes: tuple[Change, ...] | None
    around: tuple[int, ...]
