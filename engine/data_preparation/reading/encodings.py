"""The encoding of a text file, looked for in all of its bytes, and its copy in UTF-8."""

from __future__ import annotations

import codecs
import re
import tempfile
import weakref
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.errors import DataError, EngineError, first_line
from engine.utilities.scratch import scratch_folder

HEAD_BYTES = 4 << 20
"""Beginning of a file that shows how it is written."""

_BLOCK = 1 << 18
"""Bytes looked at or converted at a time: within a core's cache."""

_UNDEFINED = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
"""Bytes that stand for nothing in cp1252."""

_BEYOND_ASCII = bytes(range(128, 256))

_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux lets a process open its own open files once more, each with a place of its own."""

_LONE_BYTE = re.compile("[\udc80-\udcff]")


def not_utf8(file: Path) -> DataError:
    """Say that a file is not text in UTF-8."""
    message = (
        f"{file} is not text in UTF-8; save it as UTF-8, or set input.read.encoding to utf8-lossy "
        "if only a few letters are damaged."
    )
    return DataError(message)


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
        self._left = data[used:]
        self.strays += bad
        self.letters += used - len(data[:used].translate(None, _BEYOND_ASCII)) - bad

    def end(self) -> None:
        """Count a letter that the end of the file cuts off as none."""
        self.strays += len(self._left)
        self._left = b""

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
    asked : str
        ``input.read.encoding``.

    Notes
    -----
    A copy lies in the system's folder for temporary files (``TMPDIR`` names another) until nobody
    refers to this object any more. On Linux it has no name there, so that it does not outlive a
    process that is killed; elsewhere the next copy removes those of processes that are gone.

    Looking for bytes beyond ASCII takes 0.15 s per GB of a file that has none and is in the page
    cache, 0.6 s per GB where they are everywhere (measured on two cores).
    """

    def __init__(self, path: Path, asked: str = "auto") -> None:
        self.path = path
        self._asked = asked
        self._utf8: Path | None = None
        head = _head(path)
        self.marked = head.startswith(codecs.BOM_UTF8)
        self.encoding = self._judge_head(head)
        self.head = self._decoded(head)

    def _judge_head(self, head: bytes) -> str:
        seen = Evidence()
        seen.look(head)
        if self._asked in ("cp1252", "latin1") and not seen.nul:
            return self._asked
        if self._asked == "utf8-lossy" and not seen.nul:
            return self._asked
        if seen.verdict is None or (self._asked == "utf8" and seen.verdict != "utf8"):
            raise not_utf8(self.path)
        return seen.verdict

    def _decoded(self, head: bytes) -> str:
        if self.encoding in ("cp1252", "latin1"):
            return head.decode(self.encoding, errors="replace")
        return head.decode("utf-8-sig", errors="replace")

    def utf8(self) -> Path:
        """Give a file in UTF-8 with the same text; the first call looks at every byte.

        Raises
        ------
        DataError
            The file is neither UTF-8 nor cp1252.
        EngineError
            There is no room for a copy.
        """
        if self._utf8 is None:
            if self._asked == "auto":
                self.encoding = self._judge_all()
            copied = self.encoding in ("cp1252", "latin1")
            self._utf8 = self._copy() if copied else self.path
        return self._utf8

    def _judge_all(self) -> str:
        seen, buffer = Evidence(), bytearray(_BLOCK)
        with self.path.open("rb", buffering=0) as handle:
            while n := handle.readinto(buffer):
                seen.look(buffer if n == _BLOCK else buffer[:n])
        seen.end()
        if seen.verdict is None:
            raise not_utf8(self.path)
        return seen.verdict

    def _copy(self) -> Path:
        kept = ExitStack()
        weakref.finalize(self, kept.close)
        try:
            target, copy = _temporary(kept)
            with self.path.open("rb") as source:
                while block := source.read(_BLOCK):
                    target.write(self._in_utf8(block))
            target.flush()
        except OSError as error:
            message = (
                f"{self.path} needs a copy in UTF-8, which could not be written to "
                f"{tempfile.gettempdir()} ({first_line(error)}); free space, set TMPDIR to another "
                "folder, or save the file as UTF-8."
            )
            raise EngineError(message) from None
        return copy

    def _in_utf8(self, block: bytes) -> bytes:
        if block.isascii():
            return block
        try:
            return block.decode(self.encoding).encode()
        except UnicodeDecodeError:
            raise not_utf8(self.path) from None


def _head(path: Path) -> bytes:
    """Read the beginning, in whole lines where the file goes on."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return head
    return head[: head.rfind(b"\n") + 1] or head


def _temporary(kept: ExitStack) -> tuple[BinaryIO, Path]:
    """Open a file that goes with what keeps it, and say under which path it can be read."""
    if _OPEN_FILES.is_dir():
        target = kept.enter_context(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
        return target, _OPEN_FILES / str(target.fileno())
    copy = kept.enter_context(scratch_folder("engine-utf8")) / "copy.csv"
    return kept.enter_context(copy.open("wb")), copy
