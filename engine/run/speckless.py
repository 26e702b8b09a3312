"""What segments are judged by where some are specks: the others alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.clustering.scored import Judged
from engine.evaluation.silhouette import silhouette
from engine.run.customers import Customers
from engine.utilities.rows import mapped, smallest_within
from engine.utilities.specks import is_speck


def judged(labels: Any, sizes: np.ndarray, customers: Customers) -> Judged | None:
    """Score segments without the specks among them; None where there are none.

    A silhouette of a thousand customers and two far ones is near 1, and says nothing of the
    thousand.

    Parameters
    ----------
    labels : int array of shape (n_customers,)
        From 0 to k - 1.
    sizes : int array of shape (k,)
        Customers of each.
    customers : Customers

    Notes
    -----
    On at most ``evaluation.reference_rows`` customers; O(n_customers) to find them.
    """
    small = is_speck(sizes) & (sizes > 0)
    if not small.any():
        return None
    left = np.flatnonzero(~small & (sizes > 0))
    specks = int(sizes[small].sum())
    if len(left) < 2:
        return Judged(None, None, len(left), specks)
    scores, quiet = customers.config.evaluation, replace(customers.runtime, on_rows=None)
    kept = mapped((~small).astype(np.int32).take, labels)
    counts, of = np.array([0, scores.reference_rows]), np.array([specks, sizes.sum() - specks])
    _, rows = smallest_within(customers.priority, kept, counts, of)
    value = silhouette(
        quiet.put(np.ascontiguousarray(quiet.take(customers.space, rows))),
        np.searchsorted(left, labels[rows]).astype(np.int32),
        priority=customers.priority[rows],
        runtime=quiet,
        anchors=scores.anchors,
        reference=scores.reference_rows,
    ).value
    found = float(value) if np.isfinite(value) else None
    return Judged(found, customers.chance.silhouette(len(left)), len(left), specks)
