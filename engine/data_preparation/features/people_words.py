"""Which names of columns speak of what identifies people, and of which kind: a table of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from engine.data_preparation.features.words import folded, neighbours, words

NAMES, MAYBE_NAMES, HANDLES = "names", "maybe names", "handles"
PHONE, LONG_PHONE, MAIL = "phone", "phone where long", "mail"
HOUSE, ADDRESS, POSTCODE, COORDINATES = "house", "address", "postcode", "coordinates"
BIRTH, FREE_TEXT = "birth", "free text"
IDENTITY, DOCUMENTS, PLATES = "identity", "documents", "plates"
ACCOUNTS, CARDS, SECRETS = "accounts", "cards", "secrets"
NETWORK, DEVICES = "network", "devices"

WORDS_OF = {
    NETWORK: "addresses of machines (IP, MAC)",
    DEVICES: "devices, browsers or cookies",
    MAIL: "e-mail addresses",
    HANDLES: "user names",
    NAMES: "people's names",
    MAYBE_NAMES: "people's names",
    PHONE: "telephone numbers",
    LONG_PHONE: "telephone numbers",
    HOUSE: "house numbers",
    POSTCODE: "postcodes",
    COORDINATES: "coordinates",
    BIRTH: "dates of birth",
    IDENTITY: "identity, tax or insurance numbers",
    DOCUMENTS: "passports or licences",
    ACCOUNTS: "bank accounts",
    CARDS: "card numbers",
    SECRETS: "passwords or secret codes",
    PLATES: "licence plates",
    ADDRESS: "addresses",
    FREE_TEXT: "free text",
}
"""What each kind is called, to stand after "holds" and "is named like"; the first that fits a name
counts, so that an IP address is no address."""

_ANYWHERE = {PHONE, LONG_PHONE, POSTCODE, BIRTH, IDENTITY, DOCUMENTS, ACCOUNTS, CARDS, SECRETS}
"""Kinds whose words count anywhere in the name of a column of numbers, not in its last words alone:
``telefono_casa``, ``PLZ_Kunde``. What counts or sorts them has such a word as its last."""

_DIGITS = "0123456789"

_AROUND = (
    "particles",
    "owners",
    "tails",
    "about them",
    "asks",
    "others",
    "makes",
    "amounts",
    "other days",
)

_NO_BIRTH = (
    "year", "jahr", "annee", "ano", "anno", "jaar", "month", "monat", "place", "ort", "country",
    "land", "city", "rate", "weight", "gewicht", "order", "season", "decade", "quarter", "plaats",
    "rok", "yili", "lieu", "lugar", "luogo", "год", "week", "age", "name",
)  # fmt: skip
"""Ends of names beside a word for birth that are no days: where, in which year, how heavy."""


@dataclass
class _Words:
    """The words of a kind."""

    within: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    ends: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()

    def add(self, written: str) -> None:
        """Take a word in as the table writes it."""
        word = folded(written)
        if written.startswith("="):
            self.whole.add(word)
        elif written.startswith("*") and written.endswith("*"):
            self.inside += (word,)
        elif written.endswith("*"):
            self.starts += (word,)
        elif written.startswith("*") or (len(word) > 1 and _unspaced(word)):
            self.ends += (word,)
        else:
            self.within.add(word)

    def match(self, candidates: set[str], core: str) -> bool:
        """Tell whether one of some candidates is a word of this kind."""
        if self.within & candidates or core in self.whole:
            return True
        return any(
            c.endswith(self.ends) or c.startswith(self.starts) or any(p in c for p in self.inside)
            for c in candidates
        )


def _unspaced(word: str) -> bool:
    """Tell scripts that write words without blanks between them: Chinese, Japanese, Korean."""
    return all("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in word)


@cache
def _table() -> dict[str, _Words]:
    """Read the table, once and when it is first needed."""
    text = files(__package__).joinpath("people_words.txt").read_text(encoding="utf-8")
    kinds: dict[str, _Words] = {kind: _Words() for kind in (*WORDS_OF, *_AROUND)}
    kind = ""
    for line in text.splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            for written in line.split():
                kinds[kind].add(written)
    return kinds


def _words(section: str) -> set[str]:
    return _table()[section].within


def of_others(column: str) -> bool:
    """Tell whether a name speaks of products, shops and such, whose name is no person's.

    Examples
    --------
    >>> of_others("BrandName"), of_others("customer_name")
    (True, False)
    """
    return bool(set(words(column)) & _words("others"))


def of_makes(column: str) -> bool:
    """Tell whether a name ends in a word for what is made or bred, as a brand, a colour, a rose.

    Examples
    --------
    >>> of_makes("rose_variety"), of_makes("brand_manager")
    (True, False)
    """
    return _without_digits(words(column))[-1] in _words("makes")


def of_amounts(column: str) -> bool:
    """Tell whether a name speaks of amounts, which may be as long as telephone numbers.

    Examples
    --------
    >>> of_amounts("annual_revenue_cents"), of_amounts("n7")
    (True, False)
    """
    return bool(set(_without_digits(words(column))) & _words("amounts"))


def of_other_days(column: str) -> bool:
    """Tell whether a name speaks of other days than those of births: of joining, opening, buying.

    Examples
    --------
    >>> of_other_days("member_since"), of_other_days("d7"), of_other_days("Eintrittsdatum")
    (True, False, True)
    """
    known = _words("other days")
    return any(p.startswith(tuple(w for w in known if len(w) > 3)) for p in words(column)) or bool(
        set(words(column)) & known
    )


def kinds_named(column: str, *, number: bool) -> Iterator[str]:
    """Give the kinds that a column's name speaks of, the first one first.

    Parameters
    ----------
    column : str
    number : bool
        Whether it holds numbers: then of some kinds its last words alone are asked (``home_lat``).

    Examples
    --------
    >>> list(kinds_named("Telefon privat", number=True)), list(kinds_named("IBAN_nr", number=False))
    (['phone'], ['accounts'])
    >>> list(kinds_named("ip_address", number=False))
    ['network', 'address']
    >>> list(kinds_named("email_opens_2", number=True)), list(kinds_named("adobe", number=True))
    ([], [])
    """
    parts = words(column)
    plain = _without_digits(parts)
    last = {plain[-1], "".join(plain[-2:])}
    if len(plain) > 1 and (last & _words("about them") or plain[0] in _words("asks")):
        return
    everywhere = _anywhere(parts) | _anywhere(plain) | {folded(column), "".join(plain)}
    ends = _at_the_end(plain) | {folded(column), "".join(plain)} if number else everywhere
    core = _core(plain)
    for kind in WORDS_OF:
        known = _table()[kind]
        candidates = everywhere if kind in _ANYWHERE else ends
        born = kind != BIRTH or not plain[-1].endswith(_NO_BIRTH)
        if born and known.match(candidates, core):
            yield kind


def _without_digits(parts: list[str]) -> list[str]:
    """Leave out digits, which tell one from another as in ``phone1`` and ``2nd_zip``."""
    return [w for p in parts if (w := p.strip(_DIGITS))] or parts


def of_birth(column: str) -> bool:
    """Tell by its name whether a column of dates holds when people were born.

    Examples
    --------
    >>> [of_birth(c) for c in ("Year of birth", "Geburtsdatum", "adobe_date", "renaissance_day")]
    [True, True, False, False]
    """
    return _table()[BIRTH].match({*_anywhere(words(column)), folded(column)}, _core(words(column)))


def _anywhere(parts: list[str]) -> set[str]:
    telling = [p for p in parts if p not in _words("particles")]
    return neighbours(parts) | neighbours(telling)


def _at_the_end(parts: list[str]) -> set[str]:
    found = set()
    kept = _stripped(parts)
    for ended in (parts, kept, [p for p in kept if p not in _words("particles")]):
        found |= {"".join(ended[-n:]) for n in (1, 2, 3) if ended}
    return found


def _stripped(parts: list[str]) -> list[str]:
    """Leave out what counts or tells apart at the end, but for a name of nothing else."""
    kept = list(parts)
    while len(kept) > 1 and (kept[-1] in _words("tails") or kept[-1].isdigit()):
        kept.pop()
    return kept


def _core(parts: list[str]) -> str:
    """Give a name without whose it is, and without what counts it."""
    around = _words("owners") | _words("particles")
    return "".join(_stripped([p for p in parts if p not in around] or parts))
