"""What would have to change for a customer to be in another segment, all else as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from engine.data_preparation.features.feature_plan import (
    MISSING_LEVEL,
    OTHER_LEVEL,
    CategoricalFeature,
)
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.model.reasons import Pooled, Reasoner

_FARTHEST = 10.0
"""How far prepared numbers go, where the plan does not clip them."""

_STEPS, _PAIRED = 1_000, 4
_SMALL = 50
"""Whole numbers tried one by one."""


@dataclass(frozen=True)
class Change:
    """Values under which a customer would be in another segment.

    Attributes
    ----------
    values : dict of str to float or str
        By column: the first value, from the customer's own on, that leads elsewhere; or a level.
    segment : int
        Index of that segment.
    """

    values: dict[str, float | str]
    segment: int


@dataclass(frozen=True)
class _Slide:
    """A column of numbers on its way from the customer's value to one end of its range."""

    name: str
    feature: NumericFeature
    column: int
    start: float
    end: float

    def value(self, at: float) -> float:
        """Give the value in the column's own units where the prepared one is this."""
        return original(self.feature, at)

    def way_to(self, change: Change) -> float:
        """Give how far the prepared number moves."""
        return abs(prepared_of(self.feature, float(change.values[self.name])) - self.start)


def original(feature: NumericFeature, prepared: float) -> float:
    """Take a prepared number back to the units of its column.

    Examples
    --------
    >>> feature = NumericFeature("spend", 5.0, 0.0, 1000.0, True, 2.0, 0.5)
    >>> round(original(feature, (np.log1p(99.0) - 2.0) / 0.5), 6)
    99.0
    """
    value = prepared * feature.scale + feature.centre
    if feature.log and feature.unit is not None:
        value = float(np.sinh(value) * feature.unit)
    elif feature.log:
        value = float(np.sign(value) * np.expm1(abs(value)))
    return _clipped(feature, value)


def prepared_of(feature: NumericFeature, value: float) -> float:
    """Give the prepared number of a value: what :func:`original` takes back."""
    value = _clipped(feature, value)
    if feature.log and feature.unit is not None:
        value = float(np.arcsinh(value / feature.unit))
    elif feature.log:
        value = float(np.sign(value) * np.log1p(abs(value)))
    return (value - feature.centre) / feature.scale


def _ends(feature: NumericFeature) -> tuple[float, float]:
    """Give the range of a column's values, beyond which all count as one."""
    low = -np.inf if feature.low is None else feature.low
    return low, np.inf if feature.high is None else feature.high


def _clipped(feature: NumericFeature, value: float) -> float:
    return float(np.clip(value, *_ends(feature)))


