"""Files cut into pieces of about a million rows, by the files alone: a task reads one.

The same files give the same pieces, whatever the cluster: sums have the same bits on any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from engine.config.input import ReadConfig
from engine.data_preparation.reading.blocks import Files
from engine.data_preparation.reading.csv_files import CsvFile
from engine.data_preparation.reading.csv_pieces import beginning_of, in_range
from engine.data_preparation.reading.files import READ_ERRORS, label, unreadable
from engine.data_preparation.reading.parquet_footer import row_groups
from engine.errors import DataError

PIECE_ROWS = 1_048_576
"""Rows of a piece, about: sixteen chunks of the numerical contract."""

PIECE_BYTES = 128 << 20
"""Bytes of a piece of CSV at most, about."""

Written = tuple[int, int]
"""Bytes of a file, and the nanosecond when it was written."""


@dataclass(frozen=True)
class Cut:
    """One piece of the files of a source.

    Attributes
    ----------
    spans : tuple of (Path, start, stop)
        Rows of a Parquet file, bytes of a CSV, ``stop`` not among them; one a file. Workers may
        stand in other folders, so paths are absolute.
    rows : int or None
        Rows of the files in it; None for CSV, which does not say.
    csv : tuple of CsvFile or ReadConfig
        Of a CSV the range that is read, or with what settings the whole file is opened; one a span.
    written : tuple of (int, int)
        Bytes of each file and when it was written, as it was cut.
    """

    spans: tuple[tuple[Path, int, int], ...]
    rows: int | None = None
    csv: tuple[CsvFile | ReadConfig, ...] = ()
    written: tuple[Written, ...] = ()

    @property
    def told(self) -> str:
        """Say which piece it is.

        Examples
        --------
        >>> Cut(((Path("a.parquet"), 0, 1_000_000),), 1_000_000).told
        'rows 1 to 1,000,000 of a.parquet'
        >>> Cut(((Path("a.csv"), 9, 2_000), (Path("b.csv"), 0, 7))).told
        'bytes 10 to 2,000 of a.csv and 1 more'
        """
        file, start, stop = self.spans[0]
        unit = "bytes" if self.rows is None else "rows"
        more = f" and {len(self.spans) - 1:,} more" if len(self.spans) > 1 else ""
        return f"{unit} {start + 1:,} to {stop:,} of {file.name}{more}"


def cut(source: Files) -> tuple[Cut, ...]:
    """Cut the files of a source without a look at their rows: Parquet where row groups end.

    A CSV is not cut here but read whole: where its records end workers find, as
    :meth:`engine.data_preparation.reading.cutting.Workers.cuts` says.

    Raises
    ------
    DataError
        A file cannot be read.
    """
    if source.kind == "csv":
        none: dict[Path, list[int]] = {file: [] for file in source.csv}
        return gathered_csv(source.csv, dict.fromkeys(source.csv), none)
    return tuple(_gathered(_parquet_spans(source.files)))


def cut_about(source: Files) -> tuple[Cut, ...]:
    """Cut the files of a source for a plan: of a CSV about as many pieces, not their ends."""
    if source.kind != "csv":
        return cut(source)
    begun = {file: beginning_of(opened) for file, opened in source.csv.items()}
    ends = {file: inner_ends(opened, begun[file]) for file, opened in source.csv.items()}
    return gathered_csv(source.csv, begun, ends)


def named(cuts: Sequence[Cut]) -> list[str]:
    """Name each piece, for messages."""
    return [f"piece {i:,} of {len(cuts):,} ({_within(c)})" for i, c in enumerate(cuts, 1)]


def _within(piece: Cut) -> str:
    (first, start, stop), *_, (last, _, _) = (*piece.spans, piece.spans[-1])
    if len(piece.spans) > 1:
        return f"{len(piece.spans):,} files, from {first.name} to {last.name}"
    what = "rows" if piece.rows is not None else "bytes"
    return f"{first.name}, {what} {start:,} to {stop:,}"


def read_whole(source: Files, cuts: Iterable[Cut]) -> list[str]:
    """Say which large files are not cut, so that one worker reads each, for people."""
    whole = {
        file
        for piece in cuts
        for (file, _, _), read in zip(piece.spans, piece.csv, strict=False)
        if isinstance(read, ReadConfig)
    }
    files = [
        file
        for file, opened in source.csv.items()
        if file.absolute() in whole and opened.estimate_rows() > PIECE_ROWS
    ]
    if not files:
        return []
    return [
        f"{label(files)}: read by one worker as a whole; packed files, workbooks and text that is "
        "converted first are not cut"
    ]


def written(file: Path) -> Written:
    """Say how large a file is, and when it was written."""
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


def check_written(known: Mapping[Path, Written], label: str) -> None:
    """Refuse files that are not as they were cut.

    Raises
    ------
    DataError
        One was changed, or is not seen from here.
    """
    for file, before in known.items():
        try:
            now = written(file)
        except OSError:
            message = (
                f"{file} is not seen by every worker; put it where all machines of the cluster see "
                "it under the same path."
            )
            raise DataError(message) from None
        if now != before:
            raise changed(label)


def changed(label: str) -> DataError:
    """Say that files are not what they were."""
    message = f"{label} changed while it was being read; run again when it is complete."
    return DataError(message)


def _parquet_spans(files: Iterable[Path]) -> Iterator[tuple[_Span, float]]:
    """Yield row groups, or parts of large ones, and their share of a piece."""
    for file in map(Path.absolute, files):
        before = written(file)
        try:
            groups = row_groups(file)
        except READ_ERRORS as error:
            raise unreadable(file, "parquet", error) from None
        start = 0
        for rows in groups:
            parts = max(1, rows // PIECE_ROWS) if rows > 2 * PIECE_ROWS else 1
            for i in range(parts):
                first, stop = start + rows * i // parts, start + rows * (i + 1) // parts
                if stop > first:
                    yield _Span(file, first, stop, before), (stop - first) / PIECE_ROWS
            start += rows


def inner_ends(file: CsvFile, beginning: int | None) -> list[int]:
    """List where ranges of a file end, but for the last; none where the file is not cut."""
    if beginning is None:
        return []
    left = file.path.stat().st_size - beginning
    n = max(1, round(left / _piece_bytes(file)))
    return [beginning + left * i // n for i in range(1, n)]


def _piece_bytes(file: CsvFile) -> float:
    size = file.path.stat().st_size
    return max(1, min(PIECE_BYTES, PIECE_ROWS * size / max(1, file.estimate_rows())))


def gathered_csv(
    csv: Mapping[Path, CsvFile],
    begun: Mapping[Path, int | None],
    ends: Mapping[Path, Sequence[int]],
) -> tuple[Cut, ...]:
    """Gather ranges to pieces, and files that are not cut.

    Parameters
    ----------
    csv : mapping of Path to CsvFile
    begun : mapping of Path to int or None
        See :func:`engine.data_preparation.reading.csv_pieces.beginning_of`.
    ends : mapping of Path to sequence of int
        Where ranges end, but for the last.
    """

    def spans() -> Iterator[tuple[_Span, float]]:
        for file, opened in csv.items():
            before, beginning = written(file), begun[file]
            step = _piece_bytes(opened)
            edges = [0, *ends[file], before[0]]
            for start, stop in pairwise(edges):
                span = _Span(file.absolute(), start, stop, before, opened, beginning)
                yield span, (stop - start) / step

    return tuple(_gathered(spans()))


@dataclass(frozen=True)
class _Span:
    """What one task reads of a file at least."""

    file: Path
    start: int
    stop: int
    written: Written
    opened: CsvFile | None = None
    beginning: int | None = None

    def read(self) -> CsvFile | ReadConfig | None:
        if self.opened is None:
            return None
        if self.beginning is None:
            return self.opened.read
        return in_range(self.opened, self.start, self.stop, self.beginning)


def _gathered(spans: Iterable[tuple[_Span, float]]) -> Iterator[Cut]:
    """Join spans that follow each other while that brings a piece nearer to its size."""
    held, share = list[_Span](), 0.0
    for span, size in spans:
        if held and abs(share + size - 1) >= abs(share - 1):
            yield _joined(held)
            held, share = [], 0.0
        held.append(span)
        share += size
    if held:
        yield _joined(held)


def _joined(held: list[_Span]) -> Cut:
    whole: dict[Path, _Span] = {}
    for span in held:
        first = whole.get(span.file, span)
        whole[span.file] = replace(span, start=first.start)
    spans = tuple((s.file, s.start, s.stop) for s in whole.values())
    csv = tuple(r for s in whole.values() if (r := s.read()) is not None)
    rows = None if csv else sum(stop - start for _, start, stop in spans)
    return Cut(spans, rows, csv, tuple(s.written for s in whole.values()))
