"""Columns that count the rows: followed through the file, or named so and all different."""

from __future__ import annotations

import re
from typing import Any

import narwhals as nw
import numpy as np

from engine.data_preparation.features.words import folded
from engine.data_preparation.reading.frames import to_array

REASON = "counts the rows"

_NAMES = {
    "index", "idx", "row", "rows", "rownum", "rowno", "rownumber", "rownr", "rowid", "rowindex",
    "sno", "srno", "slno", "serial", "serialno", "serialnumber", "srnum", "no", "nr", "num",
    "number", "n", "recordno", "recordnumber", "lfd", "lfdnr", "lfdnummer", "laufendenummer",
    "zeile", "zeilennummer", "zeilennr", "ligne", "numeroligne", "numero", "fila", "numerofila",
    "linha", "numerolinha", "riga", "numeroriga", "rij", "rijnummer", "volgnummer", "sira",
    "sirano", "satir", "satirno", "lp", "liczbaporzadkowa", "wiersz", "rad", "radnummer",
    "lopnummer", "lobenummer", "raekke", "номер", "№", "номерстроки", "番号", "行番号",
    "序号", "번호", "obs", "observation", "obsno", "line", "lineno", "linenumber", "seq",
    "sequence",
    "seqno", "x1",
}  # fmt: skip
_WRITTEN = re.compile(r"(unnamed:?[ _.]?\d+|__index_level_\d+__|level_\d+|#|№|n[°º]|\.\.\.1)")
"""What dataframes call an index that was written into a file, and signs for a number."""

_LEAST_ROWS = 30
_FIRST = 256
_SHARE = 0.5


def named_like_row_numbers(column: str) -> bool:
    """Tell whether a column is called like a row number.

    Examples
    --------
    >>> [named_like_row_numbers(c) for c in ("Unnamed: 0", "S.No", "#", "lfd_nr", "income")]
    [True, True, True, True, False]
    """
    if _WRITTEN.fullmatch(column.strip().lower()):
        return True
    return not column.strip() or folded(column) in _NAMES


def all_different(sample: np.ndarray, n_files: int) -> bool:
    """Tell whether whole numbers differ from row to row, or repeat once a file at most.

    Parameters
    ----------
    sample : float64 array of shape (n_sample,)
        With NaN where a value is missing.
    n_files : int
        Each file may count its rows anew.
    """
    known = sample[np.isfinite(sample)]
    if len(known) < len(sample) or len(known) < 2 or (known != np.round(known)).any():
        return False
    return int(np.unique(known, return_counts=True)[1].max()) <= n_files


class RowNumbers:
    """Follows numeric columns through the file, as long as each can be a count of its rows.

    A column is one where whole numbers rise (or fall) from each row to the next, but for where a
    file starts anew, and at least half of the steps are the same: rows that were dropped before
    the file was written leave gaps. Most columns fall out at the first 256 rows, so that the rest
    of the file costs nothing.
    """

    def __init__(self, columns: list[str], n_files: int) -> None:
        self._step: dict[str, float | None] = dict.fromkeys(columns)
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._equal = dict.fromkeys(columns, 0)
        self._breaks = dict.fromkeys(columns, 0)
        self._rows = 0
        self._n_files = n_files
        self._part = False

    def rest(self) -> RowNumbers:
        """Give one for a piece of the file: it knows the columns and steps of the first rows.

        How many of its steps are the same is asked of the whole file.
        """
        part = RowNumbers([], self._n_files)
        part._step, part._part = dict(self._step), True
        part._equal, part._breaks = dict.fromkeys(self._step, 0), dict.fromkeys(self._step, 0)
        return part

    def merge(self, after: RowNumbers) -> None:
        """Take in the rows that follow."""
        for column in list(self._step):
            if column not in after._step or not self._joined(column, after):
                del self._step[column]
        self._rows += after._rows

    def _joined(self, column: str, after: RowNumbers) -> bool:
        """Join the counts of one column; false where it is no count of both parts."""
        if not after._rows:
            return True
        if not self._rows:
            for mine, theirs in zip(self._counted(), after._counted(), strict=True):
                mine[column] = theirs[column]
            return True
        link = after._first[column] - self._last[column]
        step, their_step = self._step[column], after._step[column]
        if step is None:
            step = link if their_step is None else their_step
        self._equal[column] += int(link == step)
        self._equal[column] += after._equal[column] if their_step == step else 0
        self._breaks[column] += int(np.sign(link) != np.sign(step)) + after._breaks[column]
        self._step[column], self._last[column] = step, after._last[column]
        turned = their_step is not None and np.sign(their_step) != np.sign(step)
        return step != 0 and not turned and self._breaks[column] < self._n_files

    def _counted(self) -> tuple[dict[str, Any], ...]:
        return self._step, self._first, self._last, self._equal, self._breaks

    def add(self, frame: nw.DataFrame[Any]) -> None:
        """Take the next block of rows in."""
        if self._step and not self._rows and not self._part and len(frame) > _FIRST:
            self._follow(frame.head(_FIRST), trying=True)
        if self._step:
            self._follow(frame, trying=False)
        self._rows += len(frame)

    def _follow(self, frame: nw.DataFrame[Any], *, trying: bool) -> None:
        columns = list(self._step)
        for column, values in zip(columns, to_array(frame.select(columns)).T, strict=True):
            if not self._counts(column, values, trying=trying):
                del self._step[column]

    def _counts(self, column: str, values: np.ndarray, *, trying: bool) -> bool:
        if not (np.abs(values) < 2.0**53).all() or (values != np.round(values)).any():
            return False
        chain = np.append(self._last[column], values) if column in self._last else values
        steps = np.diff(chain)
        if not trying:
            self._first.setdefault(column, float(chain[0]))
        if len(steps) == 0:
            self._last[column] = float(chain[-1])
            return True
        step = self._step[column]
        if step is None:
            sizes, counts = np.unique(steps, return_counts=True)
            step = float(sizes[counts.argmax()])
        breaks = int((np.sign(steps) != np.sign(step)).sum()) + self._breaks[column]
        equal = int((steps == step).sum()) + self._equal[column]
        rows = len(steps) + max(self._rows - 1, 0)
        few = equal < _SHARE * rows and not self._part
        if step == 0 or breaks >= self._n_files or few:
            return False
        if not trying:
            self._step[column], self._breaks[column] = step, breaks
            self._equal[column], self._last[column] = equal, float(chain[-1])
        return True

    def found(self) -> frozenset[str]:
        """Give the columns that count the rows; none in a file of fewer than 30."""
        if self._rows < _LEAST_ROWS:
            return frozenset()
        return frozenset(c for c in self._step if self._equal[c] >= _SHARE * (self._rows - 1))
