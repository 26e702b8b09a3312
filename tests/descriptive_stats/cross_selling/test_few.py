"""Products, pairs and offers of few customers are in no table, nor to be had from the others."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from engine.descriptive_stats.cross_selling.pairs import pair_buyers

CENT = 100


def bought(customer: int, basket: int, *products: int, amount: int = 1_000) -> list[tuple]:
    return [(customer, basket, p, "all", 1.0, amount * CENT) for p in products]


def shop(n: int = 20) -> list[tuple]:
    """Let customers buy products 0 and 1 together, and the first one 2 and 3 time and again."""
    lines = [line for c in range(n) for line in bought(c, c, 0, 1, amount=500 + c)]
    return lines + [line for b in range(30) for line in bought(0, n + b, 2, 3, amount=98_765)]


def told_of(table: pl.DataFrame) -> set[str]:
    names = [c for c in table.columns if c in ("product_id", "product_a", "product_b")]
    return {v for c in names for v in table[c].to_list()}


def test_what_one_customer_buys_is_in_no_table(sell):
    labels = [0] * 10 + [1] * 10
    every = sell([shop()], labels)
    assert {"c", "d"} <= told_of(every.best_sellers) & told_of(every.pairs)
    found = sell([shop()], labels, least=5)
    for table in (found.best_sellers, found.pairs, found.offers):
        assert told_of(table) <= {"a", "b"}
    assert "2 products of fewer than 5 buyers are in no table" in " ".join(found.facts["notes"])
    # All products are listed, so that what is left of the sum would be what the first one paid.
    own = found.best_sellers.filter(pl.col("segment") == 0, ranked_by="revenue")
    exact = every.best_sellers.filter(pl.col("segment") == 0, ranked_by="revenue")
    exact = exact.filter(pl.col("product_id").is_in(["a", "b"]))
    assert own["revenue_gross"].to_list() != exact["revenue_gross"].to_list()
    assert own["revenue_gross"].to_list() == pytest.approx(
        exact["revenue_gross"].to_list(), rel=0.01
    )
    assert "about right" in own["note"][0]


def test_a_pair_needs_customers_not_baskets(sell):
    # Twelve customers buy each of the two, and one of them both at once.
    lines = [line for c in range(12) for p in (0, 1) for line in bought(c, 2 * c + p, p)]
    lines += [line for b in range(40) for line in bought(0, 100 + b, 0, 1)]
    lines += [line for b in range(60) for line in bought(1, 200 + b, 4)]
    assert sell([lines], [0] * 12).pairs.height
    assert sell([lines], [0] * 12, least=5).pairs.is_empty()


def test_everyone_is_without_the_segment_of_few(sell):
    lines = [line for c in range(20) for line in bought(c, c, 0, 1, amount=500 + c)]
    found = sell([lines], [0] * 10 + [1] * 7 + [2] * 3, least=5)
    assert set(found.best_sellers["segment"].to_list()) == {None, 0, 1}
    everyone, parts = (
        found.best_sellers.filter(which, pl.col("ranked_by") == "revenue")
        .filter(product_id="a")["revenue_gross"]
        .sum()
        for which in (pl.col("segment").is_null(), pl.col("segment").is_not_null())
    )
    assert everyone == pytest.approx(parts)
    assert not [n for n in found.facts["notes"] if n.startswith("Segment 2")]


def test_what_the_segments_rows_leave_of_everyones_is_not_exact(sell):
    # Of eight buyers of product 1 seven are in one segment: the last is what would be left.
    lines = [line for c in range(20) for line in bought(c, c, 0, amount=500 + c)]
    lines += [line for c in range(8) for line in bought(c + 3, 50 + c, 1, amount=1_234)]
    found = sell([lines], [0] * 10 + [1] * 10, least=5, best_sellers=1)
    rows = found.best_sellers.filter(pl.col("ranked_by") == "share").select(
        "segment", "product_id", "revenue_gross", "buyers"
    )
    assert (rows["buyers"] >= 5).all()
    exact = sell([lines], [0] * 10 + [1] * 10).best_sellers.filter(
        pl.col("segment").is_null(), product_id="b", ranked_by="share"
    )["revenue_gross"][0]
    told = sell([lines], [0] * 10 + [1] * 10, least=5).best_sellers.filter(
        pl.col("segment").is_null(), product_id="b", ranked_by="share"
    )["revenue_gross"][0]
    # The last paid 12.34, of 98.72: what is left of 100 to the nearest 50 is anything up to 38.
    assert (told, exact) == (100.0, pytest.approx(98.72))


@pytest.mark.parametrize(("paid", "told"), [(500, 90.0), (100_000, None)])
def test_the_step_follows_what_is_hidden(sell, paid, told):
    # Seven of the first segment paid 12.34 each, and one of the second something else.
    lines = [line for c in range(20) for line in bought(c, c, 0, amount=500 + c)]
    lines += [line for c in range(7) for line in bought(c + 3, 50 + c, 1, amount=1_234)]
    lines += bought(15, 99, 1, amount=paid)
    found = sell([lines], [0] * 10 + [1] * 10, least=5).best_sellers.filter(
        pl.col("segment").is_null(), product_id="b", ranked_by="share"
    )
    assert found["revenue_gross"].to_list() == [told]
    assert ("not told" in found["note"][0]) == (told is None)


def test_customers_of_pairs_are_counted_once():
    draw = np.random.default_rng(2)
    dense = draw.random((12, 300)) < 0.3
    owners = np.sort(draw.integers(0, 40, 300))
    a, b = (side.ravel() for side in np.triu_indices(12, 1))
    found = pair_buyers(csr_array(dense.astype(np.int32)), owners, a, b)
    expected = [len(set(owners[dense[i] & dense[j]])) for i, j in zip(a, b, strict=True)]
    assert found.tolist() == expected
