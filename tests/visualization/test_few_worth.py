"""Worth and shares of levels of a saved run, drawn again where more customers are few."""

from __future__ import annotations

import copy
from typing import Any

from engine.visualization.few import without_few

ROWS = [{"level": "f", "share": 0.5, "lift": 1.0}, {"level": "m", "share": 0.5, "lift": 1.0}]


def with_worth(data: Any, totals: list[float]) -> Any:
    found = copy.deepcopy(data.profiles)
    for segment, total in zip(found["segments"], totals, strict=True):
        segment["value"] = {"total": total, "share": total / sum(totals), "mean": 1.0}
        segment["shares"] = {"gender": copy.deepcopy(ROWS)}
    found |= {"value": {"column": "spend", "label": "spend", "total": sum(totals)}}
    data.profiles.update(found, shares={"gender": copy.deepcopy(ROWS)}, describing=["gender"])
    return data


def test_worth_is_that_of_the_segments_that_are_told(make_data):
    data = make_data()
    sizes = [s["customers"] for s in data.profiles["segments"]]
    totals = [100.0 * (i + 1) for i in range(len(sizes))]
    data = with_worth(data, totals)
    least = sorted(sizes)[0] + 1
    found = without_few(data, least).profiles
    told = [i for i, n in enumerate(sizes) if n >= least]
    whole = sum(totals[i] for i in told)
    assert 0 < len(told) < len(sizes)
    assert found["value"]["total"] == whole
    for i, segment in enumerate(found["segments"]):
        if i in told:
            assert segment["value"]["share"] == totals[i] / whole
        else:
            assert segment["value"] is None
        assert segment["shares"] == {}
    assert found["shares"] == {}


def test_a_level_of_few_of_a_segment_is_not_told(make_data):
    data = with_worth(make_data(), [1.0] * len(make_data().profiles["segments"]))
    first = data.profiles["segments"][0]
    n = first["customers"]
    first["shares"]["gender"] = [
        {"level": "f", "share": (n - 2) / n, "lift": 1.0},
        {"level": "m", "share": 2 / n, "lift": 1.0},
    ]
    found = without_few(data, 5).profiles["segments"]
    assert found[0]["shares"] == {}
    assert found[1]["shares"] == {"gender": ROWS}
    assert found[0]["value"]["total"] == 1.0
