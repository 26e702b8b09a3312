"""Carriage returns: whether they end lines, alone or beside line feeds."""

from __future__ import annotations

import re
from collections import Counter

_QUOTED = re.compile('"[^"]*"')
_LONE = re.compile("\r(?!\n)")
_SEPARATORS = ",;\t|"
_LEAST_SHARE = 0.5


def end_lines(head: str) -> bool:
    r"""Tell whether carriage returns alone end lines, at the beginning of a file.

    Where line feeds end others, they do if most lines before and behind them have as many fields
    as most lines have; in a text within a field they do not.

    Examples
    --------
    >>> end_lines("a,b\r1,2\r"), end_lines("a,b\r\n1,2\r\n"), end_lines("a,b\n1,2\r3,4\r5,6\n")
    (True, False, True)
    >>> end_lines("id,note\n1,first\rsecond\n")
    False
    """
    if head.count("\r") == head.count("\r\n"):
        return False
    if "\n" not in head:
        return True
    bare = _QUOTED.sub("", head)
    pieces = [piece.split("\n") for piece in _LONE.split(bare)]
    beside = [p[-1] for p in pieces[:-1]] + [p[0] for p in pieces[1:]]
    beside = [line for line in beside if line.strip("\r\n ")]
    every = re.split("\r\n|\r|\n", bare)
    separator = max(_SEPARATORS, key=bare.count)
    usual = Counter(line.count(separator) for line in every if line.strip("\r\n ")).most_common(1)
    if not beside or not usual or not usual[0][0]:
        return False
    alike = sum(line.count(separator) == usual[0][0] for line in beside)
    return bool(alike > _LEAST_SHARE * len(beside))


def with_line_feeds(text: str) -> str:
    """Write every line end as a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
