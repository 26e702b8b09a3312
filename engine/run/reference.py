"""What a model keeps of the customers it was fitted on, for ``engine drift``: nothing of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.places.runtime import Runtime, local_runtime
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.run.results import Outcome

LEVELS = (0.5, 0.9, 0.99, 0.999)
"""Shares of a segment's customers that are nearer than each of the distances kept; who is farther
than the last belongs nowhere."""

_ROWS = 200_000
"""Customers of whom distances are measured; all when fewer."""


def reference_of(outcome: Outcome, runtime: Runtime, least: int) -> dict[str, Any]:
    """Say how columns and distances of the customers lay.

    Parameters
    ----------
    outcome : Outcome
    runtime : Runtime
        Where the customers are.
    least : int
        Customers that a figure is of at least (``output.smallest_group``).

    Returns
    -------
    reference : dict
        Plain data: ``customers``; ``columns`` as of
        :func:`engine.descriptive_stats.reference.columns_then`; ``segments``, in the order of
        the model: ``distances``, three digits of each, and the share ``beyond`` the last of them;
        None for a segment of which too few customers were measured.
    """
    found, quiet = outcome.best.fit, replace(runtime, on_rows=None)
    rows = draw(outcome.prepared.identity.priority, _ROWS)
    own = found.labels[rows]
    near = found.representatives.distances(
        np.asarray(quiet.take(outcome.space, rows), np.float32), own, runtime=local_runtime()
    )
    segments = [_segment(near[own == s], least) for s in range(found.representatives.n_segments)]
    return {
        "customers": len(outcome.prepared.identity.ids),
        "columns": list(outcome.profiles.columns),
        "segments": segments,
    }


def _segment(distances: np.ndarray, least: int) -> dict[str, Any]:
    n = len(distances)
    if n < 4 * least:
        return {"distances": None, "beyond": None}
    # The last one leaves enough customers beyond it that it is not of one.
    levels = np.minimum(LEVELS, 1 - least / n)
    asked = np.quantile(np.asarray(distances, np.float64), levels, method="higher")
    kept = [float(f"{d:.3g}") for d in asked]
    far = int((distances > kept[-1]).sum())
    return {"distances": kept, "beyond": (max(far, least) if far else 0) / n}
