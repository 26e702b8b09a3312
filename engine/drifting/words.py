"""Why a verdict of a drift is what it is, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.utilities.segment_numbers import on_page
from engine.utilities.shown import shown
from engine.visualization.readable import percent, two_amounts, two_shares

if TYPE_CHECKING:
    from engine.config.drift import DriftConfig
    from engine.drifting.columns import Part, Shift
    from engine.drifting.segments import Segments

_TOLD = 0.01
"""Growth of a share of missing or strange values from which it is told beside a shift."""


_NAMED = 5
"""Columns that a sentence names."""


def reasons(columns: Sequence[Shift], segments: Segments, settings: DriftConfig) -> list[str]:
    """Give what was found, the largest first; one sentence where there is nothing.

    Parameters
    ----------
    columns : sequence of Shift
        In their order.
    segments : Segments
    settings : DriftConfig
    """
    large = [c for c in columns if c.level in ("moderate", "large")]
    found = [*_of_segments(segments), *(_of_column(c) for c in large)]
    found += [*map(_slightly, (c for c in columns if c.level == "slight"))]
    if not found:
        what = "no column and no segment has" if columns else "no segment has"
        return [f"Nothing to tell: {what} shifted beyond chance by as much as would be named."]
    if not large and columns and len(found) < len(columns):
        bounds = f"an index of {settings.psi_moderate:g}, {settings.effect_moderate:g} deviations"
        found.append(f"No column has shifted by what asks for a look ({bounds}).")
    return found


def named(columns: Sequence[str]) -> str:
    """Name some columns, and how many more there are.

    Examples
    --------
    >>> named(["age", "town"])
    "'age', 'town'"
    """
    more = f" and {len(columns) - _NAMED:,} more" if len(columns) > _NAMED else ""
    return ", ".join(shown(c)[:80] for c in columns[:_NAMED]) + more


def _of_segments(segments: Segments) -> list[str]:
    found = []
    if segments.lacking:
        found.append(
            f"The data lack {named(segments.lacking)}: the model can give these customers no "
            "segment."
        )
    if segments.nowhere and segments.nowhere_level != "none":
        then, now = _shares(segments.nowhere)
        now = "A few" if segments.nowhere.few else now
        found.append(
            f"{now} of the customers belong nowhere: they are farther from the centre of their "
            f"segment than nearly all were at the fit ({then} then)."
        )
    if segments.moved is not None and segments.moved_level != "none":
        known = [s for s in segments.each if s.share and not s.share.few]
        most = max(known, key=lambda s: abs(s.share.grew if s.share else 0.0), default=None)
        told = ""
        if most and most.share:
            then, now = _shares(most.share)
            told = f"; most of all segment {on_page(most.segment)}, {most.name}: {then} to {now}"
        found.append(
            f"{percent(segments.moved)} of the customers are in other segments than at the "
            f"fit{told}."
        )
    return found


def _of_column(shift: Shift) -> str:
    head = shown(shift.column)[:80]
    if shift.kind == "number":
        said = f"{head} {_went(shift)}, index {shift.psi:.2f}"
    else:
        said = (
            f"{head}: {percent(shift.effect)} of the customers in other levels, index "
            f"{shift.psi:.2f}{_most_moved(shift)}"
        )
    return f"{said}{_strange(shift)}."


def _went(shift: Shift) -> str:
    if shift.mean_then is None or shift.mean_now is None:
        return "lies otherwise"
    then, now = two_amounts(shift.mean_then, shift.mean_now, shift.column)
    if shift.mean_now == shift.mean_then:
        return f"lies otherwise around the same mean, {now}"
    way = "rose" if shift.mean_now > shift.mean_then else "fell"
    effect = "" if shift.effect is None else f", {abs(shift.effect):.2f} standard deviations"
    return f"{way} from {then} to {now} on average{effect}"


def _most_moved(shift: Shift) -> str:
    grew = np.abs(np.array(shift.now) - np.array(shift.then))[: len(shift.labels)]
    if not len(grew) or shift.few[most := int(grew.argmax())] or not grew[most]:
        return ""
    then, now = two_shares(shift.then[most], shift.now[most])
    return f"; most of all {shown(shift.labels[most])[:60]}: {then} to {now}"


def _strange(shift: Shift) -> str:
    found = ""
    if abs(shift.missing.grew) >= _TOLD and not shift.missing.few:
        then, now = _shares(shift.missing)
        found += f"; {now} missing ({then} at the fit)"
    if shift.strange.grew >= _TOLD and not shift.strange.few:
        then, now = _shares(shift.strange)
        what = "outside of what nearly all had" if shift.kind == "number" else "in other levels"
        found += f"; {now} {what} ({then} at the fit)"
    return found


def _slightly(shift: Shift) -> str:
    said = _of_column(shift).rstrip(".")
    return f"Slightly: {said}."


def _shares(part: Part) -> tuple[str, str]:
    return two_shares(part.then, part.now)
