"""What a model keeps of its columns: bins and levels with counts, against which others are held."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.data_preparation.features.bins import pooled
from engine.data_preparation.features.feature_plan import MISSING_LEVEL, FeaturePlan

if TYPE_CHECKING:
    from engine.data_preparation.features.bins import Tally
    from engine.descriptive_stats.gathering import Gathered


def columns_then(plan: FeaturePlan, gathered: Gathered, least: int) -> tuple[dict[str, Any], ...]:
    """Say how the values of each column lay, in the units of the column.

    Parameters
    ----------
    plan : FeaturePlan
    gathered : Gathered
        Of all customers.
    least : int
        Customers that are told of at least: smaller bins are joined, and of what else fewer have
        it is said that none has it.

    Returns
    -------
    columns : tuple of dict
        Numbers first, as in the plan. Nothing in it is of a single customer.
    """
    numbers = [
        _number(f.column, tally, least)
        for f, tally in zip(plan.numeric, gathered.tallies.columns, strict=True)
    ]
    return *numbers, *(_levels(f.column, f.named, gathered, least) for f in plan.categorical)


def _number(column: str, tally: Tally, least: int) -> dict[str, Any]:
    edges, counts = pooled(tally.edges, tally.counts.tolist(), least)
    mean, spread = (tally.inner if tally.known >= least else None) or (None, None)
    missing = _told(tally.missing, least)
    _with_largest(counts, tally.missing - missing)
    return {
        "column": column,
        "kind": "number",
        "edges": edges,
        "counts": counts,
        "missing": missing,
        "bounds": list(tally.bounds) if tally.bounds else None,
        "outside": tally.outside(least) or 0,
        "mean": tally.mean_told(least),
        "inner_mean": mean,
        "inner_std": spread,
    }


def _levels(column: str, named: tuple[str, ...], gathered: Gathered, least: int) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for (_, level), n in gathered.levels[column].items():
        counts[level] += n
    missing = counts.pop(MISSING_LEVEL, 0)
    known = [level for level in named if level != MISSING_LEVEL]
    other = sum(n for level, n in counts.items() if level not in known)
    every = [*(counts.get(level, 0) for level in known), other, missing]
    told = [_told(n, least) for n in every]
    _with_largest(told, sum(every) - sum(told))
    return {
        "column": column,
        "kind": "category",
        "levels": known,
        "counts": told[:-2],
        "other": told[-2],
        "missing": told[-1],
    }


def _with_largest(counts: list[int], few: int) -> None:
    """Count few who are not told of with the most, so that no total tells of them."""
    if few:
        counts[counts.index(max(counts))] += few


def _told(count: int, least: int) -> int:
    return count if count >= least else 0
