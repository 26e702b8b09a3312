"""What stands beside the money of a row and changes it: refunds, discounts, an order's total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from engine.data_preparation.transactions.carried import carried_in
from engine.data_preparation.transactions.status_words import State, fold
from engine.data_preparation.transactions.tallies import PURCHASES, Tally

REFUNDS = frozenset(fold(w) for w in (
    "amount refunded", "refunded amount", "refund amount", "total refunded", "refund total",
    "amount returned", "returned amount", "return amount", "refund value", "refunded value",
    "refunds", "refund", "order refund amount", "refunded total", "Erstattungsbetrag",
    "erstatteter Betrag", "Rückerstattung", "montant remboursé", "montant du remboursement",
    "importe reembolsado", "monto reembolsado", "importo rimborsato", "valor reembolsado",
    "terugbetaald bedrag", "iade tutari", "kwota zwrotu", "återbetalt belopp", "refunderet beløb",
    "сумма возврата", "amount_refunded", "return value",
))  # fmt: skip
PIECES_BACK = frozenset(fold(w) for w in (
    "quantity refunded", "refunded quantity", "qty refunded", "quantity returned",
    "returned quantity", "qty returned", "return quantity", "return qty", "refunded qty",
    "returned qty", "units returned", "returned units", "zurückgegebene Menge",
    "quantité retournée",
    "cantidad devuelta", "iade miktari", "iade adedi",
))  # fmt: skip
DISCOUNTS = frozenset(fold(w) for w in (
    "discount", "discounts", "discount pct", "discount percent", "discount percentage",
    "discount rate", "discount amount", "discount value", "unit price discount", "line discount",
    "discount %", "pct discount", "Rabatt", "Rabatt %", "Rabattbetrag", "Nachlass", "remise",
    "remise %", "réduction", "descuento", "descuento %", "desconto", "sconto", "sconto %",
    "korting",
    "indirim", "indirim orani", "indirim tutari", "rabat", "скидка", "l_discount", "disc",
    "disc pct", "lineitem discount", "discount_applied", "item discount",
))  # fmt: skip
"""Names of columns, folded."""

NOT_MONEY = frozenset(fold(w) for w in (
    "tax", "taxes", "tax amount", "vat", "vat amount", "sales tax", "MwSt", "USt", "TVA", "IVA",
    "KDV", "moms", "НДС", "shipping", "shipping cost", "shipping amount", "shipping fee", "freight",
    "delivery fee", "postage", "Versand", "Versandkosten", "frais de port", "envío", "spedizione",
    "kargo ücreti", "freight value", "tip", "tips", "gratuity", "gift card", "gift card amount",
    "fee", "fees", "commission",
))  # fmt: skip

CAPPED = "refunds above the money of what they belong to"
REFUNDED = "refunds of a column"
TWINS = "returned rows beside an equal row of their order"
ORDERS_OWN = "orders whose lines come to another sum than the order"

DiscountKind = Literal["share", "percent", "amount"]
_ORDER = ("id", "transaction")
_PERCENT_NAMES = ("pct", "percent", "rate", "oran", "prozent", "pourcent", "%")
_AMOUNT_NAMES = ("amount", "value", "betrag", "montant", "importe", "valor", "tutar", "bedrag")
_MANY = 0.9


@dataclass(frozen=True)
class Refund:
    """A column of what was given back of a row's money.

    Attributes
    ----------
    column : str
    pieces : bool
        It counts pieces rather than money.
    order : bool
        It is an order's, whether it stands on one of its lines or on all.
    """

    column: str
    pieces: bool = False
    order: bool = False

    def of(self, worth: pl.Expr, rate: pl.Expr) -> pl.Expr:
        """Give what was given back of money ``worth``, from the column ``given_back``."""
        if not self.pieces:
            return pl.col("given_back") * rate
        bought = pl.col("quantity").abs()
        share = pl.when(bought > 0).then(pl.col("given_back") / bought).otherwise(1.0)
        return worth.abs() * pl.min_horizontal(share, pl.lit(1.0))


@dataclass(frozen=True)
class Discount:
    """A column of what is taken off quantity times price."""

    column: str
    kind: DiscountKind

    def share(self) -> pl.Expr:
        """Give the share of the money that is taken off."""
        value = as_number(self.column).abs().fill_null(0.0)
        if self.kind == "amount":
            return pl.lit(0.0)
        text = pl.col(self.column).cast(pl.String).str.contains("%", literal=True)
        share = value / 100 if self.kind == "percent" else value
        return pl.when(text.fill_null(value=False)).then(value / 100).otherwise(share)

    def money(self) -> pl.Expr:
        """Give the money that is taken off."""
        value = as_number(self.column).abs().fill_null(0.0)
        return value if self.kind == "amount" else pl.lit(0.0)


def as_number(column: str) -> pl.Expr:
    """Read a column as a number; text may end in a percent sign; what is none is null."""
    text = pl.col(column).cast(pl.String).str.replace_all(r"[\s%\u00a0]", "")
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def discount_kind(column: str, found: pl.DataFrame) -> DiscountKind | None:
    """Tell from the rows with a discount what it is; None where that is not plain.

    Parameters
    ----------
    column : str
    found : DataFrame
        value, marked (with a percent sign) and money (quantity times price; null if not known) of
        rows whose discount is not zero.
    """
    if found["marked"].any():
        return "percent"
    name, values = column.casefold(), found["value"].abs()
    top = float(values.max() or 0.0)  # type: ignore[arg-type]
    by_percent = any(w in name for w in _PERCENT_NAMES)
    above = found.drop_nulls("money").filter(pl.col("value").abs() > pl.col("money").abs() + 0.005)
    if top <= 1 and not any(w in name for w in _AMOUNT_NAMES):
        return "share" if (values < 1).any() else None
    if by_percent:
        return "percent" if top <= 100 else None
    if any(w in name for w in _AMOUNT_NAMES) or top > 100:
        return "amount" if above.height <= found.height * (1 - _MANY) else None
    if above.height:
        return "percent"
    cents = (values != values.round(0)).mean()
    if float(cents or 0.0) > 0.5:  # type: ignore[arg-type]
        return "amount"
    round_ones = (values % 5 == 0).mean()
    return "percent" if float(round_ones or 0.0) >= _MANY else None  # type: ignore[arg-type]


def once_an_order(refunded: pl.DataFrame) -> bool:
    """Tell whether refunds stand again on each line of an order.

    Parameters
    ----------
    refunded : DataFrame
        transaction, value and money of the rows with a refund.

    Notes
    -----
    They do where orders with several such rows say the same on all of them, and not what each of
    these rows costs.
    """
    orders = refunded.drop_nulls("transaction").group_by("transaction").agg(
        pl.len(),
        same=pl.col("value").min() == pl.col("value").max(),
        whole=((pl.col("value") - pl.col("money").abs()).abs() < 0.005).all(),
    )  # fmt: skip
    several = orders.filter((pl.col("len") > 1) & ~pl.col("whole").fill_null(value=False))
    return several.height > 0 and float(several["same"].mean() or 0.0) > 0.8  # type: ignore[arg-type]


def with_order_money(lines: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Add to each order the line that brings its lines to what the order itself says.

    Parameters
    ----------
    lines : DataFrame
        Kept lines of whole customers with ``order_money`` (ten-thousandths, on one line of an
        order or on all; null elsewhere).
    """
    bought = lines.filter(~pl.col("back")).drop_nulls("transaction")
    orders = bought.group_by(_ORDER, maintain_order=True).agg(
        pl.col("order_money").max().alias("own"),
        pl.col("amount").sum().alias("sum"),
        pl.all().exclude(*_ORDER, "amount", "order_money").first(),
    )
    other = orders.filter(pl.col("own").is_not_null() & (pl.col("own") != pl.col("sum")))
    if not other.height:
        return lines
    added = _bare(other.with_columns(amount=pl.col("own") - pl.col("sum")), back=False)
    added = added.with_columns(state=pl.lit(int(State.PURCHASE), pl.UInt8))
    tally.count(ORDERS_OWN, added)
    tally.add(PURCHASES, -added.height)
    return _joined(lines, added)


