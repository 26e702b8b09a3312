"""Customers far from the segments they are in: too few for a segment, and told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.run.customers import Customers
from engine.utilities.sampling import draw

FAR = 8.0
"""Times the middle distance of all customers from the middles of their segments beyond which one is
far: of 100,000 customers of a Gaussian in one to eight columns the farthest are at 2 to 6.5."""

_LEAST_ROWS = 100


def far_customers(labels: np.ndarray, k: int, customers: Customers) -> tuple[str, ...]:
    """Tell how many customers lie far from the middle of their segment; empty for none.

    Parameters
    ----------
    labels : int array of shape (n_customers,)
    k : int
    customers : Customers

    Notes
    -----
    Of at most ``evaluation.reference_rows`` customers; O(n n_columns).
    """
    quiet = replace(customers.runtime, on_rows=None)
    rows = draw(customers.priority, customers.config.evaluation.reference_rows)
    x, own = np.asarray(quiet.take(customers.space, rows), np.float64), labels[rows]
    if len(x) < _LEAST_ROWS:
        return ()
    middles = np.stack([np.median(x[own == s], axis=0) for s in range(k) if (own == s).any()])
    numbers = np.unique(own, return_inverse=True)[1]
    distance = np.linalg.norm(x - middles[numbers], axis=1)
    # What lies no further than segments from each other may be a flag that few have.
    apart = max(np.linalg.norm(middles - m, axis=1).max() for m in middles)
    far = int((distance > max(FAR * float(np.median(distance)), apart)).sum())
    if not 0 < far <= customers.config.clustering.smallest_segment * len(x):
        return ()
    of = "" if len(rows) == len(labels) else f" of {len(rows):,} looked at"
    one = far == 1
    return (
        f"{far:,} {'customer lies' if one else 'customers lie'}{of} far from all others, "
        f"more than {FAR:.0f} times as far from the middle of {'its' if one else 'their'} segment "
        "as half of the customers: too few for a segment of their own "
        "(clustering.smallest_segment); the distances in segments.parquet tell which",
    )
