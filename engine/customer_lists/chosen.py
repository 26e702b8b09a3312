"""Which segments are meant: by the number on the page, or by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.config.problems import suggestion
from engine.errors import DataError
from engine.utilities.segment_numbers import from_page, on_page
from engine.utilities.shown import cut, shown

_KEPT_OUT = {
    "segment": "segments are named beside it, by number or name (--segment 3)",
    "second_segment": "it counts from 0; name the segment: second_segment_name = 'Big spenders'",
}


def kept_out(results: Iterable[str]) -> dict[str, str]:
    """Give the columns of a run's table that no condition asks for, with what to do instead."""
    return {c: _KEPT_OUT[c] for c in results if c in _KEPT_OUT}


@dataclass(frozen=True)
class Chosen:
    """Segments that were asked for.

    Attributes
    ----------
    numbers : tuple of int
        As in files.
    names : tuple of str
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...]

    def told(self) -> str:
        """Say which they are, as people count them."""
        each = [f"{on_page(n)} ({cut(w)})" for n, w in zip(self.numbers, self.names, strict=True)]
        return f"segment {each[0]}" if len(each) == 1 else f"segments {', '.join(each)}"


def chosen(asked: object, numbers: Iterable[int], names: Iterable[str]) -> Chosen:
    """Find segments by what people call them.

    Parameters
    ----------
    asked : int, str, or an iterable of these
        Numbers count from 1, as on the page; text holds a number, several with commas between
        them, or a name.
    numbers : iterable of int
        Those of all segments, as in files.
    names : iterable of str
        Of the same segments.

    Raises
    ------
    DataError
        There is no such segment.

    Examples
    --------
    >>> chosen(["2", "big spenders"], [0, 1, 2], ["few", "many", "Big spenders"]).told()
    'segments 2 (many), 3 (Big spenders)'
    """
    known = dict(zip(numbers, names, strict=True))
    several = [asked] if isinstance(asked, int | str) or not isinstance(asked, Iterable) else asked
    found: dict[int, str] = {}
    for one in several:
        for number in _found(one, known):
            found[number] = known[number]
    if not found:
        message = "no segment was named; give its number on the page, or its name."
        raise DataError(message)
    return Chosen(tuple(found), tuple(found.values()))


def _found(one: object, known: dict[int, str]) -> list[int]:
    text = str(one).strip()
    for number, name in known.items():  # a name may hold commas, or be a number
        if not isinstance(one, int) and name == text:
            return [number]
    words = [w.strip() for w in text.split(",")]
    if all(w.isdecimal() for w in words):
        return [_number(int(w), known) for w in words]
    alike = [n for n, name in known.items() if name.casefold() == text.casefold()]
    if len(alike) == 1:
        return alike
    hint = suggestion(text, known.values())
    end = "" if hint.endswith("?") else "."
    message = f"there is no segment {shown(text)}{hint}{end}"
    raise DataError(message)


def _number(number: int, known: dict[int, str]) -> int:
    if from_page(number) not in known:
        there = ", ".join(str(on_page(n)) for n in known)
        message = f"there is no segment {number}; on the page they are {cut(there)}."
        raise DataError(message)
    return from_page(number)
