"""What a product is called where people read it."""

from __future__ import annotations

from typing import Any

from engine.visualization.readable import short

NAME_LENGTH = 90
"""Characters of a product's name on the page."""
CODE_LENGTH = 30
NAMELESS = "(no name)"
_CONTROLS = dict.fromkeys([*range(32), 127], " ")


def product(name: Any, code: Any) -> tuple[str, str]:
    """Return the name to show and the code beside it; the code alone where there is no name.

    Examples
    --------
    >>> product("Red bag", "22697"), product("  ", "22697"), product(None, None)
    (('Red bag', '22697'), ('22697', ''), ('(no name)', ''))
    """
    named, coded = short(one_line(name), NAME_LENGTH), short(one_line(code), CODE_LENGTH)
    if named:
        return named, coded if coded != named else ""
    return coded or NAMELESS, ""


def one_line(value: Any) -> str:
    """Give text without control characters; empty for nothing."""
    return "" if value is None else str(value).translate(_CONTROLS)
