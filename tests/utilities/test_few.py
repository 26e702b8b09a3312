"""What is told of few customers: nothing that is theirs, and nothing to be had by subtracting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from engine.utilities.few import enough, few_name, is_few_name, worth_of_enough


def test_counts_of_too_few_are_not_told_and_the_others_do_not_give_them_away():
    draw = np.random.default_rng(0)
    counts = draw.integers(0, 40, (6, 4))
    counts[:, 3] = [2, 0, 1, 0, 0, 0]  # a segment of three
    counts[2, 0] = 3
    told = enough(counts.tolist(), counts.sum(axis=1).tolist(), 5)
    assert {row[3] for row in told} == {None}
    for row, column in product(range(6), range(3)):
        true, shown = counts[row, column], told[row][column]
        assert shown is None if 0 < true < 5 else shown % 5 == 0 and abs(shown - true) <= 2
    # What the totals leave for an untold cell fits other counts than the true one, too.
    total, others = told[2][-1], sum(n for n in told[2][:-1] if n is not None)
    assert total % 5 == 0 == others % 5


def test_without_small_counts_a_table_stays_exact():
    assert enough([[7, 12], [0, 9]], [19, 9], 5) == [[7, 12, 19], [0, 9, 9]]


def worth(customers: int, returners: int, net: float) -> dict[str, object]:
    return {
        "segment": 0, "customers": customers, "customer_share": 0.5, "gross": 1234.56, "net": net,
        "gross_share": 0.123456, "net_share": 0.2, "returns_share": 0.1, "returners": returners,
        "orders": 12345, "average_order_value": 12.3456, "recency_median": 3.0,
    }  # fmt: skip


def test_a_segment_of_few_is_worth_nothing_that_is_told():
    one, many = worth_of_enough([worth(1, 0, 98.76), worth(100, 10, 1111.11)], 5)
    assert {k for k, v in one.items() if v is not None} == {
        "segment", "customers", "customer_share",
    }  # fmt: skip
    assert (many["gross"], many["net"], many["orders"]) == (1230.0, 1110.0, 12300)
    assert many["recency_median"] == 3.0


def test_what_a_few_sent_back_cannot_be_had_from_gross_and_net():
    rows = worth_of_enough([worth(100, 1, 1200.01), worth(100, 10, 1111.11)], 5)
    assert (rows[0]["returners"], rows[0]["returns_share"], rows[0]["net"]) == (None, None, 1200.0)
    assert rows[1]["net"] == 1110.0
    assert rows[0]["gross"] == 1234.56  # of a hundred customers
    exact = [worth(100, 0, 1.01), worth(100, 7, 1.01)]
    assert worth_of_enough(exact, 5) == exact


@pytest.mark.parametrize("name", ["Fewer than 5 customers", "Outliers: fewer than 5 customers (2)"])
def test_names_of_few_are_known_again(name):
    assert is_few_name(name)
    assert not is_few_name(f"{name} more")
    assert few_name(1_000) == "Fewer than 1,000 customers"
