"""Rows that lie in pieces on the workers of a cluster: what is known of them here, and the doors.

Nothing of the rows is held here but how many each piece has. A piece is what a task gave: where a
worker is lost, the scheduler computes it again, from the files on. No piece is ever changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cluster.pieces import Largest, Least, around, joined_around
from engine.cluster.worker import taken

if TYPE_CHECKING:
    from engine.cluster.members import Members

_DRAWN = 100_000
"""Rows that are drawn at once, of which smaller samples are the beginning."""

_BEYOND = 8
"""Standard deviations of the rows below a priority: so many more of them are looked at than are
wanted, as priorities are hashes and so spread evenly."""


@dataclass(eq=False)
class Spread:
    """An array of rows, or of one value each, in pieces in the order of the rows.

    Attributes
    ----------
    members : Members
        Where the pieces lie.
    rows : tuple of int
        How many each piece has.
    dtype : numpy dtype
    tail : tuple of int
        Shape without the rows.
    pieces : tuple of distributed.Future
        Empty while it is room that a pass is to fill.
    """

    members: Members = field(repr=False)
    rows: tuple[int, ...]
    dtype: np.dtype[Any]
    tail: tuple[int, ...] = ()
    pieces: tuple[Any, ...] = field(default=(), repr=False)
    _drawn: np.ndarray | None = field(default=None, init=False, repr=False)

    __array_ufunc__ = None
    """NumPy refuses it in operators, in place of bringing every row here."""

    def __len__(self) -> int:
        """Count all rows."""
        return sum(self.rows)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        """Refuse to bring every row here, which NumPy asks for by itself."""
        message = "rows that are spread over workers are not brought here as a whole"
        raise TypeError(message)

    def __reduce__(self) -> Any:
        """Refuse to be sent."""
        message = "rows that are spread over workers cannot be sent: their pieces can"
        raise TypeError(message)

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (len(self), *self.tail)

    @property
    def ndim(self) -> int:
        """As of an array."""
        return 1 + len(self.tail)

    @property
    def starts(self) -> np.ndarray:
        """Number of the first row of each piece."""
        return np.cumsum((0, *self.rows[:-1]), dtype=np.int64)

    def room(self, dtype: Any, tail: tuple[int, ...] = ()) -> Spread:
        """Make room for a row, or a value, beside each of these; a pass fills it."""
        return Spread(self.members, self.rows, np.dtype(dtype), tail)

    def fill(self, pieces: Sequence[Any]) -> None:
        """Let these be the pieces."""
        self.pieces = tuple(pieces)

    def __getitem__(self, key: Any) -> Any:
        """Bring some rows here, by their numbers or the first ones; or give some columns."""
        if isinstance(key, tuple):
            rows, columns = key
            if rows != slice(None):
                message = "of rows that are spread only all can be cut by columns"
                raise IndexError(message)
            return self.map(_Columns(columns))
        if isinstance(key, slice):
            key = np.arange(len(self))[key]
        return self.take(np.asarray(key))

    def laid(self, values: np.ndarray) -> Spread:
        """Lay a value beside each of these, which are few: they are sent."""
        found = self.room(values.dtype, values.shape[1:])
        found.fill(self.members.tasks(np.asarray, np.split(values, self.starts[1:])))
        return found

    def take(self, numbers: np.ndarray) -> np.ndarray:
        """Bring rows here, in the order asked for: only they travel."""
        numbers = np.asarray(numbers, np.int64)
        order = np.argsort(numbers, kind="stable")
        ends = np.searchsorted(numbers[order], [*self.starts[1:], len(self)])
        places = [
            part - start
            for part, start in zip(np.split(numbers[order], ends[:-1]), self.starts, strict=True)
        ]
        asked = [(p, where) for p, where in zip(self.pieces, places, strict=True) if len(where)]
        if not asked:
            return np.empty((0, *self.tail), self.dtype)
        pieces, at = zip(*asked, strict=True)
        found = np.empty((len(order), *self.tail), self.dtype)
        found[order] = np.concatenate(self.members.results(self.members.tasks(taken, pieces, at)))
        return found

    def map(self, fn: Callable[..., Any], *others: Spread) -> Spread:
        """Apply ``fn`` to each piece, beside those of others; it gives as many rows."""
        given = fn(*(np.empty((0, *r.tail), r.dtype) for r in (self, *others)))
        found = Spread(self.members, self.rows, given.dtype, given.shape[1:])
        found.fill(self.members.tasks(fn, self.pieces, *(o.pieces for o in others)))
        return found

    def fold(
        self, fn: Callable[..., Any], combine: Callable[[Any, Any], Any], *others: Spread
    ) -> Any:
        """Apply ``fn`` to each piece and put the results together, in the order of the pieces."""
        lists = (self.pieces, *(o.pieces for o in others))
        return self.members.combined(fn, *lists, combine=combine)

    def smallest_within(
        self, labels: Spread | None, counts: np.ndarray, sizes: np.ndarray | None = None
    ) -> list[np.ndarray]:
        """Draw rows by segment: see :func:`engine.utilities.rows.smallest_within`."""
        counts = np.minimum(np.asarray(counts, np.int64), len(self))
        lists = [self.pieces, self.starts.tolist()]
        if labels is not None:
            lists.append(labels.pieces)
        bounds = None if sizes is None else _bounds(counts, sizes)
        kept = Least(counts, bounds)
        found = self.members.combined(kept, *lists, combine=kept.together)
        short = sizes is not None and any(
            len(rows) < min(count, size)
            for (_, rows), count, size in zip(found, counts, sizes, strict=True)
        )
        if short:  # not spread as evenly as hashes are
            return self.smallest_within(labels, counts)
        return [rows for _, rows in found]

    def draw(self, size: int) -> np.ndarray:
        """Draw the rows of smallest value: see :func:`engine.utilities.sampling.draw`."""
        size = min(size, len(self))
        drawn = self._drawn  # which another thread may draw anew meanwhile
        if drawn is None or len(drawn) < size:
            most = min(max(size, _DRAWN), len(self))
            self._drawn = drawn = self.smallest_within(
                None, np.array([most]), np.array([len(self)])
            )[0]
        return drawn[:size]

    def kth_smallest(self, count: int) -> np.uint64:
        """Find the priority of a sample's last row; only priorities near it are brought here."""
        wanted, every = np.array([count]), np.array([len(self)])
        low, high = (_bounds(wanted, every, sign)[0] for sign in (-1, 1))
        below, between = self.fold(partial(around, low, high), joined_around)
        if not below < count <= below + len(between):  # not spread as evenly as hashes are
            drawn = self.smallest_within(None, wanted)[0]
            return np.uint64(self.take(drawn[-1:])[0])
        return np.uint64(np.partition(between, count - below - 1)[count - below - 1])

    def largest(self, count: int) -> np.ndarray:
        """Find the rows of the largest values: see :func:`engine.utilities.rows.largest`."""
        kept = Largest(count)
        lists = self.pieces, self.starts.tolist()
        rows: np.ndarray = self.members.combined(kept, *lists, combine=kept.together)[1]
        return rows


class _Columns:
    """Cuts a piece by columns."""

    def __init__(self, columns: Any) -> None:
        self.columns = columns

    def __call__(self, piece: Any) -> Any:
        return piece[:, self.columns].copy()


def _bounds(counts: np.ndarray, sizes: np.ndarray, sign: int = 1) -> np.ndarray:
    """Priorities that the smallest of each segment do not exceed, all but certainly.

    With ``sign`` -1 those that some of them do.
    """
    wanted = counts + sign * (_BEYOND * np.sqrt(counts) + _BEYOND**2)
    share = np.clip(wanted / np.maximum(sizes, 1), 0.0, 1.0)
    return np.array([min(int(s * 2.0**64), 2**64 - 1) for s in share], np.uint64)
