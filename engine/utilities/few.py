"""What may be said of few customers: amounts about right, forms in place of what was written."""

from __future__ import annotations

import math

FEW = 5
"""Rows below which a value is one person's rather than a way of writing."""

_DIGITS = 2
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
    """Give how something is written, without what it says: 9 for digits, x for letters.

    Examples
    --------
    >>> form_of("€ 1,250.50"), form_of("Big Tony")
    ('€ 9,999.99', 'xxx xxxx')
    """
    signs = ("9" if c.isdigit() else "x" if c.isalpha() else c for c in str(text)[: _LONGEST + 1])
    found = "".join(signs)
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "\u2026"


def example(text: object, rows: int) -> str:
    """Quote a value that enough rows hold; of others the form alone.

    Examples
    --------
    >>> example("unknown", 40), example("Big Tony", 1)
    ("'unknown'", "'xxx xxxx'")
    """
    return repr(text) if rows >= FEW else repr(form_of(text))
