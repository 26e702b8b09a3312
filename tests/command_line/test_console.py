"""What the command line says of how far to trust segments: the page's word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from engine.command_line.console import _segments, _trust, terminal
from engine.config.sections import Config

SCORES: dict[str, Any] = {
    "silhouette": {"value": 0.25, "low": 0.24, "high": 0.26, "chance": 0.24},
    "gaps": None,
    "stability": {"mean": 0.95},
}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "silhouette 0.250 (0.240 to 0.260) against 0.240 without groups: no clear structure"),
        (
            {"division": True},
            "silhouette 0.250 (0.240 to 0.260) against 0.240 without groups: "
            "a division, not groups",
        ),
        (
            {"silhouette": {"value": 0.8, "exact": True, "chance": 0.3}},
            "silhouette 0.800 against 0.300 without groups: clear structure",
        ),
        (
            {"silhouette": {"value": 0.8, "exact": True, "chance": None}},
            "silhouette 0.800: structure not measured",
        ),
        ({"silhouette": {"value": None}}, "silhouette: undefined"),
    ],
)
def test_the_line_of_trust(more: dict[str, Any], said: str) -> None:
    assert _trust(SCORES | more) == said


def test_segments_count_from_1_and_have_their_worth(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"segment": 0, "segment_name": "Loyal", "customers": 40, "share": 0.4}
    rows = [row | {"value_share": 0.75}, row | {"segment": 1, "value_share": None}]
    result: Any = SimpleNamespace(profiles=pl.DataFrame(rows))
    terminal().print(_segments(result, Config()))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["segment", "name", "customers", "share", "value"]
    assert lines[1] == ["1", "Loyal", "40", "40.0%", "75.0%"]
    assert lines[2] == ["2", "Loyal", "40", "40.0%"]
    without: Any = SimpleNamespace(profiles=result.profiles.drop("value_share"))
    assert len(_segments(without, Config()).columns) == 4
