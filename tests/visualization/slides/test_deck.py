"""The slides of a run, read again: the page's words and numbers, within the slides, no overflow."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError
from engine.visualization.charts.figures import draw_figures
from engine.visualization.few import without_few
from engine.visualization.page.view import view
from engine.visualization.report_data import ReportData
from engine.visualization.slides.deck import write_slides
from engine.visualization.slides.fitting import LINE, fitted
from tests.visualization.what_ifs import with_what_if

pptx = pytest.importorskip("pptx", reason="python-pptx is not installed (the extra [slides])")


def deck(data: ReportData, folder: Path, *, figures: bool = False) -> Any:
    if figures:
        draw_figures(data, folder / "figures")
    return pptx.Presentation(str(write_slides(data, folder / "figures", folder / "report.pptx")))


def words(slide: Any) -> str:
    found = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def titles(slides: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in slides]


def assert_within(found: Any) -> None:
    """Every shape lies on its slide, and every text in its box."""
    wide, tall = found.slide_width, found.slide_height
    for slide in found.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= wide
            if shape.has_table:
                height = sum(row.height for row in shape.table.rows)
                assert sum(c.width for c in shape.table.columns) <= wide
                assert shape.top + height <= tall
                continue
            assert shape.top + shape.height <= tall
            if shape.has_text_frame and shape.text_frame.text:
                assert_fits(shape)


def assert_fits(shape: Any) -> None:
    texts = [p.text for p in shape.text_frame.paragraphs]
    (size,) = {p.runs[0].font.size.pt for p in shape.text_frame.paragraphs}
    bold = bool(shape.text_frame.paragraphs[0].runs[0].font.bold)
    width = shape.width / pptx.util.Inches(1)
    after = sum(p.space_after.inches for p in shape.text_frame.paragraphs if p.space_after)
    again = fitted(texts, width, 99, largest=size, least=size, bold=bold)
    tall = again.lines * LINE * size / 72 + after
    assert tall <= shape.height / pptx.util.Inches(1) + 0.01, shape.text_frame.text


def told(data: ReportData) -> ReportData:
    """Say who the first segment is and what to do, and what all are worth."""
    profiles = dict(data.profiles)
    segments = [dict(s) for s in profiles["segments"]]
    segments[0] |= {
        "who": "Bought last 4 weeks ago, spent 1,934 in all.",
        "actions": [
            {"action": "Win back", "text": "Ask them back in person.", "reason": "94 days since."}
        ],
    }
    for s in segments:
        s["value"] = {"total": 1000.0 * s["share"], "share": s["share"], "mean": 10.0}
    profiles["segments"] = segments
    profiles["value"] = {"column": "spend", "label": "Spend", "unit": "EUR", "total": 1000.0}
    return dataclasses.replace(data, profiles=profiles)


def test_a_slide_a_segment_with_the_words_of_the_page(make_data, tmp_path: Path):
    data = told(make_data())
    found = deck(data, tmp_path)
    shown = view(data, tmp_path / "figures")
    slides = list(found.slides)
    assert titles(slides)[0] == "Customer segments: shop"
    assert all(sentence in words(slides[0]) for sentence in shown.sentences)
    assert shown.verdict.line in words(slides[0])
    for card, slide in zip(shown.cards, slides[1:4], strict=True):
        said = words(slide)
        assert slide.shapes.title.text_frame.text == f"{card.number} {card.name}"
        assert card.size in said
        assert card.value
        assert card.value in said
        assert card.differences
        assert all(f"{d.what}: {d.text}" in said for d in card.differences)
        assert all(sentence in said for sentence in card.sure)
    assert "Bought last 4 weeks ago" in words(slides[1])
    assert "Win back: Ask them back in person. 94 days since." in words(slides[1])
    assert "What to do" not in words(slides[2])
    assert shown.verdict.meaning in words(slides[-1])
    assert_within(found)


def test_sizes_are_a_chart_that_can_be_edited(make_data, tmp_path: Path):
    data = told(make_data())
    (chart,) = [s.chart for s in deck(data, tmp_path).slides[0].shapes if s.has_chart]
    assert [s.name for s in chart.plots[0].series] == ["Share of customers", "Share of spend"]
    shares = [s["share"] for s in data.profiles["segments"]]
    assert list(chart.plots[0].series[0].values) == pytest.approx(shares)
    assert next(iter(chart.plots[0].categories)).startswith("1 group 0")


def test_side_by_side_holds_every_number_of_the_page(make_data, tmp_path: Path):
    data = make_data(segments=4, features=[f"feature_{i}" for i in range(30)])
    found = deck(data, tmp_path)
    tables = [
        shape.table
        for slide in found.slides
        for shape in slide.shapes
        if shape.has_table and "Side by side" in slide.shapes.title.text_frame.text
    ]
    assert len(tables) > 1
    rows = [[cell.text for cell in row.cells] for table in tables for row in table.rows]
    for block in view(data, tmp_path / "figures").beside["blocks"]:
        for _, group in block.groups:
            for row in group:
                cells = [cell.text for cell in row.cells]
                assert any(cells == line[1:] for line in rows), row.label
    assert_within(found)


@pytest.mark.long
def test_figures_have_a_slide_each_and_are_described(make_data, tmp_path: Path):
    found = deck(with_what_if(make_data(components=2, sweep=True)), tmp_path, figures=True)
    pictures = {
        slide.shapes.title.text_frame.text: shape
        for slide in found.slides
        for shape in slide.shapes
        if shape.shape_type == pptx.enum.shapes.MSO_SHAPE_TYPE.PICTURE
    }
    drawn = {p.stem for p in (tmp_path / "figures").glob("*.png")} - {"sizes"}
    assert len(pictures) == len(drawn)
    assert "Who goes where" in pictures
    described = [p._element.nvPicPr.cNvPr.get("descr") for p in pictures.values()]
    assert all(described)
    assert any("What if there were 2 or 4 segments" in t for t in titles(found.slides))
    assert_within(found)


LONG = "An unbelievably long name of a segment which nobody would ever give but somebody did " * 4


@pytest.mark.long
@pytest.mark.parametrize(
    "more",
    [
        {"segments": 3, "names": [LONG, "x" * 300, "\u4e2d\u6587\u540d\u5b57 \x07" * 20]},
        {"segments": 12, "features": [f"a_very_long_name_of_column_{i}" * 3 for i in range(25)]},
    ],
    ids=["names", "columns"],
)
def test_nothing_runs_over_and_what_is_cut_stands_in_the_notes(make_data, tmp_path: Path, more):
    data = make_data(**more)
    data.summary["warnings"] = [f"warning {i}: {LONG}" for i in range(40)]
    try:
        found = deck(data, tmp_path)
    finally:
        data.summary["warnings"] = []
    assert_within(found)
    (last,) = [s for s in found.slides if s.shapes.title.text_frame.text == "Warnings"]
    assert "\u2026" in words(last)
    assert "warning 39" in last.notes_slide.notes_text_frame.text
    if "names" in more:
        assert LONG.split(" but ")[0] in found.slides[1].notes_slide.notes_text_frame.text


@pytest.mark.long
def test_many_segments_have_slides_of_the_largest(make_data, tmp_path: Path):
    found = deck(make_data(segments=45, customers=900), tmp_path)
    own = [s for s in found.slides if "Slides of the 40 largest of 45 segments." in words(s)]
    assert len(own) == 40
    assert_within(found)


def test_the_same_run_gives_the_same_bytes(make_data, tmp_path: Path):
    data = told(make_data())
    first = write_slides(data, tmp_path, tmp_path / "a.pptx").read_bytes()
    assert write_slides(data, tmp_path, tmp_path / "b.pptx").read_bytes() == first
    properties = pptx.Presentation(str(tmp_path / "a.pptx")).core_properties
    assert properties.title == "Customer segments: shop"


def test_nothing_is_told_of_few(make_data, tmp_path: Path):
    data = make_data(segments=3, customers=60)
    least = 1 + min(s["customers"] for s in data.profiles["segments"])
    found = deck(without_few(data, least), tmp_path)
    few = [s for s in found.slides if "Fewer than" in s.shapes.title.text_frame.text]
    assert few
    assert all("typically" not in words(slide) for slide in few)


def test_no_number_in_the_chart_says_how_few_they_are(make_data, tmp_path: Path):
    data = make_data(segments=3, customers=60)
    shares = [s["share"] for s in data.profiles["segments"]]
    first = data.profiles["segments"][0]
    least = first["customers"] + 4
    (shape,) = [s for s in deck(without_few(data, least), tmp_path).slides[0].shapes if s.has_chart]
    values = list(shape.chart.plots[0].series[0].values)
    assert values[0] == pytest.approx(least / 60)
    assert shares[0] not in values
    few = view(without_few(data, least), tmp_path).cards[0]
    assert few.share.startswith("<")
    assert f"{few.name} {few.share}" in shape._element.nvGraphicFramePr.cNvPr.get("descr")
    label = shape.chart.plots[0].series[0].points[0].data_label
    assert label.text_frame.text == few.share


def test_names_of_what_is_no_character_are_written(make_data, tmp_path: Path):
    names = [f"{LONG}\ufffe", "b\uffff", "c"]
    found = deck(make_data(segments=3, names=names), tmp_path)
    assert titles(found.slides)[2] == "2 b"
    assert LONG.split(" but ")[0] in found.slides[1].notes_slide.notes_text_frame.text


def test_what_is_missing_is_one_sentence(make_data, tmp_path: Path, monkeypatch):
    for name in [m for m in sys.modules if m.startswith("engine.visualization.slides.")]:
        if name.rpartition(".")[2] in ("paper", "segments", "beside"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(EngineError, match=r"pip install 'engine-segments\[slides\]'"):
        write_slides(make_data(), tmp_path, tmp_path / "report.pptx")
    assert not (tmp_path / "report.pptx").exists()
