"""Currencies are never added: one is kept, all are converted by a table, or all is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.data_preparation.transactions.status_words import fold
from engine.errors import DataError

NAMES = frozenset(fold(w) for w in (
    "currency", "currency code", "currencycode", "order currency", "currency iso", "iso currency",
    "transaction currency", "payment currency", "invoice currency", "Währung", "Waehrung",
    "Währungscode", "devise", "monnaie", "moneda", "divisa", "valuta", "moeda", "para birimi",
    "döviz", "waluta", "валюта", "valutakod", "Munteenheid", "curr", "ccy", "currency_id",
    "order_currency_code", "base_currency_code", "document currency",
))  # fmt: skip
"""Names of columns of currencies, folded."""

_SYMBOLS = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "₹": "INR",
    "RS": "INR", "RS.": "INR", "¥": "JPY", "₺": "TRY", "TL": "TRY", "ZŁ": "PLN", "R$": "BRL",
    "₽": "RUB", "CHF": "CHF", "FR.": "CHF", "A$": "AUD", "C$": "CAD", "₩": "KRW",
}  # fmt: skip
_MOST = 200


@dataclass(frozen=True)
class CurrencyRule:
    """What each row's money is multiplied by.

    Attributes
    ----------
    column : str
    rates : mapping of str to float
        By the value as the column holds it, without outer blanks; others do not count.
    blank : float or None
        For rows without a currency.
    """

    column: str
    rates: Mapping[str, float]
    blank: float | None


def code_of(text: str) -> str:
    """Give a currency's code: that of a symbol, else the text in capitals.

    Examples
    --------
    >>> code_of(" eur"), code_of("€"), code_of("US$")
    ('EUR', 'EUR', 'USD')
    """
    word = text.strip().upper()
    return _SYMBOLS.get(word, word)


def refuse_several(counts: Mapping[str, int], where: str, label: str) -> None:
    """Refuse money in more than one currency.

    Parameters
    ----------
    counts : mapping of code to rows
    where : str
        What tells the currencies, such as ``'currency'``.
    label : str
        Of the files.

    Raises
    ------
    DataError
        Listing them, and the two remedies.
    """
    if len(counts) < 2:
        return
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{code} ({n:,} rows)" for code, n in ordered[:8])
    listed += f" and {len(ordered) - 8} more" if len(ordered) > 8 else ""
    rates = ", ".join(
        f"{code}: {'1' if i == 0 else '<rate>'}" for i, (code, _) in enumerate(ordered[:3])
    )
    message = (
        f"{label}: the money is in several currencies by {where}, which are never added: {listed}; "
        f"set transactions.currency to the one to segment, such as {ordered[0][0]}, or to a table "
        f"of what one of each is worth, such as {{{rates}}}."
    )
    raise DataError(message)


def settle_currency(
    column: str,
    values: Mapping[str, int],
    blanks: int,
    asked: str | Mapping[str, float],
    label: str,
) -> tuple[CurrencyRule | None, list[str], str | None]:
    """Decide what happens to currencies.

    Parameters
    ----------
    column : str
    values : mapping of value to rows
        Without outer blanks.
    blanks : int
        Rows without one.
    asked : str or mapping
        ``transactions.currency``.
    label : str

    Returns
    -------
    rule : CurrencyRule or None
        None where all money is in one, which counts as it is.
    notices : list of str
    found : str or None
        The currency that sums are in; None where it is not known.

    Raises
    ------
    DataError
        There are several and none was asked for; the one asked for is not there; a rate lacks.
    """
    counts: Counter[str] = Counter()
    for value, n in values.items():
        counts[code_of(value)] += n
    if not counts or len(counts) > _MOST:
        return None, [], None
    if asked == "auto":
        refuse_several(counts, repr(column), label)
        return (
            None,
            [f"all money is in {next(iter(counts))} by {column!r}{_none(blanks)}"],
            next(iter(counts)),
        )
    if isinstance(asked, str):
        return _one(column, values, counts, blanks, code_of(asked), label)
    return _converted(column, values, counts, {code_of(c): r for c, r in asked.items()}, label)


def _none(blanks: int) -> str:
    return f"; {blanks:,} rows say none and are taken to be too" if blanks else ""


def _one(
    column: str,
    values: Mapping[str, int],
    counts: Mapping[str, int],
    blanks: int,
    code: str,
    label: str,
) -> tuple[CurrencyRule | None, list[str], str | None]:
    if code not in counts:
        listed = ", ".join(f"{c} ({n:,} rows)" for c, n in list(counts.items())[:8])
        message = (
            f"{label}: transactions.currency is {code}, but {column!r} holds {listed}; name one of "
            "these."
        )
        raise DataError(message)
    if len(counts) == 1:
        return None, [f"all money is in {code} by {column!r}{_none(blanks)}"], code
    rates = {value: 1.0 for value in values if code_of(value) == code}
    words = f"only rows in {code} by {column!r} count (transactions.currency)"
    return CurrencyRule(column, rates, None), [words], code


def _converted(
    column: str,
    values: Mapping[str, int],
    counts: Mapping[str, int],
    table: Mapping[str, float],
    label: str,
) -> tuple[CurrencyRule | None, list[str], str | None]:
    lacking = {c: n for c, n in counts.items() if c not in table}
    if lacking:
        listed = ", ".join(f"{c} ({n:,} rows)" for c, n in lacking.items())
        message = (
            f"{label}: transactions.currency has no rate for {listed}, which {column!r} holds."
        )
        raise DataError(message)
    rates = {value: table[code_of(value)] for value in values}
    base = next((c for c, rate in table.items() if rate == 1.0), None)
    words = ", ".join(f"{table[c]:g} for {c} ({n:,} rows)" for c, n in counts.items())
    into = f" to {base}" if base else ""
    notice = f"money is converted{into} by {column!r}: times {words} (transactions.currency)"
    return CurrencyRule(column, rates, None), [notice], base
