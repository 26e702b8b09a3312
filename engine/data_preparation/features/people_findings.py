"""What columns are read as beside text, where they may identify people: not so, and not told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from engine.config.sections import FeaturesConfig
from engine.data_preparation.features.people import (
    by_name,
    named_like_people,
    numbers_of_people,
    text_of_people,
    told_reason,
)
from engine.data_preparation.features.people_told import is_of_people
from engine.data_preparation.features.people_values import some_of, told_by_text
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import TextSurvey
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.lists import MemberReading


def hidden_numbers(
    text: Mapping[str, TextSurvey], joint: pl.DataFrame | None, roles: Roles
) -> list[str]:
    """Name columns of a CSV that passed for text, and hold nothing but numbers of nobody.

    Parameters
    ----------
    text : mapping of str to TextSurvey
    joint : DataFrame or None
        Some rows of all columns.
    roles : Roles
        Its doubtful columns are named like what identifies people, and read as text for that.
    """
    hidden = [c for c, t in text.items() if t.present and t.numbers == t.present]
    return [c for c in hidden if c not in roles.doubtful or not _of_people(c, text[c], joint)]


def _of_people(column: str, known: TextSurvey, joint: pl.DataFrame | None) -> bool:
    values = pl.Series(list(known.levels or ()), dtype=pl.String)
    if known.levels is None and joint is not None:
        values = joint[column].drop_nulls()
    numbers = values.cast(pl.Float64, strict=False).drop_nulls().to_numpy()
    if not len(numbers):
        return True
    return numbers_of_people(column, numbers[np.isfinite(numbers)]) is not None


def people_by_levels(column: str, known: TextSurvey) -> bool:
    """Tell by a text column's values, whatever it is called, whether they identify people."""
    return text_of_people(column, known.levels, known.present, named=False) is not None


def lists_of_people(findings: Mapping[str, Finding], settings: FeaturesConfig) -> dict[str, str]:
    """Give columns whose cells are lists of what identifies people, with the reason.

    Parameters
    ----------
    findings : mapping of str to Finding
        By column.
    settings : FeaturesConfig
        Columns that it names are used.
    """
    asked = {*settings.include, *settings.categorical}
    found = {}
    for column, finding in findings.items():
        members = {
            m: 1 for r in finding.readings.values() if isinstance(r, MemberReading) for m in r.known
        }
        if not members or column in asked:
            continue
        told = told_by_text(some_of(members))
        if told:
            found[column] = told_reason(f"holds {told}")
        elif named_like_people(column, number=False):
            found[column] = by_name(column)
    return found


def without_people(findings: Mapping[str, Finding], report: PlanReport) -> dict[str, Finding]:
    """Leave out what was found of columns that are not used because they may identify people."""
    gone = {c["column"] for c in report.columns if is_of_people(c["what"])}
    return {c: f for c, f in findings.items() if c not in gone}
