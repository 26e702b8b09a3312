"""A condition on customers as people type it, ``country = 'Spain' AND spend > 100``, and no more.

The words of SQL that compare and combine values are known, and a few functions of one row; all
else is a column. So nothing can be read but the row itself, and no row's answer depends on others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from engine.config.problems import suggestion
from engine.errors import DataError, first_line
from engine.utilities.shown import shown

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
      | (?P<word>[^\W\d]\w*)
      | (?P<sign><=|>=|<>|!=|==|\|\||[=<>+\-*/%(),])
      | (?P<blank>\s+)""",
    re.VERBOSE,
)

_WORDS = {"AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "IS", "NULL", "TRUE", "FALSE"}
_FUNCTIONS = {
    "ABS", "COALESCE", "DATE", "DAY", "LENGTH", "LOWER", "MONTH", "ROUND", "STARTS_WITH", "TRIM",
    "UPPER", "YEAR",
}  # fmt: skip

_DAY = re.compile(r"'\d{4}-\d\d-\d\d'")

_LONGEST = 2_000
"""Letters of a condition."""


class NoColumnError(DataError):
    """A condition asks for a column that is not there."""


@dataclass(frozen=True)
class Condition:
    """A condition that was read and fits the columns that are there.

    Attributes
    ----------
    text : str
        As it was given.
    columns : tuple of str
        What it asks of a customer.
    """

    text: str
    columns: tuple[str, ...]
    _kept: pl.Expr = field(repr=False)

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give the customers for whom it is true; where a value is missing it is not.

        Raises
        ------
        DataError
            A value cannot be compared.
        """
        try:
            return frame.filter(self._kept)
        except pl.exceptions.PolarsError as error:
            raise _wrong(self.text, first_line(error)) from None


def asked_of(
    text: str, columns: Iterable[str], kept_out: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Give the columns that a condition asks of a customer, whatever they hold.

    Raises
    ------
    DataError
        It is no condition, or asks for a column that is not there.
    """
    return tuple(dict.fromkeys(name for name, _ in _said(text, columns, kept_out) if name))


def condition(
    text: str, columns: Mapping[str, Any], kept_out: Mapping[str, str] | None = None
) -> Condition:
    """Read a condition over columns.

    Parameters
    ----------
    text : str
    columns : mapping of str to polars type
        What there is to ask of a customer.
    kept_out : mapping of str to str, optional
        Columns that are not to be asked, with what to do instead.

    Raises
    ------
    DataError
        It is no condition, or asks for a column that is not there.

    Examples
    --------
    >>> columns = {"country": pl.String, "spend": pl.Int64}
    >>> found = condition("country = 'Spain' and Spend > 9", columns)
    >>> found.columns
    ('country', 'spend')
    >>> found.of(pl.DataFrame({"country": ["Spain", "Spain"], "spend": [10, 1]})).height
    1
    """
    said = list(_said(text, columns, kept_out))
    schema = {name: columns[name] for name, _ in said if name}
    try:
        kept, kind = _expression([word for _, word in said], schema)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise _wrong(text, _why(first_line(error))) from None
    if kind != pl.Boolean:
        raise _wrong(text, "it is neither true nor false of a customer")
    return Condition(text, tuple(schema), kept)


def names_in(text: str) -> list[str]:
    """Give the names of columns that a condition asks for, as they are typed.

    Raises
    ------
    DataError
        It is no condition.

    Examples
    --------
    >>> names_in("country = 'Spain' and spend > 9")
    ['country', 'spend']
    """
    return [_name(word) for kind, word, bracket in _tokens(text) if _is_column(kind, word, bracket)]


def _is_column(kind: str, word: str, before_bracket: bool) -> bool:  # noqa: FBT001 (of a token)
    return kind == "quoted" or (kind == "word" and not _is_known(word, before_bracket))


def _name(word: str) -> str:
    return word[1:-1].replace('""', '"') if word[0] in '"`' else word


def _said(
    text: str, columns: Iterable[str], kept_out: Mapping[str, str] | None
) -> Iterator[tuple[str, str]]:
    """Yield the words of a condition, each with the column that it is or nothing."""
    columns = list(columns)
    for kind, word, before_bracket in _tokens(text):
        if _is_column(kind, word, before_bracket):
            name = _column(word, columns, text, kept_out or {})
            yield name, '"' + name.replace('"', '""') + '"'
        else:
            yield "", word


def _expression(said: list[str], schema: Mapping[str, Any]) -> tuple[pl.Expr, Any]:
    """Make an expression of words that are known, and say what it gives."""
    nothing = pl.DataFrame([pl.Series(c, [], dtype=kind) for c, kind in schema.items()])
    with_days = [_as_day(w, said[max(0, i - 2) : i]) for i, w in enumerate(said)]
    # Text is compared with days as days, where a column holds days.
    dated = with_days != said and any(kind.is_temporal() for kind in nothing.schema.values())
    for words in (with_days, said) if dated else (said,):
        try:
            kept = pl.sql_expr(" ".join(words))
            return kept, nothing.select(kept.alias("kept")).schema["kept"]
        except pl.exceptions.PolarsError:
            if words is said:
                raise
    raise AssertionError


def _as_day(word: str, before: list[str]) -> str:
    known = [w.upper() for w in before] == ["DATE", "("]
    return f"DATE({word})" if _DAY.fullmatch(word) and not known else word


def _tokens(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the parts of a condition: kind, word, and whether a bracket opens after it."""
    if len(text) > _LONGEST:
        raise _wrong(text[:_LONGEST], f"it has more than {_LONGEST:,} letters")
    found, at = [], 0
    while at < len(text):
        part = _TOKEN.match(text, at)
        if part is None:
            raise _wrong(text, f"{text[at : at + 10]!r} is not understood")
        if part.lastgroup != "blank":
            found.append((str(part.lastgroup), part[0]))
        at = part.end()
        if len(found) > 1 and part[0] == "(" and found[-2][0] == "word":
            _check_function(found[-2][1], text)
    if not found:
        raise _wrong(text, "it is empty")
    after = [*found[1:], ("", "")]
    for (kind, word), (_, follows) in zip(found, after, strict=True):
        yield kind, word, follows == "("


def _check_function(word: str, text: str) -> None:
    if word.upper() not in _FUNCTIONS | _WORDS:
        raise _wrong(text, f"{shown(word)[1:-1]}(...) is not known here")


def _is_known(word: str, before_bracket: bool) -> bool:  # noqa: FBT001 (two of a token)
    """Tell a word of the language from a column."""
    return word.upper() in _WORDS or (before_bracket and word.upper() in _FUNCTIONS)


def _column(word: str, columns: Sequence[str], text: str, kept_out: Mapping[str, str]) -> str:
    """Find the column that is meant, in whatever case where one alone is called so."""
    name = _name(word)
    alike = [c for c in columns if c.casefold() == name.casefold()]
    found = name if name in columns else alike[0] if len(alike) == 1 else None
    if (found or name) in kept_out:
        raise _wrong(text, kept_out[found or name])
    if found is None:
        hint, quotes = suggestion(name, columns), "ext stands in single quotes: country = 'Spain'"
        # What is known comes last: a list between two quotes would be cut as a long value is.
        told = f"{hint} T{quotes}." if hint.endswith("?") else f" (t{quotes}){hint}."
        message = (
            f"the condition {shown(text)} asks for the column {shown(name)}, which is not there"
            f"{told}"
        )
        raise NoColumnError(message)
    return found


def _why(line: str) -> str:
    if "compare string with numeric" in line:
        return "it compares text with a number, which stands in single quotes then, as '007'"
    return line


def _wrong(text: str, why: str) -> DataError:
    message = (
        f"the condition {shown(text)} cannot be used: {why.rstrip('.')}; write it such as "
        "country = 'Spain' AND spend > 100."
    )
    return DataError(message)
