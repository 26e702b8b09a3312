"""The sentences of the report: the thresholds, the interval, medians against means."""

from __future__ import annotations

import pytest

from engine.visualization.page.facts import plain
from engine.visualization.readable import amount, percent
from engine.visualization.wording import (
    component_words,
    feature_differences,
    headline,
    level_differences,
    structure,
)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.95, "clear"), (0.71, "clear"), (0.7099, "moderate"), (0.51, "moderate"),
        (0.5099, "weak"), (0.26, "weak"), (0.2599, "none"), (-0.3, "none"),
        (None, "not measured"), (float("nan"), "not measured"),
    ],
)  # fmt: skip
def test_the_headline_word_at_its_thresholds(value: float | None, word: str) -> None:
    found = structure({"value": value, "low": None, "high": None})
    assert found.word == word
    assert headline(20_000, 8, found.word) == (
        f"20,000 customers fall into 8 segments; structure: {word}."
    )


def test_the_interval_in_words() -> None:
    assert structure({"value": 0.62, "low": 0.59, "high": 0.65}).measured == (
        "The silhouette is 0.62; with 95% confidence the true value lies between 0.59 and 0.65."
    )


def test_an_interval_across_a_threshold_says_so() -> None:
    assert structure({"value": 0.53, "low": 0.49, "high": 0.57}).measured.endswith(
        "between 0.49 and 0.57, which reaches into \u201cweak\u201d."
    )


def test_rounding_never_names_another_word() -> None:
    found = structure({"value": 0.2583, "low": 0.2571, "high": 0.2596})
    assert found.word == "none"
    assert "0.258" in found.measured
    assert "0.26 " not in found.measured


def test_settings_are_plain_text() -> None:
    inner = {"linkage": "average", "distance_threshold": None, "extra": {}, "weights": [1, 2]}
    settings = {"components": 0.9, "settings": inner, "spill": False, "rows": 10_000}
    assert plain(settings) == "components 0.9, linkage average, weights 1, 2, spill no, rows 10,000"


def test_one_of_each_is_singular() -> None:
    assert headline(1, 1, "none") == "1 customer falls into 1 segment; structure: none."


def _profiles(own: dict[str, float], everyone: dict[str, float], direction: str):
    segment = {
        "features": {"spend": own},
        "distinctive": [{"feature": "spend", "z": 1.0, "direction": direction}],
    }
    return segment, {"overall": {"spend": everyone}}


def test_a_difference_names_the_medians() -> None:
    own, everyone = {"median": 1240.0, "mean": 1500.0}, {"median": 310.0, "mean": 400.0}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert (found.what, found.text, found.higher) == (
        "spend", "median 1,240 against 310 for everyone", True,
    )  # fmt: skip


@pytest.mark.parametrize("median", [0.0, -5.0, None])
def test_medians_that_do_not_show_the_difference_give_way_to_means(median: float | None) -> None:
    own, everyone = {"median": median, "mean": 3.1}, {"median": 0.0, "mean": 0.4}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert found.text == "mean 3.1 against 0.4 for everyone"


def test_levels_are_named_with_their_lift() -> None:
    level = {"column": "channel", "level": "app", "share": 0.61, "overall": 0.24, "lift": 2.541}
    [found] = level_differences({"levels": [level]})
    assert (found.what, found.text) == ("channel app", "61% against 24% (2.5\u00d7)")
    [bare] = level_differences({"levels": [level | {"lift": float("inf")}]})
    assert bare.text == "61% against 24%"
    [known] = level_differences({"levels": [level | {"missing": 1_668}]})
    assert known.text == "61% against 24% (2.5\u00d7), of those known (1,668 are not)"


def test_axis_words_leave_out_weak_and_missing_loadings() -> None:
    loadings = {"features": ["a", "b", "c"], "components": [[-0.9, 0.1, None]]}
    assert component_words(loadings, 0) == "less a"
    assert component_words(loadings, 1) == ""
    assert component_words(None, 0) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999_949.0, "1 million"), (999_400.0, "999,400"), (1e12, "1 trillion"), (5e15, "5.00e+15"),
        (99.97, "100"), (-1240.0, "\u22121,240"), (2e-5, "2.00e-05"), (0.1, "0.1"),
        (9.999, "10"), (float("inf"), "\u2013"),
    ],
)  # fmt: skip
def test_amounts_at_their_edges(value: float, text: str) -> None:
    assert amount(value) == text


def test_shares_at_their_edges() -> None:
    assert [percent(s) for s in (0.0994, 0.0996, 0.9999)] == ["9.9%", "10%", "100%"]
