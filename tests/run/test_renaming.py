"""A segment called otherwise: everywhere at once, and never replaced by a made name."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.errors import DataError, ModelError
from engine.model.signature import SIGNATURE
from engine.run.reporting import rebuild_report
from tests.drawing import undrawn

SETTINGS = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0}
GIVEN = "Best & {last}"
"""A name that is markup in HTML, and a place for words in a text of Python's."""


def customers(file: Path, n: int = 90) -> None:
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    pl.DataFrame({
        "customer_id": np.arange(n),
        "recency": np.abs(np.array([10.0, 200.0, 15.0])[group] + rng.normal(0, 3, n)).round(),
        "spend": np.array([900.0, 500.0, 50.0])[group] + rng.normal(0, 20, n),
    }).write_csv(file)  # fmt: skip


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    customers(tmp_path / "shop.csv")
    return tmp_path


def run(**more: Any) -> Any:
    settings = {"input.path": "shop.csv", "output.name": "shop", "clustering.k": 3}
    with undrawn():
        return engine.segment({}, settings | SETTINGS | more)


def names() -> list[str]:
    """Read the names of the run in use, from each of its files; all must be the same."""
    folder, model = Path("reports/shop/latest"), engine.load_model("models/shop")
    tree = json.loads((folder / "profiles.json").read_text())
    data = json.loads((folder / "report_data.json").read_text())
    table = pl.read_csv(folder / "profiles.csv")["segment_name"].to_list()
    each = pl.read_parquet(folder / "segments.parquet", glob=False)
    found = dict(each.select("segment", "segment_name").unique().rows())
    assert each["segment_name"].null_count() == 0
    told = [s["name"] for s in tree["segments"]]
    assert told == [s["name"] for s in data["profiles"]["segments"]] == table
    assert told == [found[number] for number in sorted(found)] == list(model.names)
    given = [s["segment"] for s in tree["segments"] if s.get("named")]
    assert given == list(model.info["named"])
    return told


def test_a_name_is_everywhere_at_once(shop):
    run(**{"output.tables": ["parquet", "csv", "xlsx"]})
    before = names()
    done = engine.rename("shop", 2, GIVEN)
    assert (done.number, done.segment, done.before, done.now) == (2, 1, before[1], GIVEN)
    assert done.told() == f"Segment 2 of shop, {before[1]!r} so far, is called {GIVEN!r} now."
    assert names() == [before[0], GIVEN, before[2]]
    page = Path("reports/shop/latest/report.html").read_text()
    assert "Best &amp; {last}" in page
    assert "Best & {last}" not in page
    listed = pl.read_csv("reports/shop/latest/segments.csv")["segment_name"].unique().to_list()
    assert sorted(listed) == sorted(names())
    assert engine.load_model("models/shop").assign("shop.csv")["segment_name"].to_list() == (
        pl.read_parquet("reports/shop/latest/segments.parquet")["segment_name"].to_list()
    )


def test_what_was_made_of_the_earlier_page_is_told_to_be_gone(shop):
    run()
    deck = Path("reports/shop/latest/report.pptx")
    deck.write_bytes(b"slides")
    told = engine.rename("shop", 1, GIVEN).notices
    assert "report.pptx was of the page as it was and is gone: engine report shop --to pptx" in (
        " ".join(told)
    )
    assert not deck.exists()


@pytest.mark.long
def test_by_name_and_again(shop):
    run()
    before = names()
    assert engine.rename("models/shop/latest", before[2].upper(), "Third").segment == 2
    assert engine.rename("shop", "Third", "third").now == "third"
    assert names() == [*before[:2], "third"]


def test_what_cannot_be_renamed(shop):
    run()
    before = names()
    with pytest.raises(DataError, match=r"another segment is called .*; names must differ"):
        engine.rename("shop", 1, before[1].upper())
    with pytest.raises(DataError, match="there is no segment 4; on the page they are 1, 2, 3"):
        engine.rename("shop", 4, "x")
    with pytest.raises(DataError, match=r"there is no run named 'shp'.*did you mean 'shop'"):
        engine.rename("shp", 1, "x")
    for wrong in ("", "   ", "x" * 81, "a\nb", "a\x00b"):
        with pytest.raises(DataError, match="name has 1 to 80 letters on one line; got '"):
            engine.rename("shop", 1, wrong)
    for wrong in ("2", "1, 3", "1 2", ",", "\u0662"):
        with pytest.raises(DataError, match="would be taken for numbers of segments"):
            engine.rename("shop", 1, wrong)
    assert names() == before


