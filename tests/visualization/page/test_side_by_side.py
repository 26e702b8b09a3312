"""The table of segments beside each other: medians, and what tells flags and few numbers better."""

from __future__ import annotations

from typing import Any

from engine.visualization.differences import feature_differences
from engine.visualization.page.found import sentences
from engine.visualization.page.side_by_side import Cell, side_by_side
from engine.visualization.page.view import at_borders
from engine.visualization.page.worth import Part, Worth

OVERALL: dict[str, dict[str, Any]] = {
    "spend": {"mean": 90.0, "median": 40.0, "kind": "many"},
    "pet": {"mean": 0.3, "median": 0.0, "kind": "flag"},
    "family": {"mean": 2.25, "median": 2.0, "kind": "few"},
}


def _profiles(figures: list[dict[str, Any]]) -> dict[str, Any]:
    segments = [
        {"segment": i, "name": f"group {i}", "customers": 5, "share": 0.1, "features": own}
        for i, own in enumerate(figures)
    ]
    return {
        "customers": 50, "features": list(OVERALL), "overall": OVERALL, "segments": segments,
    }  # fmt: skip


def test_each_column_by_its_kind() -> None:
    own = {
        "spend": {"mean": 10.0, "median": 8.0},
        "pet": {"mean": 0.62, "median": 1.0},
        "family": {"mean": None, "median": None},
    }
    found = side_by_side(_profiles([own]))
    (block,) = found["blocks"]
    _, (_, rows) = block.groups
    assert [(row.label, row.mark) for row in rows] == [
        ("spend", ""), ("pet", "share"), ("family", "mean"),
    ]  # fmt: skip
    assert [[cell.text for cell in row.cells] for row in rows] == [
        ["8", "40"], ["62%", "30%"], ["\u2013", "2.25"],
    ]  # fmt: skip
    assert found["marked"]
    assert found["medians"]


def test_many_segments_stand_in_tables_that_paper_holds() -> None:
    figures = {f: {"mean": 1.0, "median": 1.0, "z": 0.0} for f in OVERALL}
    found = side_by_side(_profiles([figures] * 23))
    assert [len(block.segments) for block in found["blocks"]] == [8, 8, 7]
    assert [s["number"] for block in found["blocks"] for s in block.segments] == [*range(1, 24)]
    assert not found["tinted"]


def test_what_describes_stands_in_a_group_of_its_own() -> None:
    figures = {f: {"mean": 1.0, "median": 1.0, "z": -2.0} for f in OVERALL}
    level = {"column": "gender", "level": "F", "share": 0.8, "overall": 0.5, "describes": True}
    profiles = _profiles([figures]) | {"describing": ["family", "gender"]}
    profiles["segments"][0]["levels"] = [level]
    (block,) = side_by_side(profiles)["blocks"]
    groups = [(title, [row.label for row in rows]) for title, rows in block.groups]
    assert groups[1:] == [
        ("What formed the segments", ["spend", "pet"]),
        ("What describes them, and did not form them", ["family", "gender"]),
    ]
    assert block.groups[2][1][1].cells[0] == Cell("F", share="80%")
    assert block.groups[1][1][0].cells[0].way == "below"


def test_levels_of_what_describes_are_told_by_their_shares() -> None:
    figures = {f: {"mean": 1.0, "median": 1.0, "z": 0.0} for f in OVERALL}
    profiles = _profiles([figures, figures]) | {"describing": ["gender"]}
    profiles["shares"] = {"gender": [{"level": "F", "share": 0.4}, {"level": "M", "share": 0.6}]}
    profiles["segments"][0]["shares"] = {"gender": [{"level": "F", "share": 0.9, "lift": 2.25}]}
    (block,) = side_by_side(profiles)["blocks"]
    rows = [(row.label, [cell.text for cell in row.cells]) for row in block.groups[-1][1]]
    assert rows == [
        ("gender F", ["90%", "\u2013", "40%"]), ("gender M", ["\u2013", "\u2013", "60%"]),
    ]  # fmt: skip


def test_everyone_has_no_share_where_nobody_has() -> None:
    figures = {f: {"mean": 1.0, "median": 1.0, "z": 0.0} for f in OVERALL}
    for share, every in ((None, "\u2013"), (1.0, "100%")):
        worth = Worth("spend", "\u2212100", "\u22122", {0: Part(share, "\u2212100", "\u221220")})
        (block,) = side_by_side(_profiles([figures]), worth)["blocks"]
        rows = {row.label: [cell.text for cell in row.cells] for row in block.groups[0][1]}
        assert rows["Share of spend"] == [every, every]


def test_profiles_of_earlier_versions_have_medians() -> None:
    overall = {"pet": {"mean": 0.3, "median": 0.0}}
    own = {"pet": {"mean": 0.6, "median": 1.0}}
    found = side_by_side({**_profiles([own]), "features": ["pet"], "overall": overall})
    assert [c.text for c in found["blocks"][0].groups[1][1][0].cells] == ["1", "0"]
    assert not found["marked"]


def test_a_rounded_share_is_told_to_be_so_and_is_never_nothing() -> None:
    figures = {
        "spend": {"mean": 10.0, "median": 8.0},
        "pet": {"mean": 0.0, "median": 0.0, "z": -0.7},
        "family": {"mean": 2.0, "median": 2.0},
    }
    exact = _profiles([figures])
    near = exact | {"overall": OVERALL | {"pet": {**OVERALL["pet"], "about": 5}}}
    near["segments"][0]["distinctive"] = [{"feature": "pet", "direction": "low"}]
    texts = [
        [row.cells[0].text for row in side_by_side(p)["blocks"][0].groups[1][1]]
        for p in (exact, near)
    ]
    assert texts == [["8", "0%", "2"], ["8", "hardly any", "2"]]
    assert side_by_side(exact)["rounded"] == ""
    assert "rounded to the nearest 5 customers" in side_by_side(near)["rounded"]
    (told,) = feature_differences(near["segments"][0], near)
    assert told.text == "hardly any have it, against 30% of everyone"


def test_segments_of_one_size_are_told_of_without_every_other() -> None:
    figures = {f: {"mean": 1.0, "median": 1.0, "z": 0.0} for f in OVERALL}
    two, three = ([{**s, "share": 1 / n} for s in _profiles([figures] * n)["segments"]]
                  for n in (2, 3))  # fmt: skip
    said = [sentences(_profiles([]) | {"segments": s}, "weak", None, 50)[1] for s in (two, three)]
    assert said == ["Both hold the same share of them: 50%.",
                    "All hold the same share of them: 33%."]  # fmt: skip


def test_nobody_at_a_border_is_not_counted() -> None:
    nobody = {"segments": [{"borderline": {"customers": 0, "share": 0.0}}] * 2, "customers": 50}
    assert at_borders(nobody) == (
        "Hardly any customer is nearly as close to another segment as to their own."
    )
