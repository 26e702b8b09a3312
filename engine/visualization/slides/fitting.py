"""Text that fits its box: measured, made smaller, and cut where that is not enough."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.ImageFont import FreeTypeFont

LINE = 1.2
"""Height of a line, in sizes of its letters."""

_ELLIPSIS = "\u2026"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Fitted:
    """Paragraphs as they fit.

    Attributes
    ----------
    paragraphs : tuple of str
    size : float
        Points.
    cut : bool
        Whether something had to be left out.
    lines : int
    """

    paragraphs: tuple[str, ...]
    size: float
    cut: bool
    lines: int


def fitted(
    paragraphs: Sequence[str],
    width: float,
    height: float,
    *,
    largest: float,
    least: float,
    bold: bool = False,
    apart: float = 0.0,
) -> Fitted:
    """Fit paragraphs into a box.

    Parameters
    ----------
    paragraphs : sequence of str
    width, height : float
        Of the box, in inches.
    largest, least : float
        Sizes to try, in points; below the least text is cut.
    bold : bool
    apart : float
        Room after each paragraph, in sizes of its letters.

    Examples
    --------
    >>> fitted(["Loyal"], 2, 1, largest=20, least=10).size
    20
    >>> fitted(["word " * 300], 2, 1, largest=20, least=10).cut
    True
    """
    clean = [plain(text) for text in paragraphs]
    size = largest
    while True:
        wrapped = [_lines(text, width, size, bold=bold) for text in clean]
        lines = sum(map(len, wrapped))
        if (lines * LINE + len(clean) * apart) * size / 72 <= height:
            return Fitted(tuple(clean), size, cut=False, lines=lines)
        if size <= least:
            break
        size = max(size - 1, least)
    room = int((height * 72 / size - len(clean) * apart) / LINE)
    return _cut(wrapped, max(room, 1), width, size, bold=bold)


def _cut(wrapped: list[list[str]], room: int, width: float, size: float, *, bold: bool) -> Fitted:
    """Keep as many lines as there is room for; the last ends in an ellipsis."""
    every = [(number, line) for number, lines in enumerate(wrapped) for line in lines]
    *kept, (last, line) = every[:room]
    end = line.rstrip(" ,;.:")
    while end and _width(end + _ELLIPSIS, size, bold=bold) > width:
        end = end[:-1]
    kept.append((last, end.rstrip() + _ELLIPSIS))
    texts = ["".join(line for n, line in kept if n == number) for number in range(last + 1)]
    return Fitted(tuple(texts), size, cut=True, lines=len(kept))


def one_line(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Cut a text to one line of a box.

    Examples
    --------
    >>> one_line("Loyal", 2, 12), one_line("Loyal, rising and large", 1, 12)
    ('Loyal', 'Loyal, risi\u2026')
    """
    text = plain(text)
    if _width(text, size, bold=bold) <= width:
        return text
    while text and _width(text + _ELLIPSIS, size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def fitting_size(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """Give the size at which a text has room in one line: down to three quarters, no smaller.

    Examples
    --------
    >>> fitting_size("Loyal", 2, 12), fitting_size("Loyal, rising and large", 1, 12)
    (12, 9.0)
    """
    wide = _width(plain(text), size, bold=bold)
    return size if wide <= width else max(0.75 * size, size * width / wide)


def plain(text: str) -> str:
    """Take out what no slide can hold: what controls or is no character, and repeated blanks."""
    return " ".join(_UNSEEN.sub("", str(text)).split())


def _lines(text: str, width: float, size: float, *, bold: bool) -> list[str]:
    """Wrap a paragraph as slides do: after the blanks between words, or within a long word."""
    lines, line = [], ""
    for word in text.split() or [""]:
        joined = f"{line} {word}" if line else word
        if _width(joined, size, bold=bold) <= width:
            line = joined
            continue
        if line:
            lines.append(f"{line} ")
        line = word
        while len(line) > 1 and _width(line, size, bold=bold) > width:
            fits = max(1, int(len(line) * width / _width(line, size, bold=bold)))
            while fits > 1 and _width(line[:fits], size, bold=bold) > width:
                fits -= 1
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line]


def _width(text: str, size: float, *, bold: bool) -> float:
    """Measure a text of one line, in inches.

    By DejaVu Sans, which is there wherever Matplotlib is: slides say Calibri, whose letters are
    narrower, so that they fit with what stands in for it, too.
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    font = _font(bold=bold)
    rest = text if not wide else "".join(c for c in text if _narrow(c))
    return (font.getlength(rest) / font.size + wide) * size / 72


def _narrow(character: str) -> bool:
    return unicodedata.east_asian_width(character) not in "WF"


@cache
def _font(*, bold: bool) -> FreeTypeFont:
    import matplotlib as mpl
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / name, 100)
