"""Synthetic transactions of a shop whose customers are of four known kinds: any number, streamed.

Kinds differ in how often, how lately and what they buy and send back; inside a category some
products imply another. Invoices, returns and dates look like a shop's own export.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from engine.data_preparation.generators.customers import FIRST_ID
from engine.utilities.tables import write_table

CHUNK_CUSTOMERS = 4_096
"""Customers that share one random stream. Changing it changes every file that is generated."""

FIRST_DAY = np.datetime64("2025-01-01", "us")
DAYS = 365
_DAY = np.timedelta64(1, "D").astype("timedelta64[us]")

CATEGORIES = ("groceries", "household", "fashion", "beauty", "electronics", "toys")
PER_CATEGORY = 30
_PRICES = (3.5, 8.0, 35.0, 15.0, 180.0, 22.0)
"""Typical unit price of each category."""

PARTNERS = 5
"""Products of a category that imply the next one: 0 implies 1, 2 implies 3, ..."""

IMPLIED = 0.5
"""Probability that such a product brings its partner into the basket."""


class Kind(NamedTuple):
    """How one kind of customer shops.

    Attributes
    ----------
    share : float
        Of all customers.
    orders, basket : float
        Mean invoices a year and mean distinct products an invoice, each at least one.
    active : tuple of float
        Part of the year in which they buy.
    tastes : tuple of float
        Weight of each category.
    returned : float
        Probability that a line is sent back.
    """

    share: float
    orders: float
    basket: float
    active: tuple[float, float]
    tastes: tuple[float, ...]
    returned: float


KINDS = {
    "Regulars": Kind(0.40, 22.0, 6.0, (0.0, 1.0), (60, 30, 3, 4, 1, 2), 0.01),
    "Fashion shoppers": Kind(0.25, 8.0, 3.0, (0.2, 1.0), (4, 4, 60, 28, 2, 2), 0.20),
    "Technicians": Kind(0.15, 4.0, 2.0, (0.1, 0.95), (2, 8, 4, 2, 80, 4), 0.06),
    "Gift buyers": Kind(0.20, 1.2, 2.5, (0.0, 0.4), (5, 5, 10, 10, 5, 65), 0.02),
}
"""Kinds of customers, by name."""

SCHEMA = pl.Schema(
    {
        "transaction_id": pl.String(),
        "transaction_date": pl.Datetime("us"),
        "customer_id": pl.Int64(),
        "product_id": pl.String(),
        "product_name": pl.String(),
        "category": pl.String(),
        "quantity": pl.Int64(),
        "unit_price": pl.Float64(),
    }
)


def generate_transactions(path: Path, *, customers: int, seed: int = 0) -> int:
    """Write the lines of all invoices to a Parquet or CSV file, chunk by chunk.

    Parameters
    ----------
    path : Path
    customers : int
        How many buy at least once; about 85 lines each.
    seed : int
        The same seed gives the same lines.

    Returns
    -------
    n_lines : int

    Raises
    ------
    EngineError
        The file cannot be written.
    """
    return write_table(transaction_batches(customers, seed), SCHEMA, path).rows


def transaction_batches(customers: int, seed: int = 0) -> Iterator[pl.DataFrame]:
    """Yield the lines of 4,096 customers at a time."""
    for start in range(0, customers, CHUNK_CUSTOMERS):
        yield _lines(start, min(CHUNK_CUSTOMERS, customers - start), seed)


def kinds_of(customers: int, seed: int = 0) -> np.ndarray:
    """Tell the kind of each customer, by number in ``KINDS``: int64 of shape (customers,)."""
    starts = range(0, customers, CHUNK_CUSTOMERS)
    drawn = [_drawn_kinds(_random(start, seed)) for start in starts]
    return np.concatenate(drawn)[:customers] if drawn else np.empty(0, np.int64)


def _random(start: int, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, start // CHUNK_CUSTOMERS])


def _drawn_kinds(random: np.random.Generator) -> np.ndarray:
    return random.choice(len(KINDS), CHUNK_CUSTOMERS, p=[k.share for k in KINDS.values()])


def _lines(start: int, n: int, seed: int) -> pl.DataFrame:
    """Draw for a whole chunk and keep the first customers: fewer are the first of more."""
    random = _random(start, seed)
    kind = _drawn_kinds(random)
    orders = 1 + random.poisson(_of(kind, "orders") - 1.0 + random.exponential(0.2, len(kind)))
    owner = np.repeat(np.arange(len(kind)), orders)
    when = _times(random, kind[owner])
    sizes = 1 + random.poisson(_of(kind[owner], "basket") - 1.0)
    basket = np.repeat(np.arange(len(owner)), sizes)
    product = _products(random, kind[owner[basket]])
    basket, product = _with_partners(random, basket, product)
    quantity = 1 + random.poisson(0.6, len(basket))
    sent_back = random.random(len(basket)) < _of(kind[owner[basket]], "returned")
    days_later = random.integers(1, 21, len(basket))
    bought = _frame(start, basket, product, owner, when, quantity, "")
    back = sent_back.nonzero()[0]
    late = when.copy()
    np.maximum.at(late, basket[back], when[basket[back]] + days_later[back] * _DAY)
    returned = _frame(start, basket[back], product[back], owner, late, -quantity[back], "C")
    lines = pl.concat([bought, returned]).filter(pl.col("customer_id") < FIRST_ID + start + n)
    return lines.sort("transaction_date", "transaction_id", "product_id")


def _of(kind: np.ndarray, what: str) -> np.ndarray:
    of_kinds = np.array([getattr(k, what) for k in KINDS.values()], dtype=np.float64)
    return np.asarray(of_kinds[kind])


def _times(random: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    low, high = (np.array([k.active[i] for k in KINDS.values()])[kind] for i in (0, 1))
    day = np.floor(random.uniform(low, high) * (DAYS - 21)).astype(np.int64)
    minute = random.integers(8 * 60, 20 * 60, len(kind))
    return np.asarray(FIRST_DAY + day * _DAY + minute * np.timedelta64(1, "m"))


def _products(random: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    """Draw a product by the kind's tastes and, inside a category, by popularity."""
    tastes = np.array([k.tastes for k in KINDS.values()], dtype=np.float64)
    steps = np.cumsum(tastes / tastes.sum(axis=1, keepdims=True), axis=1)
    chosen = (random.random(len(kind))[:, None] > steps[kind]).sum(axis=1)
    category = np.minimum(chosen, len(CATEGORIES) - 1)
    popular = 1.0 / np.arange(2, PER_CATEGORY + 2)
    rank = random.choice(PER_CATEGORY, len(kind), p=popular / popular.sum())
    return np.asarray(category * PER_CATEGORY + rank)


