"""From a survey to a FeaturePlan: which columns are usable and with which numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import FeaturePlan, NumericFeature
from engine.data_preparation.features.fit_levels import fit_categorical
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.mistakes import unlikely
from engine.data_preparation.features.no_features import no_features
from engine.data_preparation.features.people_told import warns_of
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.repeats import missing_together, without_repeats
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import NumericSurvey
from engine.data_preparation.features.shapes import log_of, logged
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.features.weights import weighed, without_the_usual
from engine.data_preparation.reading.layout import shown
from engine.errors import DataError
from engine.utilities.few import about

_MOSTLY_MISSING = 0.5
_FEW_MISSING = 0.05
_COMPUTED = "it is computed from the transactions: look for a wrong price, quantity or date there"
_FAR = 4.0
"""Offset in spreads from which on single precision spends digits on what all customers share."""
_LEAST = 1e-15
"""Of a spread: its square, and differences a thousandth of it, are single-precision numbers."""
_LARGEST = 1e17
"""Its square, summed over a thousand columns, is still a single-precision number."""


def fit_plan(
    surveyed: Survey,
    roles: Roles,
    identity: Identity,
    settings: PreparationConfig,
    included: Sequence[str] = (),
    computed: Collection[str] = (),
    *,
    least: int = 1,
) -> tuple[FeaturePlan, PlanReport]:
    """Decide every number of the plan.

    ``included`` are columns asked for by name: leaving one out is worth a warning. ``computed``
    are columns that no file holds, such as what transactions were summed up to. What fewer than
    ``least`` customers have is named neither in the plan nor in the report.

    Raises
    ------
    DataError
        Nothing usable is left, or values are missing where ``missing: error``.
    """
    report = PlanReport(warnings=list(surveyed.warnings))
    left_out = {**roles.left_out, **no_features(surveyed, roles, included, report)}
    numeric = [
        _numeric(column, surveyed.numeric[column], surveyed.sample[:, i], settings, report)
        for i, column in enumerate(roles.numeric)
        if column not in left_out and _known_to_enough(column, surveyed, report, least)
    ]
    n = surveyed.n_customers
    categorical = [
        fit_categorical(
            column,
            surveyed.text[column],
            n,
            settings,
            report,
            flag_by_blank=not missing_together(column, surveyed.joint),
            least=least,
        )
        for column in roles.categorical
        if column not in left_out
    ]
    for column, reason in left_out.items():
        report.say(column, "left out", reason)
    plan = FeaturePlan(
        id_column=identity.column,
        id_type="int64" if identity.ids.dtype.is_integer() else "string",
        numeric=tuple(f for f in numeric if f),
        categorical=tuple(f for f in categorical if f),
    )
    report.tell_few(least)
    plan = without_repeats(plan, surveyed, included, report)
    unused = [c for c in included if c not in plan.columns]  # Another warning says so.
    report.warnings[:] = [w for w in report.warnings if not any(warns_of(c, w) for c in unused)]
    _warn_of_wanted(plan, included, report)
    _warn_of_mistakes(plan, roles, surveyed, computed, report, least)
    _warn_of_gaps(plan, surveyed, settings, report)
    if not plan.features:
        raise _nothing_left(report)
    _check_spread(plan, surveyed, settings)
    return plan, report


def _nothing_left(report: PlanReport) -> DataError:
    reasons = "; ".join(f"{shown([c['column']])[0]} {c['what']}" for c in report.columns[:6])
    return DataError(f"no column is left to segment by: {reasons}.")


def _known_to_enough(column: str, surveyed: Survey, report: PlanReport, least: int) -> bool:
    """Leave out a number known of so few that what fills the gaps would be one of theirs."""
    known = surveyed.numeric[column]
    present = surveyed.n_customers - known.missing - known.infinite
    if 0 < present < least <= surveyed.n_customers:
        report.unusable(column, f"has values of fewer than {least:,} customers")
        return False
    return True


def _warn_of_mistakes(
    plan: FeaturePlan,
    roles: Roles,
    surveyed: Survey,
    computed: Collection[str],
    report: PlanReport,
    least: int,
) -> None:
    complete = len(surveyed.sample) == surveyed.n_customers
    used = {f.column for f in plan.numeric}
    for i, column in enumerate(roles.numeric):
        if column in used:
            known, values = surveyed.numeric[column], surveyed.sample[:, i]
            values = values[np.isfinite(values)]
            ends = [] if complete else [known.low, known.high]
            phrases = unlikely(np.append(values, ends), complete=complete, least=least)
            remedy = _COMPUTED if column in computed else "correct them if they are mistakes"
            report.warnings += [f"column {column!r} {phrase}; {remedy}" for phrase in phrases]


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
    for entry in report.columns:
        column, reason = entry["column"], entry["what"]
        told = any(repr(column) in warning for warning in report.warnings)
        if column in included and column not in plan.columns and not told:
            report.warnings.append(
                f"column {column!r} is named under features but was left out: it {reason}"
            )


@np.errstate(over="ignore", invalid="ignore")  # _check_range says it in a sentence.
def _numeric(
    column: str,
    known: NumericSurvey,
    sample: np.ndarray,
    settings: PreparationConfig,
    report: PlanReport,
) -> NumericFeature | None:
    if known.infinite:
        report.warnings.append(
            f"column {column!r} holds {known.infinite:,} infinite values, treated as missing"
        )
    if not known.low <= known.high:
        report.unusable(column, "has no values")
        return None
    if known.low == known.high:
        report.unusable(column, f"is constant ({known.low:g})")
        return None
    if settings.missing == "error" and known.missing + known.infinite:
        message = (
            f"column {column!r} has {known.missing + known.infinite:,} missing values; "
            "fill them in, or set preparation.missing to median."
        )
        raise DataError(message)
    values = sample[np.isfinite(sample)]
    if len(values) == 0:  # All present values are outside the sample.
        values = np.array([known.low, known.high])
    fill = float(np.median(values) if settings.missing == "median" else values.mean())
    filled = np.where(np.isfinite(sample), sample, fill)
    # A flag has neither outliers nor a tail: clipping would erase a rare one, a log rescale it.
    flag = len(np.unique(values)) <= 2
    low, high = (None, None) if flag else _bounds(filled, settings)
    clipped = filled if low is None else np.clip(filled, low, high)
    logs = settings.skew == "signed_log" and not flag
    log, unit = log_of(clipped, settings.skew_threshold) if logs else (False, None)
    shaped = logged(clipped, unit) if log else clipped
    there = np.isfinite(sample)
    # A column known for a third counts as much for those as one that is known for all.
    counted = shaped[there] if there.any() and (~there).mean() > _FEW_MISSING else shaped
    centre, scale = _centre_and_scale(counted, known, settings)
    if settings.scaling != "none":
        scale = weighed(scale, values, flag=flag)
        report.tell_rare(column, without_the_usual(values))
    feature = NumericFeature(column, fill, low, high, log, centre, scale, unit)
    _check_range(feature, known)
    report.say(column, "numeric", _describe(feature, known, settings))
    return feature


def _check_range(feature: NumericFeature, known: NumericSurvey) -> None:
    """Refuse a column whose prepared values would overflow, squared, in single precision."""
    ends = np.array([known.low, known.high])
    if feature.low is not None:
        ends = np.clip(ends, feature.low, feature.high)
    if feature.log:
        ends = logged(ends, feature.unit)
    # As a product: the dataframe divides by a scale so, which a denormal one does not survive.
    with np.errstate(divide="ignore"):
        prepared = (ends - feature.centre) * (1 / np.float64(feature.scale))
    if not (np.isfinite(feature.scale) and (np.abs(prepared) < _LARGEST).all()):
        message = (
            f"column {feature.column!r} ranges from about {about(known.low)} to "
            f"{about(known.high)}, beyond what "
            "can be computed with; correct its values, leave preparation.outliers at clip and "
            "preparation.scaling at standard, or list it under features.exclude."
        )
        raise DataError(message)


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


def _bounds(
    values: np.ndarray, settings: PreparationConfig
) -> tuple[float, float] | tuple[None, None]:
    if settings.outliers != "clip":
        return None, None
    low, high = np.quantile(values, settings.clip_quantiles)
    # Equal bounds would make a constant of a column that is almost always the same value.
    return (float(low), float(high)) if low < high else (None, None)


def _centre_and_scale(
    values: np.ndarray, known: NumericSurvey, settings: PreparationConfig
) -> tuple[float, float]:
    centre, scale = float(values.mean()), float(values.std())
    if settings.scaling == "none":
        # Distances are the same from anywhere; the digits of single precision are not.
        return (centre if abs(centre) > _FAR * scale else 0.0), 1.0
    if settings.scaling == "robust":
        q1, centre, q3 = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
        scale = (q3 - q1) or scale
    # A column that varies only outside the sample: its range is the one spread known exactly.
    return centre, scale or known.high - known.low


def _describe(feature: NumericFeature, known: NumericSurvey, settings: PreparationConfig) -> str:
    parts = []
    if known.missing + known.infinite:
        parts.append(
            f"{known.missing + known.infinite:,} missing set to the {settings.missing} "
            f"({feature.fill:g})"
        )
    binds = feature.low is not None and (known.low, known.high) != (feature.low, feature.high)
    if binds:
        # Either may be one customer's: as much of it as tells what was done.
        parts.append(f"clipped to about {about(feature.low)} .. {about(feature.high)}")
    if feature.log:
        parts.append("signed log" if feature.unit is None else f"asinh by {feature.unit:g}")
    if settings.scaling != "none":
        parts.append(f"{settings.scaling} scaling")
    return ", ".join(parts) or "taken as it is"
