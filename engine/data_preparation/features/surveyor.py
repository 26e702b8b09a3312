"""What one pass over rows learns of each column, block by block, piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np

from engine.data_preparation.features.row_numbers import RowNumbers
from engine.data_preparation.features.samplers import (
    JOINT_ROWS,
    LARGEST,
    JointSampler,
    Sampler,
)
from engine.data_preparation.features.seen import (
    NumericSurvey,
    TextSurvey,
    count_hidden_numbers,
    count_levels,
    count_numbers,
)
from engine.data_preparation.reading.finding_lists import Lists
from engine.data_preparation.reading.frames import as_polars
from engine.data_preparation.reading.numbers import Notation
from engine.utilities.sampling import likely_bound

UNBOUNDED = (LARGEST, LARGEST)


@dataclass(frozen=True)
class Asked:
    """What is to be learnt.

    Attributes
    ----------
    numeric, text, lists : sequence of str
        Columns by what they hold.
    last : sequence of str
        Columns that a line with too few fields lacks.
    looked : collection of str
        Columns of text that may be read as something else.
    hidden : collection of str
        Columns of text that may be numbers but for some words.
    counting : sequence of str
        Numeric columns that may count the rows.
    n_files : int
    notation : Notation
        How numbers are written.
    sample_rows, n_rows : int
        Rows of the sample, and all rows.
    """

    numeric: Sequence[str]
    text: Sequence[str]
    lists: Sequence[str]
    last: Sequence[str]
    looked: Collection[str]
    hidden: Collection[str]
    counting: Sequence[str]
    n_files: int
    notation: Notation
    sample_rows: int
    n_rows: int

    @property
    def bounds(self) -> tuple[np.uint64, np.uint64]:
        """Priorities of nearly surely no more rows than the samples hold, and few more."""
        first, second = (likely_bound(s, self.n_rows) for s in (self.sample_rows, JOINT_ROWS))
        return first, second

    @property
    def columns(self) -> list[str]:
        """All of them, each once."""
        return list(dict.fromkeys([*self.numeric, *self.text, *self.lists, *self.last]))


class Surveyor:
    """Learns from blocks of rows with their priorities; a visitor.

    Parameters
    ----------
    asked : Asked
    bounds : tuple of uint64
        Priorities above which rows belong neither to the sample nor to those kept with their text.

    Notes
    -----
    What it holds does not grow with the rows: the sample, 5,000 rows with their text, and of a
    column of text at most 10,000 levels and 2,000 shapes.
    """

    def __init__(self, asked: Asked, bounds: tuple[np.uint64, np.uint64] = UNBOUNDED) -> None:
        self.asked = asked
        self.numeric = {c: NumericSurvey() for c in asked.numeric}
        self.text = {c: TextSurvey() for c in asked.text}
        self.lists = {c: Lists() for c in asked.lists}
        self.counting = RowNumbers(list(asked.counting), asked.n_files)
        self.gaps = False
        self.sampler = Sampler(asked.sample_rows, asked.n_rows, bounds[0])
        self.joint = JointSampler(asked.numeric, asked.text, bounds[1])

    def add(self, _start: int, block: Any, priority: np.ndarray) -> None:
        """Take a block of rows in."""
        frame, asked = nw.from_native(block, eager_only=True), self.asked
        self.gaps = self.gaps or any(block[c].null_count() for c in asked.last)
        count_numbers(frame, self.numeric)
        for column, known in self.text.items():
            count_levels(frame, column, known)
            if column in asked.looked:
                known.look(as_polars(block[column]))
            if column in asked.hidden:
                count_hidden_numbers(block[column], known, asked.notation)
        for column, cells in self.lists.items():
            cells.look(as_polars(block[column]))
        self.sampler.add(frame.select(list(asked.numeric)), priority)
        self.joint.add(frame, priority)
        self.counting.add(frame)

    def merge(self, after: Surveyor) -> None:
        """Take in what another one has learnt of the rows that follow."""
        for column, numbers in self.numeric.items():
            numbers.merge(after.numeric[column])
        for column, text in self.text.items():
            text.merge(after.text[column])
        for column, cells in self.lists.items():
            cells.merge(after.lists[column])
        self.counting.merge(after.counting)
        self.sampler.merge(after.sampler)
        self.joint.merge(after.joint)
        self.gaps = self.gaps or after.gaps

    @property
    def lacks_rows(self) -> bool:
        """Whether a sample has fewer rows than it should: its bound was too low."""
        n = self.asked.n_rows
        numbers = bool(self.asked.numeric) and self.sampler.lacks(n)
        return numbers or (bool(self.asked.text) and self.joint.lacks(n))


class Beginning:
    """Learns from the first block of all what it decides wherever a piece begins; an onlooker.

    Whether a column of text may hold numbers or lists, and by which step a column counts the rows.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.text = {c: TextSurvey() for c in asked.text}
        self.lists = {c: Lists() for c in asked.lists}
        self.counting = RowNumbers(list(asked.counting), asked.n_files)

    def add(self, _start: int, block: Any) -> None:
        """Take the first block in."""
        for column, known in self.text.items():
            if column in self.asked.looked:
                known.look(as_polars(block[column]))
        for column, cells in self.lists.items():
            cells.look(as_polars(block[column]))
        self.counting.add(nw.from_native(block, eager_only=True))

    def surveyor(self, *, bounded: bool) -> Surveyor:
        """Give one for pieces of the rows, which knows of the first block and counts none of it."""
        part = Surveyor(self.asked, self.asked.bounds if bounded else UNBOUNDED)
        part.text = {c: t.rest() for c, t in self.text.items()}
        part.lists = {c: x.rest() for c, x in self.lists.items()}
        part.counting = self.counting.rest()
        return part