def _with_partners(
    random: np.random.Generator, basket: np.ndarray, product: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    rank = product % PER_CATEGORY
    implies = (rank < 2 * PARTNERS) & (rank % 2 == 0)
    brings = implies & (random.random(len(product)) < IMPLIED)
    baskets = np.concatenate([basket, basket[brings]])
    products = np.concatenate([product, product[brings] + 1])
    # A product stands on an invoice once; its quantity says how many.
    pairs = np.unique(np.stack([baskets, products]), axis=1)
    return pairs[0], pairs[1]


def _frame(
    start: int,
    basket: np.ndarray,
    product: np.ndarray,
    owner: np.ndarray,
    when: np.ndarray,
    quantity: np.ndarray,
    prefix: str,
) -> pl.DataFrame:
    category, rank = product // PER_CATEGORY, product % PER_CATEGORY
    price = np.round(np.array(_PRICES)[category] * (0.6 + 0.08 * ((rank * 7) % 11)), 2)
    names = [f"{c} item {i + 1}" for c in CATEGORIES for i in range(PER_CATEGORY)]
    codes = [f"P{i:04d}" for i in range(len(names))]
    number = pl.Series(start * 1_000 + basket, dtype=pl.Int64).cast(pl.String)
    return pl.DataFrame(
        {
            "transaction_id": pl.select(pl.lit(prefix) + pl.lit(number).str.zfill(9)).to_series(),
            "transaction_date": when[basket],
            "customer_id": FIRST_ID + start + owner[basket],
            "product_id": pl.Series(codes).gather(product),
            "product_name": pl.Series(names).gather(product),
            "category": pl.Series(list(CATEGORIES)).gather(category),
            "quantity": quantity,
            "unit_price": price,
        },
        schema=SCHEMA,
    )
