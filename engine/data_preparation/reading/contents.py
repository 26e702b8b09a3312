"""What a file holds by its first bytes, and the sentences about files that are no text."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from engine.errors import DataError

_LOOK = 1 << 16
_NEVER = frozenset(range(1, 9)) | frozenset(range(14, 27)) | {28, 29, 30, 31, 127}
_BLOCK = 1 << 20
_SIGNATURES = (
    (b"PAR1", "a Parquet file", ".parquet"),
    (b"\x1f\x8b", "packed with gzip", ".csv.gz"),
    (b"BZh", "packed with bzip2", ".csv.bz2"),
    (b"\xfd7zXZ\0", "packed with xz", ".csv.xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", ".csv.zst"),
    (b"\xd0\xcf\x11\xe0", "a workbook", ".xls"),
    (b"ARROW1", "an Arrow file", ""),
    (b"FEA1", "a Feather file", ""),
    (b"SQLite format 3\0", "a database of SQLite", ""),
    (b"%PDF", "a PDF", ""),
    (b"\x89PNG", "a picture", ""),
)
"""First bytes, what begins so, and the suffix by which it is read; none where it is not read."""

_MEMBERS = (("xl/workbook.xml", ".xlsx"), ("xl/workbook.bin", ".xlsb"), ("content.xml", ".ods"))
"""Members of archives that are workbooks."""


def misnamed(file: Path) -> DataError | None:
    """Say what a file is, where it is not what its suffix says; None where that is not known."""
    try:
        with file.open("rb") as handle:
            head = handle.read(_LOOK)
        what, suffix = _held(file, head)
    except OSError:
        return None
    if not what or _ends(file, suffix):
        return None
    if suffix:
        message = f"{file} is {what} by what it holds; give it a name that ends in {suffix}."
    else:
        message = f"{file} is {what} by what it holds; save the table in it as CSV or Parquet."
    return DataError(message)


def _ends(file: Path, suffix: str) -> bool:
    """Tell whether a file's name says what it holds, such as table.tsv.gz of what is in gzip."""
    last = file.suffix.lower()
    texts = (".csv", ".tsv", ".tab", ".txt") if suffix == ".csv" else ()
    same = (".parquet", ".pq") if suffix == ".parquet" else ()
    books = (".xlsx", ".xlsm") if suffix == ".xlsx" else ()
    return last in (suffix[suffix.rfind(".") :], *texts, *same, *books)


def _held(file: Path, head: bytes) -> tuple[str, str]:
    for signature, what, suffix in _SIGNATURES:
        if head.startswith(signature):
            return what, suffix
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(file) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return "", ""
        suffix = next((suffix for member, suffix in _MEMBERS if member in names), ".zip")
        return ("an archive" if suffix == ".zip" else "a workbook"), suffix
    if head and b"\0" not in head and _is_text(head):
        return "text", ".csv"
    return "", ""


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(head) == _LOOK  # a letter that is cut off
    return True


def holds_nul(raw: Path) -> int:
    """Give the line that holds the first NUL byte, from 1; 0 where there is none."""
    line = 1
    with raw.open("rb", buffering=0) as handle:
        while block := handle.read(_BLOCK):
            if (place := block.find(b"\0")) >= 0:
                return line + block.count(b"\n", 0, place)
            line += block.count(b"\n")
    return 0


def _is_noise(raw: Path) -> bool:
    """Tell bytes that are no text in any encoding: signs that no text holds are all over them."""
    with raw.open("rb") as handle:
        head = handle.read(_LOOK)
    return sum(b in _NEVER for b in head) > len(head) // 20


def no_text(file: Path, raw: Path) -> DataError:
    """Say that a file is not text in UTF-8, or what it is instead."""
    other = misnamed(file) if raw == file else None
    if other is not None and not str(other).startswith(f"{file} is text"):
        return other
    with raw.open("rb") as handle:
        wide = handle.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if wide:
        message = (
            f"{file} is in UTF-16 by its first two bytes, but is cut off or damaged; write it "
            "again, or save it as UTF-8."
        )
        return DataError(message)
    if _is_noise(raw):
        message = (
            f"{file} is no text table by what it holds; give a table as CSV, Parquet or a workbook."
        )
        return DataError(message)
    if line := holds_nul(raw):
        message = (
            f"{file} is not text in UTF-8: it holds NUL bytes (the first in line {line:,}); set "
            "input.read.encoding to utf8-lossy, which leaves them out, or to utf-16-le or "
            "utf-16-be where every second byte is one, or save it again as UTF-8."
        )
        return DataError(message)
    message = (
        f"{file} is not text in UTF-8; save it as UTF-8, or set input.read.encoding to what it "
        "is in, such as cp1250, or to utf8-lossy if only a few letters are damaged."
    )
    return DataError(message)
