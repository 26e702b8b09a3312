"""Named RFM segments on the page: beside other customers, or in days and orders where known."""

from __future__ import annotations

import pytest

from engine.visualization.page.rfm import RFM_MEANING, limits_view, rfm_meaning

FACTS = {
    "rfm_limits": {
        "recency": {
            "1": [200.0, 720.0], "2": [90.0, 199.0], "3": [41.0, 89.0], "4": [12.0, 40.0],
            "5": [0.0, 11.0],
        },
        "frequency": {"1": [1.0, 1.0], "4": [2.0, 3.0], "5": [4.0, 31.0]},
        "monetary": {"1": [-5.5, 9.9], "5": [10.0, 2300.0]},
    },
    "rfm_segments": {
        "Champions": {"r": [5, 5], "f": [4, 5]},
        "Loyal": {"r": [3, 4], "f": [4, 5]},
        "New": {"r": [5, 5], "f": [1, 1]},
        "Cannot Lose": {"r": [1, 2], "f": [5, 5]},
        "At Risk": {"r": [1, 2], "f": [3, 4]},
        "Need Attention": {"r": [3, 3], "f": [3, 3]},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Champions", "last bought 11 days ago or less, 2 orders or more"),
        ("Loyal", "last bought 12 to 89 days ago, 2 orders or more"),
        ("New", "last bought 11 days ago or less, 1 order"),
        ("Cannot Lose", "last bought 90 days ago or more, 4 orders or more"),
        ("At Risk", "last bought 90 days ago or more, 2 to 3 orders"),
        # Nobody has three points for orders: then nothing is said of how many.
        ("Need Attention", RFM_MEANING["need attention"]),
        ("Friends", ""),
    ],
)
def test_names_in_days_and_orders(name: str, words: str) -> None:
    assert rfm_meaning(name, FACTS) == words


def test_all_alike_have_any_number() -> None:
    limits = {"recency": {"3": [5.0, 5.0]}, "frequency": {"3": [1.0, 1.0]}}
    facts = {"rfm_limits": limits, "rfm_segments": {"Need Attention": {"r": [3, 3], "f": [3, 3]}}}
    assert rfm_meaning("Need Attention", facts) == "last bought at any time, any number of orders"


def test_words_without_limits_are_relative() -> None:
    absolute = ("long time", "recently", "hardly", "a while", "used to")
    for words in RFM_MEANING.values():
        assert not any(a in words for a in absolute), words


def test_the_table_of_limits() -> None:
    rows = dict(limits_view(FACTS))
    assert rows["Recency (R), days since the last purchase"] == [
        "11 or less", "12 to 40", "41 to 89", "90 to 199", "200 or more",
    ]  # fmt: skip
    assert rows["Frequency (F), orders"] == [
        "4 or more", "2 to 3", "\u2013", "\u2013", "1",
    ]  # fmt: skip
    assert rows["Money (M), net of returns"][-1] == "9.90 or less"
    alike = {"rfm_limits": {"recency": {"3": [5.0, 5.0]}, "frequency": {"3": [1.0, 2.0]}}}
    assert [values[2] for _, values in limits_view(alike)] == ["5", "any"]
    assert limits_view({}) == []
