"""A small page in the report's styles: what it holds, and that nothing of it runs or loads."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from engine.visualization.charts.canvas import new_figure
from engine.visualization.page.leaf import Cell, Figure, Leaf, Points, Section, Table, write_leaf
from tests.visualization.html_page import Page

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"><path d="M0 0h8v4z"/></svg>'


def _leaf() -> Leaf:
    moves = Table(
        ["From", "To 1", "To <b>2</b>"],
        [[Cell("1 big", segment=0), Cell("5", note="50%", shade=0.5), "2"], ["2 small", "0", "7"]],
        title="Who moved", foot=["All", "5", "9"], wide=True,
    )  # fmt: skip
    figure = Figure.drawn(lambda: new_figure(4.0, 2.0), "Flows", "Bands.", "Left is before.")
    drawn = Figure.svg(_SVG, (8, 4), "Small", "A box.", "It is a box.")
    folded = Table(["What", "Value"], [["<i>x</i>", "1"]], title="More", folded=True)
    sections = [
        Section("Moves", ["Who went where & why.", moves, figure]),
        Section("The rest", [Points(["one", "two"]), folded, drawn]),
    ]
    return Leaf("<script>shop</script>", "Compared", "mid", "Some moved.", ["9 stayed."], sections)


def test_a_page_says_all_of_it_and_escapes_names(tmp_path: Path):
    path = write_leaf(_leaf(), tmp_path / "leaf.html")
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert "<script>" not in text
    for said in ("<script>shop</script>", "Some moved.", "9 stayed.", "Who went where & why.",
                 "To <b>2</b>", "50%", "<i>x</i>", "one", "More"):  # fmt: skip
        assert said in page.text
    anchors = {attrs["id"] for attrs in page.find("section")}
    assert {a["href"] for a in page.find("a")} == {f"#{anchor}" for anchor in anchors}


def test_a_page_loads_nothing(tmp_path: Path):
    text = write_leaf(_leaf(), tmp_path / "leaf.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert "url(" not in text
    images = [str(image["src"]) for image in Page(text).find("img")]
    assert [uri.partition(";")[0] for uri in images] == ["data:image/png", "data:image/svg+xml"]
    assert base64.b64decode(images[1].partition(",")[2]).decode() == _SVG


@pytest.mark.parametrize(("tone", "mark"), [("good", "clear"), ("mid", "weak"), ("bad", "none")])
def test_the_verdict_has_a_colour_of_the_report(tone, mark):
    page = Page(Leaf("T", "K", tone, "V", [], []).html())
    assert f"verdict {mark}" in {p["class"] for p in page.find("p") if p.get("class")}


def test_columns_of_numbers_stand_to_the_right():
    table = Table(["a", "b", "c"], [["x", "1", "why"]], numbers=[1])
    page = Page(Leaf("T", "K", "good", "V", [], [Section("S", [table])]).html())
    assert [cell["class"] for cell in page.find("td")] == ["n", ""]
    assert [cell["data-of"] for cell in page.find("td")] == ["b", "c"]
