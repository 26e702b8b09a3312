"""Pairs by hand, against brute force, and from baskets cut to a cap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.descriptive_stats.cross_selling import baskets, pairs
from engine.descriptive_stats.cross_selling.counted import total_up
from engine.utilities.progress import Progress
from tests.examples import at_most


def line(customer, basket, product, units=1.0, amount=10_000):
    return (customer, basket, product, None, units, amount)


# Ten baskets: a and b together in three of them, a in four, b in five.
LINES = [
    *(line(0, i, p) for i in range(3) for p in (0, 1)),
    line(0, 3, 0), line(1, 4, 1), line(1, 5, 1), line(1, 5, 2),
    *(line(1, i, 3) for i in range(6, 9)), line(1, 9, None),
]  # fmt: skip


def test_a_pair_by_hand(sell):
    found = sell([LINES], [0, 1])
    (pair,) = found.pairs.filter(pl.col("segment").is_null(), product_a="a").to_dicts()
    assert (pair["product_b"], pair["baskets"], pair["support"]) == ("b", 3, 0.3)
    assert pair["name_a"] == "the a"
    assert pair["confidence"] == 3 / 4  # a is the rarer of the two
    assert pair["confidence_back"] == 3 / 5
    assert pair["lift"] == pytest.approx(0.75 / 0.5)
    assert pair["lift_low"] < 1.5 < pair["lift_high"]
    assert found.facts["baskets"] == 10  # the one with postage alone is one


def test_a_segment_is_measured_by_its_own_baskets(sell):
    found = sell([LINES], [0, 1])
    # In segment 0 b is never without a, and a is in each of its four baskets: no more than chance.
    assert found.pairs.filter(segment=0).is_empty()
    (pair,) = found.pairs.filter(segment=1).to_dicts()
    assert (pair["product_a"], pair["product_b"]) == ("c", "b")
    assert (pair["support"], pair["confidence"]) == (1 / 6, 1.0)
    assert pair["lift"] == pytest.approx(1 / (2 / 6))


def test_returns_and_repeated_lines_make_no_pair(sell):
    lines = [line(0, 0, 0), line(0, 0, 0), line(0, 0, 1, -1.0, -10_000), line(0, 1, 2)]
    assert sell([lines], [0]).pairs.is_empty()


def test_a_number_that_two_customers_share_is_two_baskets(sell):
    found = sell([[line(0, 7, 0), line(0, 7, 1), line(1, 7, 2), line(1, 7, 3)]], [0, 0])
    assert found.facts["baskets"] == 2
    named = {frozenset(p) for p in found.pairs.select("product_a", "product_b").rows()}
    assert named == {frozenset("ab"), frozenset("cd")}


def test_the_minimum_is_a_share_and_a_number_of_baskets(sell):
    def kept(**settings):
        return sell([LINES], [0, 1], **settings).facts["groups"][0]["pairs"]

    assert kept() == 2
    assert kept(min_support=0.3) == 1  # three of ten baskets: enough, exactly
    assert kept(min_support=0.31) == 0
    assert kept(min_baskets=3) == 1
    assert kept(min_baskets=4) == 0


def test_giant_baskets_are_cut_to_what_is_bought_most(sell):
    lines = [line(0, 0, p) for p in range(5)]
    lines += [line(1, 1, 4), line(1, 1, 3), line(1, 2, 4), line(2, 3, 2)]
    found = sell([lines], [0, 0, 0], basket_cap=3)
    # Bought in baskets: e 3, d 2, c 2, a 1, b 1; e, d and c stay (c before d by id, both in).
    assert found.facts["giant_baskets"] == 1
    assert found.facts["largest_basket"] == 5
    assert found.facts["products_cut"] == 2
    assert found.facts["pairs_not_counted"] == 10 - 3
    assert found.facts["notes"][0] == (
        "1 basket with more than 3 products was cut to the 3 that are bought most often, so counts "
        "of pairs leave out 7 meetings of two products (the largest had 5). "
        "Products below the minimum support were left out before that."
    )
    everyone = found.pairs.filter(pl.col("segment").is_null())
    named = {frozenset(p) for p in everyone.select("product_a", "product_b").rows()}
    assert named == {frozenset("ed")}  # the others are no more than chance, or cut
    assert everyone["baskets"].to_list() == [2]
    assert sell([lines], [0, 0, 0], basket_cap=5).facts["giant_baskets"] == 0


def test_ties_of_the_cap_go_by_the_order_of_ids(sell):
    found = sell([[line(0, 0, p) for p in (4, 2, 3)]], [0], basket_cap=2)
    assert found.facts["groups"][0]["pairs"] == 1
    again = sell([[line(0, 0, p) for p in (4, 2, 3)] + [line(1, 1, 1)]], [0, 0], basket_cap=2)
    (pair,) = again.pairs.filter(segment=0).to_dicts()
    assert (pair["product_a"], pair["product_b"]) == ("c", "d")


def test_little_memory_raises_the_minimum_support_and_says_so(sell):
    lines = [line(0, b, p) for b in range(100) for p in ((0, 1) if b % 2 else (2, 3, 4))]
    lines += [line(0, 200 + b, b % 2) for b in range(100)]
    found = sell([lines], [0], min_support=0.2, memory_limit=40 * 2 * 260)
    assert found.facts["min_support"] == 0.4
    assert found.facts["min_support_asked"] == 0.2
    assert "was raised from 0.2 to 0.4" in found.facts["notes"][0]
    assert found.facts["products_with_support"] == 2


random_lines = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 3),
        st.one_of(st.none(), st.integers(0, 6)),
        st.none(),
        st.sampled_from([-1.0, 0.0, 1.0, 2.0]),
        st.sampled_from([-5_000, 0, 5_000]),
    ),
    max_size=60,
).map(lambda rows: [(c, 10 * c + b, *rest) for c, b, *rest in rows])
LABELS = [0, 1, 2, 0, 1, 2]


def brute_force(lines, cap):
    """Count pairs one basket after the other: {(segment, a, b): baskets}."""
    held: dict[tuple[int, int], set[int]] = {}
    for customer, basket, product, _, units, amount in lines:
        if units >= 0 and amount >= 0 and product is not None:  # 0 pieces for money count
            held.setdefault((customer, basket), set()).add(product)
    in_baskets = [sum(p in h for h in held.values()) for p in range(7)]
    counts: dict[tuple[int | None, int, int], int] = {}
    for (customer, _), products in held.items():
        kept = sorted(products, key=lambda p: (-in_baskets[p], p))[:cap]
        for a, b in combinations(sorted(kept), 2):
            for segment in (None, LABELS[customer]):
                counts[segment, a, b] = counts.get((segment, a, b), 0) + 1
    return counts


@given(
    lines=random_lines,
    cap=st.integers(2, 8),
    least=st.integers(1, 3),
    block_cells=st.sampled_from([1, 10, 1_000_000]),
)
def test_counts_equal_brute_force(write_lines, tmp_path_factory, block_cells, lines, cap, least):
    from engine.config.cross_sell import CrossSellConfig

    path = write_lines(lines, tmp_path_factory.getbasetemp() / "random.parquet")
    labels, quiet = np.array(LABELS, np.int32), Progress()
    totals = total_up([path], labels, 3, 7, quiet)
    settings = CrossSellConfig(min_support=1e-9, min_baskets=least)
    frequent = baskets.choose_frequent(totals, settings, 1 << 62)
    incidence = baskets.gather_baskets([path], labels, totals, frequent, cap=cap, progress=quiet)
    counted = pairs.count_pairs(incidence, frequent, totals, block_cells=block_cells)
    found = {}
    for segment, p in counted.items():
        a, b = (frequent.products[side].tolist() for side in (p.a, p.b))
        for first, second, n in zip(a, b, p.both.tolist(), strict=True):
            found[segment, min(first, second), max(first, second)] = n
    # A basket that is under the cap once rare products are gone is not cut: compare without those.
    rare = set(range(7)) - set(frequent.products.tolist())
    expected = brute_force([line for line in lines if line[2] not in rare], cap)
    assert found == {key: n for key, n in expected.items() if n >= least}


@at_most(20)
@given(lines=random_lines, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_parts_does_not_matter(sell, lines, order):
    plain = sell([lines], LABELS, ids=list("abcdefg"), basket_cap=3)
    mixed = list(lines)
    order.shuffle(mixed)
    # Whole customers a part, which may number baskets anew.
    parts = [[row for row in mixed if row[0] % 3 == i] for i in (2, 0, 1)]
    parts = [[(c, b + 7, *rest) for c, b, *rest in part] for part in parts]
    again = sell(parts, LABELS, ids=list("abcdefg"), basket_cap=3)
    for table in ("best_sellers", "categories", "pairs", "offers"):
        assert getattr(plain, table).equals(getattr(again, table)), table
    assert plain.facts == again.facts
