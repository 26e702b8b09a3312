"""What figures and page leave out because it is of too few customers, of runs of any build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.utilities.few import enough, few_name, is_few_name
from engine.utilities.few_worth import facts_of_enough, worth_of_enough
from engine.visualization.readable import number
from engine.visualization.report_data import ReportData
from engine.visualization.what_if import moved_of_enough, views_of

VIEW = (0.002, 0.998)
"""Quantiles of the map that are in its view: one extreme customer does not hide the rest."""

MARGIN = 0.06
"""Of the view, on each side."""

_GRID = 1000
"""Places of the view that points are told apart by: more than a figure has dots."""

_UNTOLD = {"mean": None, "median": None, "z": None}


def without_few(data: ReportData, least: int) -> ReportData:
    """Leave out what is of fewer than ``least`` customers, as a run of today does.

    Parameters
    ----------
    data : ReportData
        Of a run of any build: what that saved of few customers is taken out too, as far as its
        numbers tell of how many they are.
    least : int
        1 leaves all as it is.

    Returns
    -------
    data : ReportData
        Points of the map are where they are drawn, and far ones at the edge of the view.
    """
    if least < 2 or data.profiles.get("smallest_group", 1) >= least:
        return data
    profiles = _profiles(data.profiles, least)
    few = [s["segment"] for s in profiles["segments"] if s["few"]]
    on_map = ~np.isin(data.map_segments, few)
    knife = ~np.isin(data.knife_segments, few)
    views = moved_of_enough(views_of(data.summary), least)
    return replace(
        data,
        summary={**data.summary, "what_if": views} if views else data.summary,
        profiles=profiles,
        map_points=_coarse(data.map_points[on_map]),
        map_segments=data.map_segments[on_map],
        knife_values=data.knife_values[knife],
        knife_segments=data.knife_segments[knife],
        knife_weights=data.knife_weights[knife],
        sales=_sales(data.sales, set(few), least),
    )


def _profiles(profiles: dict[str, Any], least: int) -> dict[str, Any]:
    segments = [_segment(s, least) for s in profiles["segments"]]
    names: list[str] = []
    for segment in segments:
        # A name that people gave is not made of what few customers are.
        hidden = segment["few"] and not segment.get("named")
        name = few_name(least) if hidden else str(segment["name"])
        if hidden and segment.get("speck"):
            name = f"Outliers: {name[0].lower()}{name[1:]}"
        if segment["few"] and is_few_name(str(segment["name"])):
            name = str(segment["name"])
        taken = (f"{name} ({i})" if i > 1 else name for i in range(1, len(segments) + 2))
        names.append(next(n for n in taken if not segment["few"] or n not in names))
    called = [{**s, "name": n} for s, n in zip(segments, names, strict=True)]
    return _worth({**profiles, "segments": called, "smallest_group": least})


def _worth(profiles: dict[str, Any]) -> dict[str, Any]:
    """Give worth and shares of levels as those of the segments that are told of."""
    few = any(s["few"] for s in profiles["segments"])
    if few and "shares" in profiles:  # everyone's would tell of the few by subtracting
        profiles = {**profiles, "shares": {}}
        bare = [{**s, "shares": {}} for s in profiles["segments"]]
        profiles["segments"] = bare
    value = profiles.get("value")
    if not few or not value:
        return profiles
    known = [s["value"]["total"] for s in profiles["segments"] if s.get("value")]
    total = float(sum(known))
    segments = [
        {**s, "value": {**own, "share": own["total"] / total if total > 0 else None}}
        if (own := s.get("value"))
        else s
        for s in profiles["segments"]
    ]
    return {**profiles, "segments": segments, "value": {**value, "total": total}}


def _segment(segment: dict[str, Any], least: int) -> dict[str, Any]:
    customers = int(segment["customers"])
    if customers >= least:
        levels = [x for x in segment.get("levels", []) if _holders(x, customers) >= least]
        told = {**segment, "levels": levels, "few": 0} | _shares(segment, customers, least)
        told |= _words(segment, least, kept=len(levels) == len(segment.get("levels", [])))
        near = (segment.get("borderline") or {}).get("customers") or 0
        few = 0 < near < least or 0 < customers - near < least
        return told | {"borderline": None} if few else told
    nothing: dict[str, Any] = {"distinctive": [], "levels": [], "silhouette": None, "few": least}
    nothing |= {"value": None, "shares": {}, "who": "", "actions": [], "borderline": None}
    features = {name: dict(_UNTOLD) for name in segment["features"]}
    return {**segment, **nothing, "features": features}


def _words(segment: dict[str, Any], least: int, *, kept: bool) -> dict[str, Any]:
    """Leave out a sentence where levels were left out, and offers to few."""
    actions = segment.get("actions") or []
    told = [a for a in actions if (a.get("customers") or least) >= least]
    found: dict[str, Any] = {"actions": told} if "actions" in segment else {}
    return found if kept else found | {"who": ""}


def _shares(segment: dict[str, Any], customers: int, least: int) -> dict[str, Any]:
    """Give the shares of columns of which no level is of few of the segment, or of all but few."""
    columns: dict[str, Any] = segment.get("shares") or {}

    def told(rows: list[dict[str, Any]]) -> bool:
        held = [_holders(row, customers) for row in rows]
        return all(n in (0, customers) or least <= n <= customers - least for n in held)

    return {"shares": {c: rows for c, rows in columns.items() if told(rows)}} if columns else {}


def _holders(level: Mapping[str, Any], customers: int) -> int:
    known = customers - int(level.get("missing") or 0)
    return round((level.get("share") or 0.0) * known)


def _coarse(points: np.ndarray) -> np.ndarray:
    """Move points to the places of a grid, and those out of view to just beyond its edge."""
    there = np.isfinite(points).all(axis=1)
    if not there.any():
        return points
    low, high = np.quantile(points[there].astype(np.float64), VIEW, axis=0)
    wide = np.where(high > low, high - low, 1.0)
    step = wide / _GRID
    near = low + np.round((points - low) / step) * step
    edge = 2 * MARGIN * wide
    found: np.ndarray = np.clip(near, low - edge, high + edge).astype(np.float32)
    return found


def _sales(sales: dict[str, Any] | None, few: set[int], least: int) -> dict[str, Any] | None:
    if not sales:
        return sales
    found = dict(sales)
    if rows := sales.get("segments"):
        found["segments"] = worth_of_enough(rows, least)
        if facts := sales.get("facts"):
            found["facts"] = facts_of_enough(facts, rows, least)
    if (rfm := sales.get("rfm")) and rfm.get("counts"):
        counts = [list(row) for row in rfm["counts"]]
        totals = [sum(n or 0 for n in row) for row in counts]
        found["rfm"] = {**rfm, "counts": [row[:-1] for row in enough(counts, totals, least)]}
    if cross := sales.get("cross_sell"):
        found["cross_sell"] = _cross_sell(cross, few, least)
    return found


def _cross_sell(cross: dict[str, Any], few: set[int], least: int) -> dict[str, Any]:
    """Leave out the tables of few customers, and products that few bought."""
    found = dict(cross)
    for table in ("best_sellers", "categories", "pairs", "offers"):
        groups = [g for g in cross.get(table) or [] if g.get("segment") not in few]
        found[table] = [
            {k: _rows(v, least) if isinstance(v, list) else v for k, v in g.items()} for g in groups
        ]
    return found


def _rows(rows: list[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    kept = []
    for row in rows:
        buyers, candidates = row.get("buyers"), row.get("candidates")
        if number(candidates):
            hidden = number(buyers) and 0 < buyers < least
            told = {**row, "buyers": None, "buyer_share": None} if hidden else row
            kept += [told] if candidates >= least else []
        elif not (number(buyers) and buyers < least):
            kept.append(row)
    return kept


def roughly(n: int) -> str:
    """Write about how many there are, where more would tell of few.

    Examples
    --------
    >>> roughly(1_040) == "\u2248\u202f1,040"
    True
    """
    return f"\u2248\u202f{n:,}"
