"""Amounts beside their units, and small money with its cents: the same in sentences and tables."""

from __future__ import annotations

import unicodedata

_MINUS = "\u2212"
_SMALL = 99.995
"""Money from which on cents are not told."""


def with_unit(amount: str, unit: str | None) -> str:
    """Write a unit beside an amount: a sign of money before it and behind a minus, a word after it.

    Examples
    --------
    >>> with_unit("120", "\u00a3"), with_unit("120", "EUR"), with_unit("120", None)
    ('\u00a3120', '120 EUR', '120')
    >>> with_unit("\u22121,240", "\u20ac"), with_unit("20", "\u00b0C"), with_unit("20", "%")
    ('\u2212\u20ac1,240', '20 \u00b0C', '20%')
    """
    if not unit:
        return amount
    if all(unicodedata.category(c) == "Sc" for c in unit):
        sign = _MINUS if amount.startswith(_MINUS) else ""
        return f"{sign}{unit}{amount.removeprefix(_MINUS)}"
    return f"{amount}%" if unit == "%" else f"{amount} {unit}"


def cents(amount: float) -> str | None:
    """Write money of which cents are told; None for more.

    Examples
    --------
    >>> cents(0.5), cents(-12.345), cents(-0.001), cents(99.996)
    ('0.50', '\u221212.35', '0.00', None)
    """
    if abs(amount) >= _SMALL:
        return None
    # Adding zero takes the sign from what rounds to nothing.
    return f"{round(amount, 2) + 0.0:,.2f}".replace("-", _MINUS)
