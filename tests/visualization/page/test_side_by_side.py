"""The table of segments beside each other: medians, and what tells flags and few numbers better."""

from __future__ import annotations

from typing import Any

from engine.visualization.page.side_by_side import side_by_side

OVERALL: dict[str, dict[str, Any]] = {
    "spend": {"mean": 90.0, "median": 40.0, "kind": "many"},
    "pet": {"mean": 0.3, "median": 0.0, "kind": "flag"},
    "family": {"mean": 2.25, "median": 2.0, "kind": "few"},
}


def test_each_column_by_its_kind() -> None:
    own = {
        "spend": {"mean": 10.0, "median": 8.0},
        "pet": {"mean": 0.62, "median": 1.0},
        "family": {"mean": None, "median": None},
    }
    found = side_by_side({
        "features": list(OVERALL), "overall": OVERALL, "segments": [{"features": own}],
    })  # fmt: skip
    assert found["columns"] == [("spend", ""), ("pet", "share"), ("family", "mean")]
    assert found["rows"] == [["8", "62%", "\u2013"]]
    assert found["everyone"] == ["40", "30%", "2.25"]
    assert found["marked"]
    assert found["medians"]


def test_profiles_of_earlier_versions_have_medians() -> None:
    overall = {"pet": {"mean": 0.3, "median": 0.0}}
    found = side_by_side({"features": ["pet"], "overall": overall, "segments": []})
    assert found["everyone"] == ["0"]
    assert not found["marked"]
