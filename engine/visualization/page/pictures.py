"""Figures as the page holds them: inlined, with their size."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.visualization.charts.figures import CHARTS

if TYPE_CHECKING:
    from pathlib import Path

    from engine.visualization.charts.figures import Chart

PNG_START = b"\x89PNG\r\n\x1a\n"
SHOWN = 0.7
"""CSS pixels that a pixel of a figure takes on a wide screen: drawn at 150 dpi, text of 16 px."""


@dataclass(frozen=True)
class Picture:
    """A figure ready for the page: its chart, its data URI and its size in CSS pixels."""

    chart: Chart
    uri: str
    width: int
    height: int


def pictures(folder: Path) -> list[Picture]:
    """Read the figures that are there, in the order of the page.

    Parameters
    ----------
    folder : Path
        Where the PNGs lie.

    Returns
    -------
    list of Picture

    Raises
    ------
    EngineError
        If a file is not a PNG.
    """
    return [_picture(c, folder / c.file) for c in CHARTS if (folder / c.file).is_file()]


def _picture(chart: Chart, path: Path) -> Picture:
    content = path.read_bytes()
    if len(content) < 24 or not content.startswith(PNG_START):
        message = f"{path} is not a PNG image; draw the figures again with `engine report`."
        raise EngineError(message)
    # The header chunk of every PNG: width and height, four bytes each.
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
    uri = "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    return Picture(chart, uri, round(width * SHOWN), round(height * SHOWN))


def by_section(found: list[Picture]) -> dict[str, list[Picture]]:
    """Part pictures by the section of the page that they stand in."""
    sections: dict[str, list[Picture]] = {chart.section: [] for chart in CHARTS}
    for picture in found:
        sections[picture.chart.section].append(picture)
    return sections
