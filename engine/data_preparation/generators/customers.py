"""Synthetic customers with known segments: any number of them, streamed, the same at one seed.

A customer belongs to one of eight segments. Two traits that nobody observes, how engaged the
customer is and how wealthy, and noise of each feature's own move the features around what is
typical of the segment, so features are correlated within segments and segments overlap a little.
Amounts and counts have heavy tails, a few values are missing and a few are absurd, as in the
files that shops really have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from engine.errors import EngineError
from engine.utilities.tables import write_table

CHUNK_ROWS = 65_536
"""Customers that share one random stream. Changing it changes every file that is generated."""

FIRST_ID = 10_000_001

SEGMENTS = {
    "Loyal families": 0.26,
    "Occasional shoppers": 0.20,
    "Bargain hunters": 0.15,
    "Young app users": 0.12,
    "Lapsed customers": 0.10,
    "Weekend store visitors": 0.08,
    "Affluent enthusiasts": 0.05,
    "Small businesses": 0.04,
}
"""Segment names, largest first, and the share of customers in each."""


class Feature(NamedTuple):
    """How one feature is drawn.

    Attributes
    ----------
    kind : str
        ``normal``, ``lognormal`` (a quantity), ``count`` (a Poisson number whose rate is
        lognormal) or ``share`` (the logistic function of a normal number, in 0 to 1).
    typical : tuple of float
        Median, in the feature's unit, for each segment in the order of ``SEGMENTS``.
    engaged, wealthy, own : float
        How far one standard deviation of either trait, and of the feature's own noise, moves it:
        in the unit for ``normal``, in the logarithm for ``lognormal`` and ``count``, in the
        log-odds for ``share``.
    """

    kind: str
    typical: tuple[float, ...]
    engaged: float
    wealthy: float
    own: float


# In the order of SEGMENTS: families, occasional, bargain, app, lapsed, weekend, affluent, business.
FEATURES = {
    "age": Feature("normal", (40, 46, 37, 24, 54, 60, 52, 45), -0.8, 1.2, 5.0),
    "income": Feature(
        "lognormal", (56e3, 43e3, 29e3, 32e3, 40e3, 44e3, 135e3, 98e3), 0.0, 0.20, 0.13
    ),
    "tenure_months": Feature("lognormal", (58, 20, 36, 11, 66, 95, 70, 42), 0.12, 0.0, 0.35),
    "recency_days": Feature("count", (9, 80, 24, 14, 480, 20, 12, 4), -0.22, 0.0, 0.30),
    "orders": Feature("count", (40, 5, 18, 14, 3, 22, 28, 95), 0.22, 0.05, 0.13),
    "average_basket": Feature("lognormal", (70, 50, 24, 30, 40, 36, 185, 310), 0.0, 0.22, 0.18),
    "discount_share": Feature(
        "share", (0.22, 0.14, 0.68, 0.32, 0.36, 0.10, 0.05, 0.04), 0.0, -0.15, 0.35
    ),
    "return_share": Feature(
        "share", (0.05, 0.04, 0.07, 0.18, 0.03, 0.02, 0.12, 0.02), 0.1, 0.0, 0.40
    ),
    "web_visits": Feature("count", (42, 14, 65, 26, 2, 5, 55, 75), 0.30, 0.0, 0.25),
    "app_sessions": Feature("count", (45, 7, 28, 140, 1, 1, 16, 6), 0.30, 0.0, 0.30),
    "email_opens": Feature("count", (20, 9, 44, 7, 1, 10, 30, 16), 0.30, 0.0, 0.30),
    "support_contacts": Feature("count", (1.5, 0.7, 2.0, 3.0, 0.2, 0.3, 4.0, 8.0), 0.2, 0.0, 0.30),
    "product_variety": Feature("count", (28, 6, 14, 9, 4, 12, 24, 16), 0.20, 0.05, 0.12),
    "weekend_share": Feature(
        "share", (0.44, 0.34, 0.30, 0.40, 0.34, 0.84, 0.30, 0.05), 0.0, 0.0, 0.35
    ),
    "store_distance_km": Feature("lognormal", (5, 10, 8, 6, 24, 2.5, 14, 11), 0.0, 0.06, 0.40),
}
"""Every feature but ``spend``, which follows from orders, basket and returns."""

CATEGORIES = {
    "channel": {
        "store": (35, 45, 15, 5, 40, 88, 22, 10),
        "web": (40, 38, 60, 15, 42, 7, 50, 72),
        "app": (20, 10, 22, 78, 8, 1, 18, 3),
        "phone": (5, 7, 3, 2, 10, 4, 10, 15),
    },
    "favourite_category": {
        "groceries": (34, 18, 22, 6, 16, 40, 10, 12),
        "home": (22, 18, 14, 6, 20, 20, 20, 10),
        "fashion": (14, 22, 30, 36, 22, 8, 24, 2),
        "electronics": (8, 16, 14, 30, 18, 4, 22, 22),
        "beauty": (8, 14, 14, 18, 14, 8, 18, 2),
        "garden": (14, 12, 6, 4, 10, 20, 6, 2),
        "office": (0, 0, 0, 0, 0, 0, 0, 50),
    },
}
"""Weight of each level for each segment, in the order of ``SEGMENTS``."""

MISSING = {"age": 0.02, "income": 0.04, "store_distance_km": 0.03}
"""Share of values that are missing, independent of everything else."""

OUTLIERS = {"income": (0.001, 666_666.0), "age": (0.0005, 133.0)}
"""Share of values that somebody typed in as a joke or a birth year of 1893, and the value."""

BULK_BUYERS = (0.002, 20.0)
"""Share of customers who buy for many others, and what that multiplies their basket by."""

SCHEMA = pl.Schema(
    {
        "customer_id": pl.Int64,
        "age": pl.Int32,
        "income": pl.Float64,
        "tenure_months": pl.Int32,
        "recency_days": pl.Int32,
        "orders": pl.Int32,
        "spend": pl.Float64,
        "average_basket": pl.Float64,
        "discount_share": pl.Float64,
        "return_share": pl.Float64,
        "web_visits": pl.Int32,
        "app_sessions": pl.Int32,
        "email_opens": pl.Int32,
        "support_contacts": pl.Int32,
        "product_variety": pl.Int32,
        "weekend_share": pl.Float64,
        "store_distance_km": pl.Float64,
        "channel": pl.String,
        "favourite_category": pl.String,
        "true_segment": pl.String,
    }
)
"""Columns of a generated file.

