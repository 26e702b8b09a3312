"""What is sold: products with their most usual name and category, and what categories take."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MOST_ROWS = 2_000_000
"""Different (product, name), or (product, category), that are kept; more are line numbers, say."""

MOST_CATEGORIES = 100_000
"""Different categories that are kept; more are no categories but products, or line numbers."""

_AT_ONCE = 1_000_000
"""Rows that wait at least until they are added up."""

SCHEMA = {
    "product": pl.UInt32,
    "product_id": pl.String,
    "name": pl.String,
    "category": pl.String,
}


class Sums:
    """Sums by key over many frames, in O(n log n) for all: frames wait until they are worth it.

    Parameters
    ----------
    keys : sequence of str
        All other columns are summed.
    most : int
        Different keys that are kept; with more, all are given up.

    Attributes
    ----------
    too_many : bool
        There were more than ``most``; certain once :meth:`total` was asked.
    """

    def __init__(self, keys: Sequence[str], most: int) -> None:
        self.too_many = False
        self._keys, self._most = list(keys), most
        self._total: pl.DataFrame | None = None
        self._waiting: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Take keys with what is to be summed."""
        if self.too_many or rows.is_empty():
            return
        self._waiting.append(rows)
        known = 0 if self._total is None else self._total.height
        if sum(w.height for w in self._waiting) > max(_AT_ONCE, known):
            self._add_up()

    def merge(self, other: Sums) -> None:
        """Take in other sums by the same keys, which were totalled."""
        if other.too_many:
            self.give_up()
        elif (total := other.total()) is not None:
            self.add(total)

    def total(self) -> pl.DataFrame | None:
        """Give each key once; None without any, or where there are too many."""
        self._add_up()
        return self._total

    def give_up(self) -> None:
        """Forget everything, and take no more."""
        self.too_many = True
        self.forget()

    def forget(self) -> None:
        """Let go of what was added up."""
        self._total, self._waiting = None, []

    def _add_up(self) -> None:
        if not self._waiting:
            return
        frames = self._waiting if self._total is None else [self._total, *self._waiting]
        self._waiting, self._total = [], None
        self._total = pl.concat(frames).group_by(self._keys).agg(pl.all().sum())
        if self._total.height > self._most:
            self.give_up()


class Catalogue:
    """Adds up what partitions sell."""

    def __init__(self) -> None:
        self._names = Sums(["product", "name"], MOST_ROWS)
        self._kinds = Sums(["product", "category"], MOST_ROWS)
        self._spend = Sums(["category"], MOST_CATEGORIES)

    @property
    def too_many(self) -> bool:
        """There were more than :data:`MOST_ROWS` products; they are then given up."""
        self._names.total()
        return self._names.too_many

    @property
    def too_many_categories(self) -> bool:
        """There were more than :data:`MOST_CATEGORIES`, or too many for the products."""
        self._spend.total()
        self._kinds.total()
        return self._spend.too_many or self._kinds.too_many

    def add(self, lines: pl.DataFrame) -> None:
        """Count the products and the purchases' money by category of settled lines."""
        spend = lines.filter(~pl.col("back")).drop_nulls("category").group_by("category")
        # Those of a partition are in no other.
        buyers = pl.col("id").n_unique().cast(pl.Int64)
        self._spend.add(spend.agg(pl.col("amount").sum(), buyers=buyers))
        if self._spend.too_many:
            self._kinds.give_up()
        sold = lines.drop_nulls("product")
        self._names.add(_counted(sold, "name"))
        if not self._kinds.too_many:
            self._kinds.add(_counted(sold.drop_nulls("category"), "category"))

    def merge(self, other: Catalogue) -> None:
        """Take in what other partitions sell, once they were totalled."""
        self._names.merge(other._names)
        self._spend.merge(other._spend)
        if self._spend.too_many:
            self._kinds.give_up()
        self._kinds.merge(other._kinds)

    def totalled(self) -> Catalogue:
        """Add up what waits, so that this may be sent."""
        for sums in (self._names, self._kinds, self._spend):
            sums.total()
        return self

    def leading(self, count: int, least: int = 1) -> tuple[str, ...]:
        """Give the categories of the largest gross money, the largest first; ties by name.

        A single category is everybody's and leads to none; of too many none leads, and none of
        fewer than ``least`` buyers does.
        """
        spend = None if self.too_many_categories else self._spend.total()
        if spend is None or spend.height < 2:
            return ()
        known = spend.filter(pl.col("buyers") >= least)
        ranked = known.sort("amount", "category", descending=[True, False])
        return tuple(ranked["category"].head(count))

    def kept(self, products: pl.DataFrame) -> bool:
        """Whether lines say what sells: there are not too many products, and something is named."""
        return not self.too_many and (bool(products.height) or not self.too_many_categories)

    def products(self) -> pl.DataFrame:
        """Give product (UInt32, 0 to p-1), product_id, name and category, by product_id."""
        names = self._names.total()
        if names is None:
            return pl.DataFrame(schema=SCHEMA)
        kinds = None if self.too_many_categories else self._kinds.total()
        kinds = pl.DataFrame(schema=_KINDS) if kinds is None else kinds
        ids = names.select("product").unique().sort("product")
        named = ids.join(_usual(names, "name"), on="product", how="left")
        known = named.join(_usual(kinds, "category"), on="product", how="left")
        known = known.sort("product").rename({"product": "product_id"})
        return known.with_row_index("product").cast({"product": pl.UInt32})


_KINDS = {"product": pl.String, "category": pl.String, "n": pl.Int64}


def _counted(sold: pl.DataFrame, column: str) -> pl.DataFrame:
    return sold.group_by("product", column).agg(n=pl.len().cast(pl.Int64))


def _usual(sold: pl.DataFrame, column: str) -> pl.DataFrame:
    """Give each product's most frequent value; ties by the alphabet."""
    ranked = sold.drop_nulls(column).sort("product", "n", column, descending=[False, True, False])
    return ranked.unique("product", keep="first", maintain_order=True).drop("n")
