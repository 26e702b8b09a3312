"""Rules by which a model may take the place of the one in use."""

from __future__ import annotations

import pytest

from engine.tracking.rules import judged

BEFORE = {
    "engine.run_id": "20261101T000000-aaaaaa", "engine.structure": "moderate",
    "engine.stability": "0.9", "engine.kept": "1.0",
}  # fmt: skip
AFTER = {**BEFORE, "engine.run_id": "20261108T000000-aaaaaa"}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, set()),
        ({"engine.structure": "clear", "engine.stability": "0.85", "engine.kept": "0.5"}, set()),
        ({"engine.structure": "weak"}, {"structure"}),
        ({"engine.structure": None}, {"structure"}),
        ({"engine.stability": "0.8499"}, {"stability"}),
        ({"engine.stability": None}, {"stability"}),
        ({"engine.kept": "0.49"}, {"kept"}),
        ({"engine.kept": None}, {"kept"}),
        ({"engine.run_id": BEFORE["engine.run_id"]}, {"newer"}),
    ],
)
def test_what_is_worse_breaks_the_rule_that_names_it(change: dict, broken: set):
    new = {k: v for k, v in {**AFTER, **change}.items() if v is not None}
    rules = judged(new, BEFORE)
    assert {rule.name for rule in rules if not rule.holds} == broken
    assert all(rule.said for rule in rules)


def test_what_was_not_measured_before_cannot_be_worse_now():
    old = {"engine.run_id": BEFORE["engine.run_id"]}
    assert all(rule.holds for rule in judged(AFTER, old))
