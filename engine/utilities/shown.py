"""A value as it stands in a message: whole where it is short, cut where it is long."""

from __future__ import annotations

from typing import Any

MOST = 80
"""Letters of a value in a message."""


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
