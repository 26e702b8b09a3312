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

    Where line feeds end others, they do if most lines that they end have as many fields as most
    lines have; in a text within a field they do not.

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
    ended = _LONE.split(bare)
    ended = [piece.rpartition("\n")[2] for piece in ended[:-1]]
    every = re.split("\r\n|\r|\n", bare)
    separator = max(_SEPARATORS, key=bare.count)
    usual = Counter(line.count(separator) for line in every if line.strip()).most_common(1)
    if not ended or not usual or not usual[0][0]:
        return False
    alike = sum(line.count(separator) == usual[0][0] for line in ended)
    return bool(alike > _LEAST_SHARE * len(ended))


def with_line_feeds(text: str) -> str:
    """Write every line end as a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
