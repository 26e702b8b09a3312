"""What is said of a comparison to whoever may read it: counts without those of few customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.comparing.changes import word
from engine.comparing.periods import Period
from engine.comparing.steps import LEFT, Step
from engine.comparing.tables import NEW, NO_SEGMENT, customers_of, rounded, rows_of
from engine.utilities.few_counts import Untold, part_said, untold
from engine.visualization.readable import money

SEGMENT = "segment"
_MERGED = 2 / 3


def told(
    steps: Sequence[Step], tracks: list[list[int]], least: int, notes: Sequence[str]
) -> dict[str, Any]:
    """Tell of a comparison as plain data.

    Parameters
    ----------
    steps : sequence of Step
    tracks : list of list of int
        For each period and segment a number that is one for the same segment.
    least : int
        Of fewer customers nothing is told (``output.smallest_group``).
    notes : sequence of str

    Returns
    -------
    told : dict
        ``periods``, ``steps``, ``notes``; segments by their numbers. How many customers a segment
        holds, and how many are new or left, is told. Of those who went from one segment to another
        fewer are None, and so are as many others as keep it from being had from the totals;
        ``pooled`` is what these come to in a row or a column, so that both add up.
    """
    periods = [steps[0].old, *(step.new for step in steps)]
    counts = customers_of(steps)
    return {
        "format": 1,
        "smallest_group": least,
        "periods": [_period(*each) for each in zip(periods, counts, tracks, strict=True)],
        "steps": [_step(step, least) for step in steps],
        "notes": list(notes),
    }


def _period(period: Period, counts: np.ndarray, tracks: list[int]) -> dict[str, Any]:
    total = int(counts[:-1].sum())
    numbered = zip(period.numbers.public, period.names, counts.tolist(), tracks, strict=False)
    return {
        "label": period.label,
        "run": period.run,
        "name": period.name,
        "input": period.input,
        "data": period.data,
        "customers": total,
        "without_segment": int(counts[-1]),
        "segments": [
            {
                "segment": number, "name": name, "track": track, "customers": n,
                "share": n / total if total else 0.0,
            }
            for number, name, n, track in numbered
        ],
    }  # fmt: skip


def _step(step: Step, least: int) -> dict[str, Any]:
    counts = step.cells.counts
    secret = untold(counts, least, _nobody(counts))
    hidden = secret.hidden
    worth = step.cells.before, step.cells.after
    both, stayed = _sums(step, secret)
    found: dict[str, Any] = {
        "from": step.old.label,
        "to": step.new.label,
        "matched": {
            "by": step.matched.by,
            "sentence": step.matched.sentence,
            "segments": [
                {"from": step.old.numbers.public[i], "to": step.new.numbers.public[j]}
                for j, i in sorted(step.matched.pairs.items())
            ],
        },
        "both": both[0],
        "stayed": min(both[0], stayed[0]),
        "about_both": both[1] > 0,
        "about": stayed[1] > 0,
        "rounded_to": stayed[1],
        "new": step.came,
        "left": step.left,
        "rows": _sides(rows_of(step.old, NEW), counts, hidden, worth, 1, least),
        "columns": _sides(rows_of(step.new, LEFT), counts, hidden, worth, 0, least),
        "counts": _cells(counts, hidden),
        "rough": secret.rough(counts),
        "changes": _changes(step),
        "labels": step.new.profiles.get("labels") or {},
        "repeated_ids": sum(step.cells.repeated),
    }
    if worth[0] is not None and worth[1] is not None:
        found["money"] = step.money | {
            "before": _cells(worth[0], hidden), "after": _cells(worth[1], hidden)
        }  # fmt: skip
    return found


def _nobody(counts: np.ndarray) -> np.ndarray:
    """Mark the cell that holds nobody, as everyone knows: of customers both new and gone."""
    known = np.zeros(counts.shape, bool)
    known[-1, -1] = True
    return known


def _sums(step: Step, secret: Untold) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give how many are of both periods and how many stayed, each with the step it is told by."""
    counts = step.cells.counts
    both, stayed = np.zeros(counts.shape, bool), np.zeros(counts.shape, bool)
    both[: len(step.old.names), : len(step.new.names)] = True
    for now, then in step.matched.pairs.items():
        stayed[then, now] = True
    return secret.told(counts, both), secret.told(counts, stayed)


def _cells(values: np.ndarray, hidden: np.ndarray) -> list[list[Any]]:
    whole = values.dtype.kind == "i"
    return [
        [None if hide else int(v) if whole else rounded(v) for v, hide in zip(*row, strict=True)]
        for row in zip(values, hidden, strict=True)
    ]


def _sides(
    called: Sequence[tuple[int | None, str]],
    counts: np.ndarray,
    hidden: np.ndarray,
    worth: tuple[np.ndarray | None, np.ndarray | None],
    axis: int,
    least: int,
) -> list[dict[str, Any]]:
    """Tell of each row or column what it comes to.

    Where one is of few, money is told of none with hidden cells: with their sums the circles close
    that theirs would be had from.
    """
    totals, pooled = counts.sum(axis=axis), np.where(hidden, counts, 0).sum(axis=axis)
    few = (totals > 0) & (totals < least)
    secret = few | hidden.any(axis=axis) if few.any() else few
    found = []
    for i, ((number, name), total) in enumerate(zip(called, totals.tolist(), strict=True)):
        side = {
            "kind": name if number is None else SEGMENT,
            "segment": number,
            "name": name,
            "customers": total,
            "pooled": int(pooled[i]),
        }
        for key, values in zip(("money_before", "money_after"), worth, strict=True):
            if values is not None:
                side[key] = None if secret[i] else rounded(values.sum(axis=axis)[i])
        found.append(side)
    return found


