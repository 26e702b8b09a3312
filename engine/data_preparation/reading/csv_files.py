"""CSV files: how they are scanned, and what is wrong with one that does not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.encodings import TextFile
from engine.data_preparation.reading.files import label
from engine.data_preparation.reading.layout import Layout, find_layout
from engine.data_preparation.reading.numbers import Notation, Seen, typed
from engine.data_preparation.reading.packed import plain_file
from engine.data_preparation.reading.titles import runs_of_blanks

_INFER_ROWS = 10_000
_NO_SEPARATOR = "\0"
"""No text holds it: see :class:`TextFile`."""

_BLOCK = 1 << 20
_LOOK, _LINES = 1 << 18, 200
_POINT, _ZERO, _NINE = b".09"


@dataclass(frozen=True)
class CsvFile:
    """One file: its text in UTF-8, its layout and the settings it is read with.

    Attributes
    ----------
    text : TextFile
    layout : Layout
    read : ReadConfig
    unpacked : tuple of str
        What was done to get at the text, for people.
    inside : str
        Which sheet or which member of an archive it is; empty where it is the file itself.
    """

    text: TextFile
    layout: Layout
    read: ReadConfig
    unpacked: tuple[str, ...] = ()
    inside: str = ""

    @property
    def shown(self) -> str:
        """The file as the user named it, and what of it was read, for messages."""
        return f"{self.path} ({self.inside})" if self.inside else str(self.path)

    @property
    def name(self) -> str:
        """The same without the folder."""
        return f"{self.path.name} ({self.inside})" if self.inside else self.path.name

    @property
    def path(self) -> Path:
        """The file as the user named it."""
        return self.text.path

    @property
    def skipped(self) -> int:
        """Lines above the header, or above the first row."""
        return self.read.skip_rows + self.layout.told + self.layout.titles

    def scan(self, schema: dict[str, pl.DataType] | None) -> pl.LazyFrame:
        """Scan all rows lazily; a schema says how its columns are read."""
        text = self.text
        lazy = self._scan(text.table(), schema)
        # The first record says how many columns there are where no header does.
        return lazy.slice(1) if text.start and not self.layout.header else lazy

    def scan_head(self, schema: dict[str, pl.DataType] | None) -> pl.LazyFrame:
        """Scan the rows at the beginning of the file, without looking at the others."""
        return self._scan(BytesIO(self.text.head.encode()), schema, truncate_ragged_lines=True)

    def _scan(
        self,
        source: Path | BytesIO,
        schema: dict[str, pl.DataType] | None,
        *,
        truncate_ragged_lines: bool = False,
    ) -> pl.LazyFrame:
        layout, read = self.layout, self.read
        # Polars keeps the marks doubled that stand for one within quotes.
        named = not layout.header or layout.nameless or any('"' in n for n in layout.names)
        return pl.scan_csv(
            source,
            separator=layout.separator,
            has_header=layout.header,
            with_column_names=self._names if named else None,
            encoding="utf8-lossy" if read.encoding == "utf8-lossy" else "utf8",
            skip_rows=self.skipped - layout.titles,
            skip_lines=layout.titles,
            skip_rows_after_header=int(layout.described),
            null_values=list(read.null_values),
            infer_schema_length=_INFER_ROWS,
            schema_overrides=schema,
            raise_if_empty=True,
            truncate_ragged_lines=truncate_ragged_lines,
            glob=False,
        )

    def _names(self, found: list[str]) -> list[str]:
        names = self.layout.names
        return list(names) if len(names) == len(found) else found

    def texts(self, columns: Sequence[str]) -> dict[str, pl.DataType]:
        """Give a schema that reads every column as text."""
        return dict.fromkeys(columns, pl.String())

    def look_at_numbers(self, seen: Seen) -> None:
        """Take in how the numbers at the beginning of the file are written."""
        seen.look(self.head_texts())

    def with_points(
        self, columns: Sequence[str], schema: dict[str, pl.DataType]
    ) -> Iterator[pl.DataFrame]:
        """Yield some columns as text, in blocks, of all rows with a point in one of them."""
        texts = self.scan(schema | self.texts(columns)).select(columns)
        points = pl.any_horizontal(pl.all().str.contains(".", literal=True))
        return texts.filter(points).collect_batches(chunk_size=_INFER_ROWS, maintain_order=False)

    def may_hold_points(self) -> bool:
        """Tell whether three digits stand after a point, and no more, anywhere in the file.

        About 0.9 s per GB where every line holds a point: a twentieth of what parsing takes.
        """
        left = b""
        with self.text.raw.open("rb", buffering=0) as handle:
            while block := handle.read(_BLOCK):
                block = left + block
                if _three_after_a_point(block):
                    return True
                left = block[-5:]  # What follows may end a number that begins here.
        return _three_after_a_point(left + b"\n")

    def schema(self, notation: Notation) -> dict[str, pl.DataType]:
        """Learn the columns from the beginning: numbers as Float64, all else as text."""
        if notation.plain:
            found = self.scan_head(None).collect_schema()
            return {c: pl.Float64() if t.is_numeric() else pl.String() for c, t in found.items()}
        return typed(self.head_texts(), notation)

    def head_texts(self) -> pl.DataFrame:
        """Read the beginning as text; nothing where it is damaged, which reading it will say."""
        columns = self.scan_head(None).collect_schema().names()
        try:
            return self.scan_head(self.texts(columns)).head(_INFER_ROWS).collect()
        except pl.exceptions.PolarsError:
            return pl.DataFrame(schema=self.texts(columns))

    @cached_property
    def text_sizes(self) -> dict[str, float]:
        """Mean bytes of the values of each column at the beginning of the file."""
        head = self.head_texts()
        sizes = head.select(pl.all().str.len_bytes().sum()).row(0) if head.height else ()
        return {c: (n or 0) / head.height for c, n in zip(head.columns, sizes, strict=False)}

    def words(self) -> list[str]:
        """Say how the file was found to be written, but for what is the plain default."""
        text, encoding = self.text, []
        if text.encoding not in ("utf8", "utf8-lossy"):
            shown = f" (letters such as {text.letters}; input.read.encoding names another)"
            encoding = [text.encoding + (shown if text.letters else "")]
        returns = ["lines end with carriage returns alone"][: text.returns]
        layout = self.layout.words()
        if text.by_runs:  # The tab stands in their place in a copy, not in the file.
            layout = ["runs of blanks separate the columns", *layout[not self.layout.usual :]]
        return [
            *self.unpacked,
            *layout,
            *encoding,
            *["byte order mark"][: text.marked],
            *["NUL bytes were left out"][: text.nul],
            *returns,
        ]

    def has_rows(self) -> bool:
        """Tell whether anything follows the header."""
        return self.scan_head(None).head(1).collect().height > 0

    def estimate_rows(self) -> int:
        """Estimate the rows from the length of the first 1,000 lines."""
        if self.text.returns or self.text.raw != self.path:
            return self._estimate_from_head()
        return estimate_csv_rows(self.path)

    def _estimate_from_head(self) -> int:
        head = self.text.head
        size = self.text.raw.stat().st_size / max(len(head.encode()), 1)
        return int((head.count("\n") - 1) * max(size, 1.0))

    def short_lines(self) -> int:
        """Count the lines with fewer fields than the header, but for empty ones.

        Records that go over several lines are not counted. One pass over the file: a reader fills
        what such a line lacks, so that it looks like fields that are there and empty.
        """
        lines = pl.scan_csv(
            self.text.records(),
            separator=_NO_SEPARATOR,
            quote_char=None,
            has_header=False,
            new_columns=["line"],
            schema_overrides=[pl.String()],
            skip_rows=0 if self.text.start else self.skipped + int(self.layout.header),
            encoding="utf8-lossy",
            glob=False,
        )
        bare = pl.col("line").str.replace_all('"[^"]*"', "")
        whole = ~bare.str.contains('"', literal=True)
        short = bare.str.count_matches(self.layout.separator, literal=True) < self._gaps
        there = bare.str.strip_chars("\r ").str.len_bytes() > 0
        return int(lines.select((whole & short & there).sum()).collect(engine="streaming").item())

    @property
    def _gaps(self) -> int:
        return len(self.layout.names) - 1


def open_csv(file: Path, read: ReadConfig) -> CsvFile:
    """Look at the beginning of a file.

    Raises
    ------
    DataError
        It is no text, or its header names a column twice.
    """
    plain = plain_file(file, read)
    text = TextFile(file, read.encoding if plain.packed != "sheet" else "utf8", plain.raw)
    text.kept = plain
    layout = find_layout(file, text.head, read)
    if len(layout.names) == 1 and read.separator == "auto" and not layout.told:
        lines = text.head[:_LOOK].split("\n")[read.skip_rows : -1]
        if runs := runs_of_blanks(lines[:_LINES]):
            text.with_runs(runs)
            layout = find_layout(file, text.head, read)
    return CsvFile(text, layout, read, plain.words, plain.inside)


def ways_of_writing(csv: Mapping[Path, CsvFile], notation: Notation) -> list[str]:
    """Say how files are written, but for the plain default: the first five ways."""
    same: dict[str, list[Path]] = {}
    for file, opened in csv.items():
        if words := ", ".join([*opened.words(), *notation.words()]):
            same.setdefault(words, []).append(file)
    told = [f"{label(files)}: {words}" for words, files in same.items()]
    more = [f"{len(told) - 5:,} other files are written in other ways"][: len(told) > 5]
    return [*told[:5], *more]


def _three_after_a_point(block: bytes) -> bool:
    r"""Tell whether a block holds such as ``1.234``.

    Examples
    --------
    >>> _three_after_a_point(b"7;1.234\n"), _three_after_a_point(b"7;24.12.2024;0.5\n")
    (True, False)
    """
    data = np.frombuffer(block, dtype=np.uint8)
    points = np.flatnonzero(data[1:-4] == _POINT) + 1
    for place, digit in ((4, False), (3, True), (2, True), (1, True), (-1, True)):
        at = data[points + place]
        points = points[((at >= _ZERO) & (at <= _NINE)) == digit]
    return len(points) > 0


def estimate_csv_rows(file: Path) -> int:
    """Estimate the rows of a file from the length of its first 1,000 lines."""
    with file.open("rb") as handle:
        lines = [line for _, line in zip(range(1_001), handle, strict=False)]
    read = sum(map(len, lines))
    if len(lines) < 1_001:
        return max(0, len(lines) - 1)
    return int(file.stat().st_size / (read / len(lines)))
