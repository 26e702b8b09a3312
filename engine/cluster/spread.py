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

from engine.cluster.pieces import concatenated, least
from engine.cluster.worker import taken
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.cluster.members import Members


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
        found = self.members.combined(
            taken, [a[0] for a in asked], [a[1] for a in asked], combine=concatenated
        )
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        rows: np.ndarray = found[back]
        return rows

    def map(self, fn: Callable[..., Any], *others: Spread, **known: Any) -> Spread:
        """Apply ``fn`` to each piece, beside those of others; it gives as many rows."""
        given = fn(*(np.empty((0, *r.tail), r.dtype) for r in (self, *others)))
        found = Spread(self.members, self.rows, given.dtype, given.shape[1:])
        found.fill(
            self.members.tasks(partial(fn, **known), self.pieces, *(o.pieces for o in others))
        )
        return found

    def fold(
        self, fn: Callable[..., Any], combine: Callable[[Any, Any], Any], *others: Spread
    ) -> Any:
        """Apply ``fn`` to each piece and put the results together, in the order of the pieces."""
        lists = (self.pieces, *(o.pieces for o in others))
        return self.members.combined(fn, *lists, combine=combine)

    def smallest_within(self, labels: Spread | None, counts: np.ndarray) -> list[np.ndarray]:
        """Draw rows by segment: see :func:`engine.utilities.rows.smallest_within`."""
        counts = np.minimum(np.asarray(counts, np.int64), len(self))
        lists = [self.pieces, self.starts.tolist()]
        if labels is not None:
            lists.append(labels.pieces)
        kept = _Least(counts)
        found = self.members.combined(kept, *lists, combine=kept.together)
        return [rows for _, rows in found]

    def draw(self, size: int) -> np.ndarray:
        """Draw the rows of smallest value: see :func:`engine.utilities.sampling.draw`."""
        return self.smallest_within(None, np.array([size]))[0]


class _Columns:
    """Cuts a piece by columns."""

    def __init__(self, columns: Any) -> None:
        self.columns = columns

    def __call__(self, piece: Any) -> Any:
        return piece[:, self.columns].copy()


class _Least:
    """The rows of least priority of each segment, of a piece or of two together."""

    def __init__(self, counts: np.ndarray) -> None:
        self.counts = counts

    def __call__(self, priority: np.ndarray, start: int, labels: Any = None) -> list[Any]:
        return least(priority, start, labels, self.counts)

    def together(self, first: list[Any], second: list[Any]) -> list[Any]:
        found = []
        for one, other, count in zip(first, second, self.counts, strict=True):
            priority, rows = (np.concatenate(pair) for pair in zip(one, other, strict=True))
            kept = draw(priority, int(count))
            found.append((priority[kept], rows[kept]))
        return found
