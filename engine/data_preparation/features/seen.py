"""What is seen of each column while rows are read: counts, ranges, levels, how text is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.features.by_kernel import seen_numbers
from engine.data_preparation.reading.files import text_in_numbers
from engine.data_preparation.reading.finding import NOTHING, Finding
from engine.data_preparation.reading.finding_lists import Lists
from engine.data_preparation.reading.frames import finite, levels_as_text, only_row
from engine.data_preparation.reading.numbers import Notation
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.sources import Source

MOST_LEVELS = 10_000
"""A text column with more values than this is an identifier or free text."""

_SHARE_OF_NUMBERS = 0.8

# A leading zero makes a code of it.
_LIKE_NUMBER = re.compile(
    r"[€$£]?\s?[-+]?(0|[1-9]\d{0,2}([,. '\u00a0]\d{3})+|[1-9]\d*)([.,]\d+)?\s?[%€$£]?"
)


@dataclass
class NumericSurvey:
    """What is known of a numeric column; ``missing`` counts nulls and NaN."""

    missing: int = 0
    infinite: int = 0
    low: float = np.inf
    high: float = -np.inf

    def merge(self, after: NumericSurvey) -> None:
        """Take in what is known of the rows that follow."""
        self.missing += after.missing
        self.infinite += after.infinite
        self.low, self.high = min(self.low, after.low), max(self.high, after.high)


@dataclass
class TextSurvey:
    """Levels of a text column with their counts; None once there are too many.

    ``numbers`` counts the values that read as numbers and ``example`` is one that does not; both
    are kept for undeclared CSV columns only, whose type was guessed. ``number_like`` is such a
    value as '€ 1,250', where most of an undeclared column looks like it. ``shapes`` are the forms
    of an undeclared column's values, and ``finding`` what they make of it.
    """

    present: int = 0
    missing: int = 0
    numbers: int = 0
    example: str | None = None
    number_like: str | None = None
    levels: Counter[str] | None = field(default_factory=Counter)
    shapes: Shapes = field(default_factory=Shapes, compare=False)
    lists: Lists = field(default_factory=Lists, compare=False)
    finding: Finding = NOTHING

    def look(self, values: pl.Series) -> None:
        """Take in how the values of a block are written."""
        self.shapes.look(values)
        self.lists.look(values)

    def rest(self) -> TextSurvey:
        """Give one for the rows that follow: it knows what the first ones tell, and counts none."""
        return TextSurvey(shapes=self.shapes.rest(), lists=self.lists.rest())

    def merge(self, after: TextSurvey) -> None:
        """Take in what is known of the rows that follow."""
        self._merge_levels(after)
        self.present += after.present
        self.missing += after.missing
        self.numbers += after.numbers
        self.example = after.example if self.example is None else self.example
        self.shapes.merge(after.shapes)
        self.lists.merge(after.lists)

    def _merge_levels(self, after: TextSurvey) -> None:
        if self.levels is None:
            return
        if after.levels is None:
            mine = number_like(self.levels) if self.present else after.number_like
            self.number_like = mine and after.number_like
            self.levels = None
            return
        self.levels.update(after.levels)
        self.give_up()

    def give_up(self) -> None:
        """Count levels no longer where there are too many."""
        if self.levels is not None and len(self.levels) > MOST_LEVELS:
            self.number_like = number_like(self.levels)
            self.levels = None


def count_numbers(frame: nw.DataFrame[Any], known: dict[str, NumericSurvey]) -> None:
    """Take in a block's numbers: what is missing or infinite, and their range."""
    if not known:
        return
    by_kernel = seen_numbers(frame.to_native(), list(known))
    row = _facts(frame, known) if by_kernel is None else by_kernel.ravel().tolist()
    for i, column in enumerate(known):
        missing, unusable, low, high = row[4 * i : 4 * i + 4]
        stats = known[column]
        stats.missing += int(missing)
        stats.infinite += int(unusable) - int(missing)
        if low is not None:
            stats.low, stats.high = min(stats.low, float(low)), max(stats.high, float(high))


def _facts(frame: nw.DataFrame[Any], known: Iterable[str]) -> list[Any]:
    facts: list[nw.Expr] = []
    for column in known:
        value = nw.col(column).cast(nw.Float64)
        facts += [
            (value.is_null() | value.is_nan()).fill_null(value=True).sum(),
            finite(column).is_null().sum(),
            finite(column).min(),
            finite(column).max(),
        ]
    # Positional names: a column may have any name.
    return only_row(frame.select(*(fact.alias(str(i)) for i, fact in enumerate(facts))))


def count_levels(frame: nw.DataFrame[Any], column: str, known: TextSurvey) -> None:
    """Take in a block's values of a text column."""
    text = levels_as_text(frame.select(column), [column])
    values = text.select(nw.col(column).cast(nw.String).alias("level"))
    missing = int(values["level"].null_count())
    known.missing += missing
    known.present += len(values) - missing
    if known.levels is None:
        return
    counts = values.drop_nulls().group_by("level").agg(nw.len().alias("n"))
    known.levels.update(dict(zip(counts["level"].to_list(), counts["n"].to_list(), strict=True)))
    known.give_up()


def number_like(levels: Counter[str]) -> str | None:
    """Give a value that looks like a number, where most do."""
    like = [level for level in levels if _LIKE_NUMBER.fullmatch(level.strip())]
    mostly = sum(levels[level] for level in like) >= _SHARE_OF_NUMBERS * levels.total()
    return min(like) if like and mostly else None


def count_hidden_numbers(values: pl.Series, known: TextSurvey, notation: Notation) -> None:
    """Count values of a column of text that read as numbers."""
    texts = notation.not_numbers(values)
    known.numbers += len(values) - values.null_count() - len(texts)
    if known.example is None and len(texts):
        known.example = str(texts[0])


def refuse_mixed(
    source: Source, text: dict[str, TextSurvey], apart: Callable[[str, TextSurvey], bool]
) -> None:
    """Refuse columns that are numbers but for some words, unless they are ``apart``."""
    for column, known in text.items():
        read = known.finding.readings and not known.finding.lost
        mostly = known.numbers >= _SHARE_OF_NUMBERS * known.present
        if known.example is not None and mostly and not read and not apart(column, known):
            raise source.text_among_numbers(column) or text_in_numbers(
                source.label, column, None, known.example
            )
