"""The tables and settings of the memory grid: sizes, widths, lengths of text, formats, limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.data_preparation.generators.shop import SCHEMA, transaction_batches
from engine.utilities.tables import write_table

_CENTRES = 4
_CELLS = 4_000_000


@dataclass(frozen=True)
class Table:
    """A generated table; customers in four overlapping groups, or a shop's invoices.

    Attributes
    ----------
    rows, columns : int
        Of customers with transactions.
    id_length : int
        Letters of a text id; 0 numbers the customers.
    text, text_length, levels : int
        Columns of text, letters of each value, and how many values there are; 0: all differ.
    suffix : str
    group_rows : int
        Rows of a Parquet row group; 0 leaves that to the writer.
    ties : bool
        Numbers are whole, of three values: most distances are equal.
    """

    rows: int
    columns: int = 16
    id_length: int = 0
    text: int = 0
    text_length: int = 8
    levels: int = 5
    suffix: str = "parquet"
    group_rows: int = 0
    transactions: bool = False
    ties: bool = False

    def path(self, folder: Path) -> Path:
        """Give the file, made where it is not there yet."""
        told = sha256(repr(sorted(self._told().items())).encode()).hexdigest()[:12]
        file = folder / f"{told}.{self.suffix}"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{told}.part.{self.suffix}"
            self._write(part)
            part.rename(file)
        return file

    def _told(self) -> dict[str, Any]:
        told = asdict(self)
        return told if self.ties else {k: v for k, v in told.items() if k != "ties"}

    def _write(self, file: Path) -> None:
        if self.transactions:
            write_table(transaction_batches(self.rows, 1), SCHEMA, file)
            return
        blocks = self._blocks()
        first = next(blocks)
        if self.group_rows:
            whole = pl.concat([first, *blocks])
            whole.write_parquet(file, row_group_size=self.group_rows)
            return

        def every() -> Iterator[pl.DataFrame]:
            yield first
            yield from blocks

        write_table(every(), first.schema, file)

    def _blocks(self) -> Iterator[pl.DataFrame]:
        random = np.random.default_rng(5)
        centres = random.normal(0, 2, (_CENTRES, self.columns))
        step = max(1, min(100_000, _CELLS // max(1, self.columns + 20 * self.text)))
        for start in range(0, self.rows, step):
            n = min(step, self.rows - start)
            group = random.integers(0, _CENTRES, n)
            values = (centres[group] + random.normal(0, 1, (n, self.columns))).round(3)
            if self.ties:
                values = values.round().clip(-1, 1)
            numbers = {f"x{i}": values[:, i] for i in range(self.columns)}
            texts = {f"t{i}": self._texts(random, start, n) for i in range(self.text)}
            yield pl.DataFrame({"customer_id": self._ids(start, n), **numbers, **texts})

    def _ids(self, start: int, n: int) -> pl.Series:
        numbers = pl.Series(np.arange(start, start + n, dtype=np.int64))
        if not self.id_length:
            return numbers
        return pl.select(
            "K" + pl.lit(numbers).cast(pl.String).str.zfill(self.id_length - 1)
        ).to_series()

    def _texts(self, random: np.random.Generator, start: int, n: int) -> pl.Series:
        if self.levels:
            known = [
                f"{chr(97 + i % 26)}{i}".ljust(self.text_length, "x") for i in range(self.levels)
            ]
            return pl.Series(known).gather(random.integers(0, self.levels, n))
        numbers = pl.Series(np.arange(start, start + n, dtype=np.int64))
        words = pl.lit(numbers).cast(pl.String).str.zfill(9) + " said a word"
        return pl.select(words.str.pad_end(self.text_length, "y")).to_series()


@dataclass(frozen=True)
class Case:
    """A run to be measured: a table, what is set, and a share of the natural plan as the limit."""

    name: str
    table: Table
    settings: dict[str, Any] = field(default_factory=dict)
    limit: float = 0.0
    command: str = "run"


def folder() -> Path:
    """Give where tables are kept."""
    kept = os.environ.get("ENGINE_BENCH_DATA", "~/.cache/engine-bench")
    return Path(kept).expanduser() / "memory"
