"""The unit that the numbers of a column are in: one, written in one or several ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from engine.data_preparation.reading.currencies import currencies_of
from engine.utilities.shown import figures_like

_FACTORS = {
    1e3: "k tsd thousand thsd тыс",
    1e4: "万 萬 만",
    1e5: "lakh lakhs lac lacs",
    1e6: "m mio mln mill million millions millionen milyon mn млн",
    1e7: "crore crores cr",
    1e8: "億 亿 억",
    1e9: "b bn mrd mld mlrd billion billions milliarden milliard milyar млрд",
}
FACTORS = {word: factor for factor, words in _FACTORS.items() for word in words.split()}
"""Words that multiply a number, small."""

_ORDINALS = {"st", "nd", "rd", "th", "er", "e", "º", "ª", "am", "pm"}
_SIGNS = set('%‰°/"')
_OTHERS = 0.01
"""Share of values in other units above which a column is in several."""

_MOST_UNITS = 6


@dataclass(frozen=True)
class Units:
    """What agrees.

    Attributes
    ----------
    unit : str
        As most values write it; empty for none.
    prefixes, suffixes : tuple
        As :class:`NumberReading` has them.
    figures : DataFrame
        The shapes that are in it, or in none.
    plain : int
        Values without a unit.
    factors : str
        What words such as K stand for.
    refusal : str
        Why nothing agrees; empty where it does.
    """

    unit: str
    prefixes: tuple[str, ...]
    suffixes: tuple[tuple[str, float], ...]
    figures: pl.DataFrame
    plain: int = 0
    factors: str = ""
    refusal: str = ""


@dataclass
class _Group:
    """Spellings of one unit."""

    codes: frozenset[str]
    prefixes: Counter[str] = field(default_factory=Counter)
    suffixes: Counter[str] = field(default_factory=Counter)
    n: int = 0
    example: str = ""
    rows: list[int] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The spelling that most use."""
        both = self.prefixes + self.suffixes
        return min(both, key=lambda word: (-both[word], word)) if both else ""


def agreed_units(figures: pl.DataFrame) -> Units | None:
    """Find the unit of a column's numbers.

    Parameters
    ----------
    figures : DataFrame
        Shapes with n, text, prefix, core and suffix, as ``written_numbers.parts`` gives them.

    Returns
    -------
    units : Units or None
        None where these are no numbers with units: codes such as ``P100`` or places such as
        ``2nd``; with a refusal where numbers are in several.
    """
    meant = _meant(figures)
    groups: list[_Group] = []
    plain = _Group(frozenset())
    factors: dict[str, float] = {}
    foreign = 0
    for place, row in enumerate(figures.iter_rows(named=True)):
        prefix, suffix = row["prefix"], row["suffix"]
        factor, unit = _split(suffix, meant)
        if not (_may_stand_before(prefix, row) and _may_follow(unit, row)):
            foreign += row["n"]
            continue
        if factor:
            factors[factor] = FACTORS[factor]
        group = _group_of([w for w in (prefix, unit) if w], groups, plain)
        if group is None:
            foreign += row["n"]
            continue
        group.prefixes[prefix] += row["n"] if prefix else 0
        group.suffixes[unit] += row["n"] if unit else 0
        group.n += row["n"]
        group.example = group.example or row["text"]
        group.rows.append(place)
    return _agreed(figures, groups, plain, factors, foreign)


def _meant(figures: pl.DataFrame) -> frozenset[str]:
    """Give the words that multiply: single letters do beside money, or K, M and B in one column."""
    first = {suffix.partition(" ")[0] for suffix in set(figures["suffix"])}
    letters = first & {"k", "m", "b", "bn", "mn"}
    last = {suffix.rpartition(" ")[2] for suffix in set(figures["suffix"]) if suffix}
    words = {*set(figures["prefix"]), *(w for w in last if len(w) > 1 or not w.isalpha())}
    money = any(currencies_of(word) for word in words - {""})
    millions = figures.filter(pl.col("suffix") == "m")["text"].str.contains("M").any()
    single = money or len(letters) > 1 or letters == {"k"} or millions
    signs = {*set(figures["prefix"]), *last}
    lakhs = first & {"lakh", "lakhs", "lac", "crore", "crores"}
    credit = not lakhs and not any("INR" in currencies_of(s) for s in signs if s)
    return frozenset(
        word for word in FACTORS if (single or len(word) > 1) and not (credit and word == "cr")
    )


