"""No sentence of a page contradicts a number on it: a dozen made tables with a known truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.config.labels import Label
from engine.data_preparation.generators.shop import generate_transactions
from engine.data_preparation.transactions.rfm import SEGMENTS
from engine.descriptive_stats import figures_said
from engine.descriptive_stats.vocabulary import Vocabulary, vocabulary_of
from engine.evaluation.stability import agreement
from engine.visualization import differences, labels
from engine.visualization.labels import label
from engine.visualization.report_data import ReportData
from tests.drawing import undrawn
from tests.visualization import claims
from tests.visualization.html_page import write_page
from tests.visualization.made_data import MADE, Made


@dataclass
class Told:
    """A run and what its page says."""

    made: Made | None
    summary: dict[str, Any]
    segments: pl.DataFrame
    data: ReportData
    text: str

    @property
    def scores(self) -> dict[str, Any]:
        return dict(self.summary["methods"][self.summary["best"]])


def run(folder: Path, made: Made | None, **overrides: Any) -> Told:
    """Segment made customers, or those of a made shop, and read the page."""
    given = {"path": str(folder / "given.csv"), "kind": "customers" if made else "transactions"}
    if made:
        made.frame.write_csv(folder / "given.csv")
    else:
        generate_transactions(folder / "given.csv", customers=300, seed=1)
    settings = {
        "clustering.kmeans.n_init": 2, "evaluation.resamples": 5,
        "output.reports": str(folder / "reports"), "output.models": str(folder / "models"),
    }  # fmt: skip
    with undrawn():
        result = engine.segment({"input": given}, settings | overrides)
    data = ReportData.load(result.report_path.parent)
    _, page = write_page(data, folder, figures=False)
    return Told(made, result.summary, result.segments, data, page.text)


FEW = {"blobs": 4, "blobs_in_eight": 5, "wide_blobs": 8, "overlapping": 3, "three_rows": 3}
"""Segments asked for; 2 of the others."""


@pytest.fixture(
    scope="module",
    params=[*((name, False) for name in MADE), *((name, True) for name in MADE)],
    ids=lambda p: p[0] + ("-auto" if p[1] else ""),
)
def told(request, tmp_path_factory) -> Told:
    name, auto = request.param
    made = MADE[name](np.random.default_rng(0))
    k = "auto" if auto else FEW.get(name, 2)
    return run(tmp_path_factory.mktemp(name), made, **{"clustering.k": k})


@pytest.mark.long_at("*-auto*")
def test_every_sentence_agrees_with_the_numbers(told: Told) -> None:
    profiles, k = told.data.profiles, len(told.data.profiles["segments"])
    n = told.summary["n_customers"]
    found = re.search(rf"{n:,} customers (fall|are divided|are cut) into {k} segments", told.text)
    assert found
    word = claims.check_verdict(told.text, told.scores, k)
    assert told.summary["structure"]["word"] == word
    verbs = {"division": "are divided", "none": "are cut"}
    assert found[1] == verbs.get(word, "fall")
    claims.check_sentences(told.text, profiles)
    found = claims.cards(told.text)
    assert len(found) == k
    for card, segment in zip(found, profiles["segments"], strict=True):
        claims.check_card(card, segment, profiles)
        claims.check_name(segment["name"], segment, profiles)
    claims.check_writing(told.text)


@pytest.mark.long_at("*-auto*")
def test_the_advice_is_possible(told: Told) -> None:
    k = told.scores["k"]
    if "larger clustering.k_max" in told.text:
        assert k == told.summary["config"]["clustering"]["k_max"]
        assert k < told.segments.n_unique("distance"), "no more kinds of customers than that"
    if k == 2:
        assert "fewer segments" not in told.text


@pytest.mark.long_at("*-auto*")
def test_the_word_agrees_with_the_truth(told: Told) -> None:
    """As far as the segments agree with it: what is told is of the segments that were found."""
    made, word = told.made, told.summary["structure"]["word"]
    assert made is not None
    if made.truth is None:
        assert word in ("none", "division")
        return
    ids = told.segments.sort("customer_id")["segment"].to_numpy()
    same = agreement(ids, made.truth)
    if made.clear and same >= 0.97:
        assert word in ("clear", "moderate")
    if word == "clear":
        assert same >= 0.75
    if not made.clear:
        assert word != "clear"


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Told:
    return run(tmp_path_factory.mktemp("shop"), None, **{"clustering.k": 3})


@pytest.mark.long
def test_what_a_shop_is_told_agrees_with_its_customers(shop: Told) -> None:
    profiles = shop.data.profiles
    claims.check_verdict(shop.text, shop.scores, 3)
    for card, segment in zip(claims.cards(shop.text), profiles["segments"], strict=True):
        claims.check_card(card, segment, profiles)
        claims.check_name(segment["name"], segment, profiles)
    claims.check_writing(shop.text)


@pytest.mark.long
def test_rfm_names_hold_for_everyone_who_has_them(shop: Told) -> None:
    sentence = rf"({'|'.join(SEGMENTS)})last bought ([^,]+), ([^0-9]*[\d to,]+orders?(?: or \w+)?)"
    rows = re.findall(sentence, shop.text)
    assert len(rows) >= 5
    for name, days, orders in rows:
        mine = shop.segments.filter(pl.col("rfm_segment") == name.strip())
        assert mine.height
        for words, column in ((days, "recency"), (orders, "frequency")):
            low, high = _ends(words)
            assert low <= mine[column].min() <= mine[column].max() <= high, (name, words)


def _ends(words: str) -> tuple[float, float]:
    numbers = [float(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", words)]
    if "less" in words or "fewer" in words:
        return -np.inf, numbers[0]
    if "more" in words:
        return numbers[0], np.inf
    return numbers[0], numbers[-1]


@pytest.mark.long
def test_returns_say_who_made_them(shop: Told) -> None:
    returned = shop.segments.filter(pl.col("returns") > 0).group_by("segment").len()
    by_segment = dict(returned.iter_rows())
    sales = shop.data.sales
    assert sales is not None
    for row in sales["segments"]:
        assert row["returners"] == by_segment.get(row["segment"], 0)
        if row["returns_share"]:
            assert f"by {row['returners']:,}" in shop.text


@pytest.mark.parametrize(
    ("form", "unit", "figure", "written"),
    [
        ("money", "\u20ac", -1240.0, "\u2212\u20ac1,240"),
        ("money", "EUR", 12.345, "12.35 EUR"),
        ("whole", None, 3.4, "3"),
        ("number", "\u00b0C", 20.0, "20 \u00b0C"),
        ("percent", None, 0.3, "30%"),
    ],
)
def test_sentences_and_tables_write_a_figure_alike(form, unit, figure, written) -> None:
    known = {"x": {"label": "X", "unit": unit, "format": form}}
    assert figures_said.figure("x", figure, Vocabulary(labels=known)) == written
    assert labels.value({"labels": known}, "x", figure) == written


def test_days_are_days_whatever_their_unit() -> None:
    known = {"x": {"label": "X", "unit": "kg", "format": "days"}}
    assert figures_said.figure("x", 246.0, Vocabulary(labels=known)) == "about 8 months"
    assert labels.value({"labels": known}, "x", 246.0) == "246 days"


@pytest.mark.parametrize("swapped", ["two_values", "two_shares"])
def test_a_wrong_sentence_is_seen(swapped: str, tmp_path: Path, monkeypatch) -> None:
    """The test can fail: it does where a template has its two sides the wrong way round."""
    right = getattr(differences, swapped)
    monkeypatch.setattr(differences, swapped, lambda *args: right(*args)[::-1])
    made = MADE["shop"](np.random.default_rng(0))
    found = run(tmp_path, made, **{"clustering.k": 2})
    with pytest.raises(AssertionError):
        test_every_sentence_agrees_with_the_numbers(found)


def test_pages_call_columns_what_names_call_them():
    """Of a known meaning, of odd letters, and of none; a unit in brackets is kept beside it."""
    columns = ["MntWines", "MntGoldProds", "NumWebVisitsMonth", "PURCHASES_TRX", "Income (k$)"]
    figures = {c: {"mean": 300.0, "median": 300.0, "kind": "many"} for c in columns}
    tree = {"overall": figures, "features": columns, "categories": []}
    known = vocabulary_of({}, tree)
    on_page = [label({"labels": known.labels}, c) for c in columns]
    assert on_page == [
        "spent on wine", "spent on gold", "web visits a month", "purchases trx", "income (k$)",
    ]  # fmt: skip
    assert [x.removesuffix(" (k$)") for x in on_page] == [known.label(c) for c in columns]
    given = vocabulary_of({"MntWines": Label(label="Wine")}, tree)
    assert label({"labels": given.labels}, "MntWines") == given.label("MntWines") == "Wine"