def with_refunds(lines: pl.DataFrame, tally: Tally, *, order: bool) -> pl.DataFrame:
    """Add what was given back as lines of its own: by a refund column, else by the status.

    Parameters
    ----------
    lines : DataFrame
        Kept lines of whole customers with ``state`` (a :class:`State`) and ``refund``
        (ten-thousandths, null or above zero where something was refunded).
    order : bool
        Refunds are an order's.
    """
    bought = ~pl.col("back")
    refunded = (pl.col("refund") > 0).fill_null(value=False)
    covered = refunded
    added = []
    if order:
        covered = refunded.any().over(_ORDER) & pl.col("transaction").is_not_null() | refunded
        added.append(_of_orders(lines.filter(bought), tally))
    else:
        added.append(_of_lines(lines.filter(bought & refunded), tally))
    back = lines.filter(bought & (pl.col("state") == int(State.RETURN)) & ~covered)
    if back.height:
        counted = lines.filter(bought & (pl.col("state") < int(State.RETURN)))
        twins = back.join(counted, on=[*_ORDER, "product", "amount"], how="semi")
        tally.add(TWINS, twins.height)
    added.append(back.with_columns(pl.lit(value=True).alias("back"), units=-pl.col("units").abs()))
    return _joined(lines, *added)


def _of_lines(rows: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    tally.add(CAPPED, rows.filter(pl.col("refund") > pl.col("amount") + 50).height)
    money = pl.min_horizontal("refund", "amount")
    whole = pl.col("refund") >= pl.col("amount")
    back = rows.with_columns(
        pl.lit(value=True).alias("back"),
        amount=money,
        units=pl.when(whole).then(-pl.col("units").abs()).otherwise(0.0),
    )
    tally.count(REFUNDED, back)
    return back


def _of_orders(bought: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Give one line back for each order, whatever line its refund stands on."""
    single = pl.col("transaction").is_null()
    key = pl.when(single).then(pl.int_range(pl.len())).otherwise(-1)
    orders = bought.with_columns(alone=key).group_by(*_ORDER, "alone", maintain_order=True).agg(
        pl.col("refund").max(), pl.col("amount").sum(),
        pl.all().exclude(*_ORDER, "alone", "refund", "amount").first(),
    )  # fmt: skip
    orders = orders.filter(pl.col("refund") > 0).drop("alone")
    tally.add(CAPPED, orders.filter(pl.col("refund") > pl.col("amount") + 50).height)
    money = pl.max_horizontal(pl.min_horizontal("refund", "amount"), pl.lit(0, pl.Int64))
    back = _bare(orders.with_columns(amount=money), back=True)
    tally.count(REFUNDED, back)
    return back


def _bare(lines: pl.DataFrame, *, back: bool) -> pl.DataFrame:
    """Make lines of money alone: no product, no pieces, nothing of the customer."""
    texts = "product", "name", "category", *carried_in(lines.columns)
    empty = [pl.lit(None, pl.String).alias(c) for c in texts]
    return lines.with_columns(
        *empty, pl.lit(value=back).alias("back"), units=pl.lit(0.0), fee=pl.lit(value=False)
    )


def _joined(lines: pl.DataFrame, *added: pl.DataFrame) -> pl.DataFrame:
    extra = [
        a.with_columns(pl.lit(None).cast(lines.schema[c]).alias(c)
                       for c in lines.columns if c not in a.columns).select(lines.columns)
        for a in added if a.height
    ]  # fmt: skip
    return pl.concat([lines, *extra]) if extra else lines
