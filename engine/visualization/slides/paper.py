"""What slides are laid out on: wide paper, its margins, and boxes, tables and figures put on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Inches, Pt

from engine.visualization.charts.canvas import INK, MUTED
from engine.visualization.slides.fitting import LINE, Fitted, fitted, fitting_size, one_line, plain

WIDE, TALL = 13.333, 7.5
"""Inches of a slide: 16 to 9."""

LEFT, TOP, BOTTOM = 0.6, 1.35, 7.1
"""Where what a slide says begins and ends; its title stands above."""

WITHIN = WIDE - 2 * LEFT
_TITLE_ONLY = 5
_INSET = 0.04
"""Blank at the sides of a table's cell."""


@dataclass(frozen=True)
class Box:
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float


class Paper:
    """The slides that were begun, and how things are put on them."""

    def __init__(self) -> None:
        self.deck: Any = Presentation()
        stretch = Inches(WIDE) / self.deck.slide_width
        self.deck.slide_width, self.deck.slide_height = Inches(WIDE), Inches(TALL)
        layouts = self.deck.slide_layouts
        for page in (self.deck.slide_master, *layouts):
            for shape in page.placeholders:  # of paper that is 4 to 3
                shape.left, shape.width = int(shape.left * stretch), int(shape.width * stretch)
        self._layout = layouts[_TITLE_ONLY]
        self.slide: Any = None

    def new(self, title: str, colour: str | None = None, *, size: float = 28) -> None:
        """Begin a slide; ``colour`` is that of the segment that it is about."""
        self.slide = self.deck.slides.add_slide(self._layout)
        at = LEFT + (0.22 if colour else 0.0)
        found = fitted([title], WIDE - at - LEFT, 0.9, largest=size, least=18, bold=True)
        box = self.slide.shapes.title
        box.left, box.top = Inches(at), Inches(0.38)
        box.width, box.height = Inches(WIDE - at - LEFT), Inches(0.9)
        self._write(box.text_frame, found, INK, bold=True)
        box.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        if colour:
            self.block(Box(LEFT, 0.45, 0.09, 0.76), colour)
        if found.cut:
            self.note(title)

    def text(
        self,
        paragraphs: Sequence[str],
        box: Box,
        *,
        size: float = 16,
        least: float = 11,
        bold: bool = False,
        colour: str = INK,
        apart: float = 0.35,
    ) -> float:
        """Write paragraphs into a box, smaller where they must be; what is cut is in the notes.

        Returns
        -------
        height : float
            Inches that they take.
        """
        shown = [text for text in paragraphs if plain(text)]
        if not shown:
            return 0.0
        found = fitted(
            shown, box.width, box.height, largest=size, least=least, bold=bold, apart=apart
        )
        shape = self.slide.shapes.add_textbox(*_emu(box))
        self._write(shape.text_frame, found, colour, bold=bold, apart=apart)
        if found.cut:
            self.note("\n".join(shown))
        return (found.lines * LINE + len(found.paragraphs) * apart) * found.size / 72

    def _write(
        self, frame: Any, found: Fitted, colour: str, *, bold: bool, apart: float = 0.0
    ) -> None:
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for number, text in enumerate(found.paragraphs):
            paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.space_after = Pt(apart * found.size)
            run = paragraph.add_run()
            run.text = text
            _dress(run.font, found.size, colour, bold=bold)

    def block(self, box: Box, colour: str) -> None:
        """Fill a box with a colour."""
        shape = self.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(box))
        shape.fill.solid()
        shape.fill.fore_color.rgb = rgb(colour)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def picture(self, content: bytes, box: Box, pixels: tuple[int, int], said: str) -> None:
        """Put a figure into a box, as large as it fits; ``said`` is for those who cannot see it."""
        scale = min(box.width / pixels[0], box.height / pixels[1])
        width, height = pixels[0] * scale, pixels[1] * scale
        left = box.left + (box.width - width) / 2
        place = _emu(Box(left, box.top, width, height))
        shape = self.slide.shapes.add_picture(BytesIO(content), *place)
        shape._element.nvPicPr.cNvPr.set("descr", plain(said))

    def table(
        self,
        rows: Sequence[Sequence[str]],
        box: Box,
        widths: Sequence[float],
        *,
        size: float = 12,
        heads: int = 1,
        tall: float = 0.34,
        numbers: bool = True,
    ) -> None:
        """Put a table on the slide: a line a row below its head, each cell cut to fit.

        Parameters
        ----------
        rows : sequence of rows of str
            The first is the head.
        box : Box
        widths : sequence of float
            Of the columns, in inches.
        size : float
            Points.
        heads : int
            Lines of the head.
        tall : float
            Inches of a row.
        numbers : bool
            Whether all columns but the first are set to the right.
        """
        shape = self.slide.shapes.add_table(len(rows), len(widths), *_emu(box))
        table = shape.table
        shape._element.graphic.graphicData.tbl.tblPr.set("bandRow", "1")
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Inches(width)
        for r, row in enumerate(rows):
            table.rows[r].height = Inches(tall if r else _head(size, heads))
            title = not any(row[1:])
            for c, text in enumerate(row):
                within = widths[c] - 2 * _INSET - 0.02
                lines = heads if not r else 1
                cell = table.cell(r, c)
                cell.fill.solid()
                cell.fill.fore_color.rgb = rgb("#ffffff" if r else "#e8edf2")
                self._cell(
                    cell, text, within, size, lines, bold=title or not r, right=numbers and c > 0
                )

    def _cell(
        self,
        cell: Any,
        text: str,
        width: float,
        size: float,
        lines: int,
        *,
        bold: bool,
        right: bool,
    ) -> None:
        if lines == 1:
            size = fitting_size(text, width, size, bold=bold)
            shown = one_line(text, width, size, bold=bold)
        else:
            height = lines * LINE * size / 72 + 0.01
            found = fitted([text], width, height, largest=size, least=size, bold=bold)
            shown = found.paragraphs[0]
        if shown != plain(text):
            self.note(text)
        cell.margin_left = cell.margin_right = Inches(_INSET)
        cell.margin_top = cell.margin_bottom = Inches(0.02)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = shown
        _dress(run.font, size, INK, bold=bold)

    def note(self, text: str) -> None:
        """Add a paragraph to the slide's notes: what did not fit is there in full."""
        frame = self.slide.notes_slide.notes_text_frame
        text = "\n".join(plain(line) for line in text.split("\n"))
        frame.text = f"{frame.text}\n{text}" if frame.text else text

    def foot(self, text: str) -> None:
        """Write a line at the bottom of the slide."""
        self.text([text], Box(LEFT, 7.1, WITHIN, 0.28), size=10, least=9, colour=MUTED, apart=0)


def _head(size: float, heads: int) -> float:
    return heads * LINE * size / 72 + 0.08


def _emu(box: Box) -> tuple[int, int, int, int]:
    return Inches(box.left), Inches(box.top), Inches(box.width), Inches(box.height)


def rgb(colour: str) -> Any:
    """Give a colour, ``#rrggbb``, as slides have it."""
    untyped: Any = RGBColor
    return untyped.from_string(colour.removeprefix("#").upper())


def _dress(font: Any, size: float, colour: str, *, bold: bool) -> None:
    font.size, font.bold = Pt(size), bold
    font.color.rgb = rgb(colour)
