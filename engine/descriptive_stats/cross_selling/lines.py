"""Reading the cleaned lines part by part: who bought what, for how much, in how many baskets.

A part holds whole customers, so that baskets and buyers of one part are no others' and counts of
parts add up. A line that is marked as back (a return, a discount) is no purchase and counts in
net money alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from engine.utilities.progress import Progress

PURCHASE = ~pl.col("back")

_COLUMNS = ("customer", "basket", "product", "category", "amount", "back")


@dataclass(frozen=True)
class Sales:
    """What was sold of each product (or category) to each segment, exact.

    Attributes
    ----------
    gross, net : int64 arrays of shape (k, p)
        Purchases, and purchases less returns, in ten-thousandths of the currency.
    buyers : int64 array of shape (k, p)
        Customers with at least one purchase of it.
    """

    gross: np.ndarray
    net: np.ndarray
    buyers: np.ndarray

    def of(self, segment: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gross, net and buyers of one segment, or of everyone: (p,) each."""
        gross, net, buyers = (group(v, segment) for v in (self.gross, self.net, self.buyers))
        return gross, net, buyers


@dataclass(frozen=True)
class Totals:
    """What the first pass over the lines gives.

    Attributes
    ----------
    products, categories : Sales
    category_names : list of str
        In alphabetical order, one a column of ``categories``.
    baskets : int64 array of shape (k, p)
        Baskets in which a product was bought.
    n_baskets : int64 array of shape (k,)
        Baskets with any purchase, of products or not.
    gross : int64 array of shape (k,)
        Purchases of anything, in ten-thousandths.
    n_lines : int
    """

    products: Sales
    categories: Sales
    category_names: list[str]
    baskets: np.ndarray
    n_baskets: np.ndarray
    gross: np.ndarray
    n_lines: int


def without(totals: Totals, few: np.ndarray) -> Totals:
    """Leave the segments out of which nothing is told, of everyone's figures too."""
    if not few.any():
        return totals
    kept = ~few

    def of(table: np.ndarray) -> np.ndarray:
        told: np.ndarray = table * (kept[:, None] if table.ndim > 1 else kept)
        return told

    def sales(found: Sales) -> Sales:
        return Sales(of(found.gross), of(found.net), of(found.buyers))

    return replace(
        totals,
        products=sales(totals.products),
        categories=sales(totals.categories),
        baskets=of(totals.baskets),
        n_baskets=of(totals.n_baskets),
        gross=of(totals.gross),
    )


def group(table: np.ndarray, segment: int | None) -> np.ndarray:
    """Pick the row of a segment, or the sum over all of them where ``segment`` is None."""
    row: np.ndarray = table.sum(axis=0) if segment is None else table[segment]
    return row


def read_parts(
    lines: Sequence[Path], labels: np.ndarray, progress: Progress
) -> Iterator[pl.DataFrame]:
    """Yield each part with the segment of each line beside it.

    Raises
    ------
    ValueError
        If a line's customer has no label.
    """
    for path in lines:
        part = pl.read_parquet(path, columns=list(_COLUMNS))
        customers = part["customer"].to_numpy()
        if len(customers) and int(customers.max()) >= len(labels):
            message = (
                f"{path} has a line of customer {customers.max()}, "
                f"and there are labels of {len(labels)} customers."
            )
            raise ValueError(message)
        yield part.with_columns(pl.Series("segment", labels[customers], dtype=pl.Int32))
        progress.advance(part.height)


def read_slice(lines: Sequence[Path], labels: np.ndarray, start: int) -> pl.DataFrame:
    """Read the lines of some customers from several parts, as :func:`read_parts` gives a part.

    Parameters
    ----------
    lines : sequence of Path
        In the order of customers each, so that few other lines are read.
    labels : int32 array of shape (n,)
        Of the customers from ``start`` on, who are numbered from 0 here.
    start : int
    """
    there = pl.col("customer").is_between(start, start + len(labels) - 1)
    parts = [pl.scan_parquet(p, glob=False).filter(there).select(_COLUMNS) for p in lines]
    part = pl.concat(parts).with_columns(pl.col("customer") - start).collect()
    part = part.cast({"customer": pl.UInt32})
    segments = labels[part["customer"].to_numpy()]
    return part.with_columns(pl.Series("segment", segments, dtype=pl.Int32))


def bought_products(part: pl.DataFrame) -> pl.DataFrame:
    """Purchases of products, each once a basket: segment, customer, basket, product."""
    bought = part.lazy().filter(PURCHASE, pl.col("product").is_not_null())
    return bought.select("segment", "customer", "basket", "product").unique().collect()


def customers_products(bought: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pair each customer with each product they bought, once: int64 arrays, by customer."""
    key = bought["customer"].to_numpy().astype(np.int64) << 32 | bought["product"].to_numpy()
    key.sort()
    key = key[np.diff(key, prepend=-1) != 0]
    return key >> 32, key & 0xFFFFFFFF