def _changes(step: Step) -> list[dict[str, Any]]:
    old, new = step.old.numbers.public, step.new.numbers.public
    return [
        {
            "from": old[c["before"]], "to": new[c["now"]], "column": c["column"],
            "level": c["level"], "of": c["of"], "before": c["then"], "after": c["value"],
            "difference": c["difference"], "effect": c["effect"], "size": word(c["effect"]),
        }
        for c in step.changes
    ]  # fmt: skip


def is_there(side: dict[str, Any]) -> bool:
    """Whether a row or a column is shown: a segment, or others where there are some.

    Examples
    --------
    >>> is_there({"kind": NO_SEGMENT, "customers": 0}), is_there({"kind": LEFT, "customers": 0})
    (False, True)
    """
    return bool(side["kind"] != NO_SEGMENT or side["customers"] != 0)


def sentences(tree: dict[str, Any]) -> list[str]:
    """Say what was found, step by step: in one sentence each, or in a few for one step."""
    steps = tree["steps"]
    if len(steps) > 1:
        return [" ".join([f"{s['from']} to {s['to']}: {_stayed(s)}", *_merges(s)]) for s in steps]
    (step,) = steps
    said = _stayed(step)
    return [said[:1].upper() + said[1:], *_merges(step), *_largest(step), *_worth_of_left(step)]


def _merges(step: dict[str, Any]) -> list[str]:
    return [
        f"{of} merged into {to}: {n:,} customers, who count as moved." for of, to, n in merged(step)
    ]


def _largest(step: dict[str, Any]) -> list[str]:
    """Say where most of those went who moved between segments."""
    same = {(pair["from"], pair["to"]) for pair in step["matched"]["segments"]}
    found = [
        (n, of["name"], to["name"])
        for of, row in zip(step["rows"], step["counts"], strict=True)
        for to, n in zip(step["columns"], row, strict=True)
        if n
        and of["kind"] == to["kind"] == SEGMENT
        and (of["segment"], to["segment"]) not in same
        and (of["name"], to["name"], n) not in merged(step)
    ]
    if not found or not same:
        return []
    many, of, to = max(found, key=lambda one: one[0])
    return [f"The largest move: {many:,} customers from {of} to {to}."]


def _worth_of_left(step: dict[str, Any]) -> list[str]:
    worth = step["columns"][-1].get("money_before")
    if not worth or "money" not in step:
        return []
    return [
        f"{step['money']['label'][:1].upper()}{step['money']['label'][1:]} of those who left: "
        f"{money(worth)} before."
    ]


def _stayed(step: dict[str, Any]) -> str:
    both, of_about = step["both"], "about " * step["about_both"]
    stayed = part_said(step["stayed"], both, step["rounded_to"])
    return (
        f"of {of_about}{both:,} customers with a segment in both, {stayed} are in "
        f"the one they were in; {step['new']:,} are new, {step['left']:,} have left."
    )


def merged(step: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Give the segments that went into one of the later period: both names, and how many went.

    A segment that none continues, and two thirds or more of whose customers with a segment in
    both periods are in one of the later period.
    """
    went_on = {pair["from"] for pair in step["matched"]["segments"]}
    segments = [j for j, to in enumerate(step["columns"]) if to["kind"] == SEGMENT]
    found = []
    for of, row in zip(step["rows"], step["counts"], strict=True):
        if of["kind"] != SEGMENT or of["segment"] in went_on:
            continue
        counts = {j: row[j] or 0 for j in segments}
        j = max(segments, key=lambda j: counts[j])
        if counts[j] and counts[j] >= _MERGED * (sum(counts.values()) + of["pooled"]):
            found.append((str(of["name"]), str(step["columns"][j]["name"]), counts[j]))
    return found


def share_not_merged(tree: dict[str, Any]) -> float | None:
    """Give the share who stayed, of those whose segment did not merge; None where none did."""
    gone = sum(n for step in tree["steps"] for *_, n in merged(step))
    both = sum(step["both"] for step in tree["steps"]) - gone
    stayed = sum(step["stayed"] for step in tree["steps"])
    return min(stayed / both, 1.0) if gone and both > 0 else None


def rounding(tree: dict[str, Any]) -> float:
    """Give by how much that share may be off, for who stayed is rounded where few went."""
    both = sum(step["both"] for step in tree["steps"])
    return sum(step["rounded_to"] for step in tree["steps"]) / 2 / both if both else 0.0


def share_stayed(tree: dict[str, Any]) -> float:
    """Give the share of customers who stayed in their segment, over all steps."""
    both = sum(step["both"] for step in tree["steps"])
    return sum(step["stayed"] for step in tree["steps"]) / both if both else 0.0
