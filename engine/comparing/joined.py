"""Two periods joined part by part: customers and money of each pair of segments, largest moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.comparing.spilled import Spilled
from engine.places.runtime import Runtime
from engine.places.side_by_side import side_by_side


@dataclass(frozen=True)
class Cells:
    """Customers by their segments in both periods.

    The last row and column but one are customers without a segment, the last row those who are in
    the later period alone, and the last column those who are in the earlier alone.

    Attributes
    ----------
    counts : int64 array of shape (k_old + 2, k_new + 2)
    before, after : float64 array of the same shape, or None
        What these customers were worth in the earlier and in the later period.
    repeated : tuple of int
        Rows of either table that repeat an id; the first of each counts.
    """

    counts: np.ndarray
    before: np.ndarray | None
    after: np.ndarray | None
    repeated: tuple[int, int]


MOVE = np.dtype(
    [("key", "u8"), ("row", "i8"), ("old", "i4"), ("new", "i4"), ("before", "f8"),
     ("after", "f8"), ("clear", "f4"), ("score", "f8")]
)  # fmt: skip
"""One customer who moved: ``row`` is of the later table, of the earlier for one who left."""


@dataclass(frozen=True)
class Wanted:
    """Whose moves are looked for.

    Attributes
    ----------
    pairs : dict of int to int
        By index: the segment of the earlier period that one of the later is.
    most : int
    """

    pairs: Mapping[int, int]
    most: int


@dataclass(frozen=True)
class Join:
    """Two periods whose customers lie in the same parts.

    Attributes
    ----------
    old, new : Spilled
    shape : pair of int
        Segments of both.
    money : bool
    """

    old: Spilled
    new: Spilled
    shape: tuple[int, int]
    money: bool

    def found(
        self, runtime: Runtime, wanted: Wanted | None = None
    ) -> tuple[Cells, np.ndarray | None]:
        """Count the customers of each pair, and give the moves that matter most, as :data:`MOVE`.

        O(n log n) in one pass over the parts, of which a few are in memory at a time.
        """
        n_parts, step = len(self.old.files), max(1, runtime.threads)
        total: list[Any] | None = None
        moves = None if wanted is None else np.empty(0, MOVE)
        for start in range(0, n_parts, step):
            some = range(start, min(start + step, n_parts))
            for *part, own in side_by_side(lambda p: self._part(p, wanted), some, runtime):
                total = (
                    part
                    if total is None
                    else [None if a is None else a + b for a, b in zip(total, part, strict=True)]
                )
                if wanted is not None:
                    moves = largest(np.concatenate([moves, own]), wanted.most)
        assert total is not None
        counts, before, after, repeated = total
        return Cells(counts, before, after, (int(repeated[0]), int(repeated[1]))), moves

    def _part(self, number: int, wanted: Wanted | None) -> tuple[Any, ...]:
        both = _Both(self.old.part(number), self.new.part(number), self.shape)
        shape = (self.shape[0] + 2, self.shape[1] + 2)
        code = both.old.astype(np.int64) * shape[1] + both.new
        cells = [np.bincount(code, minlength=shape[0] * shape[1]).reshape(shape)]
        worth = (both.before(), both.after()) if self.money else ()
        cells += [np.bincount(code, v, shape[0] * shape[1]).reshape(shape) for v in worth]
        money = cells[1:] or (None, None)
        moves = None if wanted is None else self._moves(both, wanted)
        return cells[0], *money, both.repeated, moves

    def _moves(self, both: _Both, wanted: Wanted) -> np.ndarray:
        k_old, k_new = self.shape
        then = np.full(k_new + 2, -1)
        then[list(wanted.pairs)] = list(wanted.pairs.values())
        here = (both.old < k_old) & (both.new < k_new)
        moved = here & (then[both.new] != both.old)
        if self.money:
            moved |= (both.old < k_old) & (both.new == k_new + 1)
        at = np.flatnonzero(moved)
        found = np.zeros(len(at), MOVE)
        found["key"], found["row"] = both.keys()[at], both.rows()[at]
        found["old"], found["new"] = both.old[at], both.new[at]
        if self.money:
            found["before"], found["after"] = both.before()[at], both.after()[at]
            found["score"] = np.abs(found["after"] - found["before"])
        else:
            found["clear"] = both.clear()[at]
            found["score"] = found["clear"]
        return largest(found, wanted.most)


def largest(moves: np.ndarray, most: int) -> np.ndarray:
    """Give the moves with the highest score, of equal ones those of the lowest keys; sorted."""
    if len(moves) > most:
        least = np.partition(moves["score"], len(moves) - most)[len(moves) - most]
        moves = moves[moves["score"] >= least]
    order = np.lexsort((moves["key"], -moves["score"]))
    return moves[order[:most]]


class _Both:
    """All customers of a part, each once: their segments in both periods."""

    def __init__(self, old: np.ndarray, new: np.ndarray, shape: tuple[int, int]) -> None:
        (old, a), (new, b) = _once(old), _once(new)
        self.repeated = np.array([a, b])
        here = _places(old, new)
        stayed = np.zeros(len(old), bool)
        stayed[here[here >= 0]] = True
        # Those of the later period, then those who left.
        gone = np.flatnonzero(~stayed)
        self._sides, self._gone = (old, new), gone
        self._here = here
        absent = np.full(len(new), shape[0] + 1, np.int32)
        then = np.where(here >= 0, old["segment"][here], absent) if len(old) else absent
        self.old = np.concatenate([then, old["segment"][gone]])
        self.new = np.concatenate([new["segment"], np.full(len(gone), shape[1] + 1, np.int32)])

    def before(self) -> np.ndarray:
        old, new = self._sides
        then = np.where(self._here >= 0, old["money"][self._here], 0.0) if len(old) else 0.0
        there = np.broadcast_to(then, len(new))
        return np.concatenate([there, old["money"][self._gone]])

    def after(self) -> np.ndarray:
        return np.concatenate([self._sides[1]["money"], np.zeros(len(self._gone))])

    def clear(self) -> np.ndarray:
        return np.concatenate([self._sides[1]["clear"], np.full(len(self._gone), -np.inf)])

    def keys(self) -> np.ndarray:
        old, new = self._sides
        return np.concatenate([new["key"], old["key"][self._gone]])

    def rows(self) -> np.ndarray:
        old, new = self._sides
        if "row" not in (old.dtype.names or ()):
            return np.zeros(len(new) + len(self._gone), np.int64)
        return np.concatenate([new["row"], old["row"][self._gone]])


def _once(side: np.ndarray) -> tuple[np.ndarray, int]:
    """Sort customers by their keys, and leave all but the first of an id out."""
    keys = side["key"]
    order = np.argsort(keys)
    same = keys[order[1:]] == keys[order[:-1]]
    if same.any():
        parts = (side["check"], keys) if "check" in (side.dtype.names or ()) else (keys,)
        order = np.lexsort(parts)  # stable: the first row of an id comes first
        same = np.all([p[order[1:]] == p[order[:-1]] for p in parts], axis=0)
        order = order[np.concatenate([[True], ~same])]
    return side[order], int(same.sum())


def _places(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Find the customers of one sorted side in another: their places there, -1 where not."""
    if not len(old):
        return np.full(len(new), -1)
    at = np.searchsorted(old["key"], new["key"])
    at[at == len(old)] = 0
    same = old["key"][at] == new["key"]
    if "check" in (old.dtype.names or ()):
        same &= old["check"][at] == new["check"]
        # Two texts of one key on a side stand beside each other; next to never.
        for again in np.flatnonzero((old["key"][at] == new["key"]) & ~same).tolist():
            key = new["key"][again]
            low, high = (int(np.searchsorted(old["key"], key, side)) for side in ("left", "right"))
            hit = np.flatnonzero(old["check"][low:high] == new["check"][again])
            if len(hit):
                at[again], same[again] = low + int(hit[0]), True
    return np.where(same, at, -1)
