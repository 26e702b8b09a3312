"""Offers by hand and against brute force: whom, why, how many, in which order."""

from __future__ import annotations

from itertools import permutations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.descriptive_stats.cross_selling.lift import lift_interval
from tests.examples import at_most


def basket(customer, number, *products):
    return [(customer, number, p, None, 1.0, 10_000) for p in products]


def shop():
    """Make a shop in which a goes with b; segment 1 buys a, and few of its members b.

    Segment 0 (customers 0 to 29): a basket of a and b each. Segment 1 (customers 30 to 69): ten
    buy a and b together, thirty a alone; each comes once more for c.
    """
    lines = [row for c in range(30) for row in basket(c, 2 * c, 0, 1)]
    for c in range(30, 70):
        lines += basket(c, 2 * c, *((0, 1) if c < 40 else (0,)))
        lines += basket(c, 2 * c + 1, 2)
    return lines, [0] * 30 + [1] * 40


def test_an_offer_by_hand(sell):
    lines, labels = shop()
    found = sell([lines], labels, offer_below=0.3)
    (offer,) = found.offers.to_dicts()
    assert (offer["segment"], offer["rank"], offer["product_id"]) == (1, 1, "b")
    assert (offer["because"], offer["because_names"]) == (["a"], ["the a"])
    assert offer["confidence"] == 10 / 40  # of the segment's own baskets with a
    assert offer["lift"] == pytest.approx(0.25 / (10 / 80))
    assert (offer["buyers"], offer["buyer_share"]) == (10, 0.25)
    assert offer["candidates"] == 30
    assert offer["score"] == pytest.approx(30 * (0.25 - 10 / 80))
    assert offer["rule_from"] == "segment"
    assert offer["reason"] == (
        "25% of this segment's baskets with the a also hold it, 2.0 times its usual share; "
        "30 members bought the a and not yet this."
    )


def test_where_the_segment_has_too_few_baskets_everyone_s_rule_is_taken(sell):
    lines, labels = shop()
    found = sell([lines], labels, offer_below=0.3, min_baskets=11)
    (offer,) = found.offers.to_dicts()
    assert offer["rule_from"] == "everyone"
    assert offer["confidence"] == 40 / 70
    assert offer["lift"] == pytest.approx(40 / 70 / (40 / 110))
    assert offer["reason"].startswith("57% of everyone's baskets with the a also hold it")


def test_what_many_have_and_what_is_not_sure_are_not_offered(sell):
    lines, labels = shop()
    assert sell([lines], labels, offer_below=0.24).offers.is_empty()  # 25% have b already
    assert sell([lines], labels, offer_below=0.3, min_confidence=0.3).offers.is_empty()


def test_a_candidate_counts_once_at_the_strongest_rule(sell):
    # Ten baskets of a, b, c; then ten customers with a and b, but not c, and many with neither.
    lines = [row for c in range(10) for row in basket(c, c, 0, 1, 2)]
    lines += [row for c in range(10, 20) for row in basket(c, c, 0, 1)]
    lines += [row for c in range(20, 22) for row in basket(c, c, 1)]
    lines += [row for c in range(22, 100) for row in basket(c, c, 3)]
    found = sell([lines], [0] * 100, offer_below=0.15)
    (offer,) = found.offers.to_dicts()
    assert (offer["product_id"], offer["because"]) == ("c", ["a", "b"])
    assert offer["candidates"] == 12
    assert offer["score"] == pytest.approx(10 * (10 / 20 - 0.1) + 2 * (10 / 22 - 0.1))
    assert offer["reason"] == (
        "50% of this segment's baskets with the a also hold it, 5.0 times its usual share; so do "
        "45% of this segment's with the b; 12 members bought one or more of these and not yet this."
    )
    assert offer["confidence"] == 0.5  # of the first rule alone
    (ranking,) = [n for n in found.facts["notes"] if "score" in n]
    assert "is no forecast" in ranking


def test_a_best_seller_that_goes_with_everything_is_not_offered(sell):
    # d is in half of the baskets, with a as often as without; b goes with a.
    lines = []
    for c in range(80):
        lines += basket(c, c, *((0,) if c < 40 else (2,)), *((3,) if c % 2 else ()))
        lines += basket(c, c, 1) if c < 12 else []
    found = sell([lines], [0] * 80, offer_below=1.0)
    assert found.offers.filter(product_id="d").is_empty()
    assert found.offers["product_id"][0] == "b"


random_baskets = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([{0}, {1}, {2}, {3, 4}, {4, 5}, {3, 5, 6}, {2, 6}, {1, 3, 4, 5, 6}]),
        st.integers(1, 12),
    ),
    min_size=8,
    max_size=24,
)
"""A customer, what they buy together, how often: often enough for rules that are no chance."""

LABELS = [0, 1] * 5


def brute_force(lines, most, *, least, below):
    """Rank offers with sets of customers and baskets alone."""
    held = {}
    for customer, number, product, *_ in lines:
        held.setdefault((customer, number), set()).add(product)
    expected = []
    overall = [sum(p in h for h in held.values()) for p in range(7)]
    rank = sorted(range(7), key=lambda p: (-overall[p], p))
    for s in (0, 1):
        members = {c for c in range(10) if LABELS[c] == s}
        own = {key: h for key, h in held.items() if key[0] in members}
        has = [{key[0] for key, h in own.items() if p in h} for p in range(7)]
        rules = {p: [] for p in range(7)}
        for a, b in permutations(range(7), 2):
            for group in (own, held):
                both = sum({a, b} <= h for h in group.values())
                if both >= least:
                    break
            else:
                continue
            n_a, n_b = (sum(p in h for h in group.values()) for p in (a, b))
            if float(lift_interval(both, n_a, n_b, len(group))[1]) > 1 and has[a]:
                rules[b].append((both / n_a, both / n_a - n_b / len(group), a))
        offers = []
        for b, found in rules.items():
            if not found or len(has[b]) > below * len(members):
                continue
            chosen = sorted(found, key=lambda r: (-r[1] * len(has[r[2]]), rank.index(r[2])))[:3]
            chosen.sort(key=lambda r: (-r[0], rank.index(r[2])))
            left, worth, n = members - has[b], 0.0, 0
            for _, gain, a in chosen:
                worth, n = worth + gain * len(left & has[a]), n + len(left & has[a])
                left = left - has[a]
            if n:
                offers.append((-round(worth, 9), rank.index(b), b, n))
        expected += [(s, "abcdefg"[b], n) for _, _, b, n in sorted(offers)[:most]]
    return expected


@at_most(40)
@given(chosen=random_baskets, most=st.integers(1, 3), least=st.integers(1, 4))
def test_offers_equal_brute_force(sell, chosen, most, least):
    often = [(c, products) for c, products, times in chosen for _ in range(times)]
    lines = [row for b, (c, products) in enumerate(often) for row in basket(c, b, *products)]
    limits = {"min_baskets": least, "offers": most, "offer_below": 0.6}
    found = sell([lines], LABELS, k=2, ids=list("abcdefg"), **limits)
    rows = found.offers.select("segment", "product_id", "candidates").rows()
    assert rows == brute_force(lines, most, least=least, below=0.6)
    assert found.offers["rank"].to_list() == [
        i + 1 for s in (0, 1) for i in range(found.offers.filter(pl.col("segment") == s).height)
    ]
