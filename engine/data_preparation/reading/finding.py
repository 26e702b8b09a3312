"""Whether a text column's values are numbers of one unit and notation, by all of its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.numbers import MAY_GROUP, NUMBER, Notation, Seen
from engine.data_preparation.reading.readings import Reading
from engine.data_preparation.reading.shapes import Shapes
from engine.data_preparation.reading.units import Units, agreed_units
from engine.data_preparation.reading.unread_amounts import unread_amount, unread_words
from engine.data_preparation.reading.written_numbers import (
    INDIAN,
    NumberReading,
    is_missing,
    parts,
)
from engine.errors import DataError
from engine.utilities.shown import figures_like, quoted

NEARLY_ALL = 0.95
"""Share of a column's values that read, of those that are there, from which on it is read."""

_CODES = 0.005
"""Share of whole numbers that begin with 0, above which they are codes."""

_SIGNED = 0.5
_LONG = 6
_MIXED = 0.05


@dataclass(frozen=True)
class Context:
    """What else is known of how numbers are written.

    Attributes
    ----------
    label : str
        Of the files, for messages.
    read : ReadConfig
        As asked.
    forms : mapping
        Forms of numbers met in other columns, as :class:`Seen` has them.
    commas_separate : bool
    """

    label: str
    read: ReadConfig
    forms: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    commas_separate: bool = False


@dataclass(frozen=True)
class Finding:
    """What a text column is found to be.

    Attributes
    ----------
    readings : mapping of str to Reading
        Columns to be made of it; empty where it is not read.
    notice : str
        How it is read, for people.
    warning : str
        What does not read, or why the column is not read; empty where there is nothing to say.
    lost : int
        Values that are there and do not read.
    bare : bool
        Whether its numbers are written so plainly that they may be codes.
    """

    readings: Mapping[str, Reading] = field(default_factory=dict)
    notice: str = ""
    warning: str = ""
    lost: int = 0
    bare: bool = False


NOTHING = Finding()


def find_numbers(column: str, shapes: Shapes, context: Context) -> Finding:
    """Decide whether a text column is read as numbers, and say so.

    Parameters
    ----------
    column : str
    shapes : Shapes
        Of all of its values.
    context : Context

    Returns
    -------
    finding : Finding
    """
    if shapes.hopeless or not shapes.found:
        return NOTHING
    table = shapes.table().with_columns(missing=is_missing(pl.col("text")))
    there = table.filter(~pl.col("missing"))
    total = int(there["n"].sum())
    figures = there.with_columns(parts(pl.col("text")).alias("p")).unnest("p")
    figures = figures.filter(pl.col("core").is_not_null())
    if not total or _sum(figures) < NEARLY_ALL * total or _are_codes(figures, shapes):
        return NOTHING
    units = agreed_units(figures)
    if units is None:
        example = unread_amount(figures)
        return Finding(warning=unread_words(column, example)) if example else NOTHING
    if units.refusal:
        return Finding(warning=f"column {column!r} is not read as numbers: {units.refusal}")
    try:
        notation, indian, doubt = _notation(column, units.figures, context)
    except DataError as error:
        return Finding(warning=_ambiguous(column, error))
    reading = NumberReading(
        column, units.unit, units.prefixes, units.suffixes,
        notation.decimal_comma, notation.thousands, indian,
    )  # fmt: skip
    asked = context.read.decimal_comma != "auto" or context.read.thousands != "auto"
    return _told(reading, table, units, doubt, asked=asked)


def amounts_unread(column: str, shapes: Shapes) -> Finding:
    """Warn of a column of text that nothing reads, if most of its values look like amounts."""
    example = shapes.amount if shapes.hopeless else unread_amount(shapes.table())
    return Finding(warning=unread_words(column, example)) if example else NOTHING


def _sum(table: pl.DataFrame) -> int:
    return int(table["n"].sum())


def _are_codes(figures: pl.DataFrame, shapes: Shapes) -> bool:
    """Tell codes, telephone numbers and ids, which are no quantities."""
    alone = figures.filter((pl.col("prefix") == "") & (pl.col("suffix") == ""))
    core = pl.col("core")
    n = _sum(figures)
    if _sum(alone.filter(core.str.contains(r"^0\d"))) > _CODES * n:
        return True
    digits = core.str.count_matches(r"\d")
    signed = alone.filter(pl.col("signed") & (digits > _LONG))
    if _sum(signed) > _SIGNED * n:
        return True
    lengths = alone.select(digits.min(), most=digits.max()).row(0) if alone.height else (0, 0)
    whole = alone.height == figures.height and not alone.filter(core.str.contains("[.,']")).height
    same = whole and lengths[0] == lengths[1] and lengths[0] >= _LONG
    return same and shapes.distinct > NEARLY_ALL * shapes.seen


def _notation(
    column: str, figures: pl.DataFrame, context: Context
) -> tuple[Notation, bool, str | None]:
    """Decide how the numbers of a column are written, by its own forms before those of others.

    Raises
    ------
    DataError
        A mark may group as well as be the decimal one.
    """
    cores = figures["core"]
    lakhs = cores.str.contains(INDIAN)
    own = Seen()
    own.look(cores.filter(~lakhs).to_frame(column))
    if lakhs.any():
        own.forms["groups ,"] = (column, str(cores.filter(lakhs)[0]))
    doubtful = {f for f in own.forms if f.startswith("either")} and not {
        f for f in own.forms if f.startswith(("decimal", "groups ,", "groups ."))
    }
    seen = Seen({**context.forms, **own.forms}) if doubtful else own
    asked = context.read
    notation = seen.notation(asked, context.label, commas_separate=context.commas_separate)
    return notation, bool(lakhs.any()), own.doubt(notation, asked)


