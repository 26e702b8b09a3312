"""What may be said of few customers: amounts about right, forms in place of what was written."""

from __future__ import annotations

import math
import re
from itertools import cycle

FEW = 5
"""Rows below which a value is one person's rather than a way of writing."""

_DIGITS = 2
_FEW_NAME = re.compile(r"Fewer than [\d,]+ customers( \(\d+\))?")
_LONGEST = 40


def about(value: float | None, digits: int = _DIGITS) -> str:
    """Write an amount that may be one customer's with two digits that count.

    Examples
    --------
    >>> [about(v) for v in (666_666, 4829.13, -0.01234, 0.0, 3.2e15)]
    ['670000', '4800', '-0.012', '0', '3.2e+15']
    """
    if value is None or not math.isfinite(value):
        return str(value)
    rounded = rough(value, digits)
    if rounded and not 1e-4 <= abs(rounded) < 1e15:
        return f"{rounded:.{digits}g}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    text = f"{rounded:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def rough(value: float, digits: int = _DIGITS) -> float:
    """Round to digits that count.

    Examples
    --------
    >>> rough(98765.43), rough(-0.01234), rough(0.0)
    (99000.0, -0.012, 0.0)
    """
    return float(f"{value:.{digits}g}") + 0.0


def form_of(text: object) -> str:
    """Give how something is written, without what it says: 9 for digits, x and X for letters.

    Examples
    --------
    >>> form_of("€ 1,250.50"), form_of("Big Tony")
    ('€ 9,999.99', 'Xxx Xxxx')
    """
    found = "".join(map(_sign, str(text)[: _LONGEST + 1]))
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "\u2026"


def quoted(text: object, rows: int) -> str:
    """Quote a value that enough rows hold; of others the form alone.

    Examples
    --------
    >>> quoted("unknown", 40), quoted("Big Tony", 1)
    ("'unknown'", "'Xxx Xxxx'")
    """
    return repr(text) if rows >= FEW else repr(form_of(text))


def few_name(least: int) -> str:
    """Name a segment of fewer than ``least`` customers: by nothing that is theirs.

    Examples
    --------
    >>> few_name(5), is_few_name("Fewer than 5 customers (2)"), is_few_name("High spend")
    ('Fewer than 5 customers', True, False)
    """
    return f"Fewer than {least:,} customers"


def is_few_name(name: str) -> bool:
    """Tell whether a name is one that :func:`few_name` gives, numbered or not."""
    return bool(_FEW_NAME.fullmatch(name))


def figures_like(text: str) -> str:
    """Put other digits, 1, 2, 3 and so on, in place of a number's own.

    Examples
    --------
    >>> figures_like("48.291")
    '12.345'
    """
    digits = cycle("123456789")
    return "".join(next(digits) if c.isdigit() else c for c in text)


def _sign(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if not letter.isalpha():
        return letter
    return "X" if letter.isupper() else "x"
