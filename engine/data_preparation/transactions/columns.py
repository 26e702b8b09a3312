"""Which column of a transactions file is what: usual names recognised, others named by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.config.input import InputConfig
from engine.data_preparation.features.id_names import plain
from engine.data_preparation.reading.column_checks import check_columns, check_plain
from engine.data_preparation.reading.layout import names_told
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.aliases import ALIASES, LAST, ORDER_TOTALS
from engine.data_preparation.transactions.exports import Export, recognise_export
from engine.data_preparation.transactions.languages import LANGUAGES
from engine.data_preparation.transactions.naming import names_of_people, settle_customer
from engine.errors import DataError

NUMBERS = ("quantity", "unit_price", "amount", "year", "month")
MARKS = ("status", "refund", "discount", "currency")
"""Canonical names of columns that say something of the money beside them."""

_SALES_PRICE = "salesprice"


@dataclass(frozen=True)
class Columns:
    """What the columns of a transactions file mean.

    Attributes
    ----------
    named : dict of canonical name to the file's column
    notices : tuple of str
        What was recognised and what was decided, for people.
    by_hand : frozenset of str
        Canonical names that a person gave; the others were recognised.
    price : str or None
        A column of unit prices that is not money, against which the line's amount is held.
    marks : dict of canonical name to the file's column
        Of :data:`MARKS`, where a person or an export names them.
    export : Export or None
        The shop system whose export this is.
    carried : tuple of str
        Columns without a role that describe customers.
    """

    named: Mapping[str, str]
    notices: tuple[str, ...]
    by_hand: frozenset[str] = frozenset()
    price: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    export: Export | None = None
    carried: tuple[str, ...] = ()

    def get(self, canonical: str) -> str | None:
        """Give the file's column, None where there is none."""
        return self.named.get(canonical)

    @property
    def needed(self) -> list[str]:
        """Columns of the file that are read, each once."""
        return list(dict.fromkeys(self.named.values()))

    @property
    def sells(self) -> bool:
        """Tell whether lines say what was sold: a product or a category."""
        return bool({"product_id", "category"} & set(self.named))


def find_columns(source: Source, settings: InputConfig) -> Columns:
    """Recognise the columns of a transactions file; ``input.columns`` and ``input.id`` win.

    Parameters
    ----------
    source : Source
    settings : InputConfig

    Raises
    ------
    DataError
        A named column is not there; customer, date or money is missing; what could be money is
        open.
    """
    given = dict(settings.columns)
    if settings.id:
        given.setdefault("customer_id", settings.id)
    check_columns({f"input.columns.{k}": [c] for k, c in given.items()}, source)
    export = recognise_export(source.schema)
    by_export = export.given(source.schema, given) if export else {}
    marks = {k: c for k, c in (by_export | given).items() if k in MARKS}
    by_hand, given = frozenset(given), {k: c for k, c in given.items() if k not in MARKS}
    known = {k: c for k, c in by_export.items() if k not in MARKS}
    named = _recognise(list(source.schema), known | given, marks, alone=export is not None)
    price = named.get("unit_price")
    notices = settle_customer(named, given, list(source.schema))
    notices += _settle_money(named, given, source)
    _settle_date(named)
    _settle_product(named, notices)
    _check_complete(named, source)
    for canonical, column in named.items():
        check_plain(source, column, f"input.columns.{canonical}")
    words = ", ".join(f"{k} from {c!r}" for k, c in named.items())
    held = price if price and "quantity" in named and source.schema[price].is_numeric() else None
    return Columns(
        named,
        (*(export.words if export else ()), f"transactions were recognised: {words}", *notices),
        by_hand,
        held if "unit_price" not in named else None,
        marks,
        export,
    )


def _recognise(
    columns: list[str], given: Mapping[str, str], marks: Mapping[str, str], *, alone: bool
) -> dict[str, str]:
    """Give each canonical name the first of its aliases that no other name has taken.

    An export's columns are ``alone``: what it does not name is not looked for.
    """
    named = dict(given)
    taken = {*given.values(), *marks.values()}
    free = {plain(c): c for c in reversed(columns) if c not in taken}
    # English first: a file may have a name that another language uses for something else.
    for names in () if alone else (ALIASES, LANGUAGES, LAST):
        for canonical, aliases in names.items():
            if canonical not in named and (found := next((a for a in aliases if a in free), None)):
                named[canonical] = free.pop(found)
    return {canonical: named[canonical] for canonical in ALIASES if canonical in named}