def test_a_file_that_is_missing_is_named(shop):
    run()
    file = Path("reports/shop/latest").resolve() / "summary.json"
    text = file.read_bytes()
    file.unlink()
    with pytest.raises(DataError, match=r"summary\.json is missing, so the run cannot be renamed"):
        engine.rename("shop", 1, "Best")
    file.write_bytes(text)
    assert "Best" not in names()


def test_a_given_name_stays_in_a_run_that_continues(shop):
    run()
    before = names()
    engine.rename("shop", 1, GIVEN)
    told = run(**{"clustering.continue_from": "models/shop/latest"}).summary["continuity"]
    assert names() == [GIVEN, *before[1:]]
    assert not [s for s in told["sentences"] if "would be called" in s]
    run(**{"clustering.continue_from": "models/shop/latest"})
    assert names() == [GIVEN, *before[1:]]


@pytest.mark.long
def test_a_given_name_stays_when_the_page_is_drawn_again(shop):
    run()
    engine.rename("shop", 3, GIVEN)
    found = names()
    settings = engine.load_config({"output": {"name": "shop", "smallest_group": 40}}).output
    rebuild_report(settings)
    assert names() == found
    assert "Best &amp; {last}" in Path("reports/shop/latest/report.html").read_text()


@pytest.mark.long
def test_a_given_name_stays_in_another_cut(shop):
    run(**{"clustering.methods": ["agglomerative"]})
    before = names()
    engine.rename("shop", 2, GIVEN)
    with undrawn():
        again = engine.recut("shop", {"clustering.k": 4})
    assert GIVEN in again.model.names
    assert not set(again.model.names) & {"Average customers"}
    kept = [name for name in again.model.names if name in (before[0], GIVEN, before[2])]
    assert len(kept) >= 2


@pytest.mark.long
def test_a_signed_run_asks_for_the_key(shop):
    key = shop / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    run(**{"output.sign_with": str(key)})
    before = names()
    with pytest.raises(ModelError, match="is signed, and another name needs another signature"):
        engine.rename("shop", 1, "x")
    assert names() == before
    other = shop / "other"
    other.write_text(secrets.token_hex(32))
    other.chmod(0o600)
    with pytest.raises(ModelError):
        engine.rename("shop", 1, "x", sign_with=other)
    assert names() == before
    engine.rename("shop", 1, "x", sign_with=key)
    assert names()[0] == "x"
    assert Path("models/shop/latest", SIGNATURE).is_file()
    assert engine.load_model("models/shop", verify_with=key).names[0] == "x"
    settings = engine.load_config({"output": {"name": "shop", "verify_with": str(key)}}).output
    rebuild_report(settings)


@pytest.mark.long
def test_a_table_in_parts_has_the_name_in_each(shop):
    run()
    folder = Path("reports/shop/latest").resolve()
    table = pl.read_parquet(folder / "segments.parquet")
    (folder / "segments.parquet").unlink()
    (folder / "segments.parquet").mkdir()
    for i in range(2):
        table[45 * i : 45 * (i + 1)].write_parquet(
            folder / f"segments.parquet/part-0000{i}.parquet"
        )
    engine.rename("shop", 1, GIVEN)
    parts = sorted((folder / "segments.parquet").iterdir())
    assert [p.name for p in parts] == ["part-00000.parquet", "part-00001.parquet"]
    again = pl.concat(pl.read_parquet(p) for p in parts)
    assert again.drop("segment_name").equals(table.drop("segment_name"))
    assert set(again.filter(pl.col("segment") == 0)["segment_name"]) == {GIVEN}


@pytest.mark.long
def test_two_at_once_lose_nothing(shop, monkeypatch):
    run()
    before = names()
    from engine.run import renaming

    held = renaming.stage

    def late(*given: Any) -> Any:
        monkeypatch.setattr(renaming, "stage", held)
        engine.rename("shop", 3, "Another")
        return held(*given)

    monkeypatch.setattr(renaming, "stage", late)
    with pytest.raises(DataError, match="was changed meanwhile"):
        engine.rename("shop", 1, "x")
    assert names() == [*before[:2], "Another"]
