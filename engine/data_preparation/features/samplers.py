"""Rows of smallest priority, kept while a file is read: numbers, and a few rows with their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.reading.frames import finite, levels_as_text, to_array

JOINT_ROWS = 5_000
"""Customers on whom columns are held against each other, text with numbers."""


class Sampler:
    """Keeps the rows of smallest priority, at most twice as many as asked for at any time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: list[np.ndarray] = []
        self._keys: list[np.ndarray] = []
        self._bound = np.uint64(2**64 - 1)

    def add(self, frame: nw.DataFrame[Any], priority: np.ndarray) -> None:
        """Take a block of rows in, with the priority of each."""
        wanted = priority <= self._bound
        if not frame.columns or not wanted.any():
            return
        mask = nw.new_series("wanted", wanted, backend=frame.implementation)
        chosen = frame if wanted.all() else frame.filter(mask)
        self._rows.append(to_array(chosen))
        self._keys.append(priority[wanted])
        if sum(map(len, self._keys)) >= 2 * self._size:
            self._shrink()

    def _shrink(self) -> None:
        """Keep the smallest, block by block: all rows never lie in memory twice."""
        keys = np.concatenate(self._keys)
        if len(keys) <= self._size:
            return
        order = np.argsort(keys, kind="stable")[: self._size]
        kept = np.zeros(len(keys), dtype=bool)
        kept[order] = True
        self._bound, start = keys[order[-1]], 0
        for i, part in enumerate(self._keys):
            mask = kept[start : start + len(part)]
            start += len(part)
            self._keys[i], self._rows[i] = part[mask], self._rows[i][mask]

    def rows(self) -> np.ndarray:
        """Give the rows in priority order: float64 (n_sample, n_columns), NaN where missing."""
        if not self._keys:
            return np.empty((0, 0))
        self._shrink()
        keys = np.concatenate(self._keys)
        place = np.empty(len(keys), dtype=np.intp)
        place[np.argsort(keys, kind="stable")] = np.arange(len(keys))
        ordered, start = np.empty((len(keys), self._rows[0].shape[1])), 0
        while self._rows:
            part = self._rows.pop(0)
            ordered[place[start : start + len(part)]] = part
            start += len(part)
        self._rows, self._keys = [ordered], [np.sort(keys, kind="stable")]
        return ordered


class JointSampler:
    """Keeps :data:`JOINT_ROWS` rows of smallest priority with all their columns, text as text."""

    def __init__(self, numeric: Sequence[str], text: Sequence[str]) -> None:
        self._numeric, self._text = list(numeric), list(text)
        self._rows: pl.DataFrame | None = None
        self._keys = np.empty(0, dtype=np.uint64)

    def add(self, frame: nw.DataFrame[Any], priority: np.ndarray) -> None:
        """Take a block of rows in, with the priority of each."""
        # Without text nothing is asked of these rows: numbers have a sample of their own.
        if not self._text or not len(frame):
            return
        chosen = np.arange(len(priority))
        if len(self._keys) == JOINT_ROWS:
            chosen = np.flatnonzero(priority < self._keys[-1])
        if len(chosen) > JOINT_ROWS:
            chosen = np.sort(chosen[np.argpartition(priority[chosen], JOINT_ROWS)[:JOINT_ROWS]])
        if not len(chosen):
            return
        wanted = np.zeros(len(priority), dtype=bool)
        wanted[chosen] = True
        mask = nw.new_series("wanted", wanted, backend=frame.implementation)
        part = self._in_polars(frame.filter(mask))
        keys = np.concatenate([self._keys, priority[chosen]])
        rows = part if self._rows is None else pl.concat([self._rows, part])
        order = np.argsort(keys, kind="stable")[:JOINT_ROWS]
        self._rows, self._keys = rows[order], keys[order]

    def _in_polars(self, frame: nw.DataFrame[Any]) -> pl.DataFrame:
        numbers = [finite(c).alias(f"n{i}") for i, c in enumerate(self._numeric)]
        text = levels_as_text(frame, self._text)
        levels = [nw.col(c).cast(nw.String).alias(f"t{i}") for i, c in enumerate(self._text)]
        # Positional names: a column may have any name.
        native = text.select(*numbers, *levels).to_native()
        found = native if isinstance(native, pl.DataFrame) else pl.from_arrow(native.to_arrow())
        assert isinstance(found, pl.DataFrame)
        return found

    def rows(self) -> pl.DataFrame | None:
        """Give the rows with the columns' own names; None where no column is text."""
        if self._rows is None:
            return None
        return self._rows.rename(
            {f"n{i}": c for i, c in enumerate(self._numeric)}
            | {f"t{i}": c for i, c in enumerate(self._text)}
        )
