"""Whether a division is taken instead of the number of segments that a sweep speaks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.division import COMES_BACK, DOUBTFUL, Divider, Division
from engine.evaluation.gaps import PARTLY
from engine.evaluation.k_rule import Row, gain, silhouette_of, stands_out
from engine.evaluation.structure import structure
from engine.evaluation.sweep import Sweep

if TYPE_CHECKING:
    from engine.evaluation.gaps import Gaps
    from engine.places.runtime import Runtime


def division_instead(
    chosen: Row, sweep: Sweep, divider: Divider, gaps: Gaps | None, runtime: Runtime
) -> Division | None:
    """Give the division that is taken in place of a chosen number of segments, if any.

    It is where no number stands out from customers without groups; where two alone do and no gap
    parts them, which is "low" and "high"; and where groups that barely stand out do not come back.
    """
    if chosen["chance"] is None or _parted(chosen):
        return None
    found = {int(r["k"] or 0): runtime.get(v)[divider.rows] for r, v in sweep.pairs()}
    groups, back = int(chosen["k"] or 0), None
    if structure(silhouette_of(chosen), chosen["chance"], chosen["gaps"]) == "none":
        groups = 0
    elif not _two_alone(chosen, sweep, gaps, runtime):
        back = divider.resampled(groups, found[groups]) if gain(chosen) < DOUBTFUL else None
        if back is None or back >= COMES_BACK:
            return None
    division = divider.find(found)
    return replace(division, groups=groups, groups_stability=back) if division else None


def _two_alone(chosen: Row, sweep: Sweep, gaps: Gaps | None, runtime: Runtime) -> bool:
    """Whether two segments alone stand out, and no gap parts them; it is looked for here."""
    if chosen["k"] != 2 or any(stands_out(r) for r in sweep.rows if r is not chosen):
        return False
    if gaps and chosen["gaps"] is None:
        labels = np.asarray(runtime.get(sweep.labels[sweep.rows.index(chosen)]))
        chosen["gaps"] = gaps.share(labels, 2)
    return not _parted(chosen)


def _parted(chosen: Row) -> bool:
    return chosen["gaps"] is not None and chosen["gaps"] <= PARTLY
