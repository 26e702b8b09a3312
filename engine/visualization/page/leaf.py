"""A small page beside the report, in its styles: a verdict, then paragraphs, tables and figures."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.utilities.atomic import replacing
from engine.visualization.charts.canvas import drawing, rendered, write_png
from engine.visualization.page.pictures import SHOWN
from engine.visualization.page.report import environment
from engine.visualization.page.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import matplotlib.figure

    from engine.utilities.permissions import Permissions

Tone = Literal["good", "mid", "bad"]

_TONES: dict[Tone, str] = {"good": "clear", "mid": "weak", "bad": "none"}
"""What the report's styles call the colour of a verdict."""

_DATA = re.compile(r'src="data:[^"]*"')


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text : str
        As it is shown; it is escaped.
    note : str
        Said below it, smaller.
    shade : float
        From -1 (cool, below) over 0 (plain) to 1 (warm, above).
    segment : int or None
        The segment, as files count it, whose dot stands before the text.
    """

    text: str
    note: str = ""
    shade: float = 0.0
    segment: int | None = None


@dataclass(frozen=True)
class Table:
    """A table, whose first column names its rows.

    Attributes
    ----------
    head : sequence of str
    rows : sequence of sequence of (Cell or str)
    numbers : collection of int
        Columns that hold numbers, which stand to the right; all but the first where not said.
    title : str
        Above it.
    foot : sequence of (Cell or str)
        A last row apart, such as sums.
    wide : bool
        Keep rows and columns on a phone, where it is scrolled sideways, as a matrix asks. Without
        it each row becomes a small list there.
    folded : bool
        Closed behind its title until it is opened.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    numbers: Sequence[int] | None = None
    title: str = ""
    foot: Sequence[Cell | str] = ()
    wide: bool = False
    folded: bool = False

    @property
    def lines(self) -> list[list[Cell]]:
        """The rows as cells."""
        return [_cells(row) for row in self.rows]

    @property
    def last(self) -> list[Cell]:
        """The foot as cells."""
        return _cells(self.foot)

    @property
    def right(self) -> list[bool]:
        """For each column whether it holds numbers."""
        columns = range(len(self.head))
        return [i in self.numbers if self.numbers is not None else i > 0 for i in columns]


def _cells(row: Sequence[Cell | str]) -> list[Cell]:
    return [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]


@dataclass(frozen=True)
class Figure:
    """A figure, inlined.

    Attributes
    ----------
    title : str
    alt : str
        What it shows, for someone who cannot see it.
    reading : str
        One sentence on how to read it.
    uri : str
        Its data.
    width, height : int
        CSS pixels.
    wide : bool
        Nearly as wide on a phone, where it is scrolled sideways in its own box.
    """

    title: str
    alt: str
    reading: str
    uri: str
    width: int
    height: int
    wide: bool = False

    @property
    def chart(self) -> Figure:
        """What the report's template asks for words."""
        return self

    @classmethod
    def drawn(
        cls,
        draw: Callable[[], matplotlib.figure.Figure],
        title: str,
        alt: str,
        reading: str,
        *,
        wide: bool = False,
    ) -> Figure:
        """Draw a figure of Matplotlib in the report's style.

        Parameters
        ----------
        draw : callable
            Gives the figure; called where the style holds.
        title, alt, reading : str
        wide : bool
        """
        with drawing():
            image = rendered(draw())
        content = BytesIO()
        write_png(image, content)
        width, height = (round(pixels * SHOWN) for pixels in image.size)
        return cls(title, alt, reading, _uri("image/png", content.getvalue()), width, height, wide)

    @classmethod
    def svg(cls, text: str, size: tuple[int, int], title: str, alt: str, reading: str) -> Figure:
        """Take a drawing in SVG of a size in CSS pixels; it can load and run nothing."""
        return cls(title, alt, reading, _uri("image/svg+xml", text.encode("utf-8")), *size)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


@dataclass(frozen=True)
class Points:
    """Sentences with a dot before each."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    title : str
    parts : sequence of (str, Points, Table or Figure)
        In their order; text is a paragraph.
    """

    title: str
    parts: Sequence[str | Points | Table | Figure]

    @property
    def anchor(self) -> str:
        """Where the contents lead to."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") or "section"


@dataclass(frozen=True)
class Leaf:
    """What a page says.

    Attributes
    ----------
    title : str
    kicker : str
        A few words above the title: what kind of page it is, and when it was made.
    tone : {"good", "mid", "bad"}
        Colour of the verdict.
    verdict : str
        One line.
    sentences : sequence of str
        What was found, in large letters below it.
    sections : sequence of Section
    """

    title: str
    kicker: str
    tone: Tone
    verdict: str
    sentences: Sequence[str]
    sections: Sequence[Section]

    @property
    def mark(self) -> str:
        """Class of the verdict in the styles."""
        return _TONES[self.tone]

    def html(self) -> str:
        """Write the page: no script, nothing loaded from anywhere, all names escaped."""
        template = environment().get_template("leaf.html.j2")
        body = template.render(leaf=self, terms=[])
        return template.render(leaf=self, terms=terms_of(_DATA.sub("", body)))


def write_leaf(leaf: Leaf, path: Path, permissions: Permissions = "shared") -> Path:
    """Write a page, replacing an earlier one in one step; its folder is there.

    Parameters
    ----------
    leaf : Leaf
        Summaries only: nothing of single customers.
    path : Path
    permissions : {"private", "group", "shared"}

    Returns
    -------
    path : Path
    """
    with replacing(path, permissions) as partial:
        partial.write_text(leaf.html(), encoding="utf-8")
    return path
