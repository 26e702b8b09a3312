"""Customers who are nearly as close to another segment, counted for the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit
from engine.clustering.margins import BORDERLINE, borderline
from engine.descriptive_stats.profiles import Profiles
from engine.places.runtime import Runtime
from engine.utilities.rows import counted
from engine.utilities.sampling import draw

_MANY = 1_000
"""Representatives from which on a sample is counted: distances to all of them take seconds."""

_SAMPLE = 5_000
"""Customers of it."""

_ENOUGH = 30
"""Customers of a segment that are looked at, or nothing is said of its share."""


def with_borderline(
    profiles: Profiles, fit: Fit, space: Any, priority: Any, runtime: Runtime
) -> Profiles:
    """Give profiles that say of each segment how many of its customers are borderline.

    Parameters
    ----------
    profiles : Profiles
    fit : Fit
    space : float32 array of shape (n_customers, n_components)
    priority : uint64 array of shape (n_customers,)
        By which the sample is drawn.
    runtime : Runtime

    Returns
    -------
    profiles : Profiles
        Each segment's ``borderline`` holds ``customers``, ``share``, ``margin`` (below which one
        is), and ``sample``: how many were looked at, where not all. None of a segment of few, or
        of which too few were looked at, and where few are borderline or few are not.
    """
    quiet, sizes = replace(runtime, on_rows=None), counted(fit.labels)
    drawn = sizes
    if len(fit.representatives.points) < _MANY or len(space) <= _SAMPLE:
        counts, sample = borderline(fit.representatives, space, fit.labels, runtime=quiet), None
    else:
        rows = draw(priority, _SAMPLE)
        some, own = quiet.take(space, rows), quiet.take(fit.labels, rows)
        here = Runtime(threads=quiet.threads)
        drawn = np.bincount(own, minlength=len(sizes))
        found = borderline(fit.representatives, some, own, runtime=here)
        counts = np.round(found / np.maximum(drawn, 1) * sizes).astype(np.int64)
        sample = len(rows)
    least = profiles.tree["smallest_group"]
    segments = [
        {**s, "borderline": _told(int(n), int(size), least, sample) if seen else None}
        for s, n, size, seen in zip(
            profiles.tree["segments"], counts, sizes, drawn >= np.minimum(sizes, _ENOUGH),
            strict=True,
        )
    ]  # fmt: skip
    return replace(profiles, tree={**profiles.tree, "segments": segments})


def _told(customers: int, size: int, least: int, sample: int | None) -> dict[str, Any] | None:
    rest = size - customers
    if size < least or 0 < customers < least or 0 < rest < least:
        return None
    told = {"customers": customers, "share": customers / size, "margin": BORDERLINE}
    return told if sample is None else {**told, "sample": sample}