def _ambiguous(column: str, error: DataError) -> str:
    """Say which mark may be both, as reading a file's other columns would."""
    _, _, said = str(error).removesuffix(".").partition(f"column {column!r} holds numbers ")
    return f"column {column!r} is not read as numbers: it holds some {said}"


def _told(
    reading: NumberReading,
    table: pl.DataFrame,
    units: Units,
    doubt: str | None,
    *,
    asked: bool,
) -> Finding:
    """Count what reads, what is missing and what is lost, and say so."""
    column, text = reading.column, pl.col("text")
    value = reading.expression(text, pl.String())
    rows = table.with_columns(read=value.is_not_null() & ~pl.col("missing"))
    read, missing = rows.filter("read"), rows.filter("missing")
    lost = rows.filter(~pl.col("read") & ~pl.col("missing"))
    n_read, n_lost = _sum(read), _sum(lost)
    if n_read < NEARLY_ALL * (n_read + n_lost):
        return Finding(warning=_why_not(reading, read, lost, asked=asked))
    sentence = (
        f"column {column!r} is read as {reading.words()}: {_values(n_read)} such as "
        f"{_figures(read)}"
    )
    if units.plain and reading.unit:
        sentence += f"; {units.plain:,} of them without a unit taken for {reading.unit}"
    if units.factors:
        sentence += f"; {units.factors}"
    sentence += _negatives(read, value)
    if missing.height:
        words = " or ".join(repr(w) for w in missing["text"].head(3))
        sentence += f"; {_sum(missing):,} written {words} {_are(_sum(missing))} missing"
    if doubt:
        sentence += f"; {doubt}"
    warning = ""
    if n_lost:
        one = n_lost == 1
        warning = (
            f"column {column!r}: {_values(n_lost)} {'does' if one else 'do'} not read as numbers"
            f"{f' in {reading.unit}' if reading.unit else ''} (such as {_words(lost)}) and "
            f"{'counts' if one else 'count'} as missing; correct {'it' if one else 'them'}, or "
            "list the column under features.exclude"
        )
    if doubt and not reading.thousands:
        warning = "; ".join(filter(None, (warning, _may_group(column, read))))
    bare = not reading.unit and not units.factors and not lost.height and not missing.height
    plain = bool(rows.select(text.str.contains(r"^-?\d+$").all()).item())
    return Finding({column: reading}, sentence, warning, n_lost, bare and plain)


def _negatives(read: pl.DataFrame, value: pl.Expr) -> str:
    """Say which numbers are negative by parentheses, or by a minus behind them."""
    below = read.filter(value < 0)
    ways = (("in parentheses", r"\(.*[0-9].*\)"), ("with a minus behind", r"-\s*\)?\s*$"))
    found = ""
    for way, pattern in ways:
        rows = below.filter(pl.col("text").str.contains(pattern))
        if n := _sum(rows):
            found += f"; {_values(n)} {way}, such as {_figures(rows)}, {_are(n)} negative"
        below = below.filter(~pl.col("text").str.contains(pattern))
    return found


def _may_group(column: str, read: pl.DataFrame) -> str:
    """Warn of numbers with three digits after their point, where nothing tells what it means."""
    cores = read.select(parts(pl.col("text")).struct.field("core"), "n")
    three = cores.filter(pl.col("core").str.contains(MAY_GROUP))
    return three_digits(column, _sum(three), _sum(read), str(three["core"][0]))


def three_digits(column: str, n: int, total: int, example: str) -> str:
    """Say of how many values the point may group thousands, and both ways to read one like them."""
    example = figures_like(example)
    return (
        f"column {column!r}: {n:,} of {total:,} values are written like {example}, with three "
        f"digits after the point, and nothing tells what it means: read with decimals, {example} "
        f"is {float(example):g}; were they thousands, it would be "
        f"{int(example.replace('.', '')):,}, for which set input.read.thousands to '.'"
    )


def _figures(rows: pl.DataFrame) -> str:
    """Show how the first of some numbers is written, with other digits."""
    return repr(figures_like(str(rows["text"][0])))


def _words(rows: pl.DataFrame) -> str:
    """Show the first of some values: words that many rows hold; of others how they are written."""
    text, n = rows.select("text", "n").row(0)
    # Where there are digits the row of the table is a form, and its text of one row of the file.
    return quoted(text, 0 if any(c.isdigit() for c in text) else n)


def _values(n: int) -> str:
    return "1 value" if n == 1 else f"{n:,} values"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _why_not(reading: NumberReading, read: pl.DataFrame, lost: pl.DataFrame, *, asked: bool) -> str:
    """Say that numbers are written in several ways; nothing of what are none, such as dates."""
    core = parts(pl.col("text")).struct.field("core")
    lost = lost.filter(core.str.contains(NUMBER) | core.str.contains(INDIAN))
    if not lost.height or not (read.height or asked):
        return ""
    if not read.height:
        return (
            f"column {reading.column!r} is not read as numbers: values such as "
            f"{_figures(lost)} are not written as input.read.decimal_comma and "
            "input.read.thousands say; leave both at auto"
        )
    return (
        f"column {reading.column!r} is not read as numbers: {_sum(read):,} values are written as "
        f"{_figures(read)} and {_sum(lost):,} as {_figures(lost)}; write them in one way, or "
        "list the column under features.exclude"
    )
