"""The customers' own columns as lists write them: numbers only where these say all of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from engine.data_preparation.reading.as_written import with_texts
from engine.data_preparation.reading.numbers import PLAIN, Notation
from engine.data_preparation.reading.sources import Source

Blocks = Iterator[tuple[int, pl.DataFrame]]
"""Numbers of first customers, each with a block of columns of their own."""

Reader = Callable[[Source, Sequence[str]], Blocks]
"""Reads columns of a source, in the order of the run."""

_DIGITS = r"(0|[1-9]\d{0,14})"
_WHOLE = r"^(0|-?[1-9]\d{0,18})$"
_NUMBER = (
    rf"^(-?{_DIGITS}|[+-]?{_DIGITS}?\.\d*([eE][+-]?\d+)?|[+-]?{_DIGITS}[eE][+-]\d+"
    r"|[+-]?(?i:nan|inf|infinity))$"
)
"""Numbers that stand for their text: neither 007 nor 12E4, nor more digits than are kept."""


@dataclass(frozen=True)
class Own:
    """Columns of the customers' own that stand beside their segments.

    Attributes
    ----------
    types : dict of str to polars type
        By their names in the list.
    """

    types: dict[str, Any]
    _columns: tuple[pl.Expr, ...] = field(repr=False)
    _read: Callable[[], Blocks] = field(repr=False)

    def blocks(self) -> Blocks:
        """Yield the number of a first customer and a block, as it is written."""
        for start, block in self._read():
            yield start, block.select(self._columns)


def own_of(
    source: Source,
    names: Mapping[str, str],
    read: Reader,
    beside: Mapping[str, str] | None = None,
    notation: Notation = PLAIN,
) -> Own:
    """Say how columns of an input are written: those of a CSV as it holds them.

    A column of a CSV is one of numbers where each value says no more than its number does: not
    with a zero before it, and not with more digits than a number keeps. All else is text. What the
    run made numbers of, such as prices with their currency, are numbers.

    Parameters
    ----------
    source : Source
    names : mapping of str to str
        Columns with their names in the list.
    read : callable
        Reads columns of a source, in the order of the run.
    beside : mapping of str to str, optional
        Where the source is a table that was gathered: of columns of numbers, columns of their text.
    notation : Notation
        How these texts write numbers.
    """
    types = {n: source.schema[c] for c, n in names.items()}
    columns = {c: pl.col(c) for c in names}
    floats, made = [c for c in names if source.schema[c].is_float()], []
    if source.typed:
        texts = {c: t for c, t in (beside or {}).items() if c in floats}
    else:
        made, notation = [c for c in floats if c in source.readings], source.notation
        source, texts = with_texts(source, [c for c in floats if c not in made])
    for column, kind in _kinds(source, made, texts, notation).items():
        types[names[column]] = kind
        if column in texts:
            columns[column] = _as(kind, texts[column], notation)
    held = tuple(columns[c].cast(types[n]).alias(n) for c, n in names.items())
    needed = list(dict.fromkeys(c for expr in held for c in expr.meta.root_names()))
    return Own(types, held, lambda: read(source, needed))


def _as(kind: Any, name: str, notation: Notation) -> pl.Expr:
    return pl.col(name) if kind == pl.String else _bare(name, notation)


def _bare(name: str, notation: Notation) -> pl.Expr:
    """Give texts as plain numbers are written; none where nothing is there."""
    return notation.number(pl.col(name).str.strip_chars()).replace("", None)


def _kinds(
    source: Source, made: Sequence[str], texts: Mapping[str, str], notation: Notation
) -> dict[str, Any]:
    """Find what columns hold: whole numbers, numbers, or text: a pass over the rows.

    Parameters
    ----------
    source : Source
    made : sequence of str
        Columns of numbers that the run made of text.
    texts : mapping of str to str
        Names of the texts of all others.
    notation : Notation
        How they write numbers.
    """
    wholes, numbers = {c: True for c in (*made, *texts)}, {c: True for c in texts}
    if not wholes:
        return {}
    asked = [(pl.col(c).round() == pl.col(c)) & (pl.col(c).abs() < 2**53) for c in made]
    bare = [_bare(n, notation) for n in texts.values()]
    asked += [b.str.contains(_WHOLE) & _is(b, pl.Int64()) for b in bare]
    plain = [b.str.contains(_NUMBER) & _is(b, pl.Float64()) for b in bare]
    exprs = [e.all().alias(f"{i}") for i, e in enumerate((*asked, *plain))]
    for block in source.batches([*made, *texts.values()]):
        found = block.select(exprs).row(0)
        for column, whole in zip(wholes, found, strict=False):
            wholes[column] &= whole
        for column, number in zip(numbers, found[len(wholes) :], strict=True):
            numbers[column] &= number
    return {
        c: pl.Int64() if wholes[c] else pl.Float64() if numbers.get(c, True) else pl.String()
        for c in wholes
    }


def _is(text: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """Tell which texts are of a kind; what is missing is."""
    return text.is_null() | text.cast(kind, strict=False).is_not_null()