class Changes:
    """Finds what would change a customer's segment.

    Parameters
    ----------
    reasoner : Reasoner
    kinds : dict of str to str
        Kinds of columns: ``flag`` (0 or 1) and ``few`` (small whole numbers).
    """

    def __init__(self, reasoner: Reasoner, kinds: dict[str, str]) -> None:
        self._of, self._kinds = reasoner, kinds
        self._along = reasoner.points @ reasoner.weights
        """What a step along a prepared column does to the distance to each point, halved."""

    def of(self, x: np.ndarray, own: int, order: list[int]) -> list[Change] | None:
        """Find single columns that change the segment; two together where none does.

        Parameters
        ----------
        x : float32 array of shape (n_prepared,)
        own : int
            Index of the segment.
        order : list of int
            Columns of the file that are tried, the first the most telling.

        Returns
        -------
        changes : list of Change or None
            None where distances do not tell the segment: landmarks decide otherwise than they do.
        """
        x = x.astype(np.float64)
        if self._of.k < 2:
            return []
        if self._nearest(x) != own:
            return None
        found = [c for number in order if (c := self._single(x, own, self._of.columns[number]))]
        return found or self._pair(x, own, order)

    def _nearest(self, x: np.ndarray) -> int:
        return int(self._of.segments[self._of.squares(self._of.where(x[None]))[0].argmin()])

    def _single(self, x: np.ndarray, own: int, column: Pooled) -> Change | None:
        if len(column.features) > 1:
            return None  # lists: one member more or less is told by its flag, not by a value
        feature = self._of.plan.features[column.features[0]]
        if isinstance(feature, CategoricalFeature):
            return self._level(x, own, column, feature)
        if self._kinds.get(column.name) == "flag":
            tried = [c for value in (0.0, 1.0) if (c := self._at(x, own, column, feature, value))]
            return tried[0] if tried else None
        slides = self._slides(x, column, feature)
        found = [c for s in slides if (c := self._first(x, own, [s]))]
        if self._kinds.get(column.name) == "few":
            found = [c for f in found if (c := self._whole(x, own, column, feature, f))]
        return min(found, key=lambda c: self._distance(x, column, feature, c), default=None)

    def _slides(self, x: np.ndarray, column: Pooled, feature: NumericFeature) -> list[_Slide]:
        """Give the ways from the customer's value to both ends of the range."""
        at, start = column.prepared[0], float(x[column.prepared[0]])
        low, high = (prepared_of(feature, v) for v in _ends(feature))
        low, high = max(low, -_FARTHEST), min(high, _FARTHEST)
        ends = [end for end in (low, high) if abs(end - start) > 1e-9]
        return [_Slide(column.name, feature, at, start, end) for end in ends]

    def _first(self, x: np.ndarray, own: int, slides: list[_Slide]) -> Change | None:
        """Find the first point of a way, all columns at once, that is of another segment.

        Squared distances to all points change by the same square and a line each: who is nearest
        is the lower end of these lines, walked along from crossing to crossing.
        """
        squares = self._of.squares(self._of.where(x[None]))[0]
        slope: np.ndarray = np.zeros(len(squares))
        for slide in slides:
            slope -= 2 * self._along[:, slide.column] * (slide.end - slide.start)
        at, now = 0.0, int(squares.argmin())
        for _ in range(_STEPS):
            steeper = slope < slope[now] - 1e-12
            gap = (squares - squares[now]) / np.where(steeper, slope[now] - slope, 1)
            gap = np.where(steeper & (gap >= at), gap, np.inf)
            nearest = int(gap.argmin())
            if gap[nearest] > 1:
                return None
            at, now = float(gap[nearest]), nearest
            if self._of.segments[now] != own:
                values: dict[str, float | str] = {
                    s.name: s.value(s.start + at * (s.end - s.start)) for s in slides
                }
                return Change(values, int(self._of.segments[now]))
        return None

    def _at(
        self, x: np.ndarray, own: int, column: Pooled, feature: NumericFeature, value: float
    ) -> Change | None:
        """Look where a value leads."""
        other = x.copy()
        other[column.prepared[0]] = prepared_of(feature, value)
        segment = self._nearest(other)
        return None if segment == own else Change({column.name: value}, segment)

    def _whole(
        self, x: np.ndarray, own: int, column: Pooled, feature: NumericFeature, found: Change
    ) -> Change | None:
        """Find the first whole number beyond a value that leads elsewhere."""
        value, (low, high) = float(found.values[column.name]), _ends(feature)
        up = prepared_of(feature, value) > x[column.prepared[0]]
        tried = np.ceil(value) if up else np.floor(value)
        for _ in range(_SMALL):
            if not low <= tried <= high:
                return None
            if change := self._at(x, own, column, feature, float(tried)):
                return change
            tried += 1 if up else -1
        return None

    def _distance(
        self, x: np.ndarray, column: Pooled, feature: NumericFeature, change: Change
    ) -> float:
        value = float(change.values[column.name])
        return abs(prepared_of(feature, value) - float(x[column.prepared[0]]))

    def _level(
        self, x: np.ndarray, own: int, column: Pooled, feature: CategoricalFeature
    ) -> Change | None:
        """Find the level that leads elsewhere, the one most clearly so."""
        if feature.encoding != "one-hot":
            return None
        found = []
        for number, level in enumerate(feature.levels):
            if level in (MISSING_LEVEL, OTHER_LEVEL):
                continue
            other, hits = x.copy(), np.zeros(len(feature.levels))
            hits[number] = 1
            other[list(column.prepared)] = (hits - feature.centre) / feature.scale
            squares = self._of.squares(self._of.where(other[None]))[0]
            nearest = int(squares.argmin())
            segment = int(self._of.segments[nearest])
            if segment != own:
                gap = squares[self._of.segments == own].min() - squares[nearest]
                found.append((float(gap), Change({column.name: level}, segment)))
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _pair(self, x: np.ndarray, own: int, order: list[int]) -> list[Change]:
        """Find two columns of numbers that change it together, with the shortest way."""
        ways = list(self._numbers(x, order))
        tried: list[tuple[float, Change]] = []
        for one, two in combinations(ways, 2):
            for slides in product(one, two):
                change = self._first(x, own, list(slides))
                tried += [(sum(s.way_to(change) ** 2 for s in slides), change)] if change else []
        return [min(tried, key=lambda pair: pair[0])[1]] if tried else []

    def _numbers(self, x: np.ndarray, order: list[int]) -> Iterator[list[_Slide]]:
        taken = 0
        for number in order:
            column = self._of.columns[number]
            feature: Any = self._of.plan.features[column.features[0]]
            plain = self._kinds.get(column.name) not in ("flag", "few")
            if len(column.features) == 1 and isinstance(feature, NumericFeature) and plain:
                if taken == _PAIRED:
                    return
                taken += 1
                yield self._slides(x, column, feature)
