"""What a choice of k asks of a method's own sweep: what is inside segments, and a division."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.evaluation.division import COMES_BACK, Divider
from engine.evaluation.inside import Segment
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
    few = draw(customers.priority[rows], config.evaluation.resample_rows)
    sample = np.ascontiguousarray(quiet.take(customers.space, rows[few]))

    known: dict[int, float | None] = {}

    def back(k: int, labels: np.ndarray) -> float | None:
        if k not in known:
            again = resampled(method, params, sample, labels, k, config, quiet, COMES_BACK)
            known[k] = again.mean if again else None
        return known[k]

    least = config.clustering.smallest_segment

    def prepared() -> np.ndarray:
        # How common a level is says nothing of what its customers are like.
        return np.delete(customers.wide(rows[few]).x, customers.codes, axis=1)

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
