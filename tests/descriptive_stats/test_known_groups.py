"""Who is lapsed, new and best is called so, and nobody else: made tables with a known truth."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.shop import generate_transactions
from tests.descriptive_stats.known_groups import KNOWN, TRUTH
from tests.drawing import undrawn

SETTINGS = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0, "output.name": "known"}


def told(folder: Path, **settings: Any) -> tuple[Any, dict[str, Any]]:
    where = {"output.models": str(folder / "models"), "output.reports": str(folder / "reports")}
    with undrawn():
        result = engine.segment({}, SETTINGS | where | settings)
    tree = json.loads((result.report_path.parent / "profiles.json").read_text())
    return result, tree


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.long_at("bank", "telecom", "airline", "no_meaning", "misleading", "discounts")
def test_each_group_has_the_right_words_and_no_other(name, tmp_path):
    known = KNOWN[name]
    frame = known.frame()
    frame.drop(TRUTH).write_csv(tmp_path / "given.csv")
    included = [c for c in frame.columns if c not in ("customer_id", TRUTH)]
    result, tree = told(
        tmp_path,
        **{"input.path": str(tmp_path / "given.csv"), "clustering.k": len(known.groups),
           "features.include": included},
    )  # fmt: skip
    found = result.segments.join(frame.select("customer_id", TRUTH), on="customer_id")
    words: dict[str, str] = {}
    for segment in tree["segments"]:
        own = found.filter(pl.col("segment") == segment["segment"])[TRUTH].value_counts(sort=True)
        word, many = own.row(0)
        assert many >= 0.95 * segment["customers"], "the groups were not found"
        words[word] = segment["name"]
        group = known.groups[word]
        assert re.match(f".*(?:{group.name})", segment["name"]), (word, segment["name"])
        assert re.search(group.who, segment["who"]), (word, segment["who"])
        actions = [a["action"] for a in segment["actions"]]
        assert len(actions) <= 2
        assert group.action in ("", *(actions or ["none"])), (word, segment["actions"])
        for action in segment["actions"]:
            assert re.search(r"\d", action["reason"]), "a reason has its numbers"
        assert len(segment["name"]) <= 44, segment["name"]
    assert set(words) == set(known.groups)
    for pattern, word in known.only.items():
        others = {w: n for w, n in words.items() if w != word and re.search(pattern, n)}
        assert not others, f"{pattern} is said of others than {word}"


@pytest.mark.long
def test_invoices_of_a_made_shop(tmp_path):
    """The generator's groups: who buys often and much, who has not been seen for long."""
    generate_transactions(tmp_path / "given.csv", customers=400, seed=1)
    _, tree = told(
        tmp_path,
        **{"input.path": str(tmp_path / "given.csv"), "input.kind": "transactions",
           "clustering.k": 4},
    )  # fmt: skip
    by = {s["segment"]: s for s in tree["segments"]}

    def most(feature: str) -> int:
        return max(by, key=lambda s: by[s]["features"][feature]["median"])

    assert re.match("(Loyal|Frequent)", by[most("frequency")]["name"])
    assert by[most("recency")]["name"].startswith("Lapsed")
    assert [s["name"] for s in by.values() if "apsed" in s["name"]] == [by[most("recency")]["name"]]
    assert "return a lot" in by[most("return_share")]["name"]
    for segment in by.values():
        assert re.match(r"Bought last .* ago, ordered .*, spent [\d,.]+ in all", segment["who"])
    assert tree["meanings"]["recency"] == "recency"
    assert tree["labels"]["monetary"]["format"] == "money"
