"""What text columns are read as beside text: found by the survey, told, kept by the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.reading.finding import NOTHING, Context, Finding, find_numbers
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError


def context_of(source: Source) -> Context:
    """Give what is known of how a source writes numbers."""
    points = source.points
    if points is None:
        return Context(source.label, source.read)
    separate = points.commas_separate
    return Context(source.label, points.read, points.seen.forms, commas_separate=separate)


def find_reading(
    column: str,
    shapes: Shapes,
    levels: Counter[str] | None,
    source: Source,
    settings: PreparationConfig,
) -> Finding:
    """Decide what a text column is read as.

    Parameters
    ----------
    column : str
    shapes : Shapes
        Of its values; empty where nobody looked.
    levels : Counter of str or None
        Its values; None where they are too many.
    source : Source
    settings : PreparationConfig
    """
    finding = find_numbers(column, shapes, context_of(source))
    # Who stores a few digits as text means codes.
    few = levels is not None and len(levels) <= settings.max_levels
    return NOTHING if finding.bare and few else finding


def any_reads(
    source: Source, columns: Collection[str], settings: PreparationConfig
) -> tuple[bool, str]:
    """Tell whether a text column is read as something else, by the first rows, and why not."""
    texts = [c for c in columns if source.schema[c] == pl.String]
    block = pl.DataFrame(schema=dict.fromkeys(texts, pl.String()))
    with suppress(DataError):  # What is wrong with the file is said where columns are missed.
        block = next(source.batches(texts), block) if texts else block
    why = ""
    for column in texts:
        shapes = Shapes()
        shapes.look(block.get_column(column))
        finding = find_reading(column, shapes, None, source, settings)
        if finding.readings:
            return True, ""
        why = why or finding.warning
    return False, why


def with_readings(plan: FeaturePlan, readings: Mapping[str, Reading]) -> FeaturePlan:
    """Give the plan, its columns read as they were."""
    numeric = (replace(f, reading=readings.get(f.column)) for f in plan.numeric)
    return replace(plan, numeric=tuple(numeric))


def tell(
    findings: Mapping[str, Finding], readings: Mapping[str, Reading], report: PlanReport
) -> None:
    """Tell what columns are read as, and what of them is not."""
    report.notices += [f.notice for f in findings.values() if f.notice]
    report.warnings += [f.warning for f in findings.values() if f.warning]
    for entry in report.columns:
        if reading := readings.get(entry["column"]):
            entry["what"] = f"read as {reading.words()}; {entry['what']}"
