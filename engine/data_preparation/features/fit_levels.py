"""From the levels of a text column to its encoding, or the reason to leave it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import (
    MISSING_LEVEL,
    OTHER_LEVEL,
    POOLED,
    UNNAMED,
    CategoricalFeature,
)
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.seen import MOST_LEVELS, TextSurvey
from engine.data_preparation.features.spellings import spellings
from engine.data_preparation.features.weights import lump_scale
from engine.utilities.shown import quoted

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
    least: int = 1,
) -> CategoricalFeature | None:
    """Decide how a text column is encoded, or leave it out and say why.

    ``flag_by_blank`` says whether a column of one value and blanks is a flag; it is none where
    blanks are what a joined table does not know. Levels of fewer than ``least`` customers are
    named nowhere: together they are (other), or count as unknown where they are too few even so.
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
        value, n = next(iter(counts.items()))
        report.unusable(column, f"is constant{f' ({value})' if n >= least else ''}{where}")
        return None
    feature = _of_levels(column, counts, settings, report, least)
    if feature is None or not neutral:
        return feature
    more = f", {known.missing:,} missing count as the average of the known"
    report.columns[-1]["what"] += more
    return replace(feature, missing="neutral")


def _of_levels(
    column: str,
    counts: dict[str, int],
    settings: PreparationConfig,
    report: PlanReport,
    least: int,
) -> CategoricalFeature | None:
    """Encode levels, those of too few customers together; None where one is left."""
    rare = _rare(counts, least)
    named = {level: n for level, n in counts.items() if level not in rare}
    pool = sum(rare.values()) >= least and bool(rare)
    if len(named) + pool < 2:
        others = f"has one value but for fewer than {least:,} customers"
        none = f"has no two values that {least:,} customers share"
        report.unusable(column, others if len(named) == 1 else none)
        return None
    feature = _encode(column, named, list(rare.values()), settings, pool=pool)
    # A model names no rare level, so it keeps that "2.0" is one beside "2".
    feature = replace(feature, apart=not rare.keys().isdisjoint(spellings(named)))
    report.tell_rare(column, 1 - max(named.values(), default=0) / sum(counts.values()))
    report.too_few(column, len(rare))
    what = f"{feature.encoding} of {len(feature.levels)} levels"
    if rare:
        told = f"the {len(rare):,}" if len(rare) > 1 else "the one"
        how = f"as {OTHER_LEVEL}" if pool else "not known by name"
        what += f", {told} of fewer than {least:,} customers {how}"
    report.say(column, "categorical", what)
    return feature


def _rare(counts: dict[str, int], least: int) -> dict[str, int]:
    """Give the levels of too few customers, with any that is called as they are together."""
    rare = {level: n for level, n in counts.items() if n < least}
    same = {OTHER_LEVEL: counts[OTHER_LEVEL]} if rare and OTHER_LEVEL in counts else {}
    return rare | same


def _warn_of_numbers(column: str, known: TextSurvey, report: PlanReport) -> None:
    if known.number_like is not None:
        report.warnings.append(
            f"column {column!r} holds numbers written as text (such as "
            f"{quoted(known.number_like, 0)}), which were not used as numbers; store them as plain "
            "numbers, or list the column under features.categorical"
        )


def _share(known: TextSurvey, matches: Callable[[str], bool]) -> float:
    levels: dict[str, int] = dict(known.levels or {})
    return sum(n for level, n in levels.items() if matches(level)) / max(known.present, 1)


def _mostly_dates(known: TextSurvey) -> bool:
    return _share(known, lambda level: bool(_DATE.match(level))) > 0.5


def _encode(
    column: str,
    named: dict[str, int],
    rare: list[int],
    settings: PreparationConfig,
    *,
    pool: bool,
) -> CategoricalFeature:
    # Most frequent first, ties by name: never the order a group-by happened to give.
    levels = sorted(named, key=lambda level: (-named[level], level))
    total = sum(named.values()) + sum(rare)
    shares = np.array([named[level] for level in levels] + ([sum(rare)] if pool else [])) / total
    names = (*levels, OTHER_LEVEL) if pool else tuple(levels)
    rest = POOLED if pool else UNNAMED if rare else ""
    if len(named) + len(rare) <= settings.max_levels:
        block = lump_scale(float(np.sqrt((shares * (1 - shares)).sum())), 1 - float(shares.max()))
        scale = 1.0 if settings.scaling == "none" else block
        values = tuple(float(s) for s in shares)
        return CategoricalFeature(column, "one-hot", names, values, 0.0, scale, rest=rest)
    encoded = shares.copy()
    if pool:  # As rare as each of them is: together they may be many.
        encoded[-1] = sum(n * n for n in rare) / sum(rare) / total
    values = tuple(float(s) for s in encoded)
    # Over customers, the encoded value has mean sum(s^2) and mean square sum(s^3).
    mean = float((shares * encoded).sum())
    square = (shares * encoded**2 if pool else shares**3).sum()
    spread = float(np.sqrt(max(0.0, square - mean**2)))
    if settings.scaling == "none":
        return CategoricalFeature(column, "frequency", names, values, 0.0, 1.0, rest=rest)
    scale = lump_scale(spread, 1.0) or 1.0
    return CategoricalFeature(column, "frequency", names, values, mean, scale, rest=rest)
