"""The step as a whole: empty inputs, odd names, plain data for the report, refusals."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from engine.config.cross_sell import CrossSellConfig
from engine.descriptive_stats.cross_selling.selling import what_sells
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

TABLES = ("best_sellers", "categories", "pairs", "offers")


def shop(customers=40):
    """Everybody buys a; even customers b with it, those of segment 1 c, in the category tea."""
    lines = []
    for c in range(customers):
        products = [0, *([1] if c % 2 == 0 else []), *([2] if c % 4 == 0 else [])]
        lines += [(c, 2 * c, p, "tea" if p else "cups", 1.0, 25_000 * (p + 1)) for p in products]
        lines.append((c, 2 * c + 1, 3, None, 1.0, 10_000))
    return lines, [c % 4 // 2 for c in range(customers)]


def test_nothing_at_all(sell):
    found = sell([], [0, 1, 1])
    assert all(getattr(found, table).is_empty() for table in TABLES)
    assert (found.facts["baskets"], found.facts["lines"]) == (0, 0)
    assert found.to_json()["pairs"] == []


def test_an_empty_part(sell):
    lines, labels = shop()
    whole, with_empty = sell([lines], labels), sell([[], lines, []], labels)
    assert all(getattr(whole, t).equals(getattr(with_empty, t)) for t in TABLES)
    empty = sell([[]], labels)
    assert all(getattr(empty, table).is_empty() for table in TABLES)


def test_no_products_but_categories(sell):
    lines = [(c, c, None, "tea", 1.0, 10_000) for c in range(3)]
    found = sell([lines], [0, 1, 1], ids=[])
    assert found.best_sellers.is_empty()
    assert found.pairs.is_empty()
    assert found.categories.filter(ranked_by="revenue")["category"].to_list() == ["tea"] * 3
    assert found.facts["baskets"] == 3


def test_one_product(sell):
    found = sell([[(0, 0, 0, None, 1.0, 10_000)]], [0], ids=["only"])
    assert found.best_sellers.filter(ranked_by="revenue").height == 2  # everyone and segment 0
    assert found.pairs.is_empty()
    assert found.offers.is_empty()


def test_only_returns(sell):
    found = sell([[(0, 0, 0, "tea", -1.0, -10_000)]], [0])
    assert found.best_sellers.is_empty()
    assert found.categories.is_empty()
    assert found.facts["baskets"] == 0


def test_a_segment_without_baskets(sell):
    lines, labels = shop()
    found = sell([lines], [*labels, 2, 2], k=4)  # 2 has customers without lines, 3 nobody
    assert set(found.best_sellers["segment"].to_list()) == {None, 0, 1}
    assert [g["baskets"] for g in found.facts["groups"]] == [80, 40, 40, 0, 0]
    assert [g["customers"] for g in found.facts["groups"]] == [42, 20, 20, 2, 0]
    assert "Segment 3 has 0 baskets, fewer than the 1 that a pair needs" in "".join(
        found.facts["notes"]
    )
    json.dumps(found.to_json(), allow_nan=False)


def test_odd_ids_and_missing_names(sell):
    ids = ['a"b,c;', "<script>", "Ünï\u00a0ço\u200bde", "  ", "22697\n"]
    lines, labels = shop()
    found = sell([lines], labels, ids=ids, names=[None, "", "C", "D", "E"], offer_below=0.9)
    assert set(found.best_sellers["product_id"].to_list()) == set(ids[:4])
    assert found.offers.height > 0
    reasons = found.offers["reason"].to_list()
    assert any('a"b,c;' in r or "<script>" in r for r in reasons)  # no name: the id stands for it
    tree = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert tree["best_sellers"][0]["by_revenue"][0]["product_id"] in ids


def test_the_report_gets_plain_data_of_ten_rows(sell):
    ids = [f"p{i:02}" for i in range(30)]
    lines = [(c, c, p, "tea", 1.0, 10_000) for c in range(30) for p in range(c % 3, 30, 3)]
    found = sell([lines], [c % 3 % 2 for c in range(30)], ids=ids)
    tree = found.to_json()
    assert list(tree) == ["facts", "best_sellers", "categories", "pairs", "offers"]
    assert [s["segment"] for s in tree["best_sellers"]] == [None, 0, 1]
    first = tree["best_sellers"][1]
    assert list(first) == ["segment", "by_revenue", "by_share", "by_lift"]
    assert len(first["by_revenue"]) == 10
    assert [r["rank"] for r in first["by_revenue"]] == list(range(1, 11))
    assert [len(p["rows"]) for p in tree["pairs"]] == [10, 10]  # in segment 1 there is no more
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_the_same_again(sell):
    lines, labels = shop()
    assert sell([lines], labels).to_json() == sell([lines], labels).to_json()


def test_progress_is_told_every_line_twice(write_lines, tmp_path):
    class Counting(Progress):
        rows = 0

        def advance(self, rows: int) -> None:
            self.rows += rows

    lines, labels = shop()
    path, counting = write_lines(lines, tmp_path / "part.parquet"), Counting()
    products = pl.DataFrame({"product_id": list("abcd"), "name": list("abcd")})
    labels = np.array(labels, np.int32)
    what_sells([path], products, labels, 2, CrossSellConfig(), Runtime(), progress=counting)
    assert counting.rows == 2 * len(lines)


def test_labels_that_do_not_fit_are_refused(sell):
    lines, labels = shop()
    with pytest.raises(ValueError, match="labels run from 0 to 1; k is 1"):
        sell([lines], labels, k=1)
    with pytest.raises(ValueError, match="a line of customer 39, and there are labels of 39"):
        sell([lines], labels[:-1])


@pytest.mark.parametrize(
    "wrong",
    [{"min_support": 0}, {"min_support": 1}, {"basket_cap": 1}, {"offer_below": 0}, {"minimum": 3}],
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        CrossSellConfig(**wrong)
