"""Ids that stand in several rows of a stream: counted in bounded memory, by their hashes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

_IN_MEMORY = 1 << 20
"""Hashes that are held: 8 MiB. Beyond, they lie in files, of which one is read at a time."""

_FILES = 256


class Repeats:
    """Counts ids that repeat, of any number of rows.

    Hashes of 64 bits stand for ids: among a billion, that two of them have the same one has a
    chance of 3%, and would count one id too many.

    Parameters
    ----------
    folder : callable
        Gives an empty folder for hashes, called where there are too many for memory.

    Examples
    --------
    >>> counted = Repeats(Path)
    >>> counted.add(pl.Series([1, 2, 2, None])), counted.add(pl.Series([3, 2, 1]))
    (None, None)
    >>> counted.found()
    (2, 5)
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._make = folder
        self._folder: Path | None = None
        self._held: list[np.ndarray] = []
        self._count = 0

    def add(self, ids: pl.Series) -> None:
        """Take in the ids of further rows, of the type of those before; null is none."""
        hashes = ids.drop_nulls().hash(seed=7).to_numpy()
        self._held.append(hashes)
        self._count += len(hashes)
        if self._count > _IN_MEMORY:
            self._spill()

    def found(self) -> tuple[int, int]:
        """Give how many ids stand in several rows, and in how many rows they stand in all."""
        if self._folder is None:
            return _repeated(self._all())
        self._spill()
        each = [_repeated(np.fromfile(f, np.uint64)) for f in sorted(self._folder.iterdir())]
        return sum(ids for ids, _ in each), sum(rows for _, rows in each)

    def _all(self) -> np.ndarray:
        return np.concatenate([np.empty(0, np.uint64), *self._held])

    def _spill(self) -> None:
        """Append what is held to files, equal hashes to the same one."""
        if self._folder is None:
            self._folder = self._make()
        hashes = self._all()
        files = (hashes >> np.uint64(56)).astype(np.uint8)
        order = np.argsort(files, kind="stable")  # of bytes: without comparing them
        cuts = np.cumsum(np.bincount(files, minlength=_FILES))[:-1]
        for number, part in enumerate(np.split(hashes[order], cuts)):
            with (self._folder / f"{number:03}").open("ab") as file:
                part.tofile(file)
        self._held, self._count = [], 0


def _repeated(hashes: np.ndarray) -> tuple[int, int]:
    held = pl.Series(hashes)
    if held.n_unique() == len(held):
        return 0, 0
    several = np.unique(hashes, return_counts=True)[1]
    several = several[several > 1]
    return len(several), int(several.sum())
