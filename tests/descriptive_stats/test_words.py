"""Labels, sentences and actions: in the reader's words, by the numbers, and nothing beyond them."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

import engine
from engine.config.labels import Label
from engine.descriptive_stats.actions import MOST, RULES, actions_for, offered
from engine.descriptive_stats.names import name_segments
from engine.descriptive_stats.vocabulary import Vocabulary, vocabulary_of
from engine.descriptive_stats.who import who
from engine.errors import ConfigError, DataError
from tests.drawing import undrawn

EVERYONE = {
    "recency": {"mean": 80.0, "median": 50.0, "kind": "many"},
    "frequency": {"mean": 4.0, "median": 3.0, "kind": "many"},
    "monetary": {"mean": 800.0, "median": 400.0, "kind": "many"},
}


def vocabulary(given: dict[str, Label] | None = None, **more: Any) -> Vocabulary:
    tree = {"overall": EVERYONE, "features": list(EVERYONE), "categories": []}
    return vocabulary_of(given or {}, tree, of_shop=True, **more)


def segment(**columns: tuple[float, float, float]) -> dict[str, Any]:
    """Make a segment: z, mean and median of each column."""
    features = {c: {"z": z, "mean": mean, "median": mid} for c, (z, mean, mid) in columns.items()}
    items = [
        {"feature": c, "z": f["z"], "direction": "high" if f["z"] > 0 else "low", "plain": True,
         "flag": False}
        for c, f in sorted(features.items(), key=lambda x: -abs(x[1]["z"]))
        if abs(f["z"]) >= 0.1
    ]  # fmt: skip
    return {"features": features, "distinctive": items, "levels": []}


LAPSED = segment(recency=(1.5, 250, 240), frequency=(-0.6, 1.2, 1), monetary=(0.7, 1100, 900))
BEST = segment(recency=(-0.9, 9, 8), frequency=(1.6, 20, 18), monetary=(1.4, 4000, 3500))
USUAL = segment(recency=(0.05, 82, 51), frequency=(0.02, 4, 3), monetary=(0.0, 800, 400))


def test_who_they_are_with_and_without_a_currency():
    assert who(LAPSED, vocabulary(currency="GBP")) == (
        "Bought last about 8 months ago, ordered once, spent \u00a3900 in all."
    )
    assert who(LAPSED, vocabulary()).endswith("spent 900 in all.")
    assert who(LAPSED, vocabulary(currency="CHF")).endswith("spent 900 CHF in all.")
    few = {**LAPSED, "few": 5}
    assert who(few, vocabulary()) == "Fewer than 5 customers, of whom no more is told."


def test_names_by_what_columns_mean():
    names = name_segments([LAPSED, BEST, USUAL], vocabulary())
    assert names == ["Lapsed big spenders", "Loyal big spenders", "Average customers"]


def test_nobody_is_lapsed_who_bought_as_lately_as_everyone():
    near = segment(recency=(0.8, 90, 60), frequency=(0.0, 4, 3), monetary=(0.0, 800, 400))
    assert name_segments([near], vocabulary()) == ["Bought longer ago"]
    assert actions_for(near, vocabulary()) == []


def test_nobody_is_lapsed_within_their_usual_gap_between_orders():
    gap = {"days_between_orders": {"mean": 200.0, "median": 200.0, "kind": "many"}}
    tree = {"overall": EVERYONE | gap, "features": [*EVERYONE, *gap], "categories": []}
    known = vocabulary_of({}, tree, of_shop=True)
    rare = segment(recency=(1.5, 250, 240), days_between_orders=(0.0, 200, 200))
    assert name_segments([rare], known) == ["Bought longer ago"]
    assert name_segments([segment(recency=(1.5, 400, 390), days_between_orders=(0, 200, 200))],
                         known) == ["Lapsed customers"]  # fmt: skip


@pytest.mark.parametrize(
    ("formed", "column", "usual"),
    [
        ({"recency": (1.5, 250, 240)}, "days_between_orders", 200),
        ({"NumWebPurchases": (1, 9, 9), "NumCatalogPurchases": (1, 8, 8)}, "NumStorePurchases", 4),
    ],
    ids=["gaps", "ways"],
)
def test_columns_that_only_describe_change_no_name(formed, column, usual):
    overall = {c: {"mean": 4.0, "median": 4.0, "kind": "many"} for c in formed} | EVERYONE
    tree = {"overall": {c: overall[c] for c in formed}, "features": [*formed], "categories": []}
    without = name_segments([segment(**formed)], vocabulary_of({}, tree, of_shop=True))
    beside = {column: {"mean": usual, "median": usual, "kind": "many"}}
    tree |= {"overall": tree["overall"] | beside, "describing": [column]}
    one = segment(**formed, **{column: (0.0, usual, usual)})
    assert name_segments([one], vocabulary_of({}, tree, of_shop=True)) == without
    forming = vocabulary_of({}, tree | {"features": [*formed, column]}, of_shop=True)
    assert name_segments([one], forming) != without


def test_actions_have_their_numbers():
    (one,) = actions_for(LAPSED, vocabulary(currency="EUR"))
    assert one["action"] == "Win back"
    assert one["reason"] == (
        "Time since the last order about 8 months (everyone: about 7 weeks); "
        "spent in all \u20ac900 (everyone: \u20ac400)."
    )
    assert [a["action"] for a in actions_for(BEST, vocabulary())] == ["Protect"]
    assert actions_for(USUAL, vocabulary()) == []


def test_no_action_without_a_meaning_nor_of_few():
    assert actions_for(LAPSED, Vocabulary(overall=EVERYONE)) == []
    assert actions_for({**LAPSED, "few": 5}, vocabulary()) == []
    assert actions_for({**BEST, "speck": True}, vocabulary()) == []
    assert all(rule.action and rule.text.endswith(".") and rule.when for rule in RULES)


def test_what_to_offer_stands_behind_the_rules():
    offer = {"name": "Tea {cosy} <b>", "product_id": "T1", "candidates": 1200, "reason": "30% do."}
    best = {**BEST, "actions": actions_for(BEST, vocabulary())}
    found = offered(best, offer)["actions"]
    assert [a["action"] for a in found] == ["Protect", "Cross-sell"]
    assert found[1]["text"].startswith("Offer Tea {cosy} <b> to the 1,200 who")
    assert found[1]["customers"] == 1200  # which figures of few are left out by
    assert len(found) <= MOST
    alone = {**LAPSED, "actions": [{"action": "Leave alone", "text": "", "reason": ""}]}
    assert offered(alone, offer) == alone
    assert offered(best, None) == best


def test_labels_are_in_names_and_sentences():
    given = {"q7": Label(label="Pace of {x}", unit="km/h"), "share": Label(format="percent")}
    overall = {c: {"mean": 0.5, "median": 0.5, "kind": "many"} for c in given}
    tree = {"overall": overall, "features": [*given], "categories": []}
    known = vocabulary_of(given, tree)
    assert known.labels["q7"] == {"label": "Pace of {x}", "unit": "km/h", "format": None}
    assert known.labels["share"] == {"label": "share", "unit": None, "format": "percent"}
    one = segment(q7=(1.0, 7.25, 7.25), share=(0.9, 0.81, 0.8))
    assert name_segments([one], known) == ["Higher pace of {x}, higher share"]
    assert who(one, known) == (
        "Pace of {x} 7.25 km/h (everyone: 0.5 km/h), share 80% (everyone: 50%)."
    )


def run(path: Any, **settings: Any) -> Any:
    where = {"input.path": str(path / "given.csv"), "output.models": str(path / "models"),
             "output.reports": str(path / "reports"), "clustering.k": 2,
             "clustering.kmeans.n_init": 2, "evaluation.resamples": 0}  # fmt: skip
    with undrawn():
        return engine.segment({}, where | settings)


@pytest.fixture
def given(tmp_path):
    n = 60
    pl.DataFrame({
        "customer_id": range(n),
        "wait_x": [float(i % 2 * 50 + i % 7) for i in range(n)],
        "joined": [f"20{10 + i % 2 * 9}-03-{1 + i % 28:02}" for i in range(n)],
    }).write_csv(tmp_path / "given.csv")  # fmt: skip
    return tmp_path


def test_labels_of_a_run_are_kept_with_it(given):
    labels = {"wait_x": "Minutes {in} the queue", "joined": "First day with us"}
    result = run(given, **{"features.labels": labels})
    tree = json.loads((result.report_path.parent / "profiles.json").read_text())
    assert tree["labels"]["wait_x"]["label"] == labels["wait_x"]
    (dates,) = [c for c in tree["overall"] if c.startswith("joined")]
    assert tree["labels"][dates]["label"] == "First day with us (days ago)"
    assert any("inutes {in} the queue" in s["name"] + s["who"] for s in tree["segments"])
    assert result.summary["config"]["features"]["labels"]["wait_x"]["label"] == labels["wait_x"]


def test_a_label_of_no_column_is_told(given):
    with pytest.raises(
        DataError, match=r"features\.labels names the column 'wait_y', which .* did"
    ):
        run(given, **{"features.labels": {"wait_y": "Minutes"}})


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"a": {"label": "x", "format": "cash"}}, "features.labels.a.format: must be 'number'"),
        ({"a": "x\ny"}, "features.labels.a.label: must be 1 to 80 letters on one line"),
        ({"a": 3}, "features.labels.a: must be a section of keys; got 3"),
        ("a", "features.labels: must be a section such as {recency: Last order}; got 'a'"),
    ],
)
def test_labels_that_are_none(labels, said):
    with pytest.raises(ConfigError) as raised:
        engine.load_config({"features": {"labels": labels}})
    assert said in str(raised.value)


def test_words_of_few_are_left_out_when_the_page_is_drawn_for_more():
    from engine.visualization.few import _segment

    offer = {"action": "Cross-sell", "text": "Offer x to the 12.", "reason": "", "customers": 12}
    rule = {"action": "Protect", "text": "", "reason": ""}
    level = {"column": "c", "level": "a", "share": 0.1, "overall": 0.01, "missing": 0}
    one = {"segment": 0, "name": "x", "customers": 100, "features": {}, "distinctive": [],
           "levels": [level], "who": "10% c a.", "actions": [rule, offer]}  # fmt: skip
    same = _segment(one, 5)
    assert (same["who"], same["actions"]) == (one["who"], one["actions"])
    more = _segment(one, 20)
    assert (more["who"], more["actions"]) == ("", [rule])
    few = _segment(one, 200)
    assert (few["who"], few["actions"]) == ("", [])
