"""Figures about purchases: drawn where there is something to draw, removed where there is not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from engine.visualization.charts.figures import CHARTS, draw_figures
from engine.visualization.report_data import ReportData
from tests.visualization import shop

pytestmark = pytest.mark.usefixtures("pixels")

FIGURES = {chart.file for chart in CHARTS if chart.section in ("value", "sellers")}


def _with(data: ReportData, sales: dict | None) -> ReportData:
    return dataclasses.replace(data, sales=sales)


@pytest.mark.long
def test_figures_of_sales_are_drawn_and_removed_again(make_data, tmp_path: Path) -> None:
    for sales, files in ((shop.wide_sales(), FIGURES), (None, set())):
        draw_figures(_with(make_data(segments=10), sales), tmp_path)
        there = {path.name for path in tmp_path.iterdir()} & FIGURES
        assert there == files
        for file in there:
            with Image.open(tmp_path / file) as image:
                assert len(image.convert("RGB").getcolors(1 << 24) or []) > 2, f"{file} is blank"


def test_figures_leave_out_what_cannot_be_drawn(make_data, tmp_path: Path) -> None:
    sales = shop.sales()
    for row in sales["segments"]:
        row["gross_share"] = None
    for group in sales["cross_sell"]["best_sellers"]:
        group["by_lift"] = [shop.seller("Rare", "P1", (0.4, 0.2, 0.9))]
    draw_figures(_with(make_data(), sales), tmp_path)
    assert not {path.name for path in tmp_path.iterdir()} & FIGURES
