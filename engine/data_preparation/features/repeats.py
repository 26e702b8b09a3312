"""Columns that say what another says: told, and used once; sums are told and stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from engine.data_preparation.features.correlations import correlations, shapes
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.people_told import listed
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.recodings import recodings
from engine.data_preparation.features.sums import sums
from engine.data_preparation.features.survey import Survey
from engine.utilities.few import about

_ROWS = 20_000
_LEAST_ROWS = 30
_SAME = 0.99
"""Correlation of clipped values, in their units or on the prepared scale of the distances."""

_SAME_ORDER = 0.9
_EXACT = 1 - 1e-9
_ATOM = 0.2
_REMEDY = "to use them all the same, name all columns to use in features.include"


def without_repeats(
    plan: FeaturePlan, surveyed: Survey, asked: Collection[str], report: PlanReport
) -> FeaturePlan:
    """Leave out the columns that repeat another, and say which.

    Of numbers, and of categories, the first in file order stays; of a category and the number that
    codes it, the category, whose values have no distances, unless there are two of them. Columns
    that ``features`` names stay too.
    """
    gone: dict[str, str] = {}
    for column, of, how in _pairs(plan, surveyed):
        if of in gone or column in gone:
            continue
        if column in asked:
            report.warnings.append(
                f"column {column!r} repeats {of!r} ({how}); both are used, because features names "
                f"{column!r}, and what they say counts twice"
            )
            continue
        gone[column] = f"repeats {of} ({how})"
        report.instead(column, gone[column])
    if gone:
        told = "; ".join(f"{c!r} {why}" for c, why in list(gone.items())[:5])
        more = "; ..." if len(gone) > 5 else ""
        report.notices.append(
            f"{listed(list(gone))} {'repeats' if len(gone) == 1 else 'repeat'} what another says "
            f"and {'was' if len(gone) == 1 else 'were'} not used: {told}{more}; {_REMEDY}"
        )
    kept = replace(
        plan,
        numeric=tuple(f for f in plan.numeric if f.column not in gone),
        categorical=tuple(f for f in plan.categorical if f.column not in gone),
    )
    _tell_sums(kept, surveyed, report)
    return kept


def _pairs(plan: FeaturePlan, surveyed: Survey) -> Iterator[tuple[str, str, str]]:
    """Yield which column repeats which, and how."""
    yield from _numbers(plan.numeric, surveyed)
    if surveyed.joint is not None and plan.categorical:
        text = [f.column for f in plan.categorical]
        yield from recodings(surveyed.joint, [f.column for f in plan.numeric], text)


def _raw(features: Sequence[NumericFeature], surveyed: Survey) -> np.ndarray:
    """Give the features' columns of the first rows of the sample: a view where these are all."""
    places = {c: i for i, c in enumerate(surveyed.numeric)}
    rows: np.ndarray = surveyed.sample[:_ROWS]
    wanted = [places[f.column] for f in features]
    return rows if wanted == list(range(rows.shape[1])) else rows[:, wanted]


def _numbers(
    features: Sequence[NumericFeature], surveyed: Survey
) -> Iterator[tuple[str, str, str]]:
    raw = _raw(features, surveyed)
    if len(raw) < _LEAST_ROWS or len(features) < 2:
        return
    for j, close in enumerate(correlations(features, raw)):
        for i in np.flatnonzero(close[:j] > _SAME).tolist():
            a, b = raw[:, i : i + 1], raw[:, j : j + 1]
            shaped = (shapes(features[i : i + 1], a), shapes(features[j : j + 1], b))
            (clipped_a, prepared_a), (clipped_b, prepared_b) = (
                (clipped[:, 0], prepared[:, 0]) for clipped, prepared in shaped
            )
            if _holds_everywhere(clipped_a, clipped_b, prepared_a, prepared_b):
                how = _how(raw[:, i], raw[:, j], close[i])
                yield features[j].column, features[i].column, how


def _holds_everywhere(
    a: np.ndarray, b: np.ndarray, prepared_a: np.ndarray, prepared_b: np.ndarray
) -> bool:
    """Tell whether two columns agree in their order too, and beside what many customers share.

    A few large values are most of what skewed columns say in their units, and zero or not is most
    of what two columns of purchases say on a logarithmic scale; the rest may differ all the same.
    """
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if abs(_correlation(_ranks(a), _ranks(b))) <= _SAME_ORDER:
        return False
    beside = ~(_at_atom(a) & _at_atom(b))
    if beside.all() or beside.sum() < _LEAST_ROWS:
        return True
    pairs = ((a, b), (prepared_a[known], prepared_b[known]))
    return any(abs(_correlation(x[beside], y[beside])) > _SAME for x, y in pairs)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Correlate two columns; 1 where one of them is constant and says nothing against it."""
    # Of large numbers squares overflow.
    a, b = (x / max(float(np.abs(x).max()), 1.0) for x in (a, b))
    if min(a.std(), b.std()) <= 1e-9:
        return 1.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    return pl.Series(values).rank().to_numpy()


def _at_atom(values: np.ndarray) -> np.ndarray:
    found, counts = np.unique(values, return_counts=True)
    common = found[counts.argmax()]
    at: np.ndarray = values == common
    return at & bool(counts.max() >= _ATOM * len(values))


def _how(a: np.ndarray, b: np.ndarray, close: float) -> str:
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if np.array_equal(a, b):
        return "equal"
    straight = _correlation(a, b)
    if abs(straight) > _EXACT:
        return f"the same on another scale, as about {about(a[0])} and {about(b[0])}"
    return f"correlation {close:.3f}"


def missing_together(column: str, joint: pl.DataFrame | None) -> bool:
    """Tell whether a column is missing where another one is, as the columns of a joined table are.

    Parameters
    ----------
    column : str
    joint : polars DataFrame or None
        A sample of customers with all columns.
    """
    if joint is None or column not in joint.columns:
        return False
    masks = joint.select(pl.all().is_null())
    own = masks[column]
    if not own.any():
        return False
    return any((masks[c] == own).sum() >= _SAME * len(own) for c in joint.columns if c != column)


def _tell_sums(plan: FeaturePlan, surveyed: Survey, report: PlanReport) -> None:
    names = [f.column for f in plan.numeric]
    for total, parts, share in sums(names, _raw(plan.numeric, surveyed)):
        most = "nearly all" if share > 0.995 else f"{share:.0%} of the"
        rows = "" if share == 1 else f" for {most} customers"
        report.notices.append(
            f"column {total!r} is the sum of {' and '.join(repr(p) for p in parts)}{rows}: all are "
            "used; features.exclude leaves one out"
        )
