"""Names of products and categories in several spellings: counted as one, under the usual one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.features.id_forms import folded
from engine.data_preparation.features.id_names import plain
from engine.data_preparation.transactions.carried import CARRIED
from engine.data_preparation.transactions.catalogue import MOST_CATEGORIES, MOST_ROWS, Sums
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.reasons import Reason
from engine.utilities.shown import quoted

_FOLDS = ("unicode", "blanks", "case")

_NAMES = frozenset(
    plain(name)
    for line in (
        "product item article produkt produit producto produto prodotto articolo artículo artikel",
        "artigo ürün товар 商品 产品 상품 tuote vara varer termék výrobek",
    )
    for name in line.split()
)
"""Columns that hold a product's name as often as its code."""


class Spellings:
    """Texts that differ in case, blanks and forms of signs alone, and the usual one of each.

    Parameters
    ----------
    things : tuple of str
        What they name, for people: one and many.
    most : int
        Different texts that are kept; more are left as they are.
    known : sequence of str
        Spellings of an earlier fit, which then are the usual ones.
    """

    def __init__(self, things: tuple[str, str], most: int, known: Sequence[str] = ()) -> None:
        self.things, self._known = things, known
        self._sums = Sums(["text"], most)
        self._changed: pl.DataFrame | None = None
        self.notices: list[str] = []

    def take(self, texts: pl.Series) -> None:
        """Count the texts of some rows."""
        counts = texts.drop_nulls().alias("text").to_frame().group_by("text")
        self._sums.add(counts.agg(n=pl.len().cast(pl.Int64)))

    def merge(self, other: Spellings) -> None:
        """Take in what was counted in other rows."""
        self._sums.merge(other._sums)

    def settle(self) -> None:
        """Find the usual spelling of each, once all rows were counted; ties by the alphabet."""
        found = self._sums.total()
        self._sums.forget()
        if found is None:
            return
        known = pl.DataFrame({"text": self._known}, schema={"text": pl.String})
        known = known.with_columns(n=pl.lit(0, pl.Int64), first=pl.lit(value=True))
        table = pl.concat([found.with_columns(first=pl.lit(value=False)), known])
        table = table.with_columns(key=folded(pl.col("text"), _FOLDS))
        table = table.sort(
            "key", "first", "n", "text", descending=[False, True, True, False]
        ).with_columns(usual=pl.col("text").first().over("key"))
        changed = table.filter(~pl.col("first"), pl.col("text") != pl.col("usual"))
        if not changed.height:
            return
        self._changed = changed
        example = changed.row(0, named=True)
        usual = int(table.filter(pl.col("text") == example["usual"])["n"].sum())
        shown = [quoted(example[writing], usual) for writing in ("usual", "text")]
        self.notices.append(
            f"{_many(changed['key'].n_unique(), self.things)} written in several ways, such as "
            f"{shown[0]} and {shown[1]}: each is counted as one, under its "
            "usual writing (transactions.spellings: fold; keep tells them apart)"
        )

    def apply(self, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Write the texts of some columns in the usual way."""
        if self._changed is None:
            return rows
        old, new = self._changed["text"], self._changed["usual"]
        return rows.with_columns(pl.col(c).replace(old, new) for c in columns)


def _many(count: int, things: tuple[str, str]) -> str:
    return f"1 {things[0]} is" if count == 1 else f"{count:,} {things[1]} are"


class Names:
    """Spellings of what lines sell and of what describes customers, as the policy has it.

    Parameters
    ----------
    columns : Columns
    policies : TransactionsConfig
    categories : sequence of str or None
        Leading ones of an earlier fit.
    """

    def __init__(
        self, columns: Columns, policies: TransactionsConfig, categories: Sequence[str] | None
    ) -> None:
        product = columns.get("product_id")
        self._alone = product is not None and product == columns.get("product_name")
        named = self._alone or (
            columns.get("product_name") is None and plain(product or "") in _NAMES
        )
        every, fold = policies.spellings == "all", policies.spellings != "keep"
        self._codes = not (named or every) and fold and product is not None
        self._products = (
            Spellings(("product", "products"), MOST_ROWS)
            if product and fold and (named or every)
            else None
        )
        self._categories = (
            Spellings(("category", "categories"), MOST_CATEGORIES, categories or ())
            if fold and columns.get("category")
            else None
        )
        self._carried = {
            CARRIED + c: Spellings((f"value of {c!r}", f"values of {c!r}"), MOST_CATEGORIES)
            for c in (columns.carried if fold else ())
        }

    @property
    def _all(self) -> list[Spellings]:
        named = (self._products, self._categories, *self._carried.values())
        return [s for s in named if s]

    def take(self, lines: pl.DataFrame) -> None:
        """Count the names of the rows of a block that count."""
        kept = lines.filter(pl.col("reason") == int(Reason.KEPT))
        if self._products:
            self._products.take(kept["product"])
        if self._categories:
            self._categories.take(kept["category"])
        for column, found in self._carried.items():
            found.take(kept[column])

    def merge(self, other: Names) -> None:
        """Take in what was counted in other rows."""
        for mine, theirs in zip(self._all, other._all, strict=True):
            mine.merge(theirs)

    def settle(self) -> None:
        """Find the usual spellings."""
        for found in self._all:
            found.settle()

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Write the names of a partition's rows in the usual way."""
        if self._products:
            rows = self._products.apply(rows, *("product", "name")[: 1 + self._alone])
        for column, found in self._carried.items():
            rows = found.apply(rows, column)
        return self._categories.apply(rows, "category") if self._categories else rows

    def notices(self, products: pl.DataFrame) -> list[str]:
        """Say what was counted as one, and which codes of products look alike."""
        found = [n for s in self._all for n in s.notices]
        if not self._codes or not products.height:
            return found
        table = products.select("product_id", key=folded(pl.col("product_id"), _FOLDS))
        several = table.filter(pl.col("key").is_duplicated()).sort("key", "product_id")
        if not several.height:
            return found
        first, second = several["product_id"].head(2)
        return [
            *found,
            f"{several.height:,} product codes differ from another in capitals or blanks alone, "
            f"such as {first!r} and {second!r}: they are {several['key'].n_unique():,} products "
            "with transactions.spellings: all, and different ones as it is",
        ]
