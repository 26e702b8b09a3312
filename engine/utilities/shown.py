"""A value as it stands in a message: cut where it is long, its form alone where it is private."""

from __future__ import annotations

import re
from itertools import cycle
from typing import Any

MOST = 80
"""Letters of a value in a message."""

FEW = 5
"""Rows below which a value is one person's rather than a way of writing."""

_LONGEST = 40
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)|(?<!\d)0+(?!\d)")
_MAIL = re.compile(r"[^@\s]@[^@\s]")
_WORD = re.compile(r"[^\W\d_]+")
_MOST_DIGITS = 8
_MOST_WORDS = 2
_FOR_MISSING = {
    "not available", "not applicable", "not known", "not given", "not provided", "not specified",
    "not set", "not yet", "no data", "no value", "no answer", "no entry", "no information",
    "not yet known", "to be confirmed", "to be announced", "to be determined", "to be done",
    "on request", "upon request", "see notes", "see below", "see above", "call the office",
    "ask the office", "call back", "does not apply", "prefer not to say", "keine angabe",
    "nicht bekannt", "auf anfrage", "nicht verfügbar", "nach vereinbarung", "non disponible",
    "non renseigné", "sur demande", "no disponible", "sin datos", "no aplica", "non disponibile",
    "su richiesta", "niet bekend", "op aanvraag", "ikke oplyst", "brak danych", "não informado",
}  # fmt: skip
"""Texts of several words that stand for no value, in small letters."""


def shown(value: Any, most: int = MOST) -> str:
    """Write a value for a message, in at most ``most`` letters and an ellipsis.

    Examples
    --------
    >>> shown("a"), shown("x" * 1_000_000, 8), shown(10**5_000)
    ("'a'", "'xxxxxxx...", 'a whole number of about 5,001 digits')
    """
    if isinstance(value, int) and value.bit_length() > 3_000:
        return f"a whole number of about {int(value.bit_length() * 0.30103) + 1:,} digits"
    part = value[:most] if isinstance(value, str | bytes) else value
    try:
        return cut(repr(part), most)
    except (ValueError, RecursionError):  # numbers of thousands of digits; lists in lists
        return f"a {type(value).__name__}"


def cut(text: str, most: int = MOST) -> str:
    """Cut a text after ``most`` letters.

    Examples
    --------
    >>> cut("short"), cut("a long one", 5)
    ('short', 'a lon...')
    """
    return f"{text[:most]}..." if len(text) > most else text


def form_of(text: object, *, zeros: bool = False) -> str:
    """Give how something is written, without what it says: 9 for digits, x and X for letters.

    With ``zeros``, those that lead a number or stand alone stay: they tell one writing from
    another.

    Examples
    --------
    >>> form_of("\u20ac 1,250.50"), form_of("Big Tony"), form_of("Ab-0012.0", zeros=True)
    ('\u20ac 9,999.99', 'Xxx Xxxx', 'Xx-0099.0')
    """
    signs = str(text)[: _LONGEST + 1]
    stay = {i for m in _ZEROS.finditer(signs) for i in range(*m.span())} if zeros else set()
    found = "".join(c if i in stay else _sign(c) for i, c in enumerate(signs))
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "\u2026"


def _sign(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if not letter.isalpha():
        return letter
    return "X" if letter.isupper() else "x"


def quoted(text: object, rows: int) -> str:
    """Quote a value that enough rows hold; of others the form alone.

    Examples
    --------
    >>> quoted("unknown", 40), quoted("Big Tony", 1)
    ("'unknown'", "'Xxx Xxxx'")
    """
    return repr(text) if rows >= FEW else repr(form_of(text))


def veiled(value: str) -> str:
    """Quote a value; its form alone where it may be an address, a number, a name, or a note.

    Notes
    -----
    A note has more than two words, or a capital at the head of one of two: what is not known to
    stand for no value may speak of somebody.

    Examples
    --------
    >>> veiled("n/a"), veiled("13/13/2020"), veiled("+49 171 2345678"), veiled("Anna Muster")
    ("'n/a'", "'13/13/2020'", "'+99 999 9999999'", "'Xxxx Xxxxxx'")
    >>> veiled("owes 99 to Big Tony"), veiled("Not available")
    ("'xxxx 99 xx Xxx Xxxx'", "'Not available'")
    """
    found = _WORD.findall(value)
    headed = len(found) > 1 and any(w[0].isupper() and w[1:].islower() for w in found)
    note = (headed or len(found) > _MOST_WORDS) and " ".join(
        value.casefold().split()
    ) not in _FOR_MISSING
    many = sum(c.isdigit() for c in value) > _MOST_DIGITS
    return cut(repr(form_of(value, zeros=True) if note or many or _MAIL.search(value) else value))


def figures_like(text: str) -> str:
    """Put other digits, 1, 2, 3 and so on, in place of a number's own.

    Examples
    --------
    >>> figures_like("48.291")
    '12.345'
    """
    digits = cycle("123456789")
    return "".join(next(digits) if c.isdigit() else c for c in text)
