"""How values of files are shown in sentences: their form alone where they may name people."""

from __future__ import annotations

import re

_ZEROS = re.compile(r"(?<!\d)0+(?=\d)|(?<!\d)0+(?!\d)")
_MAIL = re.compile(r"[^@\s]@[^@\s]")
_NAME = re.compile(r"(?:[^\W\d_]+[.,]? +)+[^\W\d_]+")
_MOST_DIGITS = 8


def form_of(value: str) -> str:
    """Give a value with its letters and digits made alike; leading zeros, case and signs stay.

    Examples
    --------
    >>> form_of("Ab-0012.0"), form_of("12346"), form_of(" C7")
    ('Xx-0099.0', '99999', ' X9')
    """
    zeros = {i for m in _ZEROS.finditer(value) for i in range(*m.span())}
    return "".join(c if i in zeros else _alike(c) for i, c in enumerate(value))


def _alike(c: str) -> str:
    if c.isdigit():
        return "9"
    if not c.isalpha():
        return c
    return "X" if c.isupper() else "x"


def shown(value: str) -> str:
    """Quote a value for a sentence; its form where it may be an address, a number or a name.

    Examples
    --------
    >>> shown("n/a"), shown("13/13/2020"), shown("+49 171 2345678"), shown("Anna Muster")
    ("'n/a'", "'13/13/2020'", "'+99 999 9999999'", "'Xxxx Xxxxxx'")
    """
    named = _NAME.fullmatch(value) and all(w[0].isupper() for w in value.split())
    many = sum(c.isdigit() for c in value) > _MOST_DIGITS
    return repr(form_of(value) if named or many or _MAIL.search(value) else value)
