"""Effect sizes against numbers by hand, and segments that keep one track."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine.comparing.changes import changes, word
from engine.comparing.matching import Matched, by_customers, tracks


@dataclass
class Made:
    """A period as far as changes look at it."""

    profiles: dict[str, Any]
    names: tuple[str, ...] = ("a", "b")

    def of_segment(self, index: int) -> dict[str, Any]:
        return dict(self.profiles["segments"][index])


def made(spend: float | None, std: float, vip: float, plus: float, customers: int) -> Made:
    overall = {"spend": {"std": std, "kind": "many"}, "vip": {"std": 0.5, "kind": "flag"}}
    features = {"spend": {"mean": spend}, "vip": {"mean": vip}}
    levels = [{"column": "plan", "level": "plus", "share": plus}]
    segment = {"features": features, "levels": levels, "shares": {}}
    return Made({"overall": overall, "customers": customers, "segments": [segment]})


def test_effect_sizes_are_those_of_the_formulas():
    found = changes(made(100, 10, 0.5, 0.2, 100), made(106, 20, 0.25, 0.4, 300), {0: 0})  # type: ignore[arg-type]
    by = {c["column"]: c for c in found}
    pooled = math.sqrt((100 * 10**2 + 300 * 20**2) / 400)
    assert by["spend"]["effect"] == pytest.approx(6 / pooled)
    assert by["vip"]["effect"] == pytest.approx(math.pi / 3 - math.pi / 2)
    h = 2 * math.asin(math.sqrt(0.4)) - 2 * math.asin(math.sqrt(0.2))
    assert (by["plan"]["effect"], by["plan"]["level"]) == (pytest.approx(h), "plus")
    assert [c["of"] for c in (by["spend"], by["vip"], by["plan"])] == ["mean", "share", "share"]
    assert [abs(c["effect"]) for c in found] == sorted(abs(c["effect"]) for c in found)[::-1]


def test_what_is_not_known_of_a_period_is_not_told():
    found = changes(made(None, 10, 0.5, 0.2, 9), made(106, 0, 0.25, 0.4, 9), {0: 0})  # type: ignore[arg-type]
    assert "spend" not in {c["column"] for c in found}
    flat = changes(made(1, 0, 0, 0, 9), made(2, 0, 0, 0, 9), {0: 0})  # type: ignore[arg-type]
    assert next(c for c in flat if c["column"] == "spend")["effect"] is None
    assert word(None) == "not known"


def test_segments_are_matched_by_the_customers_in_both():
    counts = np.array([[90, 4], [3, 80]])
    period: Any = Made({})
    found = by_customers(period, period, counts[:, ::-1])
    assert dict(found.pairs) == {0: 1, 1: 0}
    assert "2 of 2 agree by 0.5" in found.sentence
    none = by_customers(period, period, np.array([[50, 50], [50, 50]]))
    assert not none.pairs
    assert "A run with clustering.continue_from would keep numbers." in none.sentence


def test_tracks_follow_segments_that_go_and_come():
    steps = [Matched("numbers", pairs, "") for pairs in ({0: 1}, {0: 0, 1: 1})]
    assert tracks(steps, [2, 2, 3]) == [[0, 1], [1, 2], [1, 2, 3]]
