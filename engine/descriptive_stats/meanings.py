"""What columns mean, by their names: how long ago, how often, how much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from engine.data_preparation.features.words import words
from engine.descriptive_stats.meaning_words import CUSTOMER, MARKS, TABLE, TIMES, listed

SPENT_ON, SHARE_OF = "spent_on", "share_of"
"""Meanings of several columns of a table: money for one kind of goods, and the share of it."""

OF_SHOPS = {
    "recency": "recency", "frequency": "frequency", "monetary": "monetary", "tenure": "tenure",
    "average_order_value": "average_order_value", "days_between_orders": "days_between_orders",
    "distinct_products": "distinct_products", "return_share": "returns",
}  # fmt: skip
"""Columns that the engine makes of transactions, and what they mean."""

DAYS_AGO = " (days ago)"
SPEND_SHARE = "spend_share_"
_ON_ITS_OWN = frozenset({SPENT_ON, SHARE_OF, "campaigns", "trend", "place"})
"""Meanings that several columns of a table may have."""

_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]")
_NUMBERED = re.compile(r"(?<=[^\W\d_]{3})\d+$")
_SIGNS = re.compile(r"[#$~@^]+")
_WINDOW = re.compile(r"[a-z]?\d+[a-z]?")
_TIMED = ("recency", "tenure", "inactivity", "days_between_orders", "age", "visits", "logins")
"""Meanings whose numbers may be of a unit, or for one, whatever the name is."""

_MONEY_FROM, _COUNT_TO = 150.0, 60.0
_UNLIKE = listed(
    "share score rate total trend growth change in year month monthly per day last first "
    "order visit basket frequency online web store avg average mean min max ad marketing "
    "lifetime customer annual past median std weekly daily recent current target "
)
"""Words of columns of money that is not for one kind of goods."""

_SPENT = re.compile(r"mnt|spent_on|spend_on|spending_on|spend_|spent_|amount_spent_", re.IGNORECASE)

DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
"""Days of a unit of time."""


@dataclass(frozen=True)
class Meaning:
    """What a column means.

    Attributes
    ----------
    word : str
        One of :data:`engine.descriptive_stats.meaning_words.TABLE`, or ``spent_on``, ``share_of``.
    unit : str
        day, week, month or year where the numbers are so many of them; "" where that is not known.
    of : str
        The goods of ``spent_on`` and ``share_of``; the words taken off otherwise are not told.
    exact : bool
        Whether the engine made the column, so that nothing is guessed.
    """

    word: str
    unit: str = ""
    of: str = ""
    exact: bool = False


def singular(word: str) -> str:
    """Take the plural's ending off an English word, as far as it is regular.

    Examples
    --------
    >>> [singular(w) for w in ("purchases", "days", "bonus", "address", "categories", "children")]
    ['purchase', 'day', 'bonus', 'address', 'category', 'children']
    """
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    plain = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plain else word


def meaning_of(column: str, means: float | None = None) -> Meaning | None:
    """Say what a column means, by all words of its name; None where that is not known.

    Parameters
    ----------
    column : str
    means : float, optional
        What its numbers are on average: "purchases" may be counted, or their money added up.

    Examples
    --------
    >>> meaning_of("days_since_last_purchase").word, meaning_of("Months_on_book").unit
    ('recency', 'month')
    >>> meaning_of("package_weight"), meaning_of("Average message length")
    (None, None)
    >>> meaning_of("MntWines").of, meaning_of("PURCHASES", 1003.2).word
    ('wine', 'monetary')
    """
    ago = column.endswith(DAYS_AGO)
    name = _BRACKETS.sub("", column) or column
    parts = [singular(_NUMBERED.sub("", w)) for w in words(name)]
    if parts == ["purchase"]:
        return _purchases(means)
    if ago and parts == ["dt", "customer"]:
        return Meaning("tenure", "day")
    unit, marks, core = _taken_apart(parts)
    timed = "^" if ago else "^^" if _is_calendar(means) and unit == "year" else "@" if unit else ""
    word = _known().get((core, marks, timed))
    if word is None:
        goods = _goods(name, parts)
        return Meaning(SPENT_ON, of=goods) if goods else None
    if timed == "@" and core[0] == "last" and unit in ("month", "year"):
        return None  # in which month, not how many ago
    if word in ("birth_year", "start_year"):
        return Meaning(word)
    if word == "recency" and not timed:
        unit = "day"  # as everyone counts it
    return Meaning(word, "day" if ago else unit)


def _is_calendar(means: float | None) -> bool:
    return means is not None and 1800 <= means <= 2200


def _purchases(means: float | None) -> Meaning | None:
    """Tell what a column that is called no more than purchases adds up, by its numbers."""
    if means is None or _COUNT_TO < means < _MONEY_FROM:
        return None
    return Meaning("frequency" if means <= _COUNT_TO else "monetary")


def _taken_apart(parts: list[str]) -> tuple[str, frozenset[str], tuple[str, ...]]:
    """Split a name into its unit of time, its marks and the words that are left."""
    unit, marks, core = "", set(), list[str]()
    window = False
    for part in parts:
        mark = next((m for m, known in MARKS.items() if part in known), None)
        if window and part in TIMES:
            window = False
        elif _WINDOW.fullmatch(part):
            window = part.isdigit()
            if core and core[-1] in ("last", "past"):
                core.pop()
        elif part in TIMES:
            unit = unit or TIMES[part]
        elif mark:
            marks.add(mark)
        elif part not in CUSTOMER:
            core.append(part)
    return unit, frozenset(marks), tuple(core)


@cache
def _known() -> Mapping[tuple[tuple[str, ...], frozenset[str], str], str]:
    """Give meanings by the words that are left, marks, and how a time is told.

    ``@`` is a number of days or months, ``^`` a date that is counted in days, ``^^`` a year.
    """
    found: dict[tuple[tuple[str, ...], frozenset[str], str], str] = {}
    for word, names in TABLE.items():
        for name in " ".join(names.split()).split("; "):
            _, marks, core = _taken_apart([singular(w) for w in words(_SIGNS.sub("", name))])
            marks |= {m for m in MARKS if m in name}
            for timed in _times(word, name):
                found.setdefault((core, marks, timed), word)
    return found


def _times(word: str, name: str) -> set[str]:
    """Give how a time may be told in a column of a name."""
    if name.startswith("^"):
        return {"^^"} if name.startswith("^^") else {"^"}
    if name.startswith(("@", "~@")):
        return {"@", "^"} if word in ("recency", "inactivity") else {"@"}
    if word == "birth_year":
        return {"^^", ""}
    return {"", "@"} if word in _TIMED else {""}


def _goods(name: str, parts: list[str]) -> str:
    """Give the goods of a column of money for one kind of them, "" where it is none."""
    lead = _SPENT.match(name)
    ends = len(parts) > 1 and parts[-1] in ("spend", "spending")
    if not (lead and name[lead.end() :]) and not ends:
        return ""
    rest = [p for p in parts if p not in ("mnt", "spent", "spend", "spending", "on", "amount")]
    goods = [p for p in rest if p not in ("product", "prod", "item", "category")]
    return "" if _UNLIKE & set(rest) or not goods else " ".join(goods)


def recognised(
    columns: Iterable[str], means: Mapping[str, float | None], *, of_shop: bool = False
) -> dict[str, Meaning]:
    """Say what columns of a table mean, each meaning of one of them.

    Parameters
    ----------
    columns : iterable of str
        In their order: of two of one meaning the shorter name has it, and then the first.
    means : mapping of column to float or None
        What numbers are on average.
    of_shop : bool
        Whether the engine made the columns from transactions: then their meanings are known.

    Returns
    -------
    meanings : dict
        Of the columns whose meaning is known.

    Examples
    --------
    >>> {c: m.word for c, m in recognised(["Age", "age_of_account", "page"], {}).items()}
    {'Age': 'age', 'age_of_account': 'tenure'}
    """
    listed = list(columns)
    found: dict[str, Meaning] = {}
    for column in sorted(listed, key=lambda c: (len(words(c)), listed.index(c))):
        meaning = _of_shop(column) if of_shop else None
        meaning = meaning or meaning_of(column, means.get(column))
        taken = {m.word for m in found.values()} - _ON_ITS_OWN
        if meaning and meaning.word not in taken:
            found[column] = meaning
    alone = [c for c, m in found.items() if m.word == SPENT_ON]
    if len(alone) == 1:  # one column is no kind of goods among others
        del found[alone[0]]
    return {c: found[c] for c in listed if c in found}


def _of_shop(column: str) -> Meaning | None:
    if column.startswith(SPEND_SHARE):
        return Meaning(SHARE_OF, of=column.removeprefix(SPEND_SHARE), exact=True)
    if column not in OF_SHOPS:
        return None
    timed = column in ("recency", "tenure", "days_between_orders")
    return Meaning(OF_SHOPS[column], "day" if timed else "", exact=True)
