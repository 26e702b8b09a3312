"""What sets a segment apart is known of most of it, and no difference of a point."""

from __future__ import annotations

import numpy as np
import polars as pl

from engine.descriptive_stats.vocabulary import vocabulary_of
from engine.descriptive_stats.who import who
from engine.descriptive_stats.worded import worded
from tests.descriptive_stats.test_profiles import described

N = 2000


def made(**columns: np.ndarray) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = np.arange(N) % 2
    spend = 100.0 + 500 * group + rng.normal(size=N)
    return pl.DataFrame({"id": np.arange(N), "spend": spend, **columns})


def test_what_most_of_a_segment_lack_is_not_what_sets_it_apart(tmp_path):
    group = np.arange(N) % 2
    left = np.where(group == 1, 60.0, 40.0) + np.arange(N) % 30 / 2
    for known, told in ((1, True), (3, False)):
        cancelled = pl.Series([v if i // 2 % known == 0 else None for i, v in enumerate(left)])
        table = made().with_columns(claim_amount=cancelled)
        tree = described(table, group.tolist(), tmp_path).tree
        assert "claim_amount" in tree["overall"]
        features = [i["feature"] for s in tree["segments"] for i in s["distinctive"]]
        assert ("claim_amount" in features) == told
        sentences = " ".join(who(s, vocabulary_of({}, tree)) for s in tree["segments"])
        assert told or "claim" not in sentences


def test_shares_that_differ_by_a_point_are_noise_and_those_of_five_are_not(tmp_path):
    group, place = np.arange(N) % 2, np.arange(N) // 2
    near = np.where(place < np.where(group == 1, 60, 40), "Banff", "elsewhere")
    far = np.where(place < np.where(group == 1, 250, 100), "plus", "basic")
    flag = (place < np.where(group == 1, 48, 24)).astype(int)
    table = made(city=near, tariff=far, cmp2=flag)
    tree = described(table, group.tolist(), tmp_path).tree
    told = {(x["column"], x["level"]) for s in tree["segments"] for x in s["levels"]}
    assert ("tariff", "plus") in told
    assert ("city", "Banff") not in told
    assert "cmp2" not in [i["feature"] for s in tree["segments"] for i in s["distinctive"]]


def test_two_that_one_column_parts_are_called_by_it_and_in_the_same_words(tmp_path):
    rng = np.random.default_rng(5)
    group, women = np.arange(N) % 2, np.arange(N) // 2 % 2
    age = np.where(group == 1, 25, np.where(women == 1, 52, 56)) + rng.integers(-3, 4, N)
    income = np.where(group == 1, 50, np.where(women == 1, 44, 47)) + rng.integers(-9, 10, N)
    table = made(age=age, income=income, gender=np.where(women == 1, "F", "M")).drop("spend")
    labels = np.where(group == 1, 0, 2 - women)
    names = worded(described(table, labels.tolist(), tmp_path), {}).names
    assert names[1:] == ["Older customers, women", "Older customers, men"]


def test_persons_at_home_are_told_as_people_say_them(tmp_path):
    group, place = np.arange(N) % 2, np.arange(N) // 2
    teens = np.where(group == 1, np.where(place % 50 == 0, 2, 1), np.where(place % 99 == 0, 1, 0))
    tree = described(made(Teenhome=teens), group.tolist(), tmp_path).tree
    told = [who(s, vocabulary_of({}, tree)) for s in tree["segments"]]
    assert "teenagers at home next to none" in told[0].lower()
    assert "teenagers at home about 1 (everyone: 0.5 on average)" in told[1].lower()
