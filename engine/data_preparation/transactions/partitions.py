"""Lines on disk by customer: a customer's lines meet in one partition, which fits in memory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl

from engine.data_preparation.features.id_forms import FOLDS, keys
from engine.utilities.permissions import make_folder

PARTITION_LINES = 1_000_000
"""Most lines that a partition is meant to hold."""

PARTITION_BYTES = 256 * 2**20
"""Most bytes of canonical lines that it is meant to hold: fewer lines where texts are long."""

_SEED = 1


def partitions_for(n_lines: int, line_bytes: float) -> int:
    """Give how many partitions keep each small enough to be settled in memory.

    Parameters
    ----------
    n_lines : int
    line_bytes : float
        Of one canonical line in memory.

    Examples
    --------
    >>> partitions_for(15_000_000, 100), partitions_for(15_000_000, 500)
    (15, 28)
    """
    return math.ceil(max(n_lines / PARTITION_LINES, n_lines * line_bytes / PARTITION_BYTES, 1))


def line_bytes(lines: pl.DataFrame) -> float:
    """Give the bytes that one of these lines takes in memory."""
    return lines.estimated_size() / max(lines.height, 1)


class Partitions:
    """Lines written by a hash of the customer, read back a partition at a time.

    Parameters
    ----------
    folder : Path
        Made when missing; emptied partition by partition.
    count : int
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        self._folder = folder
        self._written = {folder: np.zeros(count, np.int32)}
        self._buffer: list[pl.DataFrame] = []
        self._lines, self._bytes = 0, 0.0
        make_folder(folder)

    def add(self, lines: pl.DataFrame) -> None:
        """Take canonical lines; they are written once there are enough."""
        self._buffer.append(lines)
        self._lines += lines.height
        self._bytes += lines.estimated_size()
        if self._lines >= PARTITION_LINES or self._bytes >= PARTITION_BYTES / 2:
            self.flush()

    def flush(self) -> None:
        """Write what is still in memory."""
        if not self._buffer:
            return
        lines = pl.concat(self._buffer)
        self._buffer, self._lines, self._bytes = [], 0, 0.0
        # Rows without a customer are spread by their transaction, or else by their fingerprint;
        # whatever may turn out to be one customer's lies together.
        numbered = pl.col("transaction").is_not_null()
        unknown = pl.when(numbered).then(pl.col("transaction").hash(_SEED)).otherwise("print")
        key = keys(lines["id"], FOLDS if self.count > 1 else ()).hash(_SEED)
        spread = pl.when(pl.col("id").is_null()).then(unknown).otherwise(key)
        parts = lines.with_columns(part=(spread % self.count).cast(pl.UInt32))
        for (part,), rows in parts.partition_by(
            "part", as_dict=True, include_key=False, maintain_order=True
        ).items():
            written = self._written[self._folder]
            file = self._folder / f"{part}-{written[part]}.arrow"
            rows.write_ipc(file, compression="lz4")
            written[part] += 1

    def merge(self, after: Partitions) -> None:
        """Take in the files of as many partitions, of lines that follow these."""
        self._written |= after._written

    def column(self, part: int, name: str) -> pl.Series:
        """Give one column of a partition, which stays; in the order of the files."""
        parts = [pl.read_ipc(f, columns=[name])[name] for f in self._files(part)]
        return pl.concat(parts) if parts else pl.Series(name, [], dtype=pl.String)

    def lines(self, part: int) -> pl.DataFrame | None:
        """Give a partition's lines in the order of the files; None when empty."""
        files = self._files(part)
        return pl.concat([pl.read_ipc(f) for f in files]) if files else None

    def read(self, part: int) -> pl.DataFrame | None:
        """Give a partition's lines as :meth:`lines` does, and remove it."""
        lines, files = self.lines(part), self._files(part)
        for file in files:
            file.unlink()
        for written in self._written.values():
            written[part] = 0
        return lines

    def _files(self, part: int) -> list[Path]:
        return [
            folder / f"{part}-{number}.arrow"
            for folder, written in self._written.items()
            for number in range(written[part])
        ]
