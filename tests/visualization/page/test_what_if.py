"""What the page says of other numbers of segments than the one it describes."""

from __future__ import annotations

import copy
from pathlib import Path

from engine.visualization.few import without_few
from engine.visualization.page.what_if import what_if_view
from tests.visualization.html_page import write_page
from tests.visualization.what_ifs import with_what_if


def test_the_page_puts_numbers_of_segments_beside_each_other(make_data, tmp_path: Path):
    data = with_what_if(make_data())
    _, page = write_page(data, tmp_path)
    assert "What if there were 2 or 4 segments" in page.text
    assert "run it again with --k 2" in page.text
    assert "The 2 segments" in page.text
    assert "The 3 segments" not in page.text, "their cards say all of them"
    assert "2 2 parts, 111028%" in page.text
    assert "From 2 segments to 3" in page.text
    assert "From 3 segments to 4" in page.text
    # Counted from 1, where customers go: the most first.
    assert "1 3 parts, 0: 200; 3 3 parts, 2: 90" in page.text
    images = [image for image in page.find("img") if "Flow diagram" in (image["alt"] or "")]
    assert len(images) == 1


def test_many_numbers_are_listed_as_people_do(make_data):
    summary = with_what_if(make_data()).summary
    two, three, four = summary["what_if"]
    for views, said in (
        ([two, three], "2"), ([two, three, four], "2 or 4"),
        ([two, three, four | {"k": 4, "flows": four["segments"] and [[1] * 4] * 4}, four],
         "2, 4 or 4"),
    ):  # fmt: skip
        views = [*views[:-1], views[-1] | {"flows": None}]
        found = what_if_view(summary | {"what_if": views}, 5)
        assert found is not None
        assert found["others"] == said


def test_a_run_of_one_number_has_no_such_section(make_data, tmp_path: Path):
    _, page = write_page(make_data(), tmp_path, figures=False)
    assert "What if" not in page.text
    assert what_if_view({}, 5) is None


def test_few_customers_who_move_are_not_told_of(make_data, tmp_path: Path):
    data = with_what_if(make_data())
    before = copy.deepcopy(data.summary["what_if"])
    few = without_few(data, 50)
    found = what_if_view(few.summary, 50)
    assert found is not None
    first = found["moves"][0]
    assert first["about"] == 50
    told = {to["name"]: to["customers"] for to in first["rows"][1]["into"]}
    assert told == {"3 parts, 0": "fewer than 50", "3 parts, 1": "100"}
    # 90 is told to the nearest 50, or the 10 could be had from who is in the segment in all.
    assert [to["customers"] for to in first["rows"][0]["into"]] == ["200", "100"]
    assert found["lists"][2]["segments"][2]["customers"] == "fewer than 50"
    assert data.summary["what_if"] == before, "what was saved stays as it was"
    _, page = write_page(few, tmp_path, figures=False)
    assert "To the nearest 50 customers" in page.text
