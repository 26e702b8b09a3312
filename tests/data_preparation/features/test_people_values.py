"""What values are, whatever their column is called: by forms, check digits, names and spread."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features.births import like_births, written_births
from engine.data_preparation.features.known_numbers import agreeing
from engine.data_preparation.features.people_values import (
    MOST,
    some_of,
    told_by_numbers,
    told_by_text,
)

DRAW = np.random.default_rng(5)


def levels(form: str, n: int = 60) -> dict[str, int]:
    return {form.format(*DRAW.integers(10, 99, 4)): 4 for _ in range(n)}


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ("10.{}.{}.{}", "addresses of machines (IP)"),
        ("2001:db8:{}::{}", "addresses of machines (IP)"),
        ("00:1b:{}:{}:{}:{}", "addresses of machines (MAC)"),
        ("shop{}@{}.example", "e-mail addresses"),
        ("+49 171 {}{} {}", "telephone numbers"),
        ("(212) 5{}-{}{}", "telephone numbers"),
        ("@user{}_{}", "user names"),
        ("{}.4{}11, {}.9{}22", "coordinates"),
        ("POINT({}.{} {}.{})", "coordinates"),
        ("{}{} AB", "postcodes"),
        ("B-AB {}{}", "licence plates"),
        ("Schulstraße {} {}", "addresses"),
        ("{} Oak Street, Flat {}", "addresses"),
        ("Mozilla/5.0 (X11) {}.{}", "descriptions of browsers"),
    ],
)
def test_forms(form, what):
    assert told_by_text(levels(form)) == what


@pytest.mark.parametrize(
    "form",
    ["{}/{}/20{}", "{}.{}.20{}", "20{}-{}-{}", "{}-{}", "A{}-B{}", "v1.{}.{}", "{}:{}", "{},{} EUR",
     "SKU {}{}", "1.{}", "12{}{}", "{} - {}", "00{}{}"],
)  # fmt: skip
def test_forms_of_dates_codes_and_amounts_are_nobodys(form):
    assert told_by_text(levels(form)) is None


def test_check_digits_take_twenty_numbers_that_nearly_all_agree():
    cards = [n for n in map(str, range(4_000_000_000_000_000, 4_000_000_000_000_400))]
    right = [c for c in cards if agreeing_alone(c)]
    assert len(right) == 40
    assert agreeing(right) == "card numbers, whose check digits agree"
    assert agreeing(right[:19]) is None
    assert agreeing([*right, cards[1]])
    assert not agreeing([*right, *cards[1:9]])
    assert agreeing(right, numbers=True)


def agreeing_alone(number: str) -> bool:
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(number)]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def test_numbers_that_lost_their_leading_zeros():
    numbers = [n for n in range(1_000_000, 99_000_000, 99_991) if bsn(n)]
    assert len(numbers) > 40
    assert agreeing(list(map(str, numbers)), numbers=True)
    assert not agreeing(list(map(str, numbers)))


def bsn(number: int) -> bool:
    d = [int(c) for c in f"{number:09}"]
    return sum(w * x for w, x in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), d, strict=True)) % 11 == 0


def test_long_numbers_of_one_length_are_nobodys_amounts():
    phones = DRAW.integers(2_010_000_001, 9_899_999_999, 500).astype(float)
    assert told_by_numbers(phones)
    assert told_by_numbers(DRAW.lognormal(np.log(5e9), 1, 500).round()) is None
    assert told_by_numbers(phones.round(-3)) is None, "rounded to thousands"
    assert told_by_numbers(np.repeat(phones[:100], 5)), "shared by five"
    assert told_by_numbers(phones, long=False) is None, "called amounts"
    for unit in (1, 1_000, 1_000_000):
        times = DRAW.integers(1_400_000_000, 1_700_000_000, 500).astype(float) * unit
        assert told_by_numbers(times) is None


def test_births_spread_over_decades_and_end_years_ago():
    until = date(2024, 1, 1)
    born = pl.Series(
        [date(1935, 1, 1) + timedelta(days=int(d)) for d in DRAW.integers(0, 25_000, 200)]
    )
    assert like_births(born, until)
    assert like_births(born.cast(pl.Datetime("us")), until)
    for years, spread in ((3, 3), (25, 3), (25, 25)):
        days = pl.Series(
            [until - timedelta(days=365 * (years - spread * i // 200)) for i in range(200)]
        )
        assert not like_births(days, until)
    digits = born.dt.strftime("%Y%m%d").cast(pl.Float64).to_numpy()
    assert written_births(np.unique(digits), until)
    assert not written_births(np.unique(digits) + 5_000, until), "months beyond twelve"


def test_a_few_of_many_values_are_looked_at():
    many = {f"{i:06}": 1 for i in range(5 * MOST)}
    assert len(some_of(many)) == MOST
    assert min(some_of(many)) == "000000"
    assert some_of({"a": 1}) == {"a": 1}


def test_parts_of_cells_are_looked_at():
    assert told_by_text({f"Anna; {n}": 3 for n in ("Paul", "Petra", "Uwe", "Ines", "Karl")}) == (
        "people's names"
    )
