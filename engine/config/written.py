"""A configuration as a text that people edit: sections, with comments beside and above keys."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.config.yaml_text import one_line

_WIDTH = 100
_COLUMN = 28
"""Where comments beside keys begin, where that can be."""


def text_of(
    tree: Mapping[str, Any],
    beside: Mapping[str, str],
    above: Mapping[str, Sequence[str]],
    head: Sequence[str] = (),
) -> str:
    """Write a configuration as YAML.

    Parameters
    ----------
    tree : mapping
        Sections, of plain values.
    beside : mapping of dotted path to str
        What stands behind a key, as a comment.
    above : mapping of dotted path to sequence of str
        Lines of comments above a key.
    head : sequence of str
        Lines of comments on top.

    Examples
    --------
    >>> tree = {"a": {"b": "yes", "c": [1, 2]}}
    >>> print(text_of(tree, {"a.b": "a word"}, {"a.c": ["Numbers:"]}).strip())
    a:
      b: 'yes'                # a word
      # Numbers:
      c: [1, 2]
    """
    lines = [*(_comment(line, "") for line in head), *([""] if head else [])]
    lines += _lines(tree, "", "", beside, above)
    return "\n".join(lines).rstrip("\n") + "\n"


def wrapped(text: str, before: str = "") -> list[str]:
    """Break a sentence into lines of comments, the first of them behind ``before``."""
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH - 6,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lines(
    tree: Mapping[str, Any],
    path: str,
    indent: str,
    beside: Mapping[str, str],
    above: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    for key, value in tree.items():
        own = f"{path}.{key}" if path else key
        yield from (_comment(line, indent) for line in above.get(own, ()))
        if isinstance(value, Mapping) and value and (not path or path == "input"):
            yield f"{indent}{one_line(key)}:{_behind(beside, own, len(indent) + len(key) + 1)}"
            yield from _lines(value, own, f"{indent}  ", beside, above)
        else:
            line = f"{indent}{one_line(key)}: {one_line(value)}"
            yield f"{line}{_behind(beside, own, len(line))}"
        if not path:
            yield ""


def _behind(beside: Mapping[str, str], key: str, width: int) -> str:
    if key not in beside:
        return ""
    return f"{' ' * max(2, _COLUMN - width - 2)}# {_printable(beside[key])}"


def _comment(line: str, indent: str) -> str:
    return f"{indent}# {_printable(line)}".rstrip()


def _printable(text: str) -> str:
    """Keep words of the data from ending the line of a comment."""
    return "".join(c if c.isprintable() else " " for c in text)
