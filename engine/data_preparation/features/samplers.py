"""Rows of smallest priority, kept while a file is read: numbers, and a few rows with their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.reading.frames import finite, levels_as_text, to_array

_STEP_CELLS, _LEAST_STEP = 1 << 20, 256
"""Numbers, and rows, that are copied at a time at least."""

_AT_ONCE = 8
"""Columns that are ordered at a time: a line of a core's cache."""

JOINT_ROWS = 5_000
"""Customers on whom columns are held against each other, text with numbers."""

LARGEST = np.uint64(2**64 - 1)


class Sampler:
    """Keeps the rows of smallest priority in one array, with room for a quarter more.

    Parameters
    ----------
    size : int
        Rows that are kept.
    n_rows : int, optional
        Rows that there are: no room is made for more.
    bound : uint64, optional
        Rows of larger priority are not kept: see :func:`likely_bound`.

    Notes
    -----
    Nothing is held twice: rows beyond the array's room take the places of those that are not kept,
    and the rows are ordered a few columns at a time.
    """

    def __init__(self, size: int, n_rows: int | None = None, bound: np.uint64 = LARGEST) -> None:
        self._size = size
        room = size + max(1, size // 4)
        self._room = room if n_rows is None else min(room, n_rows)
        self._bound = bound
        self._rows: np.ndarray | None = None
        self._keys = np.empty(0, dtype=np.uint64)
        self._arrived = np.empty(0, dtype=np.int64)
        self._held = self._seen = 0

    def add(self, frame: nw.DataFrame[Any], priority: np.ndarray) -> None:
        """Take a block of rows in, with the priority of each."""
        wanted = priority <= self._bound
        if not frame.columns or not wanted.any():
            return
        mask = nw.new_series("wanted", wanted, backend=frame.implementation)
        chosen = frame if wanted.all() else frame.filter(mask)
        if self._rows is None:
            self._rows = np.empty((self._room, len(frame.columns)))
            self._keys = np.empty(self._room, dtype=np.uint64)
            self._arrived = np.empty(self._room, dtype=np.int64)
        keys, start = priority[wanted], 0
        step = max(_LEAST_STEP, _STEP_CELLS // len(frame.columns))
        while start < len(keys):
            if self._held == self._room:
                self._shrink()
            stop = min(start + step, start + self._room - self._held, len(keys))
            self._take(chosen[start:stop], keys[start:stop])
            start = stop

    def _take(self, frame: nw.DataFrame[Any], keys: np.ndarray) -> None:
        assert self._rows is not None
        to = slice(self._held, self._held + len(keys))
        self._rows[to], self._keys[to] = to_array(frame), keys
        self._arrived[to] = np.arange(self._seen, self._seen + len(keys))
        self._held += len(keys)
        self._seen += len(keys)

    def _order(self) -> np.ndarray:
        """Give the places of the rows that are kept, by priority; equal ones as they came."""
        keys = self._keys[: self._held]
        by_key = keys.argsort()
        if (np.diff(keys[by_key]) == 0).any():
            by_key = np.lexsort((self._arrived[: self._held], keys))
        return by_key[: self._size]

    def _shrink(self) -> None:
        """Keep the smallest: those at the end take the places of the ones that go."""
        if self._held <= self._size:
            return
        order = self._order()
        self._bound = self._keys[order[-1]]
        kept = np.zeros(self._held, dtype=bool)
        kept[order] = True
        places = np.flatnonzero(~kept[: self._size])
        moved = self._size + np.flatnonzero(kept[self._size :])
        for held in (self._rows, self._keys, self._arrived):
            assert held is not None
            held[places] = held[moved]
        self._held = self._size

    def __getstate__(self) -> dict[str, Any]:
        """Leave the room behind that holds nothing: what was sent takes no more blocks in."""
        state = dict(vars(self))
        if self._rows is not None:
            held = {n: state[n][: self._held] for n in ("_rows", "_keys", "_arrived")}
            state |= {**held, "_room": self._held}
        return state

    def merge(self, after: Sampler) -> None:
        """Take in the rows that follow."""
        if after._rows is None:
            return
        if self._rows is None:
            self._rows = np.empty((0, after._rows.shape[1]))
        first, second = slice(self._held), slice(after._held)
        self._rows = np.concatenate([self._rows[first], after._rows[second]])
        self._keys = np.concatenate([self._keys[first], after._keys[second]])
        arrived = after._arrived[second] + self._seen
        self._arrived = np.concatenate([self._arrived[first], arrived])
        self._held = self._room = len(self._rows)
        self._seen += after._seen
        self._shrink()

    def lacks(self, n_rows: int) -> bool:
        """Whether rows of larger priority than the bound belong to the sample of so many."""
        return self._held < min(self._size, n_rows)

    def rows(self) -> np.ndarray:
        """Give the rows in priority order: float64 (n_sample, n_columns), NaN where missing."""
        if self._rows is None:
            return np.empty((0, 0))
        self._shrink()
        order, n = self._order(), self._held
        for column in range(0, self._rows.shape[1], _AT_ONCE):
            beside = slice(column, column + _AT_ONCE)
            self._rows[:n, beside] = self._rows[:, beside].take(order, axis=0)
        for held in (self._keys, self._arrived):
            held[:n] = held[order]
        return self._rows[:n]


class JointSampler:
    """Keeps :data:`JOINT_ROWS` rows of smallest priority with all their columns, text as text."""

    def __init__(
        self, numeric: Sequence[str], text: Sequence[str], bound: np.uint64 = LARGEST
    ) -> None:
        self._numeric, self._text = list(numeric), list(text)
        self._bound = bound
        self._rows: pl.DataFrame | None = None
        self._keys = np.empty(0, dtype=np.uint64)

    def add(self, frame: nw.DataFrame[Any], priority: np.ndarray) -> None:
        """Take a block of rows in, with the priority of each."""
        # Without text nothing is asked of these rows: numbers have a sample of their own.
        if not self._text or not len(frame):
            return
        if len(self._keys) == JOINT_ROWS:
            chosen = np.flatnonzero(priority < self._keys[-1])
        else:
            chosen = np.flatnonzero(priority <= self._bound)
        if len(chosen) > JOINT_ROWS:
            chosen = np.sort(chosen[np.argpartition(priority[chosen], JOINT_ROWS)[:JOINT_ROWS]])
        if not len(chosen):
            return
        wanted = np.zeros(len(priority), dtype=bool)
        wanted[chosen] = True
        mask = nw.new_series("wanted", wanted, backend=frame.implementation)
        self._keep(self._in_polars(frame.filter(mask)), priority[chosen])

    def merge(self, after: JointSampler) -> None:
        """Take in the rows that follow."""
        if after._rows is not None:
            self._keep(after._rows, after._keys)

    def lacks(self, n_rows: int) -> bool:
        """Whether rows of larger priority than the bound belong to these, of so many."""
        return len(self._keys) < min(JOINT_ROWS, n_rows)

    def _keep(self, part: pl.DataFrame, priority: np.ndarray) -> None:
        keys = np.concatenate([self._keys, priority])
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
