"""What a comparison found, as tables: migration, changes, sizes over time and moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from engine.comparing.periods import Period
from engine.comparing.steps import LEFT, Step

NO_SEGMENT, NEW = "no segment", "new"

_MIGRATION: dict[str, Any] = {
    "from_period": pl.String, "to_period": pl.String, "from_segment": pl.Int32,
    "from_name": pl.String, "to_segment": pl.Int32, "to_name": pl.String, "same": pl.Boolean,
    "customers": pl.Int64, "share_of_from": pl.Float64, "share_of_to": pl.Float64,
}  # fmt: skip
_MONEY = {"money_before": pl.Float64, "money_after": pl.Float64}
_CHANGES: dict[str, Any] = {
    "from_period": pl.String, "to_period": pl.String, "from_segment": pl.Int32,
    "to_segment": pl.Int32, "segment_name": pl.String, "column": pl.String, "level": pl.String,
    "of": pl.String, "before": pl.Float64, "after": pl.Float64, "difference": pl.Float64,
    "effect_size": pl.Float64,
}  # fmt: skip
_SIZES: dict[str, Any] = {
    "period": pl.String, "run": pl.String, "track": pl.Int32, "segment": pl.Int32,
    "segment_name": pl.String, "customers": pl.Int64, "share": pl.Float64,
}  # fmt: skip


def rows_of(period: Period, other: str) -> list[tuple[int | None, str]]:
    """Give number and name of each row, or column, of a step's cells; ``other`` is the last."""
    named = list(zip(period.numbers.public, period.names, strict=True))
    return [*named, (None, NO_SEGMENT), (None, other)]


def migration(steps: Sequence[Step]) -> pl.DataFrame:
    """Give one row for each pair of segments with customers, exactly."""
    rows = []
    for step in steps:
        counts, pairs = step.cells.counts, step.matched.pairs
        before, after = rows_of(step.old, NEW), rows_of(step.new, LEFT)
        of, to = counts.sum(axis=1), counts.sum(axis=0)
        for i, j in zip(*np.nonzero(counts), strict=True):
            n = int(counts[i, j])
            row = {
                "from_period": step.old.label, "to_period": step.new.label,
                "from_segment": before[i][0], "from_name": before[i][1],
                "to_segment": after[j][0], "to_name": after[j][1],
                "same": pairs.get(int(j), -1) == i, "customers": n,
                "share_of_from": n / int(of[i]), "share_of_to": n / int(to[j]),
            }  # fmt: skip
            if step.cells.before is not None and step.cells.after is not None:
                row["money_before"] = rounded(step.cells.before[i, j])
                row["money_after"] = rounded(step.cells.after[i, j])
            rows.append(row)
    money = _MONEY if any(step.money for step in steps) else {}
    return pl.DataFrame(rows, _MIGRATION | money, orient="row")


def movers(found: pl.DataFrame) -> int:
    """Count whom the moves could list: who changed their segment and, with money, who left."""
    went = pl.col("to_segment").is_not_null() & ~pl.col("same")
    if "money_before" in found.columns:
        went |= pl.col("to_name") == LEFT
    return int(found.filter(pl.col("from_segment").is_not_null(), went)["customers"].sum())


def rounded(value: Any) -> float:
    """Give money to the ten-thousandth, which lines of invoices are rounded to; never -0."""
    return round(float(value), 4) + 0.0


def changes(steps: Sequence[Step]) -> pl.DataFrame:
    """Give one row for each segment and column."""
    rows = [
        {
            "from_period": step.old.label, "to_period": step.new.label,
            "from_segment": step.old.numbers.public[c["before"]],
            "to_segment": step.new.numbers.public[c["now"]],
            "segment_name": step.new.names[c["now"]],
            "column": c["column"], "level": c["level"], "of": c["of"], "before": c["then"],
            "after": c["value"], "difference": c["difference"], "effect_size": c["effect"],
        }
        for step in steps
        for c in step.changes
    ]  # fmt: skip
    return pl.DataFrame(rows, _CHANGES, orient="row")


def customers_of(steps: Sequence[Step]) -> list[np.ndarray]:
    """Count the customers of each period by segment, those without one last."""
    found = [steps[0].cells.counts.sum(axis=1)[:-1]]
    return [*found, *(step.cells.counts.sum(axis=0)[:-1] for step in steps)]


def sizes(steps: Sequence[Step], tracks: list[list[int]]) -> pl.DataFrame:
    """Give one row for each segment of each period; ``track`` is one for the same segment."""
    periods = [steps[0].old, *(step.new for step in steps)]
    rows = []
    for period, counts, own in zip(periods, customers_of(steps), tracks, strict=True):
        total = max(int(counts[:-1].sum()), 1)
        for i, (number, name) in enumerate(zip(period.numbers.public, period.names, strict=True)):
            rows.append(
                {
                    "period": period.label, "run": period.run, "track": own[i],
                    "segment": number, "segment_name": name, "customers": int(counts[i]),
                    "share": int(counts[i]) / total,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, _SIZES, orient="row")


def moves(steps: Sequence[Step]) -> pl.DataFrame:
    """Give the customers whose moves matter most, step by step."""
    kinds = {step.moves.schema["id"] for step in steps}
    frames = []
    for step in steps:
        frame = step.moves if len(kinds) == 1 else step.moves.cast({"id": pl.String})
        old, new = rows_of(step.old, NEW), rows_of(step.new, LEFT)
        money = "before" in frame.columns
        frames.append(
            frame.select(
                pl.lit(step.old.label).alias("from_period"),
                pl.lit(step.new.label).alias("to_period"),
                "id",
                "change",
                *_called("from", old),
                *_called("to", new),
                *([_cents("before"), _cents("after")] if money else ()),
                *([(_cents("after") - _cents("before")).round(2).alias("difference")] * money),
                *(() if money else [_clear(step)]),
            )
        )
    return pl.concat(frames)


def _cents(column: str) -> pl.Expr:
    return pl.col(column).round(2) + 0.0  # never -0


def _clear(step: Step) -> pl.Expr:
    if step.new.customers.has("margin"):
        return pl.col("clear").alias("margin")
    return (-pl.col("clear")).alias("distance")


def _called(side: str, rows: list[tuple[int | None, str]]) -> list[pl.Expr]:
    numbers = {i: number for i, (number, _) in enumerate(rows)}
    names = {i: name for i, (_, name) in enumerate(rows)} | {-1: LEFT}
    index = pl.col(side)
    return [
        index.replace_strict(numbers, default=None, return_dtype=pl.Int32)
        .alias(f"{side}_segment"),
        index.replace_strict(names, default=None, return_dtype=pl.String).alias(f"{side}_name"),
    ]  # fmt: skip
