"""What is of few customers is left out of what earlier builds saved, too."""

from __future__ import annotations

import re
from pathlib import Path

from engine.visualization.charts.segments import sizes
from engine.visualization.few import without_few
from tests.visualization.html_page import write_page


def test_nothing_is_told_of_a_segment_that_is_few_now(make_data) -> None:
    data = make_data()
    first, second, _ = data.profiles["segments"]
    told = {"who": "They spent 900.", "actions": [{"action": "Protect"}]}
    first |= told | {"borderline": {"customers": 40, "share": 0.3}}
    second |= told | {"borderline": {"customers": 3, "share": 0.02}, "customers": 300}
    first["customers"] = 90
    few, enough, _ = without_few(data, 100).profiles["segments"]
    assert few["who"] == ""
    assert few["actions"] == []
    assert few["borderline"] is None
    assert enough["who"] == "They spent 900."
    assert enough["borderline"] is None, "three customers are few"
    kept = without_few(data, 2).profiles["segments"]
    assert [s.get("borderline") for s in kept[:2]] == [first["borderline"], second["borderline"]]


def test_nothing_that_is_drawn_says_how_few_they_are(make_data, tmp_path: Path) -> None:
    data = make_data(segments=3, customers=60)
    first = data.profiles["segments"][0]
    least = first["customers"] + 4
    told = without_few(data, least)
    text, _ = write_page(told, tmp_path, figures=False)
    grown = [float(x) for x in re.findall(r"flex-grow: ([\d.]+)", text)]
    wide = [float(x) for x in re.findall(r'<i style="width: ([\d.]+)%', text)]
    assert grown[0] == round(least / 60, 4)
    assert wide[0] == round(100 * least / 60, 2)
    figure = sizes(told)
    assert figure is not None
    assert figure.axes[0].patches[0].get_width() == least
