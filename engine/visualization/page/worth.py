"""What each segment is worth beside its size: shares of a column of money, or of revenue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.visualization.labels import value
from engine.visualization.readable import MISSING, money, number, percent

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData


@dataclass(frozen=True)
class Part:
    """A segment's part of what all are worth.

    Attributes
    ----------
    share : float or None
        None where it is not told.
    total, mean : str
        Of all its customers, and of one of them on average.
    """

    share: float | None = None
    total: str = MISSING
    mean: str = MISSING

    @property
    def percent(self) -> str:
        """The share as people read it."""
        return percent(self.share)


@dataclass(frozen=True)
class Worth:
    """What segments are worth.

    Attributes
    ----------
    label : str
        What is counted, inside a sentence: ``"spend"``, ``"net revenue"``.
    total : str
        What all are worth together.
    mean : str
        What one customer is worth on average.
    parts : dict of int to Part
        Those of segments, by their numbers in files.
    note : str
        Of how many customers it is not known; empty where of none.
    """

    label: str
    total: str
    mean: str
    parts: dict[int, Part]
    note: str = ""

    def of(self, segment: int) -> Part:
        """Give a segment's part; one without numbers where it is not told."""
        return self.parts.get(segment, Part())


def worth_of(data: ReportData) -> Worth | None:
    """Give what segments are worth: by the column that was named, else by what they bought.

    Parameters
    ----------
    data : ReportData
        ``profiles["value"]`` names a column of money; invoices have revenue without being told.

    Returns
    -------
    worth : Worth or None
        None where no column holds value.
    """
    profiles, named = data.profiles, data.profiles.get("value")
    # Revenue is told of with its word, gross or net, which the column's own name lacks.
    of_sales = _of_sales(data.sales or {}, profiles)
    if named and not (of_sales and str(named.get("column")).startswith("monetary")):
        return _of_column(named, profiles)
    return of_sales


def _of_column(named: dict[str, Any], profiles: dict[str, Any]) -> Worth:
    column = str(named.get("column"))
    known = {"label": named.get("label"), "unit": named.get("unit"), "format": "money"}
    told = {**profiles, "labels": {**(profiles.get("labels") or {}), column: known}}

    def written(figure: float | None) -> str:
        return value(told, column, figure)

    customers = sum(int(s["customers"]) for s in profiles["segments"] if s.get("value"))
    total = named.get("total")
    parts = {
        int(s["segment"]): Part(
            found.get("share"), written(found.get("total")), written(found.get("mean"))
        )
        for s in profiles["segments"]
        if (found := s.get("value"))
    }
    mean = total / customers if number(total) and customers else None
    words = str(named.get("label") or column)
    note = ""
    if missing := int(named.get("missing") or 0):
        have = "customer has" if missing == 1 else "customers have"
        note = f"{missing:,} {have} no known {_inside(words)}, which counts as 0."
    return Worth(_inside(words), written(total), written(mean), parts, note)


def _of_sales(sales: dict[str, Any], profiles: dict[str, Any]) -> Worth | None:
    rows = sales.get("segments") or []
    net = any(number(row.get("net_share")) for row in rows)
    key, words = ("net", "net revenue") if net else ("gross", "gross revenue")
    if not any(number(row.get(f"{key}_share")) for row in rows):
        return None
    sizes = {int(s["segment"]): int(s["customers"]) for s in profiles["segments"]}
    parts, total, buyers = {}, 0.0, 0
    for row in rows:
        segment, figure = int(row["segment"]), row.get(key)
        if figure is None or not number(row.get(f"{key}_share")):
            continue
        many, spent = sizes.get(segment, 0), float(figure)
        mean = money(spent / many) if many else MISSING
        parts[segment] = Part(float(row[f"{key}_share"]), money(spent), mean)
        total, buyers = total + spent, buyers + many
    return Worth(words, money(total), money(total / buyers) if buyers else MISSING, parts)


def _inside(words: str) -> str:
    """Write a label inside a sentence: small at its head, unless it is a name or letters.

    Examples
    --------
    >>> _inside("Spend"), _inside("MntWines"), _inside("ARR a year"), _inside("Total spend")
    ('spend', 'MntWines', 'ARR a year', 'total spend')
    """
    first = words.split(" ", 1)[0]
    return words[0].lower() + words[1:] if first.istitle() else words