Age in years; income a year, spend (net of returns) and basket in the shop's currency; tenure in
months and recency in days, both up to today; orders, variety (product groups bought) and support
contacts since joining; visits, sessions and e-mails opened in the last year; distance in km.
"""


def generate(path: str | Path, *, customers: int, seed: int) -> int:
    """Write synthetic customers to a Parquet or CSV file.

    Parameters
    ----------
    path : path
        Ends in ``.parquet`` or ``.csv``; replaced in one step when all rows are written.
    customers : int
        At least 1.
    seed : int
        At least 0. The first rows of a larger file at the same seed are the smaller file.

    Returns
    -------
    n_rows : int
        Rows written, which is ``customers``.

    Raises
    ------
    EngineError
        If a number is out of range or the file cannot be written.

    Notes
    -----
    O(customers) time, constant memory.
    """
    return write_table(customer_batches(customers, seed), SCHEMA, path).rows


def customer_batches(customers: int, seed: int) -> Iterator[pl.DataFrame]:
    """Yield synthetic customers in frames of at most 65,536 rows, with ``SCHEMA``.

    Each chunk has a random stream of its own, the seed's child at the chunk's number, and is
    always drawn whole: customer i's row is a function of (seed, i) alone.

    Parameters
    ----------
    customers : int
        At least 1.
    seed : int
        At least 0.

    Raises
    ------
    EngineError
        At once, not at the first frame, if a number is out of range.

    References
    ----------
    NumPy manual, "Parallel random number generation": ``SeedSequence`` with ``spawn_key``.

    Examples
    --------
    >>> [frame.height for frame in customer_batches(70_000, seed=1)]
    [65536, 4464]
    """
    _check_whole("customers", customers, least=1)
    _check_whole("seed", seed, least=0)
    starts = range(0, customers, CHUNK_ROWS)
    return (_chunk(number, seed).head(customers - start) for number, start in enumerate(starts))


def _check_whole(name: str, value: object, *, least: int) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        message = f"{name} is {value!r}; give a whole number of {least} or more."
        raise EngineError(message)


def _chunk(number: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(number,)))
    segment = _levels(rng, np.array([list(SEGMENTS.values())]), np.zeros(CHUNK_ROWS, dtype=np.intp))
    columns: dict[str, pl.Series] = {
        name: pl.Series(name, values) for name, values in _numbers(rng, segment).items()
    }
    for name, levels in CATEGORIES.items():
        weights = np.array(list(levels.values()), dtype=np.float64).T
        columns[name] = pl.Series(name, list(levels)).gather(_levels(rng, weights, segment))
    columns["true_segment"] = pl.Series("true_segment", list(SEGMENTS)).gather(segment)
    first = FIRST_ID + number * CHUNK_ROWS
    columns["customer_id"] = pl.Series("customer_id", np.arange(first, first + CHUNK_ROWS))
    frame = pl.DataFrame([columns[name].cast(dtype) for name, dtype in SCHEMA.items()])
    return _with_gaps(rng, frame)


def _numbers(rng: np.random.Generator, segment: np.ndarray) -> dict[str, np.ndarray]:
    """Draw the 16 features of customers whose segments are given."""
    engaged, wealthy = rng.standard_normal((2, len(segment)))
    values: dict[str, np.ndarray] = {}
    for name, feature in FEATURES.items():
        moved = feature.engaged * engaged + feature.wealthy * wealthy
        moved += feature.own * rng.standard_normal(len(segment))
        values[name] = _draw(rng, feature, segment, moved)
    values["orders"] = np.maximum(values["orders"], 1)
    values["product_variety"] = np.maximum(values["product_variety"], 1)
    values["tenure_months"] = np.floor(values["tenure_months"])
    since_joining = 30 * (values["tenure_months"] + 1)
    values["recency_days"] = np.minimum(values["recency_days"], since_joining)
    values["age"] = np.clip(values["age"], 18, 95)
    share, factor = BULK_BUYERS
    bulk = np.where(rng.random(len(segment)) < share, factor, 1.0)
    values["average_basket"] = np.round(values["average_basket"] * bulk, 2)
    gross = values["orders"] * values["average_basket"]
    values["spend"] = np.round(gross * (1.0 - values["return_share"]), 2)
    for name, (chance, absurd) in OUTLIERS.items():
        values[name] = np.where(rng.random(len(segment)) < chance, absurd, values[name])
    return values


def _draw(
    rng: np.random.Generator, feature: Feature, segment: np.ndarray, moved: np.ndarray
) -> np.ndarray:
    """Turn standard numbers into one feature, rounded to what its unit makes sense of.

    Rounding also hides the last bits in which the exponential differs between processors.
    """
    typical = np.array(feature.typical)
    if feature.kind == "normal":
        drawn = np.round(typical[segment] + moved)
    elif feature.kind == "share":
        logit = np.log(typical / (1.0 - typical))[segment] + moved
        drawn = np.round(1.0 / (1.0 + np.exp(-logit)), 4)
    elif feature.kind == "count":
        drawn = rng.poisson(np.exp(np.log(typical)[segment] + moved))
    else:
        drawn = np.round(np.exp(np.log(typical)[segment] + moved), 2)
    return np.asarray(drawn)


def _levels(rng: np.random.Generator, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Draw a level for each row, by the weights of the row's group: integers below the levels."""
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    drawn = rng.random(len(group))
    level = np.zeros(len(group), dtype=np.intp)
    for edge in edges.T[:-1]:
        level += drawn >= edge[group]
    return level


def _with_gaps(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Blank out the shares of values that ``MISSING`` tells."""
    kept = {name: rng.random(frame.height) >= share for name, share in MISSING.items()}
    return frame.with_columns(
        pl.when(pl.Series(mask)).then(pl.col(name)).alias(name) for name, mask in kept.items()
    )
