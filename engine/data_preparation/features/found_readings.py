"""What text columns are read as beside text: found by the survey, told, kept by the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.weights import lump_scale
from engine.data_preparation.reading.finding import (
    NOTHING,
    Context,
    Finding,
    amounts_unread,
    find_numbers,
)
from engine.data_preparation.reading.finding_lists import Lists, find_lists
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.shown import FEW


def context_of(source: Source) -> Context:
    """Give what is known of how a source writes numbers."""
    points = source.points
    if points is None:
        return Context(source.label, source.read)
    separate = points.commas_separate
    return Context(source.label, points.read, points.seen.forms, commas_separate=separate)


class Cells(Protocol):
    """What is known of a text column: its forms, its lists, its values (None: too many)."""

    shapes: Shapes
    lists: Lists
    levels: Counter[str] | None


def find_reading(
    column: str, known: Cells, source: Source, settings: PreparationConfig, least: int = FEW
) -> Finding:
    """Decide what a text column is read as, from what is known of all of its values."""
    finding = find_numbers(column, known.shapes, context_of(source))
    # Who stores a few digits as text means codes.
    few = known.levels is not None and len(known.levels) <= settings.max_levels
    if finding.bare and few:
        return NOTHING
    if finding != NOTHING:
        return finding
    finding = find_lists(column, known.lists, settings.max_levels, source.schema, least)
    # A few ranges such as $40K - $60K are a category.
    return finding if few or finding != NOTHING else amounts_unread(column, known.shapes)


@dataclass
class _First:
    """The first rows of a text column."""

    shapes: Shapes
    lists: Lists
    levels: Counter[str] | None = None


def any_reads(
    source: Source, columns: Collection[str], settings: PreparationConfig
) -> tuple[bool, str]:
    """Tell whether a text column is read as something else, by the first rows, and why not."""
    texts = [c for c in columns if source.schema[c] == pl.String]
    block = pl.DataFrame(schema=dict.fromkeys(texts, pl.String()))
    with suppress(DataError):  # What is wrong with the file is said where columns are missed.
        block = source.first_block(texts, block) if texts else block
    why = ""
    for column in texts:
        known = _First(Shapes(), Lists())
        known.shapes.look(block.get_column(column))
        known.lists.look(block.get_column(column))
        finding = find_reading(column, known, source, settings)
        if finding.readings:
            return True, ""
        why = why or finding.warning
    return False, why


def with_readings(
    plan: FeaturePlan, readings: Mapping[str, Reading], *, scaled: bool = True
) -> FeaturePlan:
    """Give the plan, its columns read as they were.

    The flags of one list weigh as much together as the levels of a category do.
    """
    numeric = [replace(f, reading=readings.get(f.column)) for f in plan.numeric]
    squares: dict[str, float] = {}
    rare: dict[str, float] = {}
    for feature in numeric:
        if isinstance(feature.reading, MemberReading):
            share = feature.reading.share
            before = squares.get(feature.reading.column, 0.0)
            squares[feature.reading.column] = before + share * (1 - share)
            # Customers who differ from most by one member at the least.
            apart = max(min(share, 1 - share), rare.get(feature.reading.column, 0.0))
            rare[feature.reading.column] = apart
    weighed = (
        replace(f, scale=lump_scale(float(np.sqrt(squares[c])), rare[c]))
        if isinstance(f.reading, MemberReading) and scaled and (c := f.reading.column)
        else f
        for f in numeric
    )
    return replace(plan, numeric=tuple(weighed))


def tell(
    findings: Mapping[str, Finding], readings: Mapping[str, Reading], report: PlanReport
) -> None:
    """Tell what columns are read as, and what of them is not."""
    report.notices += [f.notice for f in findings.values() if f.notice]
    report.warnings += [f.warning for f in findings.values() if f.warning]
    for entry in report.columns:
        if reading := readings.get(entry["column"]):
            entry["what"] = f"read as {reading.words()}; {entry['what']}"
