"""One pass over the rows that learns what preparation needs: counts, ranges, levels, a sample.

Counts and ranges are exact. Quantiles, skewness, means and spreads come from the sample, which is
all rows up to ``preparation.sample_rows`` and otherwise that many customers drawn by a hash of
their id: at 200,000 the spread of a column is known to 0.2%.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.found_readings import find_reading
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.sampler import Sampler
from engine.data_preparation.reading.device_blocks import device_blocks
from engine.data_preparation.reading.files import text_in_numbers
from engine.data_preparation.reading.finding import NOTHING, Finding
from engine.data_preparation.reading.finding_lists import Lists, find_lists
from engine.data_preparation.reading.frames import as_polars, finite, levels_as_text, only_row
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.places.runtime import Runtime, local_runtime
from engine.utilities.progress import Progress

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


@dataclass(frozen=True)
class Survey:
    """The result of the pass.

    Attributes
    ----------
    n_customers : int
    numeric : dict of str to NumericSurvey
    text : dict of str to TextSurvey
    sample : float64 array of shape (n_sample, n_numeric)
        Raw values in priority order; NaN where missing or infinite.
    warnings : tuple of str
        What is wrong with lines of the files, for people.
    lists : dict of str to Finding
        What columns of lists are taken apart into.
    """

    n_customers: int
    numeric: dict[str, NumericSurvey]
    text: dict[str, TextSurvey]
    sample: np.ndarray
    warnings: tuple[str, ...] = ()
    lists: dict[str, Finding] = field(default_factory=dict)


def customers(
    source: Source,
    identity: Identity,
    columns: list[str],
    runtime: Runtime,
    *,
    whole_lines: bool = False,
) -> Iterator[tuple[int, Any]]:
    """Yield ``(first customer's number, block)`` with the rows that count, in file order.

    Blocks are dataframes of the runtime's place: Polars on a CPU, cuDF on a GPU.

    Raises
    ------
    DataError
        If the files hold another number of rows than when their ids were read.
    """
    seen = start = 0
    expected = len(identity.ids) if identity.keep is None else len(identity.keep)
    for batch in _blocks(source, columns, runtime, whole_lines=whole_lines):
        block, rows = batch, len(batch)
        if identity.keep is not None:
            block = _where(batch, identity.keep[seen : seen + rows])
        seen += rows
        if seen > expected:
            break
        if len(block):
            yield start, block
        start += len(block)
    if seen != expected:
        message = f"{source.label} changed while it was being read; run again when it is complete."
        raise DataError(message)


def _blocks(
    source: Source, columns: list[str], runtime: Runtime, *, whole_lines: bool
) -> Iterator[Any]:
    if runtime.device_memory:
        return device_blocks(source, columns, runtime)
    return source.batches(columns, whole_lines=whole_lines)


def _where(block: Any, keep: np.ndarray) -> Any:
    frame = nw.from_native(block, eager_only=True)
    mask = nw.new_series("keep", keep, backend=frame.implementation)
    return frame.filter(mask).to_native()


def survey(
    source: Source,
    identity: Identity,
    roles: Roles,
    *,
    settings: PreparationConfig,
    declared: tuple[str, ...],
    runtime: Runtime,
    progress: Progress,
    look: bool = False,
) -> Survey:
    """Read every block once.

    Parameters
    ----------
    source, identity, roles, settings
        What to read and how.
    declared : tuple of str
        Columns the user calls categorical: numbers in them are levels.
    runtime : Runtime
        CSV is surveyed on the CPU wherever the run is: its parser's findings are what users see.
    progress : Progress
    look : bool
        Whether to look for what else the values of text columns may be read as.

    Raises
    ------
    DataError
        A CSV column of numbers holds text, or (``missing: error``) values are missing.
    """
    numeric = {c: NumericSurvey() for c in roles.numeric}
    text = {c: TextSurvey() for c in roles.categorical}
    sampler = Sampler(settings.sample_rows)
    # A line with too few fields ends in missing ones; where the last is never missing, none is.
    last, gaps = source.last_columns, False
    lists = {c: Lists() for c in roles.lists if look}
    columns = list(dict.fromkeys([*roles.numeric, *roles.categorical, *lists, *last]))
    columns = columns or list(roles.dates[:1])  # rows are counted by a column
    place = runtime if source.typed else local_runtime()
    for start, block in customers(source, identity, columns, place, whole_lines=True):
        frame = nw.from_native(block, eager_only=True)
        gaps = gaps or any(block[c].null_count() for c in last)
        _count_numbers(frame, numeric)
        for column, known in text.items():
            _count_levels(frame, column, known)
            if column not in declared and look:
                values = as_polars(block[column])
                known.shapes.look(values)
                known.lists.look(values)
            if not source.typed and column not in declared:
                _count_hidden_numbers(block[column], known, source)
        for column, cells in lists.items():
            cells.look(as_polars(block[column]))
        priority = identity.priority[start : start + len(block)]
        sampler.add(frame.select(roles.numeric), priority)
        progress.advance(len(block))
    for column, known in text.items():
        known.finding = find_reading(column, known, source, settings)
    _refuse_mixed(source, text)
    for column, known in text.items():
        if column in declared:
            known.number_like = None
        elif known.levels is not None:
            known.number_like = _number_like(known.levels)
    warnings = _short_lines(source) if gaps else ()
    apart = {c: find_lists(c, x, settings.max_levels, source.schema) for c, x in lists.items()}
    return Survey(len(identity.ids), numeric, text, sampler.rows(), warnings, apart)


def _short_lines(source: Source) -> tuple[str, ...]:
    short = source.short_lines()
    if not short:
        return ()
    lines = "one line has" if short == 1 else f"{short:,} lines have"
    sentence = f"{source.label}: {lines} fewer fields than the header; what is not there is missing"
    return (sentence,)


def _count_numbers(frame: nw.DataFrame[Any], known: dict[str, NumericSurvey]) -> None:
    if not known:
        return
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
    row = only_row(frame.select(*(fact.alias(str(i)) for i, fact in enumerate(facts))))
    for i, column in enumerate(known):
        missing, unusable, low, high = row[4 * i : 4 * i + 4]
        stats = known[column]
        stats.missing += int(missing)
        stats.infinite += int(unusable) - int(missing)
        if low is not None:
            stats.low, stats.high = min(stats.low, float(low)), max(stats.high, float(high))


def _count_levels(frame: nw.DataFrame[Any], column: str, known: TextSurvey) -> None:
    text = levels_as_text(frame.select(column), [column])
    values = text.select(nw.col(column).cast(nw.String).alias("level"))
    missing = int(values["level"].null_count())
    known.missing += missing
    known.present += len(values) - missing
    if known.levels is None:
        return
    counts = values.drop_nulls().group_by("level").agg(nw.len().alias("n"))
    known.levels.update(dict(zip(counts["level"].to_list(), counts["n"].to_list(), strict=True)))
    if len(known.levels) > MOST_LEVELS:
        known.number_like = _number_like(known.levels)
        known.levels = None


def _number_like(levels: Counter[str]) -> str | None:
    like = [level for level in levels if _LIKE_NUMBER.fullmatch(level.strip())]
    mostly = sum(levels[level] for level in like) >= _SHARE_OF_NUMBERS * levels.total()
    return min(like) if like and mostly else None


def _count_hidden_numbers(values: pl.Series, known: TextSurvey, source: Source) -> None:
    texts = source.notation.not_numbers(values)
    known.numbers += len(values) - values.null_count() - len(texts)
    if known.example is None and len(texts):
        known.example = str(texts[0])


def _refuse_mixed(source: Source, text: dict[str, TextSurvey]) -> None:
    for column, known in text.items():
        read = known.finding.readings and not known.finding.lost
        mostly = known.numbers >= _SHARE_OF_NUMBERS * known.present
        if known.example is not None and mostly and not read:
            raise source.text_among_numbers(column) or text_in_numbers(
                source.label, column, None, known.example
            )
