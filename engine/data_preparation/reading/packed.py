"""Files that are packed: gzip, bzip2, xz, zstd and zip, unpacked to where temporary files lie."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.contents import misnamed
from engine.data_preparation.reading.encodings import temporary
from engine.data_preparation.reading.files import PACKED, is_workbook
from engine.data_preparation.reading.workbooks import write_sheet
from engine.errors import DataError, DiskFullError, first_line

_BLOCK, _LINES = 1 << 20, 50_000
_RESERVE = 256 << 20
"""Bytes of disk that unpacking leaves free."""

_DAMAGED = (
    EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, OSError,
    ValueError, OverflowError, struct.error, KeyError,
)  # fmt: skip


class PlainFile:
    """Where the bytes of a file are, unpacked; a copy goes with this object.

    Attributes
    ----------
    raw : Path
    packed : str
        ``""``, ``"archive"`` or ``"sheet"``.
    words : tuple of str
        What was done, for people.
    inside : str
        Which sheet, or which member of an archive; empty where there is but one thing.
    """

    def __init__(
        self, raw: Path, packed: str = "", words: tuple[str, ...] = (), inside: str = ""
    ) -> None:
        self.raw, self.packed, self.words, self.inside = raw, packed, words, inside


def plain_file(file: Path, read: ReadConfig) -> PlainFile:
    """Give a file's bytes: itself, or a copy unpacked or written from a workbook's sheet.

    Raises
    ------
    DataError
        The archive is damaged or holds several files; the workbook has no table or no such sheet.
    EngineError
        There is no room for the copy, or no package that reads workbooks.
    """
    if is_workbook(file):
        return _copied("sheet", lambda target: write_sheet(file, target, read.sheet))
    if file.suffix.lower() not in PACKED:
        return PlainFile(file)
    return _copied("archive", lambda target: _unpack(file, target))


def _copied(packed: str, write: Callable[[Any], tuple[str, str]]) -> PlainFile:
    kept = ExitStack()
    try:
        target, raw = temporary(kept)
        words, inside = write(target)
        target.flush()
    except BaseException:
        kept.close()
        raise
    found = PlainFile(raw, packed, (words,) if words else (), inside)
    weakref.finalize(found, kept.close)
    return found


def _unpack(file: Path, target: IO[bytes]) -> tuple[str, str]:
    """Unpack block by block, while the disk has room; say which member of an archive it is."""
    blocks = _blocks(file)
    while True:
        try:
            block = next(blocks, b"")
        except _DAMAGED as error:
            if (other := misnamed(file)) is not None:
                raise other from None
            message = f"{file} is damaged and cannot be unpacked ({first_line(error)})."
            raise DataError(message) from None
        except (RuntimeError, NotImplementedError) as error:  # a password, or another method
            message = f"{file} cannot be unpacked ({first_line(error)}); unpack it first."
            raise DataError(message) from None
        if not block:
            return "", _member(file)
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if free < _RESERVE + len(block):
            message = (
                f"{file} is larger unpacked than the {free >> 20:,} MB that are free in "
                f"{tempfile.gettempdir()}; free space, or set TMPDIR to another folder."
            )
            raise DiskFullError(message)
        target.write(block)


def _blocks(file: Path) -> Iterator[bytes]:
    if file.suffix.lower() == ".zst":
        yield from _lines_of_zstd(file)
        return
    with _opened(file) as packed:
        while block := packed.read(_BLOCK):
            yield block


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    suffix = file.suffix.lower()
    if suffix == ".zip":
        with zipfile.ZipFile(file) as archive, archive.open(_only_member(file, archive)) as member:
            yield member
        return
    openers: dict[str, Callable[[Path], Any]] = {
        ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open,
    }  # fmt: skip
    with openers[suffix](file) as packed:
        yield packed


def _member(file: Path) -> str:
    if file.suffix.lower() != ".zip":
        return ""
    with zipfile.ZipFile(file) as archive:
        return _only_member(file, archive).filename


def _only_member(file: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        m for m in archive.infolist()
        if not m.is_dir() and not m.filename.startswith("__MACOSX/")
    ]  # fmt: skip
    if len(members) != 1:
        message = f"{file} holds {len(members):,} files; unpack it into a folder, and name that."
        raise DataError(message)
    return members[0]


def _lines_of_zstd(file: Path) -> Iterator[bytes]:
    """Unpack zstd, which Python itself does not before 3.14: text in UTF-8 alone."""
    try:
        for block in pl.scan_lines(file).collect_batches(chunk_size=_LINES, maintain_order=True):
            yield ("\n".join(block.to_series().to_list()) + "\n").encode()
    except pl.exceptions.PolarsError as error:
        message = (
            f"{file} cannot be unpacked as text in UTF-8 ({first_line(error)}); unpack it first, "
            "or pack it with gzip."
        )
        raise DataError(message) from None
