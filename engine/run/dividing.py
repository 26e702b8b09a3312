"""Which number of segments divides customers who form no groups: asked of a method's own sweep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.evaluation.division import COMES_BACK, Divider
from engine.run.customers import Customers
from engine.run.trust import resampled
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

    def back(k: int, labels: np.ndarray) -> float | None:
        again = resampled(method, params, sample, labels, k, config, quiet, COMES_BACK)
        return again.mean if again else None

    least = config.clustering.smallest_segment
    return Divider(lambda: customers.wide(rows[few]).x, back, least, few)
