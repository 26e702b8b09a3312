"""The sentences of the report: what is measured, medians against means."""

from __future__ import annotations

import pytest

from engine.visualization.differences import feature_differences, level_differences
from engine.visualization.page.facts import plain
from engine.visualization.page.found import opening
from engine.visualization.readable import amount, percent
from engine.visualization.wording import (
    advice,
    component_words,
    measured,
)


def test_what_a_verdict_goes_by_in_words() -> None:
    scores = {"silhouette": {"value": 0.62, "low": 0.59, "high": 0.65, "chance": 0.4}, "gaps": 0.11}
    assert measured(scores) == (
        "The silhouette is 0.62; with 95% confidence the true value lies between 0.59 and 0.65. "
        "Customers without any groups would give 0.40. Where segments meet most, 11% as many "
        "customers stand at a border as where one crowd without groups is cut."
    )
    assert measured({"silhouette": {"value": 0.62}, "gaps": 2.09}).endswith(
        " No gap parts them: at some border customers stand as close as in one crowd."
    )
    assert measured({"silhouette": {"value": None}}) == ""
    assert measured({"silhouette": {"value": 0.5, "exact": True}}) == (
        "The silhouette is 0.50, measured on every customer."
    )


def test_rounding_hides_no_difference() -> None:
    found = measured({"silhouette": {"value": 0.2583, "chance": 0.2596}})
    assert found == "The silhouette is 0.258. Customers without any groups would give 0.260."


def test_advice_is_possible() -> None:
    assert "fewer" not in advice("none", 2)
    assert "fewer" not in advice("weak", 2, returns=False)
    assert "fewer segments" in advice("none", 3)
    assert advice("moderate", 4) == ""


def test_settings_are_plain_text() -> None:
    inner = {"linkage": "average", "distance_threshold": None, "extra": {}, "weights": [1, 2]}
    settings = {"components": 0.9, "settings": inner, "spill": False, "rows": 10_000}
    assert plain(settings) == "components 0.9, linkage average, weights 1, 2, spill no, rows 10,000"


def test_one_of_each_is_singular() -> None:
    assert opening(1, 1, "clear") == "1 customer falls into 1 segment."
    assert opening(1, 1, "none") == "1 customer is cut into 1 segment, but no groups stand out."


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
        "spend", "typically 1,240, against 310 for everyone", True,
    )  # fmt: skip


@pytest.mark.parametrize("median", [0.0, -5.0, None])
def test_medians_that_do_not_show_the_difference_give_way_to_means(median: float | None) -> None:
    own, everyone = {"median": median, "mean": 3.1}, {"median": 0.0, "mean": 0.4}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert found.text == "on average 3.1, against 0.4 for everyone"


def test_flags_are_told_by_shares_and_few_numbers_by_means() -> None:
    own, everyone = {"median": 0.0, "mean": 0.41}, {"median": 1.0, "mean": 0.12, "kind": "flag"}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert found.text == "41% have it, against 12% of everyone"
    own, everyone = {"median": 3.0, "mean": 2.4}, {"median": 2.0, "mean": 1.9, "kind": "few"}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert found.text == "on average 2.4, against 1.9 for everyone"


def test_what_no_number_shows_is_not_told() -> None:
    own, everyone = {"median": 3.0, "mean": 2.4}, {"median": 3.0, "mean": 2.9}
    assert feature_differences(*_profiles(own, everyone, "high")) == []


def test_numbers_that_round_to_the_same_get_more_digits() -> None:
    own, everyone = {"median": 1_241_200.0}, {"median": 1_240_900.0}
    [found] = feature_differences(*_profiles(own, everyone, "high"))
    assert found.text == "typically 1,241,200, against 1,240,900 for everyone"


def test_a_share_of_few_customers_says_of_how_many() -> None:
    level = {"column": "channel", "level": "app", "share": 1.0, "overall": 0.24, "lift": 4.17}
    [found] = level_differences({"levels": [level], "customers": 3}, {})
    assert found.text == "100% of its 3 customers, against 24% of everyone (4.2\u00d7)"
    [found] = level_differences({"levels": [level], "customers": 100}, {})
    assert found.text == "100%, against 24% of everyone (4.2\u00d7)"


def test_levels_are_named_with_their_lift() -> None:
    level = {"column": "channel", "level": "app", "share": 0.61, "overall": 0.24, "lift": 2.541}
    [found] = level_differences({"levels": [level]}, {})
    assert (found.what, found.text) == ("channel app", "61%, against 24% of everyone (2.5\u00d7)")
    [bare] = level_differences({"levels": [level | {"lift": float("inf")}]}, {})
    assert bare.text == "61%, against 24% of everyone"
    [known] = level_differences({"levels": [level | {"missing": 1_668}]}, {})
    assert known.text == "61%, against 24% of everyone (2.5\u00d7), of those known (1,668 are not)"


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
    assert [percent(s) for s in (0.0994, 0.0996, 0.9999)] == ["9.9%", "10%", ">99.9%"]
    assert [percent(s) for s in (0.994, 0.9951, 1.0)] == ["99%", ">99%", "100%"]
