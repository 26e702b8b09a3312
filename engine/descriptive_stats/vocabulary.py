"""What a run calls its columns, and what they mean: what names and sentences are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.config.labels import Label
from engine.descriptive_stats.meanings import DAYS_AGO, SHARE_OF, SPENT_ON, Meaning, recognised
from engine.utilities.column_words import readable
from engine.utilities.units import with_unit

_MONEY = ("monetary", "average_order_value")
_SYMBOLS = {"GBP": "\u00a3", "EUR": "\u20ac", "USD": "$", "JPY": "\u00a5", "INR": "\u20b9"}

_USUALLY = {
    "numwebpurchases": "online purchases", "numstorepurchases": "purchases in store",
    "numcatalogpurchases": "catalogue purchases", "numdealspurchases": "purchases on discount",
    "numwebvisitsmonth": "web visits a month", "kidhome": "children at home",
    "teenhome": "teenagers at home", "totalrelationshipcount": "products held",
    "totaltransct": "transactions", "totaltransamt": "spent on all transactions",
    "totalrevolvingbal": "revolving balance", "avgutilizationratio": "share of the credit used",
    "numofproducts": "products held",
}  # fmt: skip
"""What people call columns of usual exports whose names are no words."""

_OF_SHOPS: dict[str, tuple[str, str | None]] = {
    "recency": ("time since the last order", "days"),
    "frequency": ("orders", "number"),
    "monetary": ("spent in all", "money"),
    "tenure": ("time since the first order", "days"),
    "average_order_value": ("spent an order", "money"),
    "days_between_orders": ("time between orders", "days"),
    "distinct_products": ("different products", "number"),
    "return_share": ("share sent back", "percent"),
}
"""What people call the columns that the engine makes of transactions, and how they are written."""


@dataclass(frozen=True)
class Vocabulary:
    """What columns are called and what they mean.

    Attributes
    ----------
    labels : mapping of column to dict
        ``label``, ``unit`` and ``format`` of the columns that have any of them.
    meanings : mapping of column to Meaning
    overall : mapping of column to dict
        Everyone's ``mean``, ``median`` and ``kind``, as the profiles' tree has them.
    describing : frozenset of str
        Columns that form no segment, by which names may not differ.
    """

    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    overall: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    describing: frozenset[str] = frozenset()

    @property
    def forming(self) -> dict[str, Meaning]:
        """Give the meanings of the columns that form segments."""
        return {c: m for c, m in self.meanings.items() if c not in self.describing}

    def label(self, column: str) -> str:
        """Give what people call a column: their word for it, or its name as words."""
        return str(self.labels.get(column, {}).get("label") or readable(column))

    def in_a_name(self, column: str) -> str:
        """Give the same to stand within a name: small, unless its letters are an abbreviation."""
        label = self.label(column)
        return label[0].lower() + label[1:] if label[1:2].islower() else label

    def money(self, amount: str, column: str = "") -> str:
        """Write an amount with its unit, where that is known."""
        return with_unit(amount, self.labels.get(column, {}).get("unit"))

    def column_of(self, word: str) -> str | None:
        """Give the column of a meaning that forms segments, None where there is none."""
        return next((c for c, m in self.forming.items() if m.word == word), None)

    def words(self) -> dict[str, str]:
        """Give the meaning of each column in a word, as it is saved."""
        return {c: m.word for c, m in self.meanings.items()}


def vocabulary_of(
    given: Mapping[str, Label],
    tree: Mapping[str, Any],
    *,
    of_shop: bool = False,
    currency: str | None = None,
) -> Vocabulary:
    """Put together what is called how, and what is meant.

    Parameters
    ----------
    given : mapping of column to Label
        ``features.labels``; a label of a column of dates is that of the days since then, too.
    tree : mapping
        Of profiles: ``overall`` has all numbers, ``categories`` and ``describing`` the others.
    of_shop : bool
        Whether the columns were made from transactions.
    currency : str, optional
        Of these, where one is known.

    Returns
    -------
    vocabulary : Vocabulary
    """
    overall = tree["overall"]
    formed = [*tree["features"], *tree["categories"]]
    columns = list(dict.fromkeys([*formed, *overall, *tree.get("describing", ())]))
    means = {c: figures.get("mean") for c, figures in overall.items()}
    # What segments are formed by has its meanings before what only describes them.
    meanings = recognised(formed, means, of_shop=of_shop)
    others = recognised([c for c in columns if c not in formed], means, of_shop=of_shop)
    taken = {m.word for m in meanings.values()}
    meanings |= {c: m for c, m in others.items() if m.word not in taken}
    labels: dict[str, dict[str, Any]] = {}
    for column in columns:
        found = _usual(column, meanings.get(column), currency)
        if found["format"] is None and overall.get(column, {}).get("share"):
            found["format"] = "percent"
        for key, value in _given(column, given).items():
            found[key] = value if value is not None else found[key]
        if any(v is not None for v in found.values()):
            labels[column] = found | {"label": found["label"] or readable(column)}
    return Vocabulary(labels, meanings, overall, frozenset(columns) - {*formed})


def _usual(column: str, meaning: Meaning | None, currency: str | None) -> dict[str, Any]:
    """Give what a column of the engine's own, or of a known meaning, is called."""
    found: dict[str, Any] = {"label": None, "unit": None, "format": None}
    if meaning is None:
        return found
    if not meaning.exact:
        spent = f"spent on {meaning.of}" if meaning.word == SPENT_ON else None
        return found | {"label": spent or _USUALLY.get(column.lower().replace("_", ""))}
    if meaning.word == SHARE_OF:
        return found | {"label": f"share spent on {meaning.of}", "format": "percent"}
    found["label"], found["format"] = _OF_SHOPS[column]
    if meaning.word in _MONEY and currency:
        found["unit"] = _SYMBOLS.get(currency, currency)
    return found


def _given(column: str, given: Mapping[str, Label]) -> dict[str, Any]:
    if column in given:
        return given[column].model_dump()
    date = given.get(column.removesuffix(DAYS_AGO))
    if date is None or not column.endswith(DAYS_AGO):
        return {}
    return {"label": f"{date.label}{DAYS_AGO}" if date.label else None}
