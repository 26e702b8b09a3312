"""Names of segments: what stands out, unique, and the same however often they are made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.descriptive_stats.names import choices_of, name_segments
from engine.descriptive_stats.vocabulary import readable


def segment(*features: tuple[str, float], levels: tuple[tuple[str, str, float], ...] = ()) -> Any:
    ordered = sorted(features, key=lambda f: -abs(f[1]))
    return {
        "distinctive": [
            {"feature": f, "z": z, "direction": "high" if z > 0 else "low"} for f, z in ordered
        ],
        "levels": [
            {"column": c, "level": v, "lift": lift, "share": 0.1 * lift, "overall": 0.1}
            for c, v, lift in levels
        ],
    }


def test_two_features_that_stand_out():
    assert name_segments([segment(("spend", 1.6), ("visits", -0.9), ("age", 0.8))]) == [
        "Much higher spend, fewer visits"
    ]


def test_nothing_stands_out():
    assert name_segments([segment(("spend", 0.39))]) == ["Average customers"]


def test_a_third_feature_parts_two_of_a_name():
    names = name_segments([
        segment(("spend", 1.0), ("visits", 0.9), ("age", 0.8)),
        segment(("spend", 1.0), ("visits", 0.9), ("age", -0.8)),
    ])  # fmt: skip
    assert names == ["Higher spend, higher age", "Higher spend, lower age"]


def test_what_is_too_little_for_a_name_may_part_two():
    names = name_segments([
        segment(("spend", 1.0), ("age", 0.3)),
        segment(("spend", 1.0), ("age", -0.3)),
    ])  # fmt: skip
    assert names == ["Higher spend, higher age", "Higher spend, lower age"]


def test_what_a_segment_may_be_called_otherwise():
    (one,) = choices_of([segment(("spend", 1.0), ("visits", 0.9), ("age", -0.8))])
    assert one == ["Higher spend, more visits", "Higher spend, more visits, lower age"]
    assert choices_of([segment(("spend", 1.0))] * 2) == [["Higher spend"]] * 2


def test_a_category_says_what_numbers_do_not():
    names = name_segments([segment(("spend", 0.1), levels=(("channel", "app", 6.0),))])
    assert names == ["Channel app"]
    some = segment(("spend", 0.1), levels=(("channel", "app", 4.9),))
    assert name_segments([some]) == ["Channel app more often"]
    weak = segment(("spend", 0.1), levels=(("channel", "app", 1.25),))
    assert name_segments([weak]) == ["Average customers"]


def test_what_means_or_medians_contradict_is_in_no_name():
    found = segment(("spend", 1.0), ("visits", 0.9))
    found["distinctive"][0]["plain"] = False
    assert name_segments([found]) == ["More visits"]


def test_a_flag_is_there_more_or_less_often():
    found = segment(("has_pet", 1.6), ("Married", -0.5))
    for item in found["distinctive"]:
        item["flag"] = True
    assert name_segments([found]) == ["Has pet far more often, married less often"]


def test_numbers_where_nothing_else_parts_them():
    assert name_segments([segment(("spend", 1.0))] * 3) == [
        "Higher spend",
        "Higher spend (2)",
        "Higher spend (3)",
    ]


def test_a_number_that_is_taken_already():
    tricky = segment(levels=(("channel", "app (2)", 2.0),))
    plain = segment(levels=(("channel", "app", 2.0),))
    names = name_segments([tricky, plain, plain])
    assert len(set(names)) == 3


SEGMENTS = st.lists(
    st.builds(
        lambda z, levels: segment(*zip("abc", z, strict=True), levels=tuple(levels)),
        st.tuples(*[st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0])] * 3),
        st.lists(
            st.tuples(st.just("c"), st.sampled_from(["x", "x (2)"]), st.just(2.0)), max_size=2
        ),
    ),
    min_size=1,
    max_size=12,
)


@given(SEGMENTS)
def test_names_are_unique_and_repeat(segments):
    names = name_segments(segments)
    assert len(set(names)) == len(segments)
    assert names == name_segments(segments)
    assert all(n and n[0] == n[0].upper() for n in names)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("BALANCE_FREQUENCY", "balance frequency"),
        ("customerAge", "customer age"),
        ("Annual Income (k$)", "annual income"),
        ("first.order-value", "first order value"),
        ("(k$)", "(k$)"),
        ("__", "__"),
    ],
)
def test_columns_as_words(column, words):
    assert readable(column) == words


def test_a_category_that_few_are_known_to_have_names_nobody():
    level = {"column": "home", "level": "own", "share": 0.9, "overall": 0.3, "lift": 3.0}
    named = [name_segments([{"distinctive": [], "levels": [level | {"known": known}]}])
             for known in (1.0, 0.1)]  # fmt: skip
    assert named == [["Home own"], ["Average customers"]]


def test_a_category_that_parts_a_segment_leads_its_name():
    level = {"column": "Enrollment Type", "level": "2018 Promotion", "share": 1.0, "overall": 0.06}
    number = {"feature": "salary", "z": 0.9, "direction": "high"}
    (name,) = name_segments([{"distinctive": [number], "levels": [level | {"lift": 16.7}]}])
    assert name == "Enrollment type 2018 Promotion"


def test_what_is_said_in_the_same_words_is_said_once():
    items = [("purchases", 1.4), ("purchases trx", 1.3), ("cash advance", -0.8)]
    found = [{"feature": f, "z": z, "direction": "high" if z > 0 else "low"} for f, z in items]
    (name,) = name_segments([{"distinctive": found, "levels": []}])
    assert name == "Higher purchases, lower cash advance"