def _settle_money(named: dict[str, str], given: Mapping[str, str], source: Source) -> list[str]:
    """Decide where money comes from: the line's amount, or quantity times unit price."""
    sales = next((c for c in source.schema if plain(c) == _SALES_PRICE), None)
    if sales and sales not in named.values() and "amount" not in given:
        _settle_sales_price(named, given, sales, source)
    if "amount" not in named or "unit_price" not in named:
        return []
    _check_pieces(named, given, source)
    amount, price = named["amount"], named["unit_price"]
    by_hand = "amount" not in given and {"quantity", "unit_price"} <= set(given)
    whole = "amount" not in given and plain(amount) in ORDER_TOTALS
    if "quantity" not in named or not (by_hand or whole):
        del named["unit_price"]
        return [f"money is the line's {amount!r}; {price!r} is not used"]
    del named["amount"]
    return [
        f"money is {named['quantity']!r} times {price!r}; {amount!r}"
        + (" may be the total of a whole order and" if whole else "")
        + " is not used (input.columns.amount names it)"
    ]


def _settle_sales_price(
    named: dict[str, str], given: Mapping[str, str], sales: str, source: Source
) -> None:
    """Read a sales price as a unit price beside a quantity, else as the line's money."""
    if "quantity" in named:
        if "amount" not in named:
            named.setdefault("unit_price", sales)
    elif "amount" in named and plain(named["amount"]) == "amount":
        other = named["amount"]
        message = (
            f"{source.label}: {other!r} and {sales!r} could both be the money of a line, and "
            f"{other!r} a number of pieces; name them in input.columns, such as "
            f"{{amount: {sales}, quantity: {other}}}."
        )
        raise DataError(message)
    elif "unit_price" not in given:
        named["amount"] = sales


def _check_pieces(named: Mapping[str, str], given: Mapping[str, str], source: Source) -> None:
    """Ask what an ``amount`` is that stands beside a price, where no quantity does."""
    amount, price = named["amount"], named["unit_price"]
    if "quantity" not in named and "amount" not in given and plain(amount) == "amount":
        message = (
            f"{source.label}: {amount!r} may be the money of a line or, beside {price!r}, a number "
            f"of pieces; name it in input.columns, as {{amount: {amount}}} or as "
            f"{{quantity: {amount}, unit_price: {price}}}."
        )
        raise DataError(message)


def _settle_date(named: dict[str, str]) -> None:
    """Keep the year and the month only where they are the date."""
    if "transaction_date" in named or not {"year", "month"} <= set(named):
        named.pop("year", None)
        named.pop("month", None)


def _settle_product(named: dict[str, str], notices: list[str]) -> None:
    if "product_id" not in named and "product_name" in named:
        named["product_id"] = named["product_name"]
        notices.append(f"products are told apart by {named['product_name']!r}: they have no code")


def _check_complete(named: Mapping[str, str], source: Source) -> None:
    missing = [] if "customer_id" in named else ["customer_id"]
    if "transaction_date" not in named and "year" not in named:
        missing.append("transaction_date (or year and month)")
    if "amount" not in named and not {"quantity", "unit_price"} <= set(named):
        half = [k for k in ("quantity", "unit_price") if k in named]
        found = f"; only {half[0]} was found" if half else ""
        missing.append(f"amount (or quantity and unit_price{found})")
    if missing:
        hint = " Is input.read.separator right?" if len(source.schema) == 1 else ""
        likely = names_of_people(list(source.schema)) if missing[0] == "customer_id" else []
        rest = [c for c in source.schema if c not in likely]
        offer = f" {likely[0]!r} may say who bought: --id {likely[0]!r} takes it." if likely else ""
        message = (
            f"{source.label} has no column that is recognised as {' or as '.join(missing)}; its "
            f"columns are {names_told([*likely, *rest])}.{offer} Name them in input.columns, such "
            f"as {{{missing[0].split(' ')[0]}: <the file's name>}}.{hint}"
        )
        raise DataError(message)


def as_read(source: Source, columns: Columns) -> Source:
    """Say how a CSV's columns are read: codes and dates as text, money and counts as numbers.

    Raises
    ------
    DataError
        A column of numbers holds dates or truth values (Parquet).
    """
    if not source.typed:
        types: dict[str, pl.DataType] = {
            column: pl.Float64() if canonical in NUMBERS else pl.String()
            for canonical, column in columns.named.items()
        }
        types |= {column: pl.String() for column in columns.carried}
        return source.with_types(types)
    for canonical in NUMBERS:
        column = columns.get(canonical)
        dtype = source.schema[column] if column else None
        if dtype is not None and not (dtype.is_numeric() or dtype in (pl.String, pl.Null)):
            message = (
                f"{source.label}: {canonical} needs numbers, but the column {column!r} holds "
                f"{dtype}; name another in input.columns."
            )
            raise DataError(message)
    return source


def like_invoices(source: Source) -> bool:
    """Tell whether the columns are those of transactions: who, when, and for how much."""
    try:
        named = find_columns(source, InputConfig()).named
    except DataError:
        return False
    return bool({"transaction_id", "product_id", "quantity"} & set(named))
