"""The report as a file of slides, from what a run saved: the same run gives the same bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.errors import EngineError
from engine.utilities.atomic import replacing
from engine.visualization.charts.canvas import MUTED
from engine.visualization.page.view import view as view_of

if TYPE_CHECKING:
    from engine.visualization.page.view import View
    from engine.visualization.report_data import ReportData
    from engine.visualization.slides.paper import Paper

_DAY = (1980, 1, 1, 0, 0, 0)
"""Of each file in the archive: the first that one can have."""

_WRITTEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")


def write_slides(data: ReportData, figures: Path, path: Path) -> Path:
    """Write the report as slides, replacing earlier ones in one step.

    Parameters
    ----------
    data : ReportData
        What the run saved.
    figures : Path
        Where its figures are; one that is not there is left out.
    path : Path
        The .pptx; its folder is there.

    Returns
    -------
    path : Path

    Raises
    ------
    EngineError
        python-pptx is not installed, or a figure is not a PNG.

    Notes
    -----
    As the page: aggregates only, no customer's row and no id. Text that does not fit is made
    smaller, then cut; all of it stands in the notes of its slide.
    """
    paper = _paper()
    shown = view_of(data, figures)
    _laid(paper, shown)
    content = BytesIO()
    paper.deck.save(content)
    with replacing(path) as partial:
        partial.write_bytes(_dated(content.getvalue(), _day(str(data.summary["run_id"]))))
    return path


def _paper() -> Paper:
    try:
        from engine.visualization.slides.paper import Paper
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "pptx":
            raise
        message = (
            "slides are written by python-pptx, which is not installed; install it with "
            "pip install 'engine-segments[slides]'."
        )
        raise EngineError(message) from None
    return Paper()


def _laid(paper: Paper, view: View) -> None:
    """Lay out all slides: what was found, the segments, beside each other, figures, trust."""
    from engine.visualization.slides import beside, segments

    properties = paper.deck.core_properties
    properties.title, properties.author = f"Customer segments: {view.title}", "engine"
    properties.last_modified_by = "engine"
    segments.opening(paper, view)
    segments.segments(paper, view)
    beside.side_by_side(paper, view)
    beside.numbers_beside(paper, view)
    beside.figures(paper, view)
    _trust(paper, view)


def _trust(paper: Paper, view: View) -> None:
    """Say how sure it is, how it was made, and what there is to know."""
    from engine.visualization.slides.paper import BOTTOM, LEFT, TOP, WITHIN, Box

    trust, half = view.verdict, (WITHIN - 0.5) / 2
    paper.new("How sure, and how it was made")
    sure = [trust.meaning, trust.measured, trust.advice, view.comes_back, view.at_borders]
    paper.text(list(dict.fromkeys(sure)), Box(LEFT, TOP, half, BOTTOM - TOP), size=15, least=11)
    made = [f"{name}: {value}" for name, value in view.facts]
    right = Box(LEFT + half + 0.5, TOP, half, BOTTOM - TOP)
    paper.text(made, right, size=13, least=10, colour=MUTED, apart=0.3)
    if view.warnings:
        paper.new("Warning" if len(view.warnings) == 1 else "Warnings")
        paper.text(view.warnings, Box(LEFT, TOP, WITHIN, BOTTOM - TOP), size=18, least=11)
    paper.foot(f"Made on {view.made}. Summaries only: no customer\u2019s record and no identifier.")


def _day(run_id: str) -> bytes:
    """Give when a run was made, as documents write it; a day that is nobody's for another id."""
    try:
        made = datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        made = datetime(*_DAY, tzinfo=UTC)
    return made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def _dated(archive: bytes, day: bytes) -> bytes:
    """Pack an archive again without the time of day: of its files, and of workbooks in it."""
    packed = BytesIO()
    with ZipFile(BytesIO(archive)) as old, ZipFile(packed, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".xlsx"):
                content = _dated(content, day)
            elif name == "docProps/core.xml":
                content = _WRITTEN.sub(rb"\g<1>" + day + rb"\g<2>", content)
            entry = ZipInfo(name, _DAY)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            new.writestr(entry, content)
    return packed.getvalue()
