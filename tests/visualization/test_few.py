"""What is of few customers is left out of what earlier builds saved, too."""

from __future__ import annotations

from engine.visualization.few import without_few


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