def _split(suffix: str, factors: frozenset[str]) -> tuple[str, str]:
    """Part a word that multiplies from the unit behind it."""
    first, _, rest = suffix.partition(" ")
    if first in FACTORS and first in factors:
        return first, rest
    glued = suffix[1:]  # kEUR and M€; kr is no thousand of anything.
    sign = len(glued) > 2 or not glued.isalpha()
    if suffix[:1] in factors and glued and sign and not currencies_of(suffix):
        return (suffix[:1], glued) if currencies_of(glued) else ("", suffix)
    return "", suffix


def _may_stand_before(prefix: str, row: dict[str, object]) -> bool:
    if not prefix or prefix == "%":
        return True
    text, core = str(row["text"]), str(row["core"])
    # R5 and Q1 are codes, R 1 234,50 is money.
    bare = len(prefix) == 1 and prefix.isalpha()
    if bare and not (any(c in core for c in ".,' ") or " " in text):
        return False
    return bool(currencies_of(prefix))


def _may_follow(unit: str, row: dict[str, object]) -> bool:
    if not unit:
        return True
    if unit in _ORDINALS or len(unit.split()) > 3:
        return False
    text = str(row["text"]).strip()
    # 12A and 13B are codes, 12 A are amperes.
    return len(unit) > 1 or unit in _SIGNS or not text[-1].isupper() or text[-2:-1] == " "


def _group_of(words: list[str], groups: list[_Group], plain: _Group) -> _Group | None:
    """Find or make the group that words belong to; None where they contradict each other."""
    if not words:
        return plain
    codes = [currencies_of(w) for w in words]
    shared = frozenset.intersection(*codes)
    if len(words) > 1 and not shared and words[0] != words[1]:
        return None
    for group in groups:
        if shared and group.codes & shared:
            group.codes &= shared
            return group
        if not shared and not group.codes and _alike(words[-1], group.unit):
            return group
    groups.append(_Group(shared))
    return groups[-1]


def _alike(one: str, other: str) -> bool:
    """Tell whether two words are one in the singular and the plural.

    Examples
    --------
    >>> _alike("visit", "visits"), _alike("yr", "yrs"), _alike("km", "km/h"), _alike("m", "min")
    (True, True, False, False)
    """
    short, long = sorted((one, other), key=len)
    if short == long or (len(short) > 1 and long == short + "s"):
        return True
    return len(short) > 2 and len(long) - len(short) < 4 and long.startswith(short)


def _agreed(
    figures: pl.DataFrame,
    groups: list[_Group],
    plain: _Group,
    factors: dict[str, float],
    foreign: int,
) -> Units | None:
    total = int(figures["n"].sum())
    groups.sort(key=lambda g: (-g.n, g.unit))
    if foreign > _OTHERS * 5 * total or len(groups) > _MOST_UNITS:
        return None
    main = groups[0] if groups else plain
    others = sum(g.n for g in groups[1:])
    if others > _OTHERS * total:
        shown = [
            f"{_values(g.n)} in {_written(g)!r} (such as {figures_like(g.example)!r})"
            for g in groups[:3]
        ]
        remedy = "write one unit, or list the column under features.exclude"
        return Units("", (), (), figures, refusal=f"{', '.join(shown)}; {remedy}")
    if main.unit == "%" and plain.n > _OTHERS * 5 * total:
        shares = (
            f"{_values(main.n)} in '%' (such as {figures_like(main.example)!r}) and {plain.n:,} "
            f"without it (such as {figures_like(plain.example)!r}); write one unit, or list the "
            "column under features.exclude"
        )
        return Units("", (), (), figures, refusal=shares)
    agreeing = sorted(main.rows if main is plain else [*main.rows, *plain.rows])
    words = [w for w in main.suffixes if w]
    suffixes = [(w, 1.0) for w in words]
    suffixes += [(f, x) for f, x in factors.items()]
    both = [(f, w, x) for f, x in factors.items() for w in words]
    suffixes += [(f"{f}{gap}{w}", x) for f, w, x in both for gap in ("", " ")]
    told = ", ".join(f"{f!r} stands for {x:,.0f}" for f, x in sorted(factors.items()))
    without = plain.n if main is not plain else 0
    prefixes = tuple(sorted(w for w in main.prefixes if w))
    return Units(_written(main), prefixes, tuple(suffixes), figures[agreeing], without, told)


def _values(n: int) -> str:
    return "1 value is" if n == 1 else f"{n:,} values are"


def _written(group: _Group) -> str:
    """Give the unit as the file writes it: with its capitals."""
    unit, text = group.unit, group.example
    at = text.lower().find(unit)
    return text[at : at + len(unit)] if unit and at >= 0 else unit
