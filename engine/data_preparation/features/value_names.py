"""The columns that say what customers are worth, by names that mean nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = {
    "monetary", "monetaryvalue", "revenue", "totalrevenue", "netrevenue", "annualrevenue",
    "spend", "totalspend", "totalspent", "totalspending", "annualspend", "annualspending",
    "yearlyspend", "amountspent", "totalamountspent", "yearlyamountspent", "moneyspent",
    "lifetimevalue", "customerlifetimevalue", "clv", "cltv", "ltv", "lifetimerevenue",
    "lifetimespend", "umsatz", "jahresumsatz", "gesamtumsatz", "chiffreaffaires",
}  # fmt: skip

_UNITS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")


def value_named(columns: Iterable[str]) -> str | None:
    """Give the one column that is called as what customers are worth; None of none, or several.

    Examples
    --------
    >>> value_named(["age", "Total Spend ($)"]), value_named(["Spending Score (1-100)"])
    ('Total Spend ($)', None)
    >>> value_named(["revenue", "CLV"]) is None
    True
    """
    found = [c for c in columns if _plain(c) in _NAMES]
    return found[0] if len(found) == 1 else None


def _plain(column: str) -> str:
    return re.sub(r"[\W_]+", "", _UNITS.sub("", column)).casefold()
