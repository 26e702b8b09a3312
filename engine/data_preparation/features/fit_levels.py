"""From the levels of a text column to its encoding, or the reason to leave it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import MISSING_LEVEL, CategoricalFeature
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.seen import MOST_LEVELS, TextSurvey
from engine.data_preparation.features.weights import lump_scale
from engine.utilities.showing import shown

_DATE = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})\b")
_FREE_TEXT_SHARE = 0.5
_FREE_TEXT_ROWS = 50


def fit_categorical(
    column: str,
    known: TextSurvey,
    n_customers: int,
    settings: PreparationConfig,
    report: PlanReport,
    *,
    flag_by_blank: bool = True,
) -> CategoricalFeature | None:
    """Decide how a text column is encoded, or leave it out and say why.

    ``flag_by_blank`` says whether a column of one value and blanks is a flag; it is none where
    blanks are what a joined table does not know.
    """
    if known.present == 0:
        report.unusable(column, "has no values")
        return None
    distinct = MOST_LEVELS + 1 if known.levels is None else len(known.levels)
    if distinct > settings.max_levels:
        _warn_of_numbers(column, known, report)
    many = n_customers >= _FREE_TEXT_ROWS and distinct > _FREE_TEXT_SHARE * n_customers
    if known.levels is None or many:
        reason = f"has more than {MOST_LEVELS:,} different values: an identifier or free text"
        if many:
            reason = "has a value of its own for most customers: an identifier or free text"
        report.say(column, "left out", reason)
        return None
    if _mostly_dates(known):
        report.say(column, "left out", "is a date or time, which has no scale to cluster on")
        return None
    counts = dict(known.levels)
    # One value and blanks: the blank says no.
    blank = len(counts) == 1 and flag_by_blank
    neutral = bool(known.missing) and settings.missing_levels == "neutral" and not blank
    if known.missing and not neutral:
        counts[MISSING_LEVEL] = counts.get(MISSING_LEVEL, 0) + known.missing
    if len(counts) == 1:
        where = " where it is known" if known.missing else ""
        report.unusable(column, f"is constant ({next(iter(counts))}){where}")
        return None
    # Most frequent first, ties by name: never the order a group-by happened to give.
    levels = sorted(counts, key=lambda level: (-counts[level], level))
    shares = np.array([counts[level] for level in levels]) / sum(counts.values())
    feature = _encode(column, levels, shares, settings)
    report.tell_rare(column, 1 - float(shares[0]))
    what = f"{feature.encoding} of {len(levels)} levels"
    if neutral:
        feature = replace(feature, missing="neutral")
        what += f", {known.missing:,} missing count as the average of the known"
    report.say(column, "categorical", what)
    return feature


def _warn_of_numbers(column: str, known: TextSurvey, report: PlanReport) -> None:
    if known.number_like is not None:
        report.warnings.append(
            f"column {column!r} holds numbers written as text (such as "
            f"{shown(known.number_like)}), which were not used as numbers; store them as plain "
            "numbers, or list the column under features.categorical"
        )


def _share(known: TextSurvey, matches: Callable[[str], bool]) -> float:
    levels: dict[str, int] = dict(known.levels or {})
    return sum(n for level, n in levels.items() if matches(level)) / max(known.present, 1)


def _mostly_dates(known: TextSurvey) -> bool:
    return _share(known, lambda level: bool(_DATE.match(level))) > 0.5


def _encode(
    column: str, levels: list[str], shares: np.ndarray, settings: PreparationConfig
) -> CategoricalFeature:
    names, values = tuple(levels), tuple(float(s) for s in shares)
    if len(levels) <= settings.max_levels:
        block = lump_scale(float(np.sqrt((shares * (1 - shares)).sum())), 1 - float(shares[0]))
        scale = 1.0 if settings.scaling == "none" else block
        return CategoricalFeature(column, "one-hot", names, values, 0.0, scale)
    # Over customers, the encoded value has mean sum(s^2) and mean square sum(s^3).
    mean = float((shares**2).sum())
    spread = float(np.sqrt(max(0.0, (shares**3).sum() - mean**2)))
    if settings.scaling == "none":
        return CategoricalFeature(column, "frequency", names, values, 0.0, 1.0)
    return CategoricalFeature(
        column, "frequency", names, values, mean, lump_scale(spread, 1.0) or 1.0
    )
