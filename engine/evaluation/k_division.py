"""Whether a division is taken instead of the number of segments that a sweep speaks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.division import (
    COMES_BACK,
    DOUBTFUL,
    FEWEST,
    MOST,
    Divider,
    Division,
)
from engine.evaluation.gaps import CUT, PARTLY
from engine.evaluation.k_rule import Row, gain, no_division, silhouette_of, stands_out
from engine.evaluation.stability import CHANGES
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
    parts them, which is "low" and "high"; and where groups that barely stand out, or that gaps
    part in places only, do not come back.
    """
    if chosen["chance"] is None or _parted(chosen, CUT):
        return None
    found = {int(r["k"] or 0): runtime.get(v)[divider.rows] for r, v in sweep.pairs()}
    groups, back = int(chosen["k"] or 0), None
    if structure(silhouette_of(chosen), chosen["chance"], chosen["gaps"]) == "none":
        groups = 0
    elif not _two_alone(chosen, sweep, gaps, runtime):
        back = divider.resampled(groups, found[groups])
        if back is None or back >= (COMES_BACK if gain(chosen) < DOUBTFUL else CHANGES):
            return None
    division = divider.find(found)
    return replace(division, groups=groups, groups_stability=back) if division else None


def steadier_instead(
    chosen: Row,
    sweep: Sweep,
    divider: Divider,
    inside: Callable[[Row], bool],
    runtime: Runtime,
) -> Row | None:
    """Give fewer segments that stand out, come back and hold nothing more, if the chosen do not.

    A number that says nothing of true groups is cut along as well where that makes compact pieces,
    but elsewhere each time.
    """
    place = sweep.rows.index(chosen)
    before = [r for r in sweep.rows[:place] if stands_out(r)]
    if not before or chosen["chance"] is None or _parted(chosen, CUT):
        return None

    def comes_back(row: Row) -> bool:
        labels = runtime.get(sweep.labels[sweep.rows.index(row)])[divider.rows]
        found = divider.resampled(int(row["k"] or 0), labels)
        return found is None or found >= COMES_BACK

    if comes_back(chosen):
        return None
    return next((row for row in before if comes_back(row) and not inside(row)), None)


def none_instead(chosen: Row, sweep: Sweep, divider: Divider) -> str:
    """Say that no division was found where one was looked for; empty otherwise."""
    none = structure(silhouette_of(chosen), chosen["chance"], chosen["gaps"]) == "none"
    tried = [r for r in sweep.rows if FEWEST <= int(r["k"] or 0) <= MOST]
    if chosen["chance"] is None or not (none and tried):
        return ""
    return no_division(divider.resamples)


def _two_alone(chosen: Row, sweep: Sweep, gaps: Gaps | None, runtime: Runtime) -> bool:
    """Whether two segments stand out as far as there is anything, and no gap parts them.

    Others may stand out, too, where those two were chosen although they do: along lumps.
    """
    others = any(stands_out(r) for r in sweep.rows if r is not chosen)
    if chosen["k"] != 2 or (others and gain(chosen) >= DOUBTFUL):
        return False
    if gaps and chosen["gaps"] is None:
        labels = np.asarray(runtime.get(sweep.labels[sweep.rows.index(chosen)]))
        chosen["gaps"] = gaps.share(labels, 2)
    return not _parted(chosen, PARTLY)


def _parted(chosen: Row, share: float) -> bool:
    return chosen["gaps"] is not None and chosen["gaps"] <= share
