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

_PURCHASE = ~pl.col("back")

_CATEGORY_ROWS = 250_000
"""Rows of categories that wait at least until they are added up."""


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
    columns = ["customer", "basket", "product", "category", "amount", "back"]
    for path in lines:
        part = pl.read_parquet(path, columns=columns)
        customers = part["customer"].to_numpy()
        if len(customers) and int(customers.max()) >= len(labels):
            message = (
                f"{path} has a line of customer {customers.max()}, "
                f"and there are labels of {len(labels)} customers."
            )
            raise ValueError(message)
        yield part.with_columns(pl.Series("segment", labels[customers], dtype=pl.Int32))
        progress.advance(part.height)


def bought_products(part: pl.DataFrame) -> pl.DataFrame:
    """Purchases of products, each once a basket: segment, customer, basket, product."""
    bought = part.lazy().filter(_PURCHASE, pl.col("product").is_not_null())
    return bought.select("segment", "customer", "basket", "product").unique().collect()


def total_up(
    lines: Sequence[Path], labels: np.ndarray, k: int, p: int, progress: Progress
) -> Totals:
    """Add up money, buyers and baskets over all parts.

    Parameters
    ----------
    lines : sequence of Path
        Parquet parts of whole customers.
    labels : int32 array of shape (n_customers,)
    k, p : int
        Segments and products.
    progress : Progress
        Told the lines of each part.

    Returns
    -------
    totals : Totals

    Notes
    -----
    Memory: one part, and 32 bytes for each of the k x p cells. Sums are of whole numbers, so they
    do not depend on the order of rows or parts.
    """
    gross, net, buyers, baskets = (np.zeros((k, p), np.int64) for _ in range(4))
    n_baskets, everything, n_lines = np.zeros(k, np.int64), np.zeros(k, np.int64), 0
    categories: list[pl.DataFrame] = []
    for part in read_parts(lines, labels, progress):
        n_lines += part.height
        _add_money(part, gross, net)
        bought = bought_products(part)
        np.add.at(baskets.reshape(-1), _cells(bought, p), 1)
        customer, product = customers_products(bought)
        np.add.at(buyers.reshape(-1), labels[customer].astype(np.int64) * p + product, 1)
        purchases = part.filter(_PURCHASE)
        own = purchases.select("segment", "customer", "basket").unique()
        n_baskets += np.bincount(own["segment"].to_numpy(), minlength=k)
        for segment, amount in (
            purchases.group_by("segment").agg(pl.col("amount").sum()).iter_rows()
        ):
            everything[segment] += amount
        categories = _with_categories(categories, _of_categories(part))
    names, by_category = _categories(categories, k)
    products = Sales(gross, net, buyers)
    return Totals(products, by_category, names, baskets, n_baskets, everything, n_lines)


def _add_money(part: pl.DataFrame, gross: np.ndarray, net: np.ndarray) -> None:
    named = part.filter(pl.col("product").is_not_null())
    cells, amounts = _cells(named, gross.shape[1]), named["amount"].to_numpy()
    purchase = named.select(_PURCHASE).to_series().to_numpy()
    np.add.at(net.reshape(-1), cells, amounts)
    np.add.at(gross.reshape(-1), cells[purchase], amounts[purchase])


def _cells(part: pl.DataFrame, p: int) -> np.ndarray:
    """Give each line's place in a flat table of segment x product."""
    cells: np.ndarray = part["segment"].to_numpy().astype(np.int64) * p + part["product"].to_numpy()
    return cells


def customers_products(bought: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pair each customer with each product they bought, once: int64 arrays, by customer."""
    key = bought["customer"].to_numpy().astype(np.int64) << 32 | bought["product"].to_numpy()
    key.sort()
    key = key[np.diff(key, prepend=-1) != 0]
    return key >> 32, key & 0xFFFFFFFF


def _gross() -> pl.Expr:
    return pl.when(_PURCHASE).then(pl.col("amount")).otherwise(0).sum().alias("gross")


def _of_categories(part: pl.DataFrame) -> pl.DataFrame:
    """Money and buyers of each category in a part: segment, category, gross, net, buyers."""
    named = part.lazy().filter(pl.col("category").is_not_null())
    keys = ["segment", "category"]
    money = named.group_by(keys).agg(_gross(), pl.col("amount").sum().alias("net"))
    once = named.filter(_PURCHASE).select(*keys, "customer").unique()
    buyers = once.group_by(keys).agg(pl.len().cast(pl.Int64).alias("buyers"))
    return (
        money.join(buyers, on=keys, how="left")
        .with_columns(pl.col("buyers").fill_null(0), pl.col("category").cast(pl.String))
        .collect()
    )


def _with_categories(parts: list[pl.DataFrame], more: pl.DataFrame) -> list[pl.DataFrame]:
    """Add a part's categories; the first frame is a sum, and the others wait to be worth adding."""
    parts = [*parts, more]
    waiting = sum(p.height for p in parts[1:])
    return parts if waiting <= max(_CATEGORY_ROWS, parts[0].height // 2) else [_summed(parts)]


def _summed(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts).group_by("segment", "category").agg(pl.all().sum())


def _categories(parts: list[pl.DataFrame], k: int) -> tuple[list[str], Sales]:
    if not parts:
        return [], Sales(*(np.zeros((k, 0), np.int64) for _ in range(3)))
    rows = _summed(parts)
    names = rows["category"].unique().sort().to_list()
    column = {name: i for i, name in enumerate(names)}
    where = rows["segment"].to_numpy(), np.array([column[c] for c in rows["category"]], np.int64)
    tables = []
    for figure in ("gross", "net", "buyers"):
        table = np.zeros((k, len(names)), np.int64)
        table[where] = rows[figure].to_numpy()
        tables.append(table)
    return names, Sales(*tables)
