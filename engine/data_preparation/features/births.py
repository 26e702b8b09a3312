"""Days on which people were born, known by how they spread, whatever their column is called."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

TOLD = "days that spread over decades as dates of birth do"

_LEAST = 30
_YOUNGEST, _SPREAD, _OLDEST = 12.0, 25.0, 125.0
"""Years ago of the latest twentieth, between it and the earliest one, and of that."""

_ALL = 0.98


def like_births(days: pl.Series, until: date) -> bool:
    """Tell whether days spread as those of births do: over decades, and no child's among them.

    Parameters
    ----------
    days : Series of Date or Datetime
    until : date
        From which years are counted back.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> born = pl.Series([date(1940, 1, 1) + timedelta(300 * i) for i in range(60)])
    >>> like_births(born, date(2024, 1, 1)), like_births(born, date(1950, 1, 1))
    (True, False)
    """
    ago = (pl.lit(until) - pl.col("day").cast(pl.Date)).dt.total_days() / 365.25
    years = days.alias("day").to_frame().drop_nulls().select(ago)["literal"].to_numpy()
    return _spread(years)


def written_births(values: np.ndarray, until: date) -> bool:
    """Tell whether numbers are such days written in digits, as 19541203.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Different whole ones.
    until : date
    """
    years, months, days = values // 10_000, values // 100 % 100, values % 100
    valid = (months >= 1) & (months <= 12) & (days >= 1) & (days <= 31)
    valid &= (years >= until.year - _OLDEST) & (years <= until.year)
    if not len(values) or valid.mean() < _ALL:
        return False
    return _spread((until.year - years - months / 12)[valid])


def _spread(years: np.ndarray) -> bool:
    if len(years) < _LEAST:
        return False
    latest, earliest = np.quantile(years, (0.05, 0.95))
    return bool(latest >= _YOUNGEST and earliest - latest >= _SPREAD and earliest <= _OLDEST)
