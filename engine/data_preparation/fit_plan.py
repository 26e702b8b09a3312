"""From a survey to a FeaturePlan: which columns are usable and with which numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.config import PreparationConfig
from engine.data_preparation.feature_plan import (
    MISSING_LEVEL,
    CategoricalFeature,
    FeaturePlan,
    NumericFeature,
)
from engine.data_preparation.identity import Identity
from engine.data_preparation.roles import Roles
from engine.data_preparation.survey import MOST_LEVELS, NumericSurvey, Survey, TextSurvey
from engine.errors import DataError

_DATE = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})\b")
_FREE_TEXT_SHARE = 0.5
_FREE_TEXT_ROWS = 50


@dataclass
class PlanReport:
    """What people are told about preparation: one sentence a column, warnings for odd ones."""

    columns: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def say(self, column: str, role: str, what: str) -> None:
        """Record what became of a column."""
        self.columns.append({"column": column, "role": role, "what": what})


def fit_plan(
    surveyed: Survey, roles: Roles, identity: Identity, settings: PreparationConfig
) -> tuple[FeaturePlan, PlanReport]:
    """Decide every number of the plan.

    Raises
    ------
    DataError
        Nothing usable is left, or values are missing where ``missing: error``.
    """
    report = PlanReport()
    numeric = [
        _numeric(column, surveyed.numeric[column], surveyed.sample[:, i], settings, report)
        for i, column in enumerate(roles.numeric)
    ]
    n = surveyed.n_customers
    categorical = [
        _categorical(column, surveyed.text[column], n, settings, report)
        for column in roles.categorical
    ]
    for column, reason in roles.left_out.items():
        report.say(column, "left out", reason)
    plan = FeaturePlan(
        id_column=identity.column,
        id_type="int64" if identity.ids.dtype.is_integer() else "string",
        numeric=tuple(f for f in numeric if f),
        categorical=tuple(f for f in categorical if f),
    )
    if not plan.features:
        reasons = "; ".join(f"{c['column']} {c['what']}" for c in report.columns[:6])
        message = f"no column is left to segment by: {reasons}."
        raise DataError(message)
    return plan, report


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
        _unusable(column, "has no values", report)
        return None
    if known.low == known.high:
        _unusable(column, f"is constant ({known.low:g})", report)
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
    log = logs and _log_helps(clipped, settings.skew_threshold)
    shaped = np.sign(clipped) * np.log(np.abs(clipped) + 1.0) if log else clipped
    centre, scale = _centre_and_scale(shaped, known, settings)
    feature = NumericFeature(column, fill, low, high, log, centre, scale)
    report.say(column, "numeric", _describe(feature, known, settings))
    return feature


def _unusable(column: str, reason: str, report: PlanReport) -> None:
    report.say(column, "left out", reason)
    report.warnings.append(f"column {column!r} {reason} and was left out")


def _bounds(
    values: np.ndarray, settings: PreparationConfig
) -> tuple[float, float] | tuple[None, None]:
    if settings.outliers != "clip":
        return None, None
    low, high = np.quantile(values, settings.clip_quantiles)
    # Equal bounds would make a constant of a column that is almost always the same value.
    return (float(low), float(high)) if low < high else (None, None)


def _log_helps(values: np.ndarray, threshold: float) -> bool:
    before = abs(skewness(values))
    if before <= threshold:
        return False
    return abs(skewness(np.sign(values) * np.log1p(np.abs(values)))) < before


def skewness(values: np.ndarray) -> float:
    """Give the third standardised moment; 0 for a constant.

    Examples
    --------
    >>> import numpy as np
    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0])), 4)
    1.1547
    """
    spread = values.std()
    # A constant's spread is rounding, at most n eps |x|; its third moment means nothing.
    if spread <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return 0.0
    return float((((values - values.mean()) / spread) ** 3).mean())


def _centre_and_scale(
    values: np.ndarray, known: NumericSurvey, settings: PreparationConfig
) -> tuple[float, float]:
    if settings.scaling == "none":
        return 0.0, 1.0
    centre, scale = float(values.mean()), float(values.std())
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
        parts.append(f"clipped to {feature.low:g} .. {feature.high:g}")
    if feature.log:
        parts.append("signed log")
    if settings.scaling != "none":
        parts.append(f"{settings.scaling} scaling")
    return ", ".join(parts) or "taken as it is"


def _categorical(
    column: str,
    known: TextSurvey,
    n_customers: int,
    settings: PreparationConfig,
    report: PlanReport,
) -> CategoricalFeature | None:
    if known.present == 0:
        _unusable(column, "has no values", report)
        return None
    distinct = MOST_LEVELS + 1 if known.levels is None else len(known.levels)
    many = n_customers >= _FREE_TEXT_ROWS and distinct > _FREE_TEXT_SHARE * n_customers
    if known.levels is None or many:
        reason = "has a value of its own for most customers: an identifier or free text"
        report.say(column, "left out", reason)
        return None
    if _mostly_emails(known):
        report.say(column, "left out", "may identify people (e-mail addresses)")
        return None
    if _mostly_dates(known):
        report.say(column, "left out", "is a date or time, which has no scale to cluster on")
        return None
    counts = dict(known.levels)
    if known.missing:
        counts[MISSING_LEVEL] = counts.get(MISSING_LEVEL, 0) + known.missing
    if len(counts) == 1:
        _unusable(column, f"is constant ({next(iter(counts))})", report)
        return None
    # Most frequent first, ties by name: never the order a group-by happened to give.
    levels = sorted(counts, key=lambda level: (-counts[level], level))
    shares = np.array([counts[level] for level in levels]) / n_customers
    feature = _encode(column, levels, shares, settings)
    report.say(column, "categorical", f"{feature.encoding} of {len(levels)} levels")
    return feature


def _share(known: TextSurvey, matches: Callable[[str], bool]) -> float:
    levels: dict[str, int] = dict(known.levels or {})
    return sum(n for level, n in levels.items() if matches(level)) / max(known.present, 1)


def _mostly_emails(known: TextSurvey) -> bool:
    return _share(known, lambda level: "@" in level) > 0.5


def _mostly_dates(known: TextSurvey) -> bool:
    return _share(known, lambda level: bool(_DATE.match(level))) > 0.5


def _encode(
    column: str, levels: list[str], shares: np.ndarray, settings: PreparationConfig
) -> CategoricalFeature:
    names, values = tuple(levels), tuple(float(s) for s in shares)
    if len(levels) <= settings.max_levels:
        block = float(np.sqrt((shares * (1 - shares)).sum()))
        scale = 1.0 if settings.scaling == "none" else block
        return CategoricalFeature(column, "one-hot", names, values, 0.0, scale)
    # Over customers, the encoded value has mean sum(s^2) and mean square sum(s^3).
    mean = float((shares**2).sum())
    spread = float(np.sqrt(max(0.0, (shares**3).sum() - mean**2)))
    if settings.scaling == "none":
        return CategoricalFeature(column, "frequency", names, values, 0.0, 1.0)
    return CategoricalFeature(column, "frequency", names, values, mean, spread or 1.0)
