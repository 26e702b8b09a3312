"""Customers far from the segments they are in: too few for a segment, and told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.run.customers import Customers
from engine.utilities.sampling import draw

FAR = 8.0
"""Times the middle distance from a segment's middle beyond which a customer is far: of 100,000
customers of a Gaussian in one to eight columns the farthest are at 2 to 6.5 times."""

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
    far = sum(_far(x[own == segment]) for segment in range(k))
    if not far:
        return ()
    of = "" if len(rows) == len(labels) else f" of {len(rows):,} looked at"
    one = far == 1
    return (
        f"{far:,} {'customer lies' if one else 'customers lie'}{of} far from all others of "
        f"{'the' if one else 'their'} segment, more than {FAR:.0f} times as far from its middle as "
        "half of them do: too few for a segment of their own (clustering.smallest_segment); the "
        "distances in segments.parquet tell which",
    )


def _far(members: np.ndarray) -> int:
    if len(members) < _LEAST_ROWS:
        return 0
    distance = np.linalg.norm(members - np.median(members, axis=0), axis=1)
    return int((distance > FAR * np.median(distance)).sum())
