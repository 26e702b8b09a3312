"""Pieces of a CSV file: a range of whole records behind the file's own header, as one text.

Quoted fields may hold line ends, so that a record begins where quotation marks before it are even.
Each range is looked at under both suppositions, and which one holds is known from those before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.contents import no_text
from engine.data_preparation.reading.csv_files import CsvFile, open_csv
from engine.data_preparation.reading.encodings import HEAD_BYTES, TextFile, is_one_byte

_HEAD = 1 << 18
"""Bytes of a piece that show how long its texts are."""


class TextRange(TextFile):
    """A range of whole records of a file, and the beginning of the file that says what they are.

    Parameters
    ----------
    path : Path
    start, stop : int
        Bytes of the file; a range from 0 has the beginning in it.
    beginning : int
        Bytes of the file before its first record; where it has no header, those of that too.
    encoding : str
    nul : bool
        NUL bytes are left out.
    """

    def __init__(
        self, path: Path, start: int, stop: int, beginning: int = 0, encoding: str = "utf8",
        *, nul: bool = False,
    ) -> None:  # fmt: skip
        self.path = self.raw = path
        self.start, self.stop, self.beginning = start, stop, beginning
        self.encoding, self.nul = encoding, nul
        self.returns = self.marked = False
        self.letters, self.asked, self.kept, self._runs = "", encoding, None, None

    @property
    def head(self) -> str:  # type: ignore[override]
        """The first records, in whole lines."""
        found = self._text(min(self.stop, self.start + _HEAD))
        if self.start + _HEAD < self.stop:
            found = found[: found.rfind(b"\n") + 1] or found
        return found.decode("utf-8-sig", errors="replace")

    def table(self) -> BytesIO:
        """Give the records behind the beginning, in UTF-8."""
        return BytesIO(self._text(self.stop))

    def records(self) -> BytesIO:
        """Give the records alone, in UTF-8; those of the first range behind the beginning."""
        return BytesIO(self._text(self.stop, beginning=0))

    def _text(self, stop: int, beginning: int | None = None) -> bytes:
        before = self.beginning if beginning is None else beginning
        with self.path.open("rb") as handle:
            found = handle.read(before) if self.start else b""
            handle.seek(self.start)
            found += handle.read(stop - self.start)
        if self.nul:
            found = found.replace(b"\0", b"")
        if is_one_byte(self.encoding) and not found.isascii():
            try:
                return found.decode(self.encoding).encode()
            except UnicodeError:
                raise no_text(self.path, self.path) from None
        return found


class PartFiles(Mapping[Path, CsvFile]):
    """CSV files of a piece, or of a source that was sent to a worker: opened when asked for.

    Parameters
    ----------
    files : mapping of Path to CsvFile or ReadConfig
        A range of a file; or with what settings a whole one is opened.
    """

    def __init__(self, files: Mapping[Path, CsvFile | ReadConfig]) -> None:
        self._files = dict(files)

    def __getitem__(self, path: Path) -> CsvFile:
        """Give a file; a whole one is opened once in a process."""
        found = self._files[path]
        return whole(path, found) if isinstance(found, ReadConfig) else found

    def __iter__(self) -> Iterator[Path]:
        """Go through the paths."""
        return iter(self._files)

    def __len__(self) -> int:
        """Count the files."""
        return len(self._files)


def reopened(files: Mapping[Path, CsvFile]) -> PartFiles:
    """Give files as they are sent to a worker, which opens them by itself."""
    if isinstance(files, PartFiles):
        return files
    return PartFiles({file.absolute(): opened.read for file, opened in files.items()})


def whole(path: Path, read: ReadConfig) -> CsvFile:
    """Open a whole file, where it was not opened before: packed ones are unpacked once."""
    stat = path.stat()
    return _whole(path, read.model_dump_json(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=8)
def _whole(path: Path, read: str, _size: int, _written: int) -> CsvFile:
    return open_csv(path, ReadConfig.model_validate_json(read))


def in_range(file: CsvFile, start: int, stop: int, beginning: int) -> CsvFile:
    """Give a range of a file as a file."""
    text = file.text
    return replace(
        file,
        text=TextRange(file.path.absolute(), start, stop, beginning, text.encoding, nul=text.nul),
    )


def beginning_of(file: CsvFile) -> int | None:
    """Count the bytes before the first record; None where the file is not cut.

    Packed ones, sheets, and those of which the engine makes a copy to read them are not.
    """
    text, layout = file.text, file.layout
    in_place = text.raw == file.path and not (text.returns or text.by_runs)
    if not in_place or not (text.encoding in ("utf8", "utf8-lossy") or is_one_byte(text.encoding)):
        return None
    with file.path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    at = 0
    for _ in range(file.skipped):
        at = head.find(b"\n", at) + 1 or len(head)
    # Without a header the first record says how many columns there are, also to other ranges.
    for _ in range(1 + int(layout.described)):
        at += max(record_start(head[at:], within=False), 0) or len(head)
    return at if at < len(head) and _is_beginning(file, at) else None


def _is_beginning(file: CsvFile, stop: int) -> bool:
    """Tell whether a file cut off there has its columns and no row, but for a first one."""
    cut_off = in_range(file, 0, stop, 0)
    try:
        found = cut_off.scan(cut_off.texts(file.layout.names)).collect()
    except pl.exceptions.PolarsError:
        return False
    return found.height == int(not file.layout.header)


@dataclass(frozen=True)
class Looked:
    """What a range of bytes tells.

    Attributes
    ----------
    odd : bool
        Whether quotation marks in it are odd.
    outside, inside : int
        Where its first record begins, if it begins outside or inside quotation marks; -1 for none.
    utf8, nul : bool
        Whether it is UTF-8; whether it holds NUL bytes.
    """

    odd: bool
    outside: int
    inside: int
    utf8: bool
    nul: bool


def look(path: Path, start: int, stop: int) -> Looked:
    """Look at a range of bytes."""
    with path.open("rb") as handle:
        handle.seek(start)
        data = handle.read(stop - start)
        more = handle.read(3)
    places = (record_start(data, within=within) for within in (False, True))
    outside, inside = (start + at if at >= 0 else -1 for at in places)
    utf8 = data.isascii() or _is_utf8(data, more, first=start == 0)
    return Looked(data.count(b'"') % 2 == 1, outside, inside, utf8, b"\0" in data)


def _is_utf8(data: bytes, more: bytes, *, first: bool) -> bool:
    """Tell whether bytes are UTF-8; letters that the ends cut through belong to the one before."""
    at = 0 if first else next((i for i, b in enumerate(data[:4]) if b & 0xC0 != 0x80), 0)
    rest = next((i for i, b in enumerate(more) if b & 0xC0 != 0x80), len(more))
    try:
        (data[at:] + more[:rest]).decode()
    except UnicodeDecodeError:
        return False
    return True


def record_start(data: bytes, *, within: bool) -> int:
    r"""Find where the first record begins behind a line end outside quotation marks; -1 for none.

    Examples
    --------
    >>> record_start(b'ne"\n1,2\n', within=True), record_start(b"ne\n1,2\n", within=False)
    (4, 3)
    """
    at = 0
    while True:
        if within:
            at = data.find(b'"', at) + 1
            if not at:
                return -1
        end = data.find(b"\n", at)
        quote = data.find(b'"', at, end if end >= 0 else len(data))
        if quote < 0:
            return end + 1 if end >= 0 else -1
        at, within = quote + 1, True


def judged(path: Path, read: ReadConfig) -> tuple[str, str, bool]:
    """Look at every byte of a file: its encoding, letters that show it, whether it holds NULs."""
    text = whole(path, read).text
    text.utf8()
    return text.encoding, text.letters, text.nul
