"""Money and quantities of transactions that are written as text: read as numbers, told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from engine.data_preparation.features.found_readings import context_of
from engine.data_preparation.reading.files import TextInNumbers
from engine.data_preparation.reading.finding import Finding, find_numbers, three_digits
from engine.data_preparation.reading.numbers import MAY_GROUP
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.reading.written_numbers import NumberReading
from engine.data_preparation.transactions.columns import Columns, as_read
from engine.errors import DataError

_MONEY = ("quantity", "unit_price", "amount")


def read_numbers(
    source: Source, columns: Columns, texts: Sequence[str] = ()
) -> tuple[Source, Columns, list[str]]:
    """Say how columns are read, those of numbers that are written as text as what they say.

    Parameters
    ----------
    source : Source
        As it was opened.
    columns : Columns
    texts : sequence of str
        Columns in which text was met further down than where types are guessed.

    Returns
    -------
    source : Source
    columns : Columns
        With notices of what is read how.
    warnings : list of str
        What does not read.

    Raises
    ------
    DataError
        A column holds several units or notations; or see :func:`as_read`.

    Notes
    -----
    One pass over such columns, none where there are none.
    """
    wanted = {columns.named[c] for c in _MONEY if c in columns.named}
    wanted = {c for c in wanted if c in texts or source.schema[c] == pl.String}
    ready = as_read(source, columns)
    if not wanted:
        return ready, columns, _may_group(ready, columns)
    found = _findings(source.with_types(dict.fromkeys(wanted, pl.String())), sorted(wanted))
    for finding in found.values():
        if finding.warning and not finding.readings:
            message = f"{source.label}: {finding.warning.partition(', or list')[0]}."
            raise DataError(message)
    readings: dict[str, Reading] = {}
    for finding in found.values():
        if not _as_ever(finding, source):
            readings.update(finding.readings)
    told = [f for c, f in found.items() if c in readings]
    notices = (*columns.notices, *(f.notice for f in told))
    warnings = [f.warning.partition(", or list")[0] for f in told if f.warning]
    ready = ready.with_readings(readings)
    warnings += _may_group(ready, columns)
    return ready, replace(columns, notices=notices), warnings


def _may_group(source: Source, columns: Columns) -> list[str]:
    """Warn of columns whose points may all group thousands; a pass over them where one may."""
    source.check_points()
    points = source.points
    if points is None or not points.notes or not points.notation.plain:
        return []
    named = [columns.named[c] for c in _MONEY if c in columns.named]
    plain = [c for c in named if c not in source.readings and source.schema[c].is_float()]
    found, totals = dict.fromkeys(plain, 0), dict.fromkeys(plain, 0)
    examples: dict[str, str] = {}
    for block in source.with_types(dict.fromkeys(plain, pl.String())).batches(plain):
        for column in plain:
            texts = block[column].str.strip_chars().drop_nulls()
            three = texts.filter(texts.str.contains(MAY_GROUP))
            totals[column] += len(texts)
            found[column] += len(three)
            if len(three):
                examples.setdefault(column, str(three[0]))
    return [three_digits(c, found[c], totals[c], examples[c]) for c in examples]


def _findings(source: Source, columns: Sequence[str]) -> dict[str, Finding]:
    shapes = {column: Shapes() for column in columns}
    for block in source.batches(columns):
        for column, known in shapes.items():
            known.look(block.get_column(column))
    return {c: find_numbers(c, known, context_of(source)) for c, known in shapes.items()}


def _as_ever(finding: Finding, source: Source) -> bool:
    """Whether the numbers are the file's own, so that what else stands there is refused."""
    plain = all(
        isinstance(r, NumberReading) and not (r.unit or r.suffixes or r.indian)
        for r in finding.readings.values()
    )
    return plain and (finding.bare or (bool(finding.lost) and not source.typed))


def true_remedy(error: TextInNumbers) -> DataError:
    """Say of text among the numbers of transactions what helps there."""
    said, _, _ = str(error).partition("; correct the value")
    message = f"{said}; correct the value, or add it to input.read.null_values."
    return DataError(message)
