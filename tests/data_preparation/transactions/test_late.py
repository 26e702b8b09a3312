"""Days far from all others: told with their effect, and never of an ordinary shop."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.data_preparation.transactions.late import date_warnings, find_strays

START = date(2019, 1, 1)
TODAY = date(2026, 1, 1)
DAILY = {START + timedelta(days=d): 3 for d in range(400)}
END = START + timedelta(days=399)


def warned(days: dict[date, int], *, automatic: bool = True) -> list[str]:
    snapshot = max(days) + timedelta(days=1)
    return date_warnings(days, today=TODAY, snapshot=snapshot, automatic=automatic)


def test_late_lines_set_the_snapshot():
    late = {date(2022, 1, 31): 3, date(2022, 2, 3): 1}
    assert warned(DAILY | late) == [
        "4 of 1,204 lines, dated 2022-01-31 to 2022-02-03, lie long after all others, which end on "
        "2020-02-04: they set the day that recency is counted to and make everybody's recency 730 "
        "days longer; if their dates are wrong, transactions.snapshot: 2020-02-05 leaves them out"
    ]
    assert warned(DAILY | late, automatic=False) == []


def test_default_dates_however_many():
    found = warned(DAILY | {date(1900, 1, 1): 100, date(1970, 1, 1): 50})
    assert found[0].startswith(
        "150 of 1,350 lines, dated 1900-01-01 to 1970-01-01, which programs write where no date is "
        "known, lie long before all others, which begin on 2019-01-01"
    )
    assert "transactions.missing_dates" in found[0]


def test_stray_days_of_the_past_and_of_the_future():
    found = find_strays(DAILY | {date(2012, 5, 5): 1, date(2031, 5, 5): 1})
    assert found is not None
    assert (found.first, found.last) == (START, END)
    assert len(warned(DAILY | {date(2012, 5, 5): 1})) == 1
    ahead = warned(DAILY | {date(2031, 5, 5): 1})
    assert len(ahead) == 1
    assert "dated 2031-05-05, in the future, lie long after" in ahead[0]


def test_dates_ahead_without_a_gap():
    days = {TODAY + timedelta(days=d): 2 for d in range(-300, 10)}
    assert warned(days) == [
        "18 lines are dated in the future, 2026-01-02 to 2026-01-10: the last date, 2026-01-10, "
        "lies in the future; recency counts from it unless transactions.snapshot is set"
    ]


def month(number: int) -> date:
    return date(2018 + number // 12, number % 12 + 1, 1)


@pytest.mark.parametrize(
    "days",
    [
        DAILY,
        {START: 500},
        {START: 1, END: 1},
        {month(m): 1 for m in range(24)},
        {month(m): 1 for m in range(90)},
        {START + timedelta(weeks=w): 2 for w in range(200)},
        {date(y, 11, 1) + timedelta(days=d): 2 for y in range(2018, 2023) for d in range(90)},
        {date(y, 12, 24): 40 for y in range(2015, 2024)},
        {START + timedelta(days=d * d): 5 for d in range(30)},
        {START + timedelta(days=d): 1 + d // 10 for d in (0, 200, *range(300, 900))},
        {d: n for d, n in DAILY.items() if d.month != 8} | {END + timedelta(days=60): 3},
    ],
    ids=["daily", "one day", "two days", "monthly", "years of months", "weekly", "seasons",
         "yearly", "slower and slower", "a slow beginning", "a holiday"],
)  # fmt: skip
def test_ordinary_shops_are_left_alone(days):
    assert warned(days) == []


def test_a_gathering_says_it(gathered, shop):
    days = [str(START + timedelta(days=d)) for d in range(120)]
    rows = [("a", f"{n}", d, "x", 1, 2.0) for n, d in enumerate(days)]
    found = gathered(shop(*rows, ("b", "late", "2021-05-01", "x", 1, 2.0)))
    assert found.facts["warnings"][0].startswith("1 of 121 lines, dated 2021-05-01, lie long after")
    assert "transactions.snapshot: 2019-05-01" in found.facts["warnings"][0]
    without = gathered(shop(*rows), snapshot="2019-05-01")
    assert without.facts["warnings"] == []
