"""What columns are read as beside text, where they may identify people: not so, and not told."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl

from engine.config.features import FeaturesConfig
from engine.data_preparation.features.people import (
    by_name,
    named_like_people,
    numbers_of_people,
    text_of_people,
    told_reason,
)
from engine.data_preparation.features.people_forms import keys_of_people, places_among_numbers
from engine.data_preparation.features.people_told import is_of_people
from engine.data_preparation.features.people_values import some_of, told_by_text
from engine.data_preparation.features.people_words import of_amounts, of_makes
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import TextSurvey
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.sources import Source


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
    plain = values.cast(pl.Float64, strict=False).drop_nulls()
    if not len(plain):  # With a decimal comma, or in groups of thousands.
        pointed = values.str.replace_all(r"[ .'\u00a0]", "").str.replace(",", ".", literal=True)
        plain = pointed.cast(pl.Float64, strict=False).drop_nulls()
    numbers = plain.to_numpy()
    return numbers_of_people(column, numbers[np.isfinite(numbers)]) is not None


def people_by_levels(column: str, known: TextSurvey) -> bool:
    """Tell by a text column's values, whatever it is called, whether they identify people."""
    return text_of_people(column, known.levels, known.present, named=False) is not None


_DIALLED = r"^0[1-9]\d{7,10}$"
_NEARLY_ALL, _LEAST = 0.9, 20
_DIALLED_REASON = told_reason("holds telephone numbers, whose leading zeros numbers would lose")


def dialled(source: Source, roles: Roles, settings: FeaturesConfig) -> dict[str, str]:
    """Give columns of a CSV that would be read as numbers, and are dialled: ``0612345678``.

    Parameters
    ----------
    source : Source
    roles : Roles
        Its numeric columns are looked at, at the beginning of the first file.
    settings : FeaturesConfig
        Columns that it names are used.

    Returns
    -------
    dict of str to str
        Column to the reason: nine in ten of its values, 20 different ones at least, begin with one
        zero and have nine to twelve digits. What pads amounts to a width are several zeros.
    """
    if source.typed:
        return {}
    asked = {*settings.include, *settings.categorical}
    columns = [c for c in roles.numeric if c not in asked and c not in source.readings]
    head = next((h for f in source.csv.values() if (h := f.head_texts()).height), pl.DataFrame())
    found = {}
    for column in (c for c in columns if c in head.columns):
        values = head.get_column(column).drop_nulls().str.strip_chars().unique()
        if len(values) >= _LEAST and (
            values.str.contains(_DIALLED).sum() >= _NEARLY_ALL * len(values)
        ):
            found[column] = _DIALLED_REASON
    return found


def found_of_people(
    findings: Mapping[str, Finding],
    dates: Collection[str],
    text: Mapping[str, TextSurvey],
    settings: FeaturesConfig,
) -> dict[str, str]:
    """Give columns that would be read as lists or dates, and hold what identifies people.

    Parameters
    ----------
    findings : mapping of str to Finding
        By column.
    dates : collection of str
        Those of them that look like dates, which some numbers of people do, too.
    text : mapping of str to TextSurvey
        What is known of columns of text.
    settings : FeaturesConfig
        Columns that it names are used.

    Returns
    -------
    dict of str to str
        Column to the reason.
    """
    asked = {*settings.include, *settings.categorical}
    found = {}
    for column in (c for c in findings if c not in asked):
        readings = findings[column].readings.values()
        members = {m: 1 for r in readings if isinstance(r, MemberReading) for m in r.known}
        told = None
        if members and (told := told_by_text(some_of(members))):
            found[column] = told_reason(f"holds {told}")
        elif members and named_like_people(column, number=False):
            found[column] = by_name(column)
        elif members and column in text and (told := keys_of_people(text[column].levels or ())):
            found[column] = told_reason(f"holds {told}")
        elif column in text and column in dates:
            known = text[column]
            reason = text_of_people(column, known.levels, known.present, named=False)
            found |= {column: reason} if reason else {}
        elif column in text:
            told = _among_numbers(column, text[column].levels or ())
            found |= {column: told_reason(f"holds {told}")} if told else {}
    return found


def _among_numbers(column: str, levels: Collection[str]) -> str | None:
    """Say what values that read as numbers with something beside them are, if no amounts."""
    if of_amounts(column) or of_makes(column) or not places_among_numbers(levels):
        return None
    return "addresses"


def without_people(findings: Mapping[str, Finding], report: PlanReport) -> dict[str, Finding]:
    """Leave out what was found of columns that are not used because they may identify people."""
    gone = {c["column"] for c in report.columns if is_of_people(c["what"])}
    return {c: f for c, f in findings.items() if c not in gone}
