"""What the command line says of how far to trust segments: the page's word."""

from __future__ import annotations

from typing import Any

import pytest

from engine.command_line.console import _trust

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
