"""What is no feature by what it holds: row numbers, targets, what identifies people; all told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from engine.data_preparation.features import people, people_told, row_numbers
from engine.data_preparation.features.earlier_results import (
    OUTPUT,
    SEGMENTATION,
    TARGET,
    states_who_left,
    target_of_two_values,
)
from engine.data_preparation.features.people_told import listed
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import IDENTIFIER, Roles
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.reading.date_readings import DAYS_AGO
from engine.utilities.few import about
from engine.utilities.shown import quoted

_TOLD = (row_numbers.REASON, SEGMENTATION, OUTPUT, TARGET, IDENTIFIER)
_REMEDY = "where that is wrong, name them in features.include, with all other columns to use"


def no_features(
    surveyed: Survey, roles: Roles, asked: Collection[str], report: PlanReport
) -> dict[str, str]:
    """Find the columns that are no features, by what they hold and how they are called.

    Parameters
    ----------
    surveyed : Survey
    roles : Roles
    asked : collection of str
        Columns that ``features`` names: these are used, with a warning where they identify people.
    report : PlanReport
        Gets the warnings, and a notice for each kind.

    Returns
    -------
    dict of str to str
        Column to the reason.
    """
    every = (*roles.numeric, *roles.categorical, *roles.left_out)
    found: dict[str, str] = {}
    for i, column in enumerate(roles.numeric):
        if reason := _number(column, surveyed, surveyed.sample[:, i], every):
            found[column] = reason
    for column in roles.categorical:
        if reason := _text(column, surveyed, roles, every):
            found[column] = reason
    for column in [c for c in found if c in asked]:
        if people_told.is_of_people(reason := found.pop(column)):
            report.warnings.append(people_told.asked_for(column, reason))
    _tell({**roles.left_out, **found}, surveyed, report)
    return found


def _number(
    column: str, surveyed: Survey, sample: np.ndarray, every: Collection[str]
) -> str | None:
    values = sample[np.isfinite(sample)]
    if column in surveyed.counting:
        return row_numbers.REASON
    if row_numbers.named_like_row_numbers(column) and row_numbers.all_different(
        sample, surveyed.n_files
    ):
        return row_numbers.REASON
    if target_of_two_values(column, every) and len(np.unique(values)) == 2:
        return TARGET
    # A date of birth that was asked for is read as days, and warned of where it is found.
    return None if column.endswith(DAYS_AGO) else people.numbers_of_people(column, values)


def _text(column: str, surveyed: Survey, roles: Roles, every: Collection[str]) -> str | None:
    known = surveyed.text[column]
    named = column in roles.doubtful or people.named_like_people(column, number=False)
    sample: Iterable[str] = ()
    if known.levels is None and surveyed.joint is not None:
        sample = surveyed.joint[column].drop_nulls().unique(maintain_order=True).to_list()
    reason = people.text_of_people(column, known.levels, known.present, named=named, sample=sample)
    if reason:
        return reason
    if states_who_left(known.levels):
        return TARGET
    two = known.levels is not None and len(known.levels) == 2
    return TARGET if two and target_of_two_values(column, every) else None


def _tell(reasons: dict[str, str], surveyed: Survey, report: PlanReport) -> None:
    for kind in _TOLD:
        columns = [c for c, reason in reasons.items() if reason == kind]
        if columns:
            one = len(columns) == 1
            what = kind if one else kind.replace("looks", "look").replace("counts", "count")
            what = what if one else what.replace("an identifier", "identifiers")
            shown = _example(columns, surveyed, counts=kind == row_numbers.REASON)
            report.notices.append(
                f"{listed(columns)} {what}{shown}, and "
                f"{'was' if one else 'were'} not used; {_remedy(one=one)}"
            )
    report.notices += people_told.notices(reasons, surveyed.numeric)


def _remedy(*, one: bool) -> str:
    return _REMEDY.replace("them", "it") if one else _REMEDY


def _example(columns: Sequence[str], surveyed: Survey, *, counts: bool) -> str:
    for column in columns:
        known = surveyed.numeric.get(column)
        if known and known.low <= known.high and counts:
            return f" ({known.low:.10g} to {known.high:.10g})"
        if known and known.low <= known.high:
            return f" (about {about(known.low)} to {about(known.high)})"
        levels = surveyed.text[column].levels if column in surveyed.text else None
        if levels:
            first = min(levels, key=lambda level: (-levels[level], level))
            return f" (such as {quoted(first, levels[first])})"
    return ""
