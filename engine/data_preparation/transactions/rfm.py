"""RFM scores and the named segments: a score is a function of the value, never of the row."""

from __future__ import annotations

import math

import polars as pl

from engine.utilities.few import beyond, rough

SEGMENTS = (
    "Champions", "Loyal", "Potential Loyalists", "New", "Promising", "Need Attention",
    "About to Sleep", "At Risk", "Cannot Lose", "Hibernating",
)  # fmt: skip
"""The usual names, the best first."""

_BY_SCORE: dict[int, tuple[str, str, str, str, str]] = {
    5: ("New", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"),
    4: ("Promising", "Potential Loyalists", "Potential Loyalists", "Loyal", "Loyal"),
    3: ("About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"),
    2: ("Hibernating", "Hibernating", "At Risk", "At Risk", "Cannot Lose"),
    1: ("Hibernating", "Hibernating", "At Risk", "At Risk", "Cannot Lose"),
}
"""R score to the segments of the F scores 1 to 5."""


def _ends(name: str) -> dict[str, list[int]]:
    cells = [(r, f) for r, row in _BY_SCORE.items() for f, n in enumerate(row, 1) if n == name]
    return {
        score: [min(values), max(values)]
        for score, values in zip("rf", zip(*cells, strict=True), strict=True)
    }


SCORES = {name: _ends(name) for name in SEGMENTS}
"""The least and the most of the R and F scores of each named segment: all between are in it."""

RULE = (
    "frequency and money: score = 1 + floor(5 x the share of customers with a strictly smaller "
    "value); recency: 5 - floor(5 x the share with strictly fewer days); so equal values get equal "
    "scores, a single order never more than the least, the latest purchase always 5; 3 where all "
    "customers have the same value"
)


def scores(values: pl.Series, *, low_is_good: bool = False) -> pl.Series:
    """Score values 1 to 5 by quintiles in which equal values never part.

    Where many customers share the smallest value, as with a single order, all of them get the
    score of the smallest, and the next value that of its own place.

    Parameters
    ----------
    values : Series of length n_customers
        Without nulls.
    low_is_good : bool
        Recency: fewer days are better.

    Returns
    -------
    scores : Int8 Series of length n_customers
        O(n log n).

    Examples
    --------
    >>> scores(pl.Series([1, 1, 1, 2, 9])).to_list()
    [1, 1, 1, 4, 5]
    >>> scores(pl.Series([1, 1, 1, 2, 9]), low_is_good=True).to_list()
    [5, 5, 5, 2, 1]
    >>> scores(pl.Series([7, 7])).to_list()
    [3, 3]
    """
    if values.n_unique() == 1:
        return pl.Series(values.name, [3], pl.Int8).new_from_index(0, len(values))
    smaller = values.rank("min").cast(pl.Int64) - 1
    fifth = smaller * 5 // len(values)
    return (5 - fifth if low_is_good else 1 + fifth).cast(pl.Int8)


def segment_names(r: pl.Expr, f: pl.Expr) -> pl.Expr:
    """Name the segment of recency and frequency scores: all 25 pairs have one.

    Examples
    --------
    >>> pair = pl.DataFrame({"r": [5, 1], "f": [1, 5]})
    >>> pair.select(segment_names(pl.col("r"), pl.col("f"))).to_series().to_list()
    ['New', 'Cannot Lose']
    """
    cells = {10 * r + i: name for r, row in _BY_SCORE.items() for i, name in enumerate(row, 1)}
    score = r.cast(pl.Int64) * 10 + f.cast(pl.Int64)
    return score.replace_strict(cells, return_dtype=pl.String)


def limits(values: pl.Series, scored: pl.Series, least: int = 1) -> dict[str, list[float]]:
    """Give the range of values behind each score that occurs: {"1": [lowest, highest], ...}.

    The least and the most of all are one customer's: they are rounded away from the others, to two
    digits that count or beyond them, and money between them to three. Scores of fewer customers
    than ``least`` are left out: what is beyond the last that is told is open.

    Examples
    --------
    >>> limits(pl.Series([1, 4, 9, 373]), pl.Series([1, 1, 5, 5]))
    {'1': [1.0, 4.0], '5': [9.0, 380.0]}
    >>> limits(pl.Series([1, 4, 9, 61]), pl.Series([1, 1, 1, 5]), 2)
    {'1': [0.0, 10.0]}
    """
    found = pl.DataFrame({"value": values, "score": scored}).group_by("score")
    ranges = found.agg(
        low=pl.col("value").min(), high=pl.col("value").max(), n=pl.len()
    ).filter(pl.col("n") >= least)  # fmt: skip
    if ranges.is_empty():
        return {}
    ends = {"low": ranges["low"].min(), "high": ranges["high"].max()}
    few = {end: (values == value).sum() < least for end, value in ends.items()}

    def told(value: float, end: str) -> float:
        if value == ends[end]:
            return _end(value, up=end == "high", few=few[end])
        return value if float(value).is_integer() else rough(value, 3)

    return {
        str(s): [told(float(low), "low"), told(float(high), "high")]
        for s, low, high, _ in ranges.sort("score").iter_rows()
    }


_STEP = 5


def _end(value: float, *, up: bool, few: bool) -> float:
    """Round an end away from the customers; where few are at it, to none of theirs."""
    rounded = beyond(value, up=up)
    if not few or rounded != value or not value:
        return rounded
    away = math.floor(value / _STEP) + 1 if up else math.ceil(value / _STEP) - 1
    return float(max(away * _STEP, 0) if value > 0 else away * _STEP)


def with_rfm(customers: pl.DataFrame) -> pl.DataFrame:
    """Add r_score, f_score, m_score, RFM_SCORE and rfm_segment.

    Parameters
    ----------
    customers : DataFrame
        With recency, frequency and monetary (net of returns).
    """
    scored = customers.with_columns(
        scores(customers["recency"], low_is_good=True).alias("r_score"),
        scores(customers["frequency"]).alias("f_score"),
        scores(customers["monetary"]).alias("m_score"),
    )
    parts = [pl.col(f"{c}_score").cast(pl.String) for c in "rfm"]
    return scored.with_columns(
        pl.concat_str(parts).alias("RFM_SCORE"),
        segment_names(pl.col("r_score"), pl.col("f_score")).alias("rfm_segment"),
    )
