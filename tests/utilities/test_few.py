"""What is told of few customers: nothing that is theirs, and nothing to be had by subtracting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from engine.utilities.few import enough, few_name, is_few_name
from engine.utilities.few_worth import facts_of_enough, worth_of_enough


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


def worth(customers: int, returners: int, net: float, gross: float = 1234.56) -> dict[str, object]:
    return {
        "segment": 0, "customers": customers, "customer_share": 0.5, "gross": gross, "net": net,
        "gross_share": 0.123456, "net_share": 0.2, "returns_share": 0.1, "returners": returners,
        "orders": 12345, "average_order_value": 12.3456, "recency_median": 3.0,
    }  # fmt: skip


def facts() -> dict[str, object]:
    policy = {"key": "returns", "policy": "net", "rows": 9, "amount": "-222.22",
              "words": "9 lines are returns, -222.22 in all: subtracted"}  # fmt: skip
    return {
        "gross": "10000.00", "returns": "222.22", "net": "9777.78", "n_transactions": 99_999,
        "policies": [policy], "warnings": [], "notices": ["9 lines, -222.22 in all: told"],
    }  # fmt: skip


def test_a_segment_of_few_is_worth_nothing_that_is_told_and_is_in_no_sum():
    rows = [worth(1, 1, 98.76), worth(100, 10, 1111.11), worth(100, 10, 1000.0, gross=2000.44)]
    one, many, more = worth_of_enough(rows, 5)
    assert {k for k, v in one.items() if v is not None} == {
        "segment", "customers", "customer_share",
    }  # fmt: skip
    assert (many["gross"], many["net"], many["orders"]) == (1234.56, 1111.11, 12345)
    assert many["gross_share"] + more["gross_share"] == pytest.approx(1.0)
    assert many["net_share"] + more["net_share"] == pytest.approx(1.0)
    told = facts_of_enough(facts(), rows, 5)
    assert (told["gross"], told["net"], told["returns"]) == ("3235.00", "2111.11", "1123.89")
    assert (told["n_transactions"], told["told_without"]) == (24690, 5)
    assert "222.22" not in str(told)
    assert facts_of_enough(facts(), rows[1:], 5) == facts()


def test_what_a_few_sent_back_cannot_be_had_from_gross_and_net():
    rows = [worth(100, 1, 1200.0), worth(90, 10, 1111.0), worth(80, 9, 5.0), worth(70, 0, 1234.56)]
    told = worth_of_enough(rows, 5)
    hidden = [row["net"] is None for row in told]
    # 34.56 of one customer is beside 123.56 of ten: the sum of both is all that is left.
    assert hidden == [True, True, False, False]
    assert (told[0]["returners"], told[0]["returns_share"], told[0]["gross"]) == (
        None, None, 1234.56,
    )  # fmt: skip
    assert told[2:] == rows[2:]
    assert facts_of_enough(facts(), rows, 5) == facts()


def test_what_a_few_sent_back_in_all_is_not_told():
    rows = [worth(100, 1, 1200.0), worth(70, 0, 1234.56)]
    known = worth_of_enough(rows, 5)
    assert [row["net"] for row in known] == [None, 1234.56]
    assert [row["net_share"] for row in known] == [None, None]
    told = facts_of_enough(facts(), rows, 5)
    assert (told["gross"], told["returns"], told["net"]) == ("10000.00", None, None)
    assert "222.22" not in str(told)


def test_worth_of_enough_customers_stays_exact():
    exact = [worth(100, 0, 1.01), worth(100, 7, 1.01)]
    assert worth_of_enough(exact, 5) == exact


@pytest.mark.parametrize("name", ["Fewer than 5 customers", "Outliers: fewer than 5 customers (2)"])
def test_names_of_few_are_known_again(name):
    assert is_few_name(name)
    assert not is_few_name(f"{name} more")
    assert few_name(1_000) == "Fewer than 1,000 customers"
