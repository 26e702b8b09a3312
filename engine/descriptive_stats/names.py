"""Names of segments, made from what is distinctive about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

_NOTABLE = 0.4
_VERY = 1.5
_AVERAGE = "Average customers"


def name_segments(segments: Sequence[dict[str, Any]]) -> list[str]:
    """Give each segment a unique name.

    Parameters
    ----------
    segments : sequence of dict
        Each with ``distinctive`` (feature, z, direction; most distinctive first) and ``levels``
        (column, level, lift).

    Returns
    -------
    names : list of str
        Two features that stand out, a third or a category where two segments would share a name,
        and a number where that does not part them either.

    Examples
    --------
    >>> name_segments([
    ...     {"distinctive": [{"feature": "spend", "z": 1.9, "direction": "high"}], "levels": []},
    ...     {"distinctive": [{"feature": "spend", "z": -0.2, "direction": "low"}], "levels": []},
    ... ])
    ['Very high spend', 'Average customers']
    """
    phrases = [_phrases(s) for s in segments]
    names = [_join(p[:2]) for p in phrases]
    for length in (3, 4):
        clashing = {n for n in names if names.count(n) > 1}
        names = [
            _join(p[:length]) if n in clashing else n for n, p in zip(names, phrases, strict=True)
        ]
    return _numbered(names)


def _phrases(segment: dict[str, Any]) -> list[str]:
    found = []
    for item in segment["distinctive"][:4]:
        size = abs(item["z"])
        if size >= _NOTABLE:
            very = "very " if size >= _VERY else ""
            found.append(f"{very}{item['direction']} {readable(item['feature'])}")
    found += [
        f"{readable(x['column'])} {x['level']}" for x in segment["levels"][:2] if x["lift"] >= 1.3
    ]
    return found


def _join(phrases: list[str]) -> str:
    if not phrases:
        return _AVERAGE
    name = ", ".join(phrases)
    return name[0].upper() + name[1:]


def _numbered(names: list[str]) -> list[str]:
    result: list[str] = []
    for name in names:
        choices = (f"{name} ({i})" if i > 1 else name for i in count(1))
        result.append(next(c for c in choices if c not in result))
    return result


def readable(column: str) -> str:
    """Write a column's name as words.

    Examples
    --------
    >>> readable("Annual Income (k$)"), readable("PURCHASES_TRX"), readable("averageBasket")
    ('annual income', 'purchases trx', 'average basket')
    """
    without_units = re.sub(r"\s*[(\[].*?[)\]]", "", column) or column
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", without_units)
    return re.sub(r"[\s_\-.]+", " ", spaced).strip().lower() or column
