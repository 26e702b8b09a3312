"""What stands in a text file that is no table: title lines above the header, runs of blanks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.data_preparation.reading.numbers import NUMBER

_NUMBER = re.compile(NUMBER)

RUNS = (r"\t| {2,}\t*", r"[ \t]+")
"""What may separate the columns of a printed table; fields of the first hold single blanks."""

_MOST_TITLES = 30
_LEAST_ROWS = 2
_NEARLY_ALL = 0.95
_OTHERS = ",;|"


def title_lines(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows above the header: far emptier than what most rows hold.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first lines of a file, split; no empty ones.

    Examples
    --------
    >>> title_lines([["Sales 2011"], ["id", "age", "city"], ["1", "30", "Rome"], ["2", "40", ""]])
    1
    >>> title_lines([["id", "age", "city"], ["1", "30", "Rome"]])
    0
    """
    widths = Counter(_filled(row) for row in rows[1:])
    if len(rows) < _LEAST_ROWS + 1 or not widths:
        return 0
    whole = Counter(len(row) for row in rows[1:]).most_common(1)[0][0]
    least = whole // 2 if whole > 2 else 1
    for number, row in enumerate(rows[: _MOST_TITLES + 1]):
        if _filled(row) > least:
            body = rows[number + 1 :]
            enough = len(body) >= 1 and _like_a_header(row, whole)
            return number if number and enough else 0
    return 0


def _filled(row: Sequence[str]) -> int:
    return sum(bool(field.strip()) for field in row)


def _like_a_header(row: Sequence[str], whole: int) -> bool:
    """Tell whether a row has as many fields as most, nearly all filled, all different."""
    named = [field.strip() for field in row if field.strip()]
    numbers = sum(bool(_NUMBER.match(field)) for field in named)
    alike = len(row) == whole and len(named) >= whole - 1 and 2 * numbers <= len(named)
    return alike and len(set(named)) == len(named)


def runs_of_blanks(lines: Sequence[str]) -> str | None:
    """Give the pattern of blanks that splits all lines alike; None where nothing does.

    Examples
    --------
    >>> runs_of_blanks(["id   city", "1    New York", "2    Rome"]) == RUNS[0]
    True
    >>> runs_of_blanks(["name", "New York", "Rome"])
    """
    full = [line.strip() for line in lines if line.strip()]
    if len(full) <= _LEAST_ROWS or any(mark in full[0] for mark in _OTHERS):
        return None
    for pattern in RUNS:
        counts = [len(re.split(pattern, line)) for line in full]
        alike = sum(n == counts[0] for n in counts)
        if counts[0] > 1 and alike >= _NEARLY_ALL * len(counts):
            return pattern
    return None
