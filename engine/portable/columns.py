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
    named = feature.named
    hits, other, average = _shares(feature) if feature.encoding != "one-hot" else _flags(feature)
    gone = hits[named.index(MISSING_LEVEL)] if MISSING_LEVEL in named else other
    missing = average if feature.missing == "neutral" else gone

    def scaled(values: np.ndarray) -> np.ndarray:
        return ((values - feature.centre) / feature.scale).astype(np.float32)

    also = {level: other for other, level in feature.spelled.items()}
    texts = tuple(_texts(level, also.get(level), named) for level in named)
    return Category(feature.column, texts, scaled(hits), scaled(other), scaled(missing))


def _flags(feature: CategoricalFeature) -> tuple[np.ndarray, ...]:
    """Give a column a level: of each level, of any other text, and on average."""
    width = len(feature.names)
    other = np.zeros(width)
    if feature.rest == POOLED:
        other[-1] = 1.0
    return np.eye(len(feature.named), width), other, np.array(feature.values)


def _shares(feature: CategoricalFeature) -> tuple[np.ndarray, ...]:
    """Give how common each level is, and any other text; and the average."""
    known = feature.values[: len(feature.named)]
    rare = feature.values[-1] if feature.rest == POOLED else 0.0
    average = sum(share * share for share in known) + (1 - sum(known)) * rare
    return np.array(known).reshape(-1, 1), np.array([rare]), np.array([average])


def _texts(level: str, other: str | None, named: tuple[str, ...]) -> tuple[str, ...]:
    """Give what a level may be written as: 1 is 1.0 in a column with gaps, true may be True."""
    others: tuple[str, ...] = () if other is None else (other,)
    if level in ("true", "false"):
        others = (level.capitalize(), level.upper())
    return (level, *(o for o in others if o not in named))
