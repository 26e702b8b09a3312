"""Best sellers by hand: money gross and net, buyers, shares, lift, thresholds, ties."""

from __future__ import annotations

import polars as pl
import pytest

from engine.descriptive_stats.cross_selling import counted

# Customers 0 and 1 are segment 0, customers 2 and 3 segment 1.
LABELS = [0, 0, 1, 1]
LINES = [
    (0, 0, 0, "tea", 2.0, 100_000),
    (0, 0, 1, "cups", 1.0, 50_000),
    (0, 1, 0, "tea", -2.0, -100_000),  # returned in full
    (1, 2, 0, "tea", 1.0, 33_333),
    (1, 2, None, None, 1.0, 20_000),  # postage: money, and no product
    (2, 3, 1, "cups", 1.0, 70_000),
    (2, 3, 1, "cups", 1.0, 70_000),  # twice in a basket: one basket, one buyer
    (3, 4, 2, None, 3.0, 10_000),
]


@pytest.fixture(scope="module")
def found(sell):
    return sell([LINES], LABELS, ids=["a", "b", "c"])


def rows(table: pl.DataFrame, segment: int | None, ranked_by: str) -> list[dict[str, object]]:
    chosen = pl.col("segment").eq_missing(segment) & (pl.col("ranked_by") == ranked_by)
    return table.filter(chosen).to_dicts()


def test_revenue_by_hand(found):
    best, second = rows(found.best_sellers, 0, "revenue")
    assert (best["rank"], best["product_id"], best["name"]) == (1, "a", "the a")
    assert (best["revenue_gross"], best["revenue_net"]) == (13.3333, 3.3333)
    assert best["revenue_share"] == pytest.approx(13.3333 / 20.3333)  # of all, postage included
    assert (best["buyers"], best["buyer_share"]) == (2, 1.0)
    assert best["lift"] == pytest.approx(1.0 / 0.5)
    assert best["lift_low"] < 2 < best["lift_high"]
    assert (second["product_id"], second["revenue_gross"], second["buyers"]) == ("b", 5.0, 1)
    assert second["lift"] == pytest.approx(0.5 / 0.5)


def test_everyone_has_lift_one_and_no_ranking_by_it(found):
    everyone = rows(found.best_sellers, None, "revenue")
    assert [(r["product_id"], r["revenue_gross"], r["buyers"]) for r in everyone] == [
        ("b", 19.0, 2), ("a", 13.3333, 2), ("c", 1.0, 1),
    ]  # fmt: skip
    assert {r["lift"] for r in everyone} == {r["lift_low"] for r in everyone} == {1.0}
    assert rows(found.best_sellers, None, "lift") == []


def test_categories_by_hand(found):
    tea, cups = rows(found.categories, 0, "revenue")
    assert (tea["category"], tea["revenue_gross"], tea["revenue_net"]) == ("tea", 13.3333, 3.3333)
    assert (cups["category"], cups["buyers"], cups["buyer_share"]) == ("cups", 1, 0.5)
    assert [r["category"] for r in rows(found.categories, 1, "revenue")] == ["cups"]


def test_share_ranks_by_buyers_then_revenue(found):
    assert [r["product_id"] for r in rows(found.best_sellers, None, "share")] == ["b", "a", "c"]


def test_lift_ranks_what_is_sure_by_its_lower_end(sell):
    # Everyone in segment 0 buys a; b sells to all alike; c has two buyers, both of segment 0.
    lines = [(c, c, 0, None, 1.0, 1) for c in range(30)]
    lines += [(c, c, 1, None, 1.0, 9) for c in range(0, 60, 2)]
    lines += [(c, c, 2, None, 1.0, 5) for c in range(2)]
    found = sell([lines], [0] * 30 + [1] * 30, ids=["a", "b", "c"], min_buyers=1)
    assert [r["product_id"] for r in rows(found.best_sellers, 0, "lift")] == ["a"]
    assert [r["lift"] for r in rows(found.best_sellers, 0, "lift")] == [2.0]
    enough = sell([lines], [0] * 30 + [1] * 30, ids=["a", "b", "c"], min_buyers=31)
    assert rows(enough.best_sellers, 0, "lift") == rows(enough.best_sellers, 0, "share") == []


def test_few_buyers_do_not_lead_by_luck(sell):
    # a: 40 of its 44 buyers are in segment 0; b: its 6 buyers all are, so its lift is higher.
    lines = [(c, 2 * c, 0, None, 1.0, 10_000) for c in [*range(40), *range(100, 104)]]
    lines += [(c, 2 * c + 1, 1, None, 1.0, 99_000) for c in range(6)]
    found = sell([lines], [0] * 100 + [1] * 300)
    first, second = rows(found.best_sellers, 0, "lift")
    assert (first["product_id"], second["product_id"]) == ("a", "b")
    assert first["lift"] < second["lift"]
    assert 1 < second["lift_low"] < first["lift_low"]


def test_a_gift_is_bought_for_nothing(sell):
    found = sell([[(0, 0, 0, None, 1.0, 0), (0, 0, 1, None, 1.0, 10_000)]], [0])
    assert [r["product_id"] for r in rows(found.best_sellers, 0, "revenue")] == ["b"]
    assert [r["product_id"] for r in rows(found.best_sellers, 0, "share")] == ["b", "a"]
    assert found.facts["groups"][0]["pairs"] == 1


def test_few_buyers_are_noted(sell):
    found = sell([LINES], LABELS, ids=["a", "b", "c"], min_buyers=2)
    notes = {r["product_id"]: r["note"] for r in rows(found.best_sellers, 0, "revenue")}
    assert notes == {"a": None, "b": "only 1 buyer: share and lift are uncertain"}
    assert found.facts["notes"] == []
    few = sell([LINES], LABELS, ids=["a", "b", "c"], min_buyers=3)
    assert few.facts["notes"][0] == (
        "Segment 1 has 2 customers, fewer than min_buyers (3): "
        "its products are ranked by revenue alone."
    )


def test_equal_sellers_stand_in_the_order_of_their_ids(sell):
    lines = [(0, 0, p, None, 1.0, 10_000) for p in (3, 1, 4, 0, 2)]
    found = sell([lines], [0], best_sellers=4)
    everyone = rows(found.best_sellers, None, "revenue")
    assert [r["product_id"] for r in everyone] == ["a", "b", "c", "d"]


def test_large_money_stays_exact(sell):
    # 2**53 ten-thousandths and one more: beyond what a sum of doubles can hold.
    lines = [(0, 0, 0, None, 1.0, 2**53), (0, 1, 0, None, 1.0, 1), (0, 2, 0, None, 1.0, 9_999)]
    found = sell([lines[:1] + lines[1:]], [0])
    assert rows(found.best_sellers, 0, "revenue")[0]["revenue_gross"] == (2**53 + 10_000) / 10_000


def test_categories_added_up_as_parts_come_are_the_same(sell, monkeypatch):
    parts = [
        [(c, c, None, f"k{(c * i) % 9}", 1.0, 10_000 * i) for i in range(1, 7)] for c in range(8)
    ]
    labels = [c % 2 for c in range(8)]
    whole = sell(parts, labels)
    monkeypatch.setattr(counted, "_CATEGORY_ROWS", 3)
    assert sell(parts, labels).categories.equals(whole.categories)
    assert whole.categories.filter(pl.col("segment").is_null())["revenue_gross"].sum() > 0
