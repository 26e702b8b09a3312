"""The first pass over the lines: money, buyers and baskets, added up part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.lines import (
    PURCHASE,
    Sales,
    Totals,
    bought_products,
    customers_products,
    read_parts,
)
from engine.utilities.progress import Progress

_CATEGORY_ROWS = 250_000
"""Rows of categories that wait at least until they are added up."""


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
    counted = Counted.of(k, p)
    for part in read_parts(lines, labels, progress):
        counted.add(part, labels)
    return counted.totals()


@dataclass
class Counted:
    """What is added up of the lines, part by part: sums of whole numbers, in any order the same.

    Attributes
    ----------
    gross, net, buyers, baskets : int64 arrays of shape (k, p)
    n_baskets, everything : int64 arrays of shape (k,)
    n_lines : int
    categories : list of DataFrame
        Money and buyers by segment and category, in parts.
    """

    gross: np.ndarray
    net: np.ndarray
    buyers: np.ndarray
    baskets: np.ndarray
    n_baskets: np.ndarray
    everything: np.ndarray
    n_lines: int = 0
    categories: list[pl.DataFrame] = field(default_factory=list)

    @classmethod
    def of(cls, k: int, p: int) -> Counted:
        """Begin with nothing, of k segments and p products."""
        gross, net, buyers, baskets = (np.zeros((k, p), np.int64) for _ in range(4))
        return cls(gross, net, buyers, baskets, np.zeros(k, np.int64), np.zeros(k, np.int64))

    def add(self, part: pl.DataFrame, labels: np.ndarray) -> None:
        """Take a part, of customers 0 to len(labels) - 1."""
        k, p = self.gross.shape
        self.n_lines += part.height
        _add_money(part, self.gross, self.net)
        bought = bought_products(part)
        np.add.at(self.baskets.reshape(-1), _cells(bought, p), 1)
        customer, product = customers_products(bought)
        np.add.at(self.buyers.reshape(-1), labels[customer].astype(np.int64) * p + product, 1)
        purchases = part.filter(PURCHASE)
        own = purchases.select("segment", "customer", "basket").unique()
        self.n_baskets += np.bincount(own["segment"].to_numpy(), minlength=k)
        for segment, amount in (
            purchases.group_by("segment").agg(pl.col("amount").sum()).iter_rows()
        ):
            self.everything[segment] += amount
        self.categories = _with_categories(self.categories, _of_categories(part))

    def merge(self, after: Counted) -> None:
        """Take in what was counted of other customers' lines."""
        for name in ("gross", "net", "buyers", "baskets", "n_baskets", "everything"):
            setattr(self, name, getattr(self, name) + getattr(after, name))
        self.n_lines += after.n_lines
        for frame in after.categories:
            self.categories = _with_categories(self.categories, frame)

    def totals(self) -> Totals:
        """Give what all parts come to."""
        names, by_category = _categories(self.categories, len(self.n_baskets))
        products = Sales(self.gross, self.net, self.buyers)
        return Totals(
            products, by_category, names, self.baskets, self.n_baskets, self.everything,
            self.n_lines,
        )  # fmt: skip


def _add_money(part: pl.DataFrame, gross: np.ndarray, net: np.ndarray) -> None:
    named = part.filter(pl.col("product").is_not_null())
    cells, amounts = _cells(named, gross.shape[1]), named["amount"].to_numpy()
    purchase = named.select(PURCHASE).to_series().to_numpy()
    np.add.at(net.reshape(-1), cells, amounts)
    np.add.at(gross.reshape(-1), cells[purchase], amounts[purchase])


def _cells(part: pl.DataFrame, p: int) -> np.ndarray:
    """Give each line's place in a flat table of segment x product."""
    cells: np.ndarray = part["segment"].to_numpy().astype(np.int64) * p + part["product"].to_numpy()
    return cells


def _gross() -> pl.Expr:
    return pl.when(PURCHASE).then(pl.col("amount")).otherwise(0).sum().alias("gross")


def _of_categories(part: pl.DataFrame) -> pl.DataFrame:
    """Money and buyers of each category in a part: segment, category, gross, net, buyers."""
    named = part.lazy().filter(pl.col("category").is_not_null())
    keys = ["segment", "category"]
    money = named.group_by(keys).agg(_gross(), pl.col("amount").sum().alias("net"))
    once = named.filter(PURCHASE).select(*keys, "customer").unique()
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
