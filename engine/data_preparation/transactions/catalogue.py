"""What is sold: products with their most usual name and category, and what categories take."""

from __future__ import annotations

import polars as pl

MOST_ROWS = 2_000_000
"""Different (product, name, category) that are kept; more are no products but line numbers, say."""

SCHEMA = {
    "product": pl.UInt32,
    "product_id": pl.String,
    "name": pl.String,
    "category": pl.String,
}
_KEYS = ["product", "name", "category"]


class Catalogue:
    """Adds up what partitions sell.

    Attributes
    ----------
    too_many : bool
        There were more than :data:`MOST_ROWS`; products are then given up.
    """

    def __init__(self) -> None:
        self.too_many = False
        self._sold: pl.DataFrame | None = None
        self._spend: pl.DataFrame | None = None

    def add(self, lines: pl.DataFrame) -> None:
        """Count the products and the purchases' money by category of settled lines."""
        spend = lines.filter(~pl.col("back")).drop_nulls("category").group_by("category")
        self._spend = _added(self._spend, spend.agg(pl.col("amount").sum()), ["category"])
        if self.too_many:
            return
        sold = lines.drop_nulls("product").group_by(_KEYS).agg(n=pl.len().cast(pl.Int64))
        self._sold = _added(self._sold, sold, _KEYS)
        if self._sold.height > MOST_ROWS:
            self.too_many, self._sold = True, None

    def leading(self, count: int) -> tuple[str, ...]:
        """Give the categories of the largest gross money, the largest first; ties by name.

        A single category is everybody's and leads to none.
        """
        if self._spend is None or self._spend.height < 2:
            return ()
        ranked = self._spend.sort("amount", "category", descending=[True, False])
        return tuple(ranked["category"].head(count))

    def products(self) -> pl.DataFrame:
        """Give product (UInt32, 0 to p-1), product_id, name and category, by product_id."""
        if self._sold is None:
            return pl.DataFrame(schema=SCHEMA)
        ids = self._sold.select("product").unique().sort("product")
        named = ids.join(_usual(self._sold, "name"), on="product", how="left")
        known = named.join(_usual(self._sold, "category"), on="product", how="left")
        known = known.sort("product").rename({"product": "product_id"})
        return known.with_row_index("product").cast({"product": pl.UInt32})


def _added(so_far: pl.DataFrame | None, more: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    if so_far is None:
        return more
    return pl.concat([so_far, more]).group_by(keys).agg(pl.all().sum())


def _usual(sold: pl.DataFrame, column: str) -> pl.DataFrame:
    """Give each product's most frequent value; ties by the alphabet."""
    counts = sold.drop_nulls(column).group_by("product", column).agg(pl.col("n").sum())
    ranked = counts.sort("product", "n", column, descending=[False, True, False])
    return ranked.unique("product", keep="first", maintain_order=True).drop("n")
