"""Profiles as a table, one row a segment: what ``profiles.csv`` holds."""

from __future__ import annotations

from typing import Any

import polars as pl


def table_of(tree: dict[str, Any]) -> pl.DataFrame:
    """Give size and share, figures of the features, then worth and columns that only describe."""
    beside = set(tree.get("describing", ()))
    rows = [_row(s, tree, beside) for s in tree["segments"]]
    return pl.DataFrame(rows, infer_schema_length=None)


def _row(segment: dict[str, Any], tree: dict[str, Any], beside: set[str]) -> dict[str, Any]:
    row = {
        "segment": segment["segment"],
        "segment_name": segment["name"],
        "customers": segment["customers"],
        "share": segment["share"],
    }
    formed = {c: f for c, f in segment["features"].items() if c not in beside}
    row |= _figures(formed)
    top = [f"{x['column']}={x['level']} ({x['lift']:.2f}x)" for x in segment["levels"]]
    row["distinctive_categories"] = "; ".join(top)
    if tree.get("value"):
        worth = segment.get("value") or {}
        for name in ("total", "share", "mean"):
            row.setdefault(f"value_{name}", worth.get(name))  # a feature may be called "value"
    row |= _figures({c: f for c, f in segment["features"].items() if c in beside})
    for column, levels in tree.get("shares", {}).items():
        own = {x["level"]: x["share"] for x in segment.get("shares", {}).get(column, ())}
        row |= {f"{column}={x['level']}_share": own.get(x["level"]) for x in levels}
    return row


def _figures(features: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{feature}_{name}": figures[name]
        for feature, figures in features.items()
        for name in ("mean", "median", "z")
    }
