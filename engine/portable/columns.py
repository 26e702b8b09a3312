"""How raw columns become prepared values, as plain numbers: for SQL and ONNX alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.data_preparation.features.feature_plan import (
    MISSING_LEVEL,
    POOLED,
    CategoricalFeature,
)
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.reading.date_readings import DateReading
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.written_numbers import NumberReading
from engine.errors import DataError
from engine.native.tables import Shape

LARGEST = float(np.finfo(np.float64).max)
"""What is larger is infinite, and counts as missing."""

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Number:
    """A column of numbers, or of dates, and what becomes of it.

    Attributes
    ----------
    column : str
        Of the table.
    shape : Shape
    snapshot : date or None
        Where the column holds dates: the value is the days from a date to this one.
    typed : str
        What was text in training and must be of this type where the model is taken, such as
        ``"numbers"``; empty for what was numbers.
    plain : bool
        Whether dates were written as 2014-06-29 where they were text.
    """

    column: str
    shape: Shape
    snapshot: date | None = None
    typed: str = ""
    plain: bool = True


@dataclass(frozen=True)
class Category:
    """A column of text, and the prepared values of each text.

    Attributes
    ----------
    column : str
    texts : tuple of tuple of str
        What each level may be written as.
    values : float32 array of shape (n_levels, n_columns)
    other, missing : float32 array of shape (n_columns,)
        Of texts that are none of these, and where nothing is.
    """

    column: str
    texts: tuple[tuple[str, ...], ...]
    values: np.ndarray
    other: np.ndarray
    missing: np.ndarray


def number_of(feature: NumericFeature) -> Number:
    """Give a feature of a plan.

    Raises
    ------
    DataError
        It is made of lists in cells, or of dates that are written as plain numbers.
    """
    reading = feature.reading
    if reading is None:
        return Number(feature.column, feature.shape)
    if isinstance(reading, NumberReading):
        return Number(reading.column, feature.shape, typed="numbers")
    if isinstance(reading, DateReading):
        written = reading.written
        if written.unit:
            message = (
                f"the model reads dates from plain numbers in the column {reading.column!r}, which "
                "SQL and ONNX have no one rule for: fit a model to a file that holds them as dates."
            )
            raise DataError(message)
        plain = written.order == "ymd" and not written.pattern and not written.languages
        day = date.fromisoformat(reading.snapshot)
        return Number(reading.column, feature.shape, day, "dates", plain)
    assert isinstance(reading, MemberReading)
    message = (
        f"the model reads lists in the cells of the column {reading.column!r}, which SQL and ONNX "
        "have no common form for: fit a model to a table with a column of 0 and 1 for each member, "
        "or leave the column out (features.exclude)."
    )
    raise DataError(message)


def category_of(feature: CategoricalFeature) -> Category:
    """Give a feature of a plan, each level with its values as the engine prepares them."""
    named, width = feature.named, len(feature.names)
    pooled = feature.rest == POOLED
    if feature.encoding == "one-hot":
        hits = np.eye(len(named), width)
        other = np.zeros(width)
        other[-1] = 1.0 if pooled else other[-1]
        average = np.array(feature.values)
    else:
        hits = np.array(feature.values[: len(named)]).reshape(-1, 1)
        other = np.array([feature.values[-1] if pooled else 0.0])
        shares = sum(v * v for v in feature.values[: len(named)])
        rest = (1 - sum(feature.values[: len(named)])) * other[0]
        average = np.array([shares + (rest if pooled else 0.0)])
    gone = hits[named.index(MISSING_LEVEL)] if MISSING_LEVEL in named else other
    missing = average if feature.missing == "neutral" else gone
    hits, other, missing = (
        ((x - feature.centre) / feature.scale).astype(np.float32) for x in (hits, other, missing)
    )
    texts = tuple(_texts(level, named) for level in named)
    return Category(feature.column, texts, hits, other, missing)


def _texts(level: str, named: tuple[str, ...]) -> tuple[str, ...]:
    """Give what a level may be written as: 1 is 1.0 in a column with gaps, true may be True."""
    others: tuple[str, ...] = ()
    if level in ("true", "false"):
        others = (level.capitalize(), level.upper())
    elif level.removeprefix("-").isdecimal():
        others = (f"{level}.0",)
    return (level, *(o for o in others if o not in named))
