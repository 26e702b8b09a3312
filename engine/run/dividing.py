"""What is asked of a method's segments: what is inside them, and whether they are a division."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.evaluation.division import COMES_BACK, FEWEST, MOST, Divider, Division
from engine.evaluation.inside import Segment
from engine.evaluation.structure import structure
from engine.run.customers import Customers
from engine.run.trust import resampled, segment_of
from engine.utilities.params import Params
from engine.utilities.sampling import draw


def divider(method: str, params: Params, customers: Customers, rows: np.ndarray) -> Divider:
    """Give what finds a division in the segments that a method gave some customers.

    Parameters
    ----------
    method : str
    params : Params
    customers : Customers
    rows : int64 array of shape (n_tried,)
        The customers, by number; some of them are drawn.

    Notes
    -----
    At most ``evaluation.resamples`` fits of ``evaluation.resample_rows`` customers for each of six
    numbers of segments; a number is given up as soon as it can no longer come back.
    """
    config, quiet = customers.config, replace(customers.runtime, on_rows=None)
    few = _drawn(customers, rows)
    sample = np.ascontiguousarray(quiet.take(customers.space, rows[few]))

    known: dict[int, float | None] = {}

    def back(k: int, labels: np.ndarray) -> float | None:
        if k not in known:
            again = resampled(method, params, sample, labels, k, config, quiet, COMES_BACK)
            known[k] = again.mean if again else None
        return known[k]

    return _dividing(customers, rows, few, back)


def given_division(
    labels: Any,
    k: int,
    measured: tuple[float, float | None, float | None],
    stability: float | None,
    customers: Customers,
) -> Division | None:
    """Judge whether a number of segments that was given is a division, as a chosen one is judged.

    Parameters
    ----------
    labels : int array of shape (n,), or Spread
        Of all customers.
    k : int
    measured : tuple of float
        Silhouette, that of customers without groups, and gaps; the last two None where unknown.
    stability : float or None
        How far the segments come back.
    customers : Customers

    Returns
    -------
    division : Division or None
        None, too, where groups stand out.
    """
    if not FEWEST <= k <= MOST or measured[1] is None or structure(*measured) != "none":
        return None
    rows = draw(customers.priority, customers.config.clustering.k_sample_rows)
    few = _drawn(customers, rows)
    found = _dividing(customers, rows, few, lambda *_: stability)
    return found.find({k: labels[rows[few]]})  # of a cluster those that are drawn


def _drawn(customers: Customers, rows: np.ndarray) -> np.ndarray:
    """Draw the customers of some who show whether segments divide: their positions."""
    return draw(customers.priority[rows], customers.config.evaluation.resample_rows)


def _dividing(
    customers: Customers,
    rows: np.ndarray,
    few: np.ndarray,
    back: Callable[[int, np.ndarray], float | None],
) -> Divider:
    config = customers.config

    def prepared() -> np.ndarray:
        # How common a level is says nothing of what its customers are like.
        return np.delete(customers.wide(rows[few]).x, customers.codes, axis=1)

    least = config.clustering.smallest_segment
    return Divider(prepared, back, least, few, config.evaluation.resamples)


def looking_inside(
    customers: Customers, rows: np.ndarray
) -> Callable[[np.ndarray, float], Segment]:
    """Give what looks inside a segment: positions among some customers, the least share."""
    quiet = replace(customers.runtime, on_rows=None)

    def inside(part: np.ndarray, least: float) -> Segment:
        x, wide = quiet.take(customers.space, rows[part]), customers.wide(rows[part])
        return segment_of(x, least, customers.config, quiet, wide)

    return inside
