"""From a survey to a FeaturePlan: which columns are usable and with which numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from engine.config.sections import PreparationConfig
from engine.data_preparation.features import people_told, row_numbers
from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
from engine.data_preparation.features.fit_levels import fit_categorical
from engine.data_preparation.features.fit_numeric import fit_numbers
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.mistakes import unlikely
from engine.data_preparation.features.no_features import no_features
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.repeats import missing_together, without_repeats
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.reading.layout import shown
from engine.errors import DataError
from engine.places.runtime import Runtime, one_blas_thread
from engine.utilities.few import about

_MOSTLY_MISSING = 0.5
_COMPUTED = "it is computed from the transactions: look for a wrong price, quantity or date there"
_LEAST = 1e-15
"""Of a spread: its square, and differences a thousandth of it, are single-precision numbers."""


def fit_plan(
    surveyed: Survey,
    roles: Roles,
    identity: Identity,
    settings: PreparationConfig,
    included: Sequence[str] = (),
    computed: Collection[str] = (),
    *,
    least: int = 1,
    runtime: Runtime | None = None,
    forms: bool = True,
) -> tuple[FeaturePlan, PlanReport]:
    """Decide every number of the plan.

    ``included`` are columns asked for by name: leaving one out is worth a warning. ``computed``
    are columns that no file holds, such as what transactions were summed up to. What fewer than
    ``least`` customers have is named neither in the plan nor in the report. Columns are fitted on
    the threads of ``runtime``. Unless the columns are to form segments (``forms``), each is its
    own: what repeats another says it too, and there may be none.

    Raises
    ------
    DataError
        Nothing usable is left, or values are missing where ``missing: error``.
    """
    report, runtime = PlanReport(list(surveyed.warnings), forms=forms), runtime or Runtime()
    left_out = {**roles.left_out, **no_features(surveyed, roles, included, report)}
    left_out |= {} if forms else dict.fromkeys(surveyed.counting, row_numbers.REASON)
    numeric = fit_numbers(surveyed, roles, left_out, settings, report, least, runtime)
    categorical = _fit_levels(surveyed, roles, left_out, settings, report, least)
    for column, reason in left_out.items():
        report.say(column, "left out", reason)
    plan = FeaturePlan(
        id_column=identity.column,
        id_type="int64" if identity.ids.dtype.is_integer() else "string",
        numeric=tuple(f for f in numeric if f),
        categorical=tuple(f for f in categorical if f),
    )
    report.tell_few(least)
    if not forms:
        return plan, _only_described(plan, included, report)
    with one_blas_thread():  # products this small keep others waiting
        plan = without_repeats(plan, surveyed, included, report)
    _warn_of_wanted(plan, included, report)
    _warn_of_mistakes(plan, roles, surveyed, computed, report, least, runtime)
    _warn_of_gaps(plan, surveyed, settings, report)
    if not plan.features:
        raise _nothing_left(report)
    _check_spread(plan, surveyed, settings)
    return plan, report


def _fit_levels(
    surveyed: Survey,
    roles: Roles,
    left_out: Collection[str],
    settings: PreparationConfig,
    report: PlanReport,
    least: int,
) -> list[CategoricalFeature | None]:
    return [
        fit_categorical(
            column,
            surveyed.text[column],
            surveyed.n_customers,
            settings,
            report,
            flag_by_blank=not missing_together(column, surveyed.joint),
            least=least,
        )
        for column in roles.categorical
        if column not in left_out
    ]


def _only_described(plan: FeaturePlan, asked: Sequence[str], report: PlanReport) -> PlanReport:
    """Tell of columns that describe only what is so of them: no model holds them."""
    _warn_of_wanted(plan, asked, report)
    report.warnings[:] = [people_told.described(w) for w in report.warnings]
    return report


def _nothing_left(report: PlanReport) -> DataError:
    reasons = "; ".join(f"{shown([c['column']])[0]} {c['what']}" for c in report.columns[:6])
    return DataError(f"no column is left to segment by: {reasons}.")


def _warn_of_mistakes(
    plan: FeaturePlan,
    roles: Roles,
    surveyed: Survey,
    computed: Collection[str],
    report: PlanReport,
    least: int,
    runtime: Runtime,
) -> None:
    complete = len(surveyed.sample) == surveyed.n_customers
    used = {f.column for f in plan.numeric}
    columns = [(i, c) for i, c in enumerate(roles.numeric) if c in used]

    def phrases(of: tuple[int, str]) -> list[str]:
        known, values = surveyed.numeric[of[1]], surveyed.sample[:, of[0]]
        values = values[np.isfinite(values)]
        ends = [] if complete else [known.low, known.high]
        return unlikely(np.append(values, ends), complete=complete, least=least)

    for (_, column), found in zip(columns, runtime.map(phrases, columns), strict=True):
        remedy = _COMPUTED if column in computed else "correct them if they are mistakes"
        report.warnings += [f"column {column!r} {phrase}; {remedy}" for phrase in found]


def _warn_of_gaps(
    plan: FeaturePlan, surveyed: Survey, settings: PreparationConfig, report: PlanReport
) -> None:
    for feature in plan.numeric:
        known = surveyed.numeric[feature.column]
        share = (known.missing + known.infinite) / surveyed.n_customers
        if share > _MOSTLY_MISSING:
            report.warnings.append(
                f"column {feature.column!r} is missing for {share:.0%} of the customers, who all "
                f"get its {settings.missing} ({feature.fill:g}); list it under features.exclude "
                "if that is no fair stand-in"
            )


def _warn_of_wanted(plan: FeaturePlan, included: Sequence[str], report: PlanReport) -> None:
    where = "features" if report.forms else "features.describe"
    unused = [c for c in included if c not in plan.columns]  # Another warning says so.
    report.warnings[:] = [
        w for w in report.warnings if not any(people_told.warns_of(c, w) for c in unused)
    ]
    for entry in report.columns:
        column, reason = entry["column"], entry["what"]
        told = any(repr(column) in warning for warning in report.warnings)
        if column in included and column not in plan.columns and not told:
            report.warnings.append(
                f"column {column!r} is named under {where} but was left out: it {reason}"
            )


def _check_spread(plan: FeaturePlan, surveyed: Survey, settings: PreparationConfig) -> None:
    """Refuse numbers so small that their squares vanish in single precision, as they are."""
    spread = [
        surveyed.numeric[f.column].high - surveyed.numeric[f.column].low for f in plan.numeric
    ]
    if settings.scaling == "none" and not plan.categorical and max(spread) < _LEAST:
        message = (
            f"the columns range over {about(max(spread))} at most, too little to compute with as "
            "they are; leave preparation.scaling at standard."
        )
        raise DataError(message)
