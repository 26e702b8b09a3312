"""The part of a plan for one column of numbers: filled, clipped, shaped, centred and scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np

from engine.data_preparation.reading.frames import finite
from engine.data_preparation.reading.readings import Reading, reading_from_json
from engine.native.tables import ASINH, LOG, PLAIN, Shape


@dataclass(frozen=True)
class NumericFeature:
    """How one number becomes one matrix column, in this order.

    Attributes
    ----------
    column : str
    fill : float
        Stands for what is missing or infinite.
    low, high : float or None
        Bounds of clipping, in the column's units.
    log : bool
        Whether sign(x) * log(1 + abs(x)) is taken, or asinh(x / unit) where there is a unit.
    centre, scale : float
        Subtracted, then divided by.
    unit : float or None
        For columns on both sides of zero.
    reading : Reading or None
        How the column is made from text; None where the file holds numbers.
    """

    column: str
    fill: float
    low: float | None
    high: float | None
    log: bool
    centre: float
    scale: float
    unit: float | None = None
    reading: Reading | None = None

    @property
    def names(self) -> list[str]:
        """Names of the matrix columns."""
        return [self.column]

    @property
    def file_column(self) -> str:
        """The column of the file that it is made from."""
        return self.reading.column if self.reading else self.column

    def to_json(self) -> dict[str, Any]:
        """Plain data; of a reading only where there is one, as it was before there were any."""
        tree = asdict(replace(self, reading=None))
        del tree["reading"]
        return tree | ({"reading": self.reading.to_json()} if self.reading else {})

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> NumericFeature:
        """Read what :meth:`to_json` wrote."""
        reading = tree.get("reading")
        return cls(**{**tree, "reading": reading_from_json(reading) if reading else None})

    @property
    def shape(self) -> Shape:
        """The same for a kernel."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        kind = PLAIN if not self.log else LOG if self.unit is None else ASINH
        return Shape(self.fill, low, high, kind, self.unit or 1.0, self.centre, self.scale)

    def expressions(self) -> list[nw.Expr]:
        """Give one float32 expression."""
        x = finite(self.column).fill_null(self.fill)
        if self.low is not None and self.high is not None:
            x = x.clip(self.low, self.high)
        if self.log:
            if self.unit is None:
                magnitude = (x.abs() + 1.0).log()
            else:  # asinh, which dataframes do not share.
                far = x.abs() / self.unit
                magnitude = (far + (far * far + 1.0) ** 0.5).log()
            x = nw.when(x < 0).then(-magnitude).otherwise(magnitude)
        return [((x - self.centre) / self.scale).cast(nw.Float32).alias(self.column)]
