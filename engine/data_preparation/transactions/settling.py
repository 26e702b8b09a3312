"""One partition to the lines that count: copies out, returns marked, everything else counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from engine.config import TransactionsConfig
from engine.data_preparation.transactions.cleaning import Reason
from engine.data_preparation.transactions.money import check_sum

# Rows whose fingerprints agree are copies only if their keys, moment and money agree as well.
_SAME = ("print", "id", "transaction", "moment", "product", "amount")

FULL_DUPLICATES = "full duplicates"
REPEATED = "lines repeated in later files"
REPEATED_INVOICES = "invoices in several files"
SHARED_DAYS = "rows of a date that the customer has already"
RETURNS = "returns"
BY_NUMBER = "returns by their number alone"
NON_PRODUCTS = "non-product lines"
UNNUMBERED = "lines without a transaction number"
PURCHASES = "purchases"
"""Entries of a tally, beside the names of :class:`Reason`."""

_SUMS = (pl.len(), pl.col("amount").sum())
_WHAT = ("product", "name", "category")
_LINE = ("id", "transaction", "day", "moment", *_WHAT, "units", "amount", "back")


@dataclass
class Tally:
    """Rows and money by what happened to them; tallies add up.

    Attributes
    ----------
    rows, money : Counter of str
        Rows, and their sum in ten-thousandths.
    """

    rows: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, lines: pl.DataFrame) -> None:
        """Add lines to one entry."""
        self.add(what, lines.height, int(lines["amount"].sum() or 0))

    def add(self, what: str, rows: int, money: int = 0) -> None:
        """Add rows and their money to one entry."""
        self.rows[what] += rows
        self.money[what] += money


@dataclass(frozen=True)
class Settled:
    """What some customers' rows come to.

    Attributes
    ----------
    lines : DataFrame
        id, moment, product, name, category, units and amount (both negative for returns), back,
        and what tells transactions apart: transaction, and day (null where transaction is not).
    ids : Series
        Of every row that had one, each once.
    returners : Series
        Ids of customers who returned something, each once.
    """

    lines: pl.DataFrame
    ids: pl.Series
    returners: pl.Series


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
    label : str
    """

    policies: TransactionsConfig
    several_files: bool
    cancelled: bool
    has_transactions: bool
    label: str

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
        self._count_shared_days(rows, tally)
        self._count_repeated_invoices(rows, tally)
        rows = self._without_copies(rows, tally)
        ids = rows["id"].drop_nulls().unique()
        self._count_reasons(rows, tally)
        lines = self._returns(rows.filter(pl.col("reason") == int(Reason.KEPT)), tally)
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
        lines = lines.with_columns(day=pl.when(unnumbered).then(pl.col("moment").dt.date()))
        return Settled(lines.select(_LINE), ids, returners)

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

    def _count_repeated_invoices(self, rows: pl.DataFrame, tally: Tally) -> None:
        if self.several_files and self.has_transactions:
            files = rows.drop_nulls(["id", "transaction"]).group_by("id", "transaction")
            found = files.agg(pl.col("file").n_unique()).filter(pl.col("file") > 1)
            tally.add(REPEATED_INVOICES, found.height)

    def _count_shared_days(self, rows: pl.DataFrame, tally: Tally) -> None:
        """Where no column numbers transactions: rows beyond the first of a customer's date."""
        if not self.has_transactions:
            known = rows.drop_nulls(["id", "moment"])
            days = known.select("id", pl.col("moment").dt.date()).unique().height
            tally.add(SHARED_DAYS, known.height - days)

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
