"""Columns of a new file that are text there and numbers to the model: read by the model's rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import polars as pl

from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.reading.frames import as_polars
from engine.data_preparation.reading.readings import count_lost, read_columns
from engine.utilities.shown import form_of


@dataclass
class Lost:
    """Values that are there and do not read as they did in training: how many, and one, by column.

    Attributes
    ----------
    found : dict of str to (int, str, str)
        With what such values do.
    """

    found: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def add(self, block: pl.DataFrame, plan: FeaturePlan) -> None:
        """Count those of a block as a file holds it."""
        losses = {r.column: r.loss for r in plan.readings.values()}
        for column, (n, example) in count_lost(block, plan.readings).items():
            before, first, loss = self.found.get(column, (0, example, losses[column]))
            self.found[column] = (before + n, first, loss)

    def merge(self, after: Lost) -> None:
        """Take in what another part of the file holds."""
        for column, (n, example, loss) in after.found.items():
            before, first, _ = self.found.get(column, (0, example, loss))
            self.found[column] = (before + n, first, loss)

    def notes(self) -> list[str]:
        """Say so, for people."""
        return [
            f"column {column!r} holds {n:,} values, such as {form_of(example)!r}, that {loss}"
            for column, (n, example, loss) in self.found.items()
        ]


def made(block: pl.DataFrame, plan: FeaturePlan, lost: Lost) -> pl.DataFrame:
    """Give a block as a file holds it with the columns that the plan makes from text.

    Parameters
    ----------
    block : DataFrame with the plan's ``file_columns``
    plan : FeaturePlan
    lost : Lost
        Takes what does not read.
    """
    if not plan.readings:
        return block
    lost.add(block, plan)
    return block.with_columns(read_columns(plan.readings, block.schema))


def made_of_frame(frame: nw.DataFrame[Any], plan: FeaturePlan, lost: Lost) -> nw.DataFrame[Any]:
    """Give a dataframe of any library with the columns that the plan makes from text."""
    held = {r.column for r in plan.readings.values()}
    if not held:
        return frame
    texts = pl.DataFrame([as_polars(frame[c].to_native()).alias(c) for c in sorted(held)])
    lost.add(texts, plan)
    read = texts.select(read_columns(plan.readings, texts.schema))
    columns = (
        nw.new_series(c.name, c.fill_null(float("nan")).to_numpy(), backend=frame.implementation)
        for c in read
    )
    return frame.with_columns(*columns)
