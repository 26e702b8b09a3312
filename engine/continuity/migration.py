"""Who went where since the previous run: customers by both segments, few of them not told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.continuity.previously import APART, MODEL, NEW, Previously
from engine.utilities.few_counts import part_said, untold
from engine.utilities.rows import counted, crossed, mapped
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import Written, write_table

FILE = "migration.csv"

SEGMENT, NO_SEGMENT, NEW_SINCE, LEFT = "segment", "no segment", "new", "left"
"""Kinds of rows and columns."""


def migration(
    before: Previously, labels: Any, names: Sequence[str], numbers: Numbers, least: int
) -> dict[str, Any]:
    """Count customers by their previous and today's segment.

    Parameters
    ----------
    before : Previously
    labels : int32 array of shape (n_customers,), or Spread
        Indices of today's segments.
    names : sequence of k str
    numbers : Numbers
        Of today's segments.
    least : int
        A count of fewer customers is not told (``output.smallest_group``).

    Returns
    -------
    told : dict
        ``by`` (table or model), ``why``; ``now``, a column each: ``kind`` (segment, no segment,
        left), ``segment``, ``name``, ``customers``, ``pooled``; ``before``, a row each: the same
        (kind also new), ``counts``, None where they are not told, and ``rough``, about how many
        these are unless few; ``pooled`` is what they come to, so that rows and columns add up.
        ``both`` (customers of both runs with a segment in each, rounded where it is
        ``about_both``), ``stayed`` (of them, those whose segment continues theirs, rounded to
        ``rounded_to`` where it is ``about``), ``new``, ``left``; the last two None where
        the model says, which cannot know. ``sentence``.
    """
    counts, rows, columns = _counts(before, labels, names, numbers)
    secret = untold(counts, least, _crossing(rows, columns, NEW_SINCE, LEFT))
    hidden = secret.hidden
    pooled = np.where(hidden, counts, 0)
    table = before.by != MODEL
    in_both = _crossing(rows, columns, SEGMENT, SEGMENT)
    same = [[row["segment"] == column["segment"] for column in columns] for row in rows]
    both, of_about = secret.told(counts, in_both)
    stayed, about = secret.told(counts, in_both & np.array(same))
    told: dict[str, Any] = {
        "by": before.by,
        "why": before.why,
        "now": _told(columns, counts.sum(axis=0), pooled.sum(axis=0)),
        "before": [
            {
                **row,
                "counts": [None if h else int(n) for n, h in zip(cells, hide, strict=True)],
                "rough": rough,
            }
            for row, cells, hide, rough in zip(
                _told(rows, counts.sum(axis=1), pooled.sum(axis=1)),
                counts,
                hidden,
                secret.rough(counts),
                strict=True,
            )
        ],
        "both": both,
        "stayed": min(both, stayed),
        "about_both": of_about > 0,
        "about": about > 0,
        "rounded_to": about,
        "new": _of_kind(rows, counts.sum(axis=1), NEW_SINCE) if table else None,
        "left": _of_kind(columns, counts.sum(axis=0), LEFT) if table else None,
    }
    return told | {"sentence": _sentence(told)}


def _counts(
    before: Previously, labels: Any, names: Sequence[str], numbers: Numbers
) -> tuple[np.ndarray, list[dict[str, Any]], list[dict[str, Any]]]:
    """Count all customers by a row and a column; those that nobody is in are left out."""
    known, k = sorted(before.names), len(names)
    places = np.full(max(known, default=-1) + 3, -1)
    places[np.array([*known, NEW, APART]) + 2] = np.arange(len(known) + 2)
    row_of = _Placed(places)
    n_rows = len(known) + 2
    counts = np.zeros((n_rows, k + 2), np.int64)
    counts[:, :k] = crossed(mapped(row_of, before.numbers), labels, (n_rows, k))
    counts[:, k] = counted(row_of(before.apart), n_rows)
    sizes = before.sizes
    if sizes is not None:
        then = np.array([sizes.get(n, 0) for n in (*known, NEW, APART)])
        there = counts.sum(axis=1)
        there[len(known)] = 0  # nobody who is new has left
        counts[:, k + 1] = np.maximum(then - there, 0)
    rows = [_called(SEGMENT, n, before.names[n]) for n in known]
    rows += [_called(NEW_SINCE), _called(NO_SEGMENT)]
    columns = [_called(SEGMENT, *one) for one in zip(numbers.public, names, strict=True)]
    columns += [_called(NO_SEGMENT), _called(LEFT)]
    row, column = np.ones(n_rows, bool), np.ones(k + 2, bool)
    row[-1], column[k] = counts[-1].any(), counts[:, k].any()
    if sizes is None:  # of those who are new or have left a model knows nothing
        row[len(known)] = column[-1] = False
    counts = counts[row][:, column]
    return counts, list(compress(rows, row)), list(compress(columns, column))


def _crossing(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]], of: str, to: str
) -> np.ndarray:
    """Mark the cells of rows of one kind and columns of another."""
    found: np.ndarray = np.outer(
        [r["kind"] == of for r in rows], [c["kind"] == to for c in columns]
    )
    return found


def _called(kind: str, number: int | None = None, name: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "segment": number, "name": name or kind}


class _Placed:
    """Gives the row of the counts for the number of a previous segment."""

    def __init__(self, places: np.ndarray) -> None:
        self.places = places

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.places[numbers + 2]
        return found


def _told(
    called: Sequence[Mapping[str, Any]], totals: np.ndarray, pooled: np.ndarray
) -> list[dict[str, Any]]:
    return [
        {**one, "customers": int(total), "pooled": int(few)}
        for one, total, few in zip(called, totals, pooled, strict=True)
    ]


def _of_kind(called: Sequence[Mapping[str, Any]], totals: np.ndarray, kind: str) -> int:
    return int(sum(n for one, n in zip(called, totals, strict=True) if one["kind"] == kind))


def _sentence(told: Mapping[str, Any]) -> str:
    both, stayed = told["both"], told["stayed"]
    of_them = part_said(stayed, both, told["rounded_to"])
    of_all = f"{'about ' * told['about_both']}{both:,}"
    if told["by"] == MODEL:
        return (
            f"{of_them} of {of_all} customers are in the segment that continues the one the "
            f"previous model gives them today ({told['why']})"
        )
    return (
        f"{of_all} customers were in a segment of the previous run too, of whom {of_them} "
        f"are in the one that continues it; {told['new']:,} are new, {told['left']:,} have left"
    )


def frame_of(told: Mapping[str, Any]) -> pl.DataFrame:
    """Give the table of a migration: a row a previous segment, a column a segment of today.

    Its last column and row are the customers of both kinds in all. What is too few to be told is
    empty, and stands in the column and the row ``pooled``: with them everything adds up.
    """
    now, before = told["now"], told["before"]
    cells = [[*row["counts"], row["pooled"], row["customers"]] for row in before]
    names = [(row["segment"], row["name"]) for row in before]
    few = any(row["pooled"] for row in before)
    if few:
        cells.append([*(column["pooled"] for column in now), None, None])
        names.append((None, "pooled"))
    totals = [c["customers"] for c in now]
    cells.append([*totals, None if few else 0, sum(totals)])  # the totals hold everyone
    names.append((None, "customers"))
    columns = [c["name"] if c["segment"] is None else f"{c['segment']}: {c['name']}" for c in now]
    kinds = dict.fromkeys([*columns, "pooled", "customers"], pl.Int64)
    table = pl.DataFrame(cells, schema=kinds, orient="row")
    called = pl.DataFrame(
        names,
        schema={"previous_segment": pl.Int32, "previous_segment_name": pl.String},
        orient="row",
    )
    return called.hstack(table)


def save(told: Mapping[str, Any], folder: Path) -> Written:
    """Write the table into a run's report folder."""
    frame = frame_of(told)
    return write_table(iter([frame]), frame.schema, folder / FILE)
