"""A column's name as words: the same in names, sentences, tables and figures."""

from __future__ import annotations

import re

_UNITS = re.compile(r"\s*([(\[].*?[)\]])")


def readable(column: str, *, units: bool = False) -> str:
    """Write a column's name as words, and what stands in brackets as it is or not at all.

    Examples
    --------
    >>> readable("Annual Income (k$)"), readable("PURCHASES_TRX"), readable("averageBasket")
    ('annual income', 'purchases trx', 'average basket')
    >>> readable("Annual Income (k$)", units=True), readable("NumWebVisits", units=True)
    ('annual income (k$)', 'num web visits')
    """
    without = _UNITS.sub("", column)
    if not without.strip():
        return column
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", without)
    words = re.sub(r"[\s_\-.]+", " ", spaced).strip().lower() or column
    return " ".join([words, *_UNITS.findall(column)]) if units else words
