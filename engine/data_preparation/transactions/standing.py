"""What columns beside the money say of it, as rules for the cleaner and sentences for people."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.data_preparation.transactions.adjustments import (
    Discount,
    Refund,
    as_number,
    with_order_money,
    with_refunds,
)
from engine.data_preparation.transactions.currencies import CurrencyRule
from engine.data_preparation.transactions.money import ten_thousandths
from engine.data_preparation.transactions.status_words import State
from engine.data_preparation.transactions.statuses import StatusRule
from engine.data_preparation.transactions.tallies import Tally


@dataclass(frozen=True)
class Standing:
    """Which rows count, and what their money is, by the columns beside it.

    Attributes
    ----------
    statuses : tuple of StatusRule
    refund : Refund or None
    discount : Discount or None
    currency : CurrencyRule or None
    order_money : str or None
        A column of what an order's lines come to.
    order_column : str or None
        The column that numbers orders.
    filled : tuple of str
        Columns that stand on the first line of an order only.
    money_in : str or None
        The currency that sums are in, where a column says so.
    notices, warnings : tuple of str
    unused : tuple of str
        Columns that may say which rows count and are not used.
    """

    statuses: tuple[StatusRule, ...] = ()
    refund: Refund | None = None
    discount: Discount | None = None
    currency: CurrencyRule | None = None
    order_money: str | None = None
    order_column: str | None = None
    filled: tuple[str, ...] = ()
    money_in: str | None = None
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether lines carry nothing beside their money."""
        return not (self.statuses or self.refund or self.order_money)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that lines carry beside the usual ones."""
        return () if self.plain else ("state", "refund", "order_money")

    def marks(self) -> list[pl.Expr]:
        """Read the columns beside the money from a block of the file.

        Returns
        -------
        marks : list of expressions
            state (UInt8, a :class:`State`; the highest where several columns speak), rate, share
            and off (of the discount), given_back and own (of the order), each where it is used.
        """
        found = []
        if not self.plain:
            said = [_said(rule) for rule in self.statuses]
            purchase = pl.lit(int(State.PURCHASE), pl.UInt8)
            found.append(pl.max_horizontal(purchase, *said).alias("state"))
        if self.currency:
            found.append(_rate(self.currency).alias("rate"))
        if self.discount:
            found += [self.discount.share().alias("share"), self.discount.money().alias("off")]
        if self.refund:
            found.append(as_number(self.refund.column).abs().alias("given_back"))
        if self.order_money:
            found.append(as_number(self.order_money).alias("own"))
        return found

    def valued(self, rows: pl.DataFrame, money: pl.Expr) -> pl.DataFrame:
        """Give each row its money, and what was given back and what its order comes to.

        Parameters
        ----------
        rows : DataFrame
            With quantity and what :meth:`marks` reads.
        money : expression
            Of these rows, before discounts and currencies.

        Returns
        -------
        rows : DataFrame
            With money (ten-thousandths in float64); refund and order_money (Int64) where columns
            beside it say something.
        """
        if self.discount:
            money = money * (1 - pl.col("share")) - money.sign() * pl.col("off")
        rate = pl.col("rate") if self.currency else pl.lit(1.0)
        worth = money * rate if self.currency else money
        if self.plain:
            return rows.with_columns(money=ten_thousandths(worth))
        nothing = pl.lit(None, pl.Float64)
        back = self.refund.of(worth, rate) if self.refund else nothing
        own = pl.col("own") * rate if self.order_money else nothing
        return rows.with_columns(
            money=ten_thousandths(worth),
            refund=ten_thousandths(back).cast(pl.Int64),
            order_money=ten_thousandths(own).cast(pl.Int64),
        )

    @property
    def rules(self) -> dict[str, str]:
        """Give what ``auto`` was found to be, for files that are read with the same rules."""
        found: dict[str, str] = {}
        if self.refund:
            found["refund"] = "order" if self.refund.order else "line"
        if self.discount:
            found["discount"] = self.discount.kind
        return found

    def is_elsewhere(self) -> pl.Expr:
        """Tell rows whose currency does not count."""
        return pl.col("rate").is_null() if self.currency else pl.lit(value=False)

    def says(self, state: State) -> pl.Expr:
        """Tell rows of which the columns of statuses say this."""
        return pl.col("state") == int(state) if self.statuses else pl.lit(value=False)

    def settle(self, lines: pl.DataFrame, tally: Tally) -> pl.DataFrame:
        """Add lines for what orders come to and for what was given back."""
        if self.plain:
            return lines
        if self.order_money:
            lines = with_order_money(lines, tally)
        per_order = self.refund is not None and self.refund.order
        return with_refunds(lines, tally, order=per_order)


NOTHING = Standing()


def _rate(rule: CurrencyRule) -> pl.Expr:
    value = trimmed(rule.column)
    found = value.replace_strict(
        list(rule.rates), list(rule.rates.values()), default=None, return_dtype=pl.Float64
    )
    blank = value.is_null() | (value == "")
    return pl.when(blank).then(pl.lit(rule.blank, pl.Float64)).otherwise(found)


def trimmed(column: str) -> pl.Expr:
    """Write any value as text without outer blanks: 1.0 is 1, true is true.

    Examples
    --------
    >>> pl.DataFrame({"x": [" Paid ", "1.0"]}).select(trimmed("x"))["x"].to_list()
    ['Paid', '1']
    """
    return pl.col(column).cast(pl.String).str.strip_chars().str.replace(r"^(-?[0-9]+)\.0+$", "$1")


def _said(rule: StatusRule) -> pl.Expr:
    value = trimmed(rule.column)
    if rule.set_state is not None:
        there = value.is_not_null() & (value != "")
        return (
            pl.when(there)
            .then(pl.lit(int(rule.set_state), pl.UInt8))
            .otherwise(pl.lit(0, pl.UInt8))
        )
    states = [int(s) for s in rule.states.values()]
    return value.replace_strict(list(rule.states), states, default=0, return_dtype=pl.UInt8)
