"""The encoding of a text file, looked for in all of its bytes, and its copy in UTF-8."""

from __future__ import annotations

import codecs
import re
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from engine.data_preparation.reading.charsets import WIDE, guess, wide_encoding
from engine.data_preparation.reading.contents import holds_nul, no_text
from engine.data_preparation.reading.line_ends import end_lines, with_line_feeds
from engine.errors import failed_write, first_line
from engine.utilities.scratch import scratch_folder

HEAD_BYTES = 4 << 20
"""Beginning of a file that shows how it is written."""

_BLOCK = 1 << 18
"""Bytes looked at or converted at a time: within a core's cache."""

_SAMPLE = 1 << 16
"""Bytes of lines beyond ASCII that are looked at to tell their encoding."""

_SHOWN = 4
"""Letters that show what an encoding was taken for."""

_UNDEFINED = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
"""Bytes that stand for nothing in cp1252."""

_BEYOND_ASCII = bytes(range(128, 256))

_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux lets a process open its own open files once more, each with a place of its own."""

_LONE_BYTE = re.compile("[\udc80-\udcff]")


@dataclass
class Evidence:
    r"""What bytes beyond ASCII say: how many are letters of UTF-8, how many cannot be.

    Examples
    --------
    >>> seen = Evidence()
    >>> for block in ("Zürich\n".encode(), "Z\xfcrich\n".encode("cp1252")):
    ...     seen.look(block)
    >>> seen.letters, seen.strays, seen.verdict
    (2, 1, None)
    """

    letters: int = 0
    strays: int = 0
    nul: bool = False
    undefined: bool = False
    sample: bytearray = field(default_factory=bytearray)
    _left: bytes = b""

    def look(self, block: bytes | bytearray) -> None:
        """Take in the next bytes of the file."""
        self.nul |= b"\0" in block
        if block.isascii() and not self._left:
            return
        data, bad = self._left + block, 0
        try:
            _, used = codecs.utf_8_decode(data, "strict", False)  # noqa: FBT003
        except UnicodeDecodeError:
            text, used = codecs.utf_8_decode(data, "surrogateescape", False)  # noqa: FBT003
            bad = len(_LONE_BYTE.findall(text))
            self.undefined |= len(data.translate(None, _UNDEFINED)) < len(data)
            self._take_lines(data)
        self._left = data[used:]
        self.strays += bad
        self.letters += used - len(data[:used].translate(None, _BEYOND_ASCII)) - bad

    def _take_lines(self, data: bytes) -> None:
        """Keep lines with bytes beyond ASCII, to tell by which letters they stand for."""
        if len(self.sample) < _SAMPLE:
            lines = (line for line in data.splitlines(keepends=True) if not line.isascii())
            for line in islice(lines, _SAMPLE >> 4):
                self.sample += line

    def end(self) -> None:
        """Count a letter that the end of the file cuts off as none."""
        self.strays += len(self._left)
        self._left = b""

    @property
    def charset(self) -> str | None:
        """What the letters are in; None for what is no text, or UTF-8 with damaged letters."""
        if self.nul or self.strays == 0 or self.letters > self.strays:
            return self.verdict
        return guess(bytes(self.sample[:_SAMPLE]), cp1252=not self.undefined)

    @property
    def verdict(self) -> str | None:
        """``utf8`` or ``cp1252``; None for what is neither, or UTF-8 with damaged letters."""
        if self.nul:
            return None
        if self.strays == 0:
            return "utf8"
        # Letters that are UTF-8 by chance are rare in cp1252; damaged UTF-8 is full of good ones.
        return None if self.undefined or self.letters > self.strays else "cp1252"


class TextFile:
    """One file as text in UTF-8: itself where it is that, otherwise a copy made when first read.

    Parameters
    ----------
    path : Path
        As the user named it.
    asked : str
        ``input.read.encoding``.
    raw : Path, optional
        Where its bytes are, if not there: what was packed or a sheet of a workbook.

    Notes
    -----
    A copy lies in the system's folder for temporary files (``TMPDIR`` names another) until nobody
    refers to this object any more. On Linux it has no name there, so that it does not outlive a
    process that is killed; elsewhere the next copy removes those of processes that are gone.

    Looking for bytes beyond ASCII takes 0.15 s per GB of a file that has none and is in the page
    cache, 0.6 s per GB where they are everywhere (measured on two cores).
    """

    start = 0
    """First byte of the file that is read; not 0 in a range of one."""

    def __init__(self, path: Path, asked: str = "auto", raw: Path | None = None) -> None:
        self.path = path
        self.raw = raw or path
        self.asked = asked
        self._utf8: Path | None = None
        self._runs: str | None = None
        head = _head(self.raw)
        self._wide = wide_encoding(head) if asked == "auto" or asked in WIDE else None
        self.marked = head.startswith(codecs.BOM_UTF8)
        self.letters = ""
        self.kept: object = None
        """What must live as long as the bytes are read."""
        self.encoding = self._judge_head(head)
        self.head = self._decoded(head).replace("\0", "")
        self.nul = False
        self.returns = end_lines(self.head)
        if self.returns:
            self.head = with_line_feeds(self.head)

    @property
    def by_runs(self) -> bool:
        """Whether runs of blanks separate the columns."""
        return self._runs is not None

    def with_runs(self, pattern: str) -> None:
        """Take runs of blanks for separators: a tab stands in their place in the copy."""
        self._runs = pattern
        self.head = _without_runs(self.head, pattern)

    def _judge_head(self, head: bytes) -> str:
        if self._wide:
            return self._wide
        seen = Evidence()
        seen.look(head)
        holding_nul = self.asked == "utf8-lossy" or self.asked[:4] == "utf-"
        if self.asked not in ("auto", "utf8") and (not seen.nul or holding_nul):
            return self.asked
        return self._verdict(seen)

    def _verdict(self, seen: Evidence) -> str:
        found = seen.charset
        if found is None or (self.asked == "utf8" and found != "utf8"):
            raise no_text(self.path, self.raw)
        if found != "utf8":
            self.letters = letters(bytes(seen.sample), found)
        return found

    def _decoded(self, head: bytes) -> str:
        if self.encoding not in ("utf8", "utf8-lossy"):
            text = head.decode(self.encoding, errors="replace").removeprefix("\ufeff")
            return text if len(head) < HEAD_BYTES >> 1 else text[: text.rfind("\n") + 1] or text
        return head.decode("utf-8-sig", errors="replace")

    def utf8(self) -> Path:
        """Give a file in UTF-8 with the same text; the first call looks at every byte.

        Raises
        ------
        DataError
            The file is in no encoding that is known.
        EngineError
            There is no room for a copy.
        """
        if self._utf8 is None:
            if self.asked == "auto" and not self._wide:
                self.encoding = self._judge_all()
            told = self.asked in ("utf8", "utf8-lossy")
            self.nul = told and holds_nul(self.raw) > 0
            if self.nul and self.asked == "utf8":
                raise no_text(self.path, self.raw)
            plain = self.encoding in ("utf8", "utf8-lossy") and not (self.returns or self.nul)
            self._utf8 = self.raw if plain and not self._runs else self._copy()
        return self._utf8

    def table(self) -> Path | BytesIO:
        """Give the text in UTF-8 as it is scanned."""
        return self.utf8()

    def records(self) -> Path | BytesIO:
        """Give the text in UTF-8 of which lines are counted."""
        return self.utf8()

    def _judge_all(self) -> str:
        seen, buffer = Evidence(), bytearray(_BLOCK)
        with self.raw.open("rb", buffering=0) as handle:
            while n := handle.readinto(buffer):
                seen.look(buffer if n == _BLOCK else buffer[:n])
        seen.end()
        return self._verdict(seen)

    def _copy(self) -> Path:
        kept = ExitStack()
        weakref.finalize(self, kept.close)
        try:
            target, copy = temporary(kept)
            for block in self._blocks():
                target.write(block.replace(b"\0", b""))
            target.flush()
        except OSError as error:
            message = (
                f"{self.path} needs a copy in UTF-8, which could not be written to "
                f"{tempfile.gettempdir()} ({first_line(error)}); free space, set TMPDIR to another "
                "folder, or save the file as UTF-8."
            )
            raise failed_write(message, error, aside=True) from None
        except UnicodeError:
            raise no_text(self.path, self.raw) from None
        return copy

    def _blocks(self) -> Iterator[bytes]:
        """Yield the text in UTF-8, as it is read."""
        lossy = "replace" if self.encoding == "utf8-lossy" else "strict"
        name = "utf-8" if self.encoding in ("utf8", "utf8-lossy") else self.encoding
        one_byte = is_one_byte(name)
        newline = None if self.returns or self._runs else ""
        if one_byte and newline == "":
            with self.raw.open("rb") as source:
                while block := source.read(_BLOCK):
                    yield block if block.isascii() else block.decode(name).encode()
            return
        with self.raw.open(encoding=name, errors=lossy, newline=newline) as lines:
            text = lines.read(_BLOCK).removeprefix("\ufeff")
            while text:
                if self._runs:
                    text = _without_runs(text + lines.readline(), self._runs)
                yield text.encode()
                text = lines.read(_BLOCK)


def is_one_byte(encoding: str) -> bool:
    """Tell whether a byte is a letter, so that text may be converted in pieces."""
    return encoding.startswith(("cp125", "latin", "iso8859"))


def letters(sample: bytes, encoding: str) -> str:
    """Give some letters beyond ASCII, the most frequent first: a value might name a person."""
    text = sample.decode(encoding, errors="replace")
    beyond = Counter(c for c in text if not c.isascii() and c.isprintable())
    return " ".join(c for c, _ in beyond.most_common(_SHOWN))


def _without_runs(text: str, pattern: str) -> str:
    lines = (re.sub(pattern, "\t", line.strip(" \t")) for line in text.split("\n"))
    return "\n".join(lines)


def _head(path: Path) -> bytes:
    """Read the beginning, in whole lines where the file goes on."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return head
    return head[: head.rfind(b"\n") + 1] or head


def temporary(kept: ExitStack) -> tuple[BinaryIO, Path]:
    """Open a file that goes with what keeps it, and say under which path it can be read."""
    if _OPEN_FILES.is_dir():
        target = kept.enter_context(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
        return target, _OPEN_FILES / str(target.fileno())
    copy = kept.enter_context(scratch_folder("engine-utf8")) / "copy.csv"
    return kept.enter_context(copy.open("wb")), copy
