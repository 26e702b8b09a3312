"""Files in, blocks of rows out: CSV and Parquet; one file, a folder or a glob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading.blocks import BATCH_ROWS, BLOCK_BYTES, blocks_of, row_bytes
from engine.data_preparation.reading.csv_files import CsvFile, ways_of_writing
from engine.data_preparation.reading.csv_pieces import PartFiles, reopened
from engine.data_preparation.reading.cuts import Cut, Written, check_written
from engine.data_preparation.reading.cutting import Workers, first_records
from engine.data_preparation.reading.explaining import explained, text_among_numbers
from engine.data_preparation.reading.files import (
    READ_ERRORS,
    find_files,
    kind_of,
    label,
    no_rows,
)
from engine.data_preparation.reading.numbers import PLAIN, Notation
from engine.data_preparation.reading.opening import open_csv_files, open_parquet
from engine.data_preparation.reading.parquet_files import scan_parquet
from engine.data_preparation.reading.parquet_footer import row_groups
from engine.data_preparation.reading.points import Points
from engine.data_preparation.reading.readings import Reading, read_columns
from engine.errors import DataError


@dataclass(frozen=True)
class Source:
    """Files that are read together as one table, in the order of their names.

    Attributes
    ----------
    files : tuple of Path
    kind : {"csv", "parquet"}
    schema : dict of str to polars data type
        Every column, as it will be read: numbers in CSV as Float64, all else there as text.
    read : ReadConfig
        As asked, with what all files have in common in place of ``auto``.
    csv : mapping of Path to CsvFile; empty for Parquet
    notation : Notation
        How the files write numbers.
    points : Points or None
        What a point in a number means where only all rows can tell; None for Parquet.
    readings : mapping of str to Reading
        Columns made from those of the files, such as numbers from text; see :meth:`with_readings`.
    named : str
        What stands for the files in messages, where nobody named these: customers are gathered.
    told : tuple of str
        What was found of how Parquet files are written, for people.
    block_bytes : int
        Bytes of a block of rows as it is read.
    spans : mapping of Path to (start, stop)
        What of a file is read where it is not all of it: see :class:`Cut`, also for ``written``.
    written : mapping of Path to (int, int)
    workers : Workers or None, who are asked where an answer takes all rows
    """

    files: tuple[Path, ...]
    kind: str
    schema: dict[str, pl.DataType]
    read: ReadConfig
    csv: Mapping[Path, CsvFile] = field(default_factory=dict, repr=False)
    notation: Notation = PLAIN
    points: Points | None = field(default=None, repr=False)
    readings: Mapping[str, Reading] = field(default_factory=dict, repr=False)
    named: str = ""
    told: tuple[str, ...] = ()
    block_bytes: int = BLOCK_BYTES
    spans: Mapping[Path, tuple[int, int]] = field(default_factory=dict, repr=False)
    written: Mapping[Path, Written] = field(default_factory=dict, repr=False)
    workers: Workers | None = field(default=None, repr=False)

    @property
    def typed(self) -> bool:
        """Whether the files say how many rows they have, of which types; otherwise text is read."""
        return self.kind != "csv"

    @property
    def label(self) -> str:
        """The file's name, or how many files, for messages."""
        if self.named:
            return self.named
        if len(self.csv) == 1:
            return next(iter(self.csv.values())).name
        return label(self.files)

    @property
    def found(self) -> tuple[str, ...]:
        """How the files are written, but for the plain default; all once rows were read."""
        told = ways_of_writing(self.csv, self.notation)
        return (*told, *(self.points.notes if self.points else ()), *self.told)

    @property
    def plainly_written(self) -> bool:
        """Whether another CSV parser, told what ``read`` says, reads the same from each file.

        False where files are not in UTF-8, numbers are converted, or columns are named here.
        """
        return self.notation.plain and not self.readings and all(
            f.text.utf8() == f.path and f.layout.header and not f.layout.nameless
            and not f.layout.described and f.skipped == f.read.skip_rows
            and f.layout.separator == self.read.separator
            for f in self.csv.values()
        )  # fmt: skip

    def with_types(self, types: dict[str, pl.DataType]) -> Source:
        """Give the same files, some columns read as other types (CSV)."""
        return replace(self, schema={**self.schema, **types})

    def with_readings(self, readings: Mapping[str, Reading]) -> Source:
        """Give the same files with columns of numbers made from theirs, by name."""
        types: dict[str, pl.DataType] = dict.fromkeys(readings, pl.Float64())
        return replace(self.with_types(types), readings={**self.readings, **readings})

    def part(self, cut: Cut) -> Source:
        """Give the same for one piece of the files, to be read by a task of its own."""
        spans = {file: (start, stop) for file, start, stop in cut.spans}
        return replace(
            self, files=tuple(spans), csv=PartFiles(dict(zip(spans, cut.csv, strict=False))),
            spans=spans, points=None, named=self.label, workers=None,
            written=dict(zip(spans, cut.written, strict=True)),
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        """Give what is sent to a worker: how files are opened there, not what was opened here."""
        there = {"files": tuple(map(Path.absolute, self.files)), "csv": reopened(self.csv)}
        return {**self.__dict__, **there, "points": None, "named": self.label, "workers": None}

    def count_rows(self) -> int | None:
        """Rows as Parquet's footers say; None for CSV, which does not say."""
        return sum(sum(row_groups(f)) for f in self.files) if self.typed else None

    def estimate_rows(self) -> int:
        """Rows from headers alone: exact for Parquet; for CSV from the length of 1,000 lines."""
        return self.count_rows() or max(1, sum(f.estimate_rows() for f in self.csv.values()))

    def batches(
        self, columns: Sequence[str], *, whole_lines: bool = False
    ) -> Iterator[pl.DataFrame]:
        """Yield blocks of at most 262,144 rows and ``block_bytes``, in file order.

        Parameters
        ----------
        columns : sequence of str
        whole_lines : bool
            Parse every column of a CSV, which is what notices lines with too many fields.

        Raises
        ------
        DataError
            Naming the file, the column and the first value that does not fit its type; or numbers
            may be meant in two ways and nothing in all rows tells, see :class:`Points`.
        """
        self.check_points()
        check_written(self.written, self.label)
        size = row_bytes(self, columns)
        for file in self.files:
            try:
                lazy = self._scan(file)
                if not (whole_lines and self.kind == "csv"):
                    lazy = lazy.select(columns)
                for block in blocks_of(self, lazy, size, BATCH_ROWS):
                    yield block.select(columns)
            except READ_ERRORS as error:
                raise explained(self, file, columns, error) from None

    def check_points(self) -> None:
        """Ask all rows what a point in a number means, where the first ones do not tell.

        Raises
        ------
        DataError
            Numbers may be meant in two ways.
        """
        if self.points is not None and self.workers:
            self.workers.look_at_points(self.points, self.schema)
        elif self.points is not None:
            self.points.look(self.schema)

    def first_block(self, columns: Sequence[str], default: pl.DataFrame) -> pl.DataFrame:
        """Give the first block of rows, and read no others; the default without any."""
        self.check_points()
        if not self.workers:
            return next(self.batches(columns), default)
        alone = replace(self, points=None, workers=None, named=self.label)
        for file in self.files:
            csv = {file: first_records(self.csv[file])} if self.csv else {}
            for block in replace(alone, files=(file,), csv=csv).batches(columns):
                return block
        return default

    def check_rows(self) -> None:
        """Refuse files without rows: without values every column of CSV would pass for text.

        Raises
        ------
        DataError
            There is a header and nothing else.
        """
        with suppress(*READ_ERRORS):  # reading it will say what is wrong, by line or column
            held = (
                self.count_rows() if self.typed else any(self.csv[f].has_rows() for f in self.files)
            )
            if not held:
                raise no_rows(self.label, 0 if self.typed else len(self.schema))

    def blank_rows(self) -> np.ndarray:
        """Tell which rows of a CSV hold nothing at all: empty lines; bool, (n_file_rows,)."""
        texts = replace(self, schema=dict.fromkeys(self._in_files, pl.String()), readings={})
        empty = pl.all_horizontal(pl.all().is_null()).alias("empty")
        blocks = texts.batches(self._in_files, whole_lines=True)
        return np.concatenate([b.select(empty)["empty"].to_numpy() for b in blocks])

    @property
    def last_columns(self) -> list[str]:
        """The last column of each CSV file, which a line with too few fields lacks."""
        last = dict.fromkeys(f.layout.names[-1] for f in self.csv.values() if f.layout.names)
        return [c for c in last if c in self.schema]

    def short_lines(self) -> int:
        """Count the lines of CSV files with fewer fields than the header: a pass over each."""
        if self.workers:
            return sum(self.workers.ask_each(Source.short_lines, self))
        return sum(f.short_lines() for f in self.csv.values())

    def _scan(self, file: Path) -> pl.LazyFrame:
        if self.kind == "parquet":
            lazy, as_held = scan_parquet(file), self._in_files
            if span := self.spans.get(file):
                lazy = lazy.slice(span[0], span[1] - span[0])
            kept = [c for c in as_held if c not in self.readings]
            read = read_columns(self.readings, lazy.collect_schema() if self.readings else {})
            return lazy.select(*(pl.col(c).cast(self.schema[c], strict=True) for c in kept), *read)
        opened, converted = self.csv[file], self._converted()
        texts = opened.texts([*converted, *(r.column for r in self.readings.values())])
        types = {c: self.schema[c] for c in self._in_files} | texts
        numbers = (self.notation.read(pl.col(c)) for c in converted)
        return opened.scan(types).with_columns(*numbers, *read_columns(self.readings, types))

    @property
    def _in_files(self) -> list[str]:
        """Columns that the files hold, whether read as they are or not."""
        made = self.readings
        return [c for c in self.schema if c not in made or made[c].column == c]

    def _converted(self) -> list[str]:
        """Columns of numbers that are read as text: a parser cannot, or the text is asked too."""
        plain, as_text = self.notation.plain, {r.column for r in self.readings.values()}
        held = (c for c in self.schema if c not in self.readings and (not plain or c in as_text))
        return [c for c in held if self.schema[c].is_float()]

    def text_among_numbers(self, column: str) -> DataError | None:
        """Name the first text in a CSV column of numbers, with its file and row."""
        if self.workers:
            return self.workers.ask(Source.text_among_numbers, self, column)
        return text_among_numbers(self, self.files, column)


def open_source(settings: InputConfig, text_columns: Sequence[str] = (), named: str = "") -> Source:
    """Find the files, check that they belong together and learn their columns from headers.

    Parameters
    ----------
    settings : InputConfig
    text_columns : sequence of str
        Columns read as text even if they look like numbers (ids, declared categoricals).
    named : str
        What stands for the files in messages; their own names if not given.

    Raises
    ------
    DataError
        Missing, empty, unreadable or mixed files, or files with different columns.
    """
    files = find_files(settings.path)
    kinds = {kind_of(f) or "" for f in files}
    if len(kinds) > 1:
        message = (
            f"{settings.path} holds both CSV and Parquet files; give a glob such as *.parquet."
        )
        raise DataError(message)
    kind = kinds.pop()
    if kind == "csv":
        found = open_csv_files(files, settings.read, text_columns)
    else:
        found = open_parquet(files, settings.read)
    return Source(
        tuple(files), kind, found.schema, found.read, found.csv, found.notation, found.points,
        named=named, told=found.told,
    )  # fmt: skip
