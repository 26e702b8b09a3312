"""One partition to the lines that count: copies out, returns marked, everything else counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.transactions.carried import carried_in
from engine.data_preparation.transactions.guests import Crowd
from engine.data_preparation.transactions.money import check_sum
from engine.data_preparation.transactions.overlaps import (
    with_likeness,
    without_repeated_invoices,
)
from engine.data_preparation.transactions.reasons import Fee, Reason
from engine.data_preparation.transactions.standing import NOTHING, Standing
from engine.data_preparation.transactions.tallies import PURCHASES, Tally

# Rows whose fingerprints agree are copies only if their keys, moment and money agree as well.
_SAME = ("print", "id", "transaction", "moment", "product", "amount")

FULL_DUPLICATES = "full duplicates"
REPEATED = "lines repeated in later files"
REPEATED_INVOICES = "invoices in several files"
SHARED_DAYS = "lines of a date that the customer has already"
RETURNS = "returns"
BY_NUMBER = "returns by their number alone"
NON_PRODUCTS = "non-product lines"
NAMELESS = "rows without a customer, copies and all"
UNNUMBERED = "lines without a transaction number"
SEVERAL = "transactions of several purchases"
SAME = "transactions of several purchases, all of the same money"
COMPARED = "amounts held against quantity times price"
UNLIKE = "amounts that are not quantity times price"
LETTERS = "one-letter codes taken for products"
"""Entries of a tally, beside the names of :class:`Reason`."""

_SUMS = (pl.len(), pl.col("amount").sum())
_WHAT = ("product", "name", "category")
_LINE = ("id", "transaction", "day", "moment", *_WHAT, "units", "amount", "back")


@dataclass(frozen=True)
class Settled:
    """What some customers' rows come to.

    Attributes
    ----------
    lines : DataFrame
        id, moment, product, name, category, units and amount (both negative for returns), back,
        what tells transactions apart: transaction, and day (null where transaction is not); and
        what describes customers.
    ids : Series
        Of every row that had one, each once.
    returners : Series
        Ids of customers who returned something, each once.
    crowd : Crowd
        Who has the most rows.
    n_rows : int
        Rows of the files that the lines stand for; one may be a purchase and a return.
    """

    lines: pl.DataFrame
    ids: pl.Series
    returners: pl.Series
    crowd: Crowd
    n_rows: int


@dataclass(frozen=True)
class Settler:
    """Applies the policies that need a customer's lines together.

    Attributes
    ----------
    policies : TransactionsConfig
    several_files : bool
    cancelled : bool
        Whether transactions numbered C and digits are cancellations.
    has_transactions : bool
        Whether the files number transactions.
    has_amounts : bool
        Whether money is a column of the files, rather than quantity times price.
    fees : tuple of Fee
        Codes that are no products.
    label : str
    standing : Standing
        What columns beside the money say of it.
    """

    policies: TransactionsConfig
    several_files: bool
    cancelled: bool
    has_transactions: bool
    has_amounts: bool
    fees: tuple[Fee, ...]
    label: str
    standing: Standing = NOTHING

    def settle(self, rows: pl.DataFrame, tally: Tally) -> Settled:
        """Drop and count what does not count.

        Parameters
        ----------
        rows : DataFrame
            Every row of some customers, as :class:`Cleaner` gives it.
        tally : Tally
            Takes what is dropped, and what is kept but special.
        """
        check_sum(rows["amount"].drop_nulls(), self.label)
        rows = self._without_fees(rows)
        self._count_repeated_invoices(rows, tally)
        ids = rows.drop_nulls("id").group_by("id").len()
        rows = self._without_repeats(rows, tally)
        self._count_reasons(rows, tally)
        kept = rows.filter(pl.col("reason") == int(Reason.KEPT))
        lines = self._returns(self.standing.settle(kept.with_row_index("row"), tally), tally)
        self._count_shared_days(lines, tally)
        returners = lines.filter("back")["id"].unique()
        if self.policies.returns == "ignore":
            lines = lines.filter(~pl.col("back"))
        tally.count(NON_PRODUCTS, lines.filter("fee"))
        if self.policies.non_products == "money_only":
            sold = ~pl.col("fee")
            lines = lines.with_columns(pl.when(sold).then(c).alias(c) for c in _WHAT)
        unnumbered = pl.col("transaction").is_null()
        tally.count(UNNUMBERED, lines.filter(unnumbered))
        tally.count(PURCHASES, lines.filter(~pl.col("back")))
        self._count_same(lines, tally)
        lines = lines.with_columns(day=pl.when(unnumbered).then(pl.col("moment").dt.date()))
        n_rows = lines.height if self.standing.plain else lines["row"].n_unique()
        kept = lines.select(*_LINE, *carried_in(lines.columns))
        return Settled(kept, ids["id"], returners, Crowd.of(ids), n_rows)

    def _without_fees(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Mark what is no product, and drop it where the policy says so."""
        rows = rows.with_columns(fee=pl.col("fee").is_in([int(f) for f in self.fees]))
        if self.policies.non_products != "drop":
            return rows
        dropped = pl.col("fee") & pl.col("reason").is_in([int(Reason.KEPT), int(Reason.TOO_LATE)])
        reason = pl.when(dropped).then(pl.lit(int(Reason.NON_PRODUCT), pl.UInt8))
        return rows.with_columns(reason=reason.otherwise("reason"))

    def _without_copies(self, rows: pl.DataFrame, tally: Tally) -> pl.DataFrame:
        alike = rows["print"].is_duplicated()
        if not alike.any():
            return rows
        copies = self._settle_copies(rows.filter(alike), tally)
        return pl.concat([rows.filter(~alike), copies])

    def _settle_copies(self, rows: pl.DataFrame, tally: Tally) -> pl.DataFrame:
        """Keep what the policies keep of rows whose fingerprint occurs more than once."""
        once = rows.unique([*_SAME, "file"], keep="first", maintain_order=True)
        _count_gone(tally, FULL_DUPLICATES, rows, once)
        rows = once if self.policies.duplicates == "drop" else rows
        if not self.several_files:
            return rows
        copy = pl.int_range(pl.len(), dtype=pl.UInt32).over([*_SAME, "file"])
        numbered = rows.with_columns(copy=copy)
        # The third copy of a line in a later file repeats the third copy in an earlier one.
        once = numbered.unique([*_SAME, "copy"], keep="first", maintain_order=True).drop("copy")
        _count_gone(tally, REPEATED, rows, once)
        return once if self.policies.repeated_invoices == "merge" else rows

    def _without_repeats(self, rows: pl.DataFrame, tally: Tally) -> pl.DataFrame:
        """Drop copies, and invoices that a later file holds again in other words."""
        if not (self.several_files and self.has_transactions):
            return self._without_copies(rows, tally)
        rows = self._without_copies(with_likeness(rows), tally)
        once = without_repeated_invoices(rows)
        _count_gone(tally, REPEATED, rows, once)
        return once if self.policies.repeated_invoices == "merge" else rows

    def _count_repeated_invoices(self, rows: pl.DataFrame, tally: Tally) -> None:
        if self.several_files and self.has_transactions:
            files = rows.drop_nulls("transaction").group_by("id", "transaction")
            found = files.agg(pl.col("file").n_unique()).filter(pl.col("file") > 1)
            tally.add(REPEATED_INVOICES, found.height)

    def _count_shared_days(self, lines: pl.DataFrame, tally: Tally) -> None:
        """Where no column numbers transactions: lines beyond the first of a customer's date."""
        if not self.has_transactions:
            days = lines.select("id", pl.col("moment").dt.date()).unique().height
            tally.add(SHARED_DAYS, lines.height - days)

    def _count_same(self, lines: pl.DataFrame, tally: Tally) -> None:
        """Count transactions of several purchases, and those whose purchases all cost the same."""
        if not (self.has_amounts and self.has_transactions):
            return
        bought = lines.filter(~pl.col("back")).drop_nulls("transaction")
        money = bought.group_by("id", "transaction").agg(
            pl.len(), same=pl.col("amount").min() == pl.col("amount").max()
        )
        several = money.filter(pl.col("len") > 1)
        tally.add(SEVERAL, several.height)
        tally.add(SAME, int(several["same"].sum()))

    def _count_reasons(self, rows: pl.DataFrame, tally: Tally) -> None:
        found = rows.group_by("reason").agg(*_SUMS)
        for reason, count, money in found.iter_rows():
            tally.add(Reason(reason).name, count, money or 0)
        kept = rows.filter(pl.col("reason") == int(Reason.KEPT), pl.col("noted") > 0)
        for noted, count, money in kept.group_by("noted").agg(*_SUMS).iter_rows():
            tally.add(Reason(noted).name, count, money or 0)

    def _returns(self, lines: pl.DataFrame, tally: Tally) -> pl.DataFrame:
        """Give returns negative pieces and negative money, however the files write them."""
        if self.cancelled:
            marked = (pl.col("number") == 2) & ~pl.col("back")
            tally.count(BY_NUMBER, lines.filter(marked))
            lines = lines.with_columns(back=pl.col("back") | marked)
        lines = lines.with_columns(
            pl.when("back").then(-pl.col(c).abs()).otherwise(pl.col(c)).alias(c)
            for c in ("units", "amount")
        )
        tally.count(RETURNS, lines.filter("back"))
        return lines


def _count_gone(tally: Tally, what: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
    money = int(before["amount"].sum() or 0) - int(after["amount"].sum() or 0)
    tally.add(what, before.height - after.height, money)


def cancellations_are_marked(numbers: Counter[int], policy: str) -> bool:
    """Tell whether C before digits marks a cancellation.

    It does where most transactions are numbered by digits alone, as in 536365 and C536379; where C
    is how a shop writes all of its numbers it does not.

    Parameters
    ----------
    numbers : Counter
        Lines by how their transaction is numbered: 1 digits, 2 C and digits, 0 otherwise.
    policy : {"auto", "always", "never"}
    """
    if policy == "auto":
        return numbers[1] > numbers[2] + numbers[0]
    return policy == "always"
