"""A written report page, read again: tags, attributes and text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from engine.visualization.charts.figures import draw_figures
from engine.visualization.page.report import write_report
from engine.visualization.report_data import ReportData

VOID = {"meta", "img", "br", "wbr", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and fails on a tag closed out of order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def find(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def write_page(data: ReportData, folder: Path, *, figures: bool = True) -> tuple[str, Page]:
    """Draw the figures, write the page and read it again."""
    if figures:
        draw_figures(data, folder / "figures")
    path = write_report(data, folder / "figures", folder / "out" / "report.html")
    page = path.read_text(encoding="utf-8")
    parsed = Page(page)
    assert parsed.open == []
    return page, parsed
