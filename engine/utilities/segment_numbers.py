"""The numbers of segments that people and files see; what computes has indices, 0 to k - 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl


def on_page(number: int) -> int:
    """Give what people call a segment, who count from 1, by its number in files.

    Page, figures, slides, console and commands count from 1; files and what Python gives, which
    scripts read, from 0.

    Examples
    --------
    >>> on_page(0), from_page(1)
    (1, 0)
    """
    return number + 1


def from_page(number: int) -> int:
    """Give the number in files of the segment that people call so."""
    return number - 1


@dataclass(frozen=True)
class Numbers:
    """The number of each segment.

    They are 0 to k - 1 unless a previous segmentation is continued: a segment that goes on keeps
    its number then, and the number of one that is gone is not given again.

    Attributes
    ----------
    public : tuple of int
        ``public[i]`` is the number of the segment of index ``i``; ascending, so that the order of
        indices is that of the numbers.
    last : int
        The highest number that was ever given: in this segmentation and in all it continues.

    Examples
    --------
    >>> numbers = Numbers((0, 2, 5), last=6)
    >>> numbers.of(np.array([2, 0])).tolist(), numbers.index(np.array([5, 2])).tolist()
    ([5, 0], [2, 1])
    """

    public: tuple[int, ...] = ()
    last: int = -1

    def __post_init__(self) -> None:
        """Refuse numbers that are no ascending whole numbers, or that go beyond the last.

        Raises
        ------
        TypeError
        """
        whole = all(type(number) is int for number in (*self.public, self.last))
        if not whole or any(b <= a for a, b in pairwise((-1, *self.public))):
            message = f"segment numbers {self.public} do not ascend from 0"
            raise TypeError(message)
        if max(self.public, default=-1) > self.last:
            message = f"segment numbers {self.public} go beyond the last one, {self.last}"
            raise TypeError(message)

    @classmethod
    def first(cls, k: int) -> Numbers:
        """Give ``k`` segments that continue none their numbers."""
        return cls(tuple(range(k)), k - 1)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Numbers:
        """Read what :meth:`to_json` gave; none where they were not saved yet, as once."""
        return cls(tuple(tree["numbers"]), tree["last_number"]) if "numbers" in tree else cls()

    def to_json(self) -> dict[str, Any]:
        """Give plain data."""
        return {"numbers": list(self.public), "last_number": self.last}

    @property
    def are_indices(self) -> bool:
        """Whether every number is the index itself."""
        return self.public == tuple(range(len(self.public)))

    def of(self, indices: np.ndarray) -> np.ndarray:
        """Give the numbers of segments: int32 array of the shape of ``indices``."""
        if self.are_indices:
            return np.asarray(indices, np.int32)
        numbers: np.ndarray = np.asarray(self.public, np.int32)[indices]
        return numbers

    def index(self, numbers: np.ndarray) -> np.ndarray:
        """Give the indices of segments by their numbers: int32, the way back from :meth:`of`."""
        if self.are_indices:
            return np.asarray(numbers, np.int32)
        return np.searchsorted(np.asarray(self.public), numbers).astype(np.int32)

    def table(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Put numbers in place of the indices in the column ``segment``; null stays null."""
        numbers = pl.Series("segment", self.public, dtype=pl.Int32).gather(frame["segment"])
        return frame.with_columns(numbers)
