"""CSV on a GPU: which sources cuDF reads as the CPU's parser does, and the pieces it is given.

A piece is whole lines of one file, cut in host memory. Where rows begin is then known here, and how
many there are is counted, so that nothing hangs on how cuDF treats the ends of a range of bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.data_preparation.reading.files import unreadable
from engine.errors import DataError
from engine.places.parts import POLARS

if TYPE_CHECKING:
    from engine.config.input import ReadConfig
    from engine.data_preparation.reading.sources import Source
    from engine.places.runtime import Runtime

LARGEST_PIECE = 256 << 20
"""Bytes of text at most: enough to keep a GPU busy, little beside the host's memory."""

LEAST_PIECE = 1 << 20
SHARE = 64
"""A piece is at most this fraction of the device's pool."""

COPIES = 12
"""Bytes on the device a byte of text, at most: itself, where rows begin, eight for a digit."""

_TYPES = {pl.Float64(): "float64", pl.String(): "str"}
_ALWAYS = (
    "separator", "skip_rows", "null_values", "date_format",
    "decimal_comma", "thousands",  # Where they matter, the files are not written plainly.
)  # fmt: skip
_PLAIN = {
    "encoding": "utf8",
    "header": True,
    "description_row": False,
}
"""What settings must say for cuDF; all others must say nothing, but for those it is given."""

_NOTHING: tuple[Any, ...] = (None, False, 0, "", "off", "none", (), {})


def cudf_reads(source: Source) -> str | None:
    """Say why a CSV source must be parsed on the CPU; None where cuDF reads the same from it.

    Anything that is not known to mean the same to both parsers goes to the CPU.

    Notes
    -----
    Files are looked through for quotation marks, at the speed of memory, once while they do not
    change. With them the parsers differ: a quoted ``"NA"`` is missing to Polars and text to cuDF,
    and a line may end inside a field.
    """
    if not source.plainly_written:
        return "the files are not written plainly"
    return _other_settings(source.read) or _other_types(source) or _other_files(source)


def parts_told(source: Source, runtime: Runtime) -> dict[str, dict[str, str]] | None:
    """Tell what does each part of a run on these rows, and why; None where there is no GPU.

    As the place tells it (:meth:`engine.places.runtime.Runtime.parts_told`), but that a source
    which cuDF does not read is told to be Polars'.
    """
    told = runtime.parts_told()
    if told is None or told["reader"]["by"] == POLARS:
        return told
    why = None
    if source.readings:
        why = f"the text of {next(iter(source.readings))!r} becomes numbers on the CPU"
    elif source.kind != "parquet":
        why = cudf_reads(source) if runtime.device_memory else "a cluster parses text on its CPUs"
    return {**told, "reader": {"by": POLARS, "why": why}} if why else told


def _other_settings(read: ReadConfig) -> str | None:
    if "" not in read.null_values:
        return "input.read.null_values lacks the empty text"
    for name in type(read).model_fields:
        value = getattr(read, name)
        known = value == _PLAIN[name] if name in _PLAIN else value in _NOTHING
        if name not in _ALWAYS and not known:
            return f"input.read.{name} is {value}"
    return None


def _other_types(source: Source) -> str | None:
    other = next((c for c, t in source.schema.items() if t not in _TYPES), None)
    return other and f"the column {other!r} is read as {source.schema[other]}"


def _other_files(source: Source) -> str | None:
    for file in source.files:
        names, start = header(file, source.read)
        if len(names) != len(source.schema) or set(names) != set(source.schema):
            return f"{file.name} has another header than one plain name for each column"
        found = file.stat()
        if _quoted(file, found.st_size, found.st_mtime_ns):
            return f"{file.name} holds quotation marks"
        if start == found.st_size:
            return f"{file.name} has no rows"
    return None


@lru_cache(maxsize=4_096)
def _quoted(file: Path, _size: int, _changed: int) -> bool:
    return any(b'"' in piece for piece in pieces(file, 0, 16 << 20))


def header(file: Path, read: ReadConfig) -> tuple[list[str], int]:
    """Give the names in a header without quotation marks, and the byte at which rows begin."""
    with file.open("rb") as handle:
        for _ in range(read.skip_rows):
            handle.readline()
        mark = "utf-8" if handle.tell() else "utf-8-sig"
        line = handle.readline().decode(mark, errors="replace").rstrip("\r\n")
        return line.split(read.separator), handle.tell()


def pieces(file: Path, start: int, size: int) -> Iterator[bytes]:
    r"""Yield a file from a byte on, in whole lines of about ``size`` bytes together.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as made:
    ...     _ = made.write(b"a,b\n1,2\n30,40\n5,6")
    ...     made.flush()
    ...     list(pieces(Path(made.name), 4, 5))
    [b'1,2\n30,40\n', b'5,6']
    """
    with file.open("rb") as handle:
        end = handle.seek(0, os.SEEK_END)
        while start < end:
            handle.seek(start + size - 1)
            handle.readline()
            stop = min(handle.tell(), end)
            handle.seek(start)
            yield handle.read(stop - start)
            start = stop


def piece_bytes(device_memory: int) -> int:
    """Bytes of text read at a time, for a device with a pool of this size."""
    return min(LARGEST_PIECE, max(LEAST_PIECE, device_memory // SHARE))


def csv_frames(source: Source, columns: Sequence[str], size: int) -> Iterator[Any]:
    """Yield cuDF frames with these columns, in file order, parsed on the device.

    Parameters
    ----------
    source : Source
        One for which :func:`cudf_reads` has no objection.
    columns : sequence of str
    size : int
        Bytes of text to parse at a time.

    Raises
    ------
    DataError
        A file cannot be read, or cuDF finds another number of rows in it than it has lines.
    """
    for file in source.files:
        names, start = header(file, source.read)
        for piece in pieces(file, start, size):
            frame = _parsed(file, piece, names, columns, source)
            lines = piece.count(b"\n") + (not piece.endswith(b"\n"))
            if len(frame) != lines:
                raise _other_rows(file, lines, len(frame))
            yield frame


def _parsed(
    file: Path, piece: bytes, names: list[str], columns: Sequence[str], source: Source
) -> Any:
    import cudf

    wanted = list(columns)
    try:
        frame = cudf.read_csv(
            BytesIO(piece),
            sep=source.read.separator,
            header=None,
            names=names,
            usecols=wanted,
            dtype={c: _TYPES[source.schema[c]] for c in wanted},
            na_values=list(source.read.null_values),
            keep_default_na=False,
            skip_blank_lines=False,
            compression=None,
        )
    except (RuntimeError, OSError, ValueError) as error:
        raise unreadable(file, "csv", error) from None
    return frame[wanted]


def _other_rows(file: Path, lines: int, rows: int) -> DataError:
    message = (
        f"{file.name}: cuDF's parser reads {rows:,} rows where the file has {lines:,} lines; "
        "convert the file to Parquet, or set compute.device to cpu."
    )
    return DataError(message)
