"""Numbers of the plan: how each numeric column is filled, clipped, shaped and scaled."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.ordered import counts, median, quantile, with_more
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import NumericSurvey
from engine.data_preparation.features.shapes import log_of, logged
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.features.weights import weighed, without_the_usual
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.few import about

_FEW_MISSING = 0.05
_FAR = 4.0
"""Offset in spreads from which on single precision spends digits on what all customers share."""
_LARGEST = 1e17
"""Its square, summed over a thousand columns, is still a single-precision number."""


def fit_numbers(
    surveyed: Survey,
    roles: Roles,
    left_out: Collection[str],
    settings: PreparationConfig,
    report: PlanReport,
    least: int,
    runtime: Runtime,
) -> list[NumericFeature | None]:
    """Fit the columns side by side, and tell of them in their order."""
    columns = {c: i for i, c in enumerate(roles.numeric) if c not in left_out}
    fits = runtime.map(
        lambda c: _fit(c, surveyed.numeric[c], surveyed.sample[:, columns[c]], settings),
        list(columns),
    )
    return [
        _told(column, surveyed.numeric[column], fit, settings, report)
        for column, fit in zip(columns, fits, strict=True)
        if _known_to_enough(column, surveyed, report, least)
    ]


def _known_to_enough(column: str, surveyed: Survey, report: PlanReport, least: int) -> bool:
    """Leave out a number known of so few that what fills the gaps would be one of theirs."""
    known = surveyed.numeric[column]
    present = surveyed.n_customers - known.missing - known.infinite
    if 0 < present < least <= surveyed.n_customers:
        report.unusable(column, f"has values of fewer than {least:,} customers")
        return False
    return True


def _told(
    column: str,
    known: NumericSurvey,
    fit: tuple[NumericFeature, float] | None,
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
    if fit is None:
        report.unusable(column, f"is constant ({known.low:g})")
        return None
    if settings.missing == "error" and known.missing + known.infinite:
        message = (
            f"column {column!r} has {known.missing + known.infinite:,} missing values; "
            "fill them in, or set preparation.missing to median."
        )
        raise DataError(message)
    feature, rare = fit
    if settings.scaling != "none":
        report.tell_rare(column, rare)
    _check_range(feature, known)
    report.say(column, "numeric", _describe(feature, known, settings))
    return feature


@np.errstate(over="ignore", invalid="ignore")  # _check_range says it in a sentence.
def _fit(
    column: str, known: NumericSurvey, sample: np.ndarray, settings: PreparationConfig
) -> tuple[NumericFeature, float] | None:
    """Give the numbers of a column that varies, and the share without its most frequent value."""
    if not known.low < known.high:
        return None
    there = np.isfinite(sample)
    values = sample[there]
    if len(values) == 0:  # All present values are outside the sample.
        values = np.array([known.low, known.high])
    ordered = np.sort(values)
    fill = median(ordered) if settings.missing == "median" else float(values.mean())
    filled = np.where(there, sample, fill)
    same = counts(ordered)
    # A flag has neither outliers nor a tail: clipping would erase a rare one, a log rescale it.
    flag, rare = len(same) <= 2, without_the_usual(same)
    filled_up = with_more(ordered, fill, len(sample) - int(there.sum()))
    low, high = (None, None) if flag else _bounds(filled_up, settings)
    clipped = filled if low is None else np.clip(filled, low, high)
    logs = settings.skew == "signed_log" and not flag
    log, unit = log_of(clipped, settings.skew_threshold) if logs else (False, None)
    shaped = logged(clipped, unit) if log else clipped
    # A column known for a third counts as much for those as one that is known for all.
    counted = shaped[there] if there.any() and (~there).mean() > _FEW_MISSING else shaped
    centre, scale = _centre_and_scale(counted, known, settings)
    if settings.scaling != "none":
        scale = weighed(scale, rare, flag=flag)
    return NumericFeature(column, fill, low, high, log, centre, scale, unit), rare


def _bounds(
    ordered: np.ndarray, settings: PreparationConfig
) -> tuple[float, float] | tuple[None, None]:
    if settings.outliers != "clip":
        return None, None
    low, high = (quantile(ordered, share) for share in settings.clip_quantiles)
    # Equal bounds would make a constant of a column that is almost always the same value.
    return (low, high) if low < high else (None, None)


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


@np.errstate(all="ignore")  # it says what is wrong in a sentence
def _check_range(feature: NumericFeature, known: NumericSurvey) -> None:
    """Refuse a column whose prepared values would overflow, squared, in single precision."""
    ends = np.array([known.low, known.high])
    if feature.low is not None:
        ends = np.clip(ends, feature.low, feature.high)
    if feature.log:
        ends = logged(ends, feature.unit)
    # As a product: the dataframe divides by a scale so, which a denormal one does not survive.
    prepared = (ends - feature.centre) * (1 / np.float64(feature.scale))
    if not (np.isfinite(feature.scale) and (np.abs(prepared) < _LARGEST).all()):
        message = (
            f"column {feature.column!r} ranges from about {about(known.low)} to "
            f"{about(known.high)}, beyond what "
            "can be computed with; correct its values, leave preparation.outliers at clip and "
            "preparation.scaling at standard, or list it under features.exclude."
        )
        raise DataError(message)


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
