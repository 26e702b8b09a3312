"""Customers of other data, explained by the command: in words, as JSON, in a file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from tests.bad_input.conftest import run_command
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("others")
    generate(folder / "customers.parquet", customers=200, seed=3)
    generate(folder / "new.parquet", customers=20, seed=9)
    output = {f: str(folder / f) for f in ("models", "reports", "processed")}
    tree = {"input": {"path": str(folder / "customers.parquet")}, "clustering": {"k": 3},
            "evaluation": {"resamples": 0}, "output": {**output, "name": "shop"}}  # fmt: skip
    with undrawn():
        engine.segment(tree)
    return folder


@pytest.fixture
def words(made: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.chdir(made)
    return ("explain", "shop", "--data", "new.parquet", "--ids", "10000003,10000001")


def test_in_words_as_json_and_in_a_file(words: tuple[str, ...], tmp_path: Path):
    table = engine.load_model("shop").explain("new.parquet", [10000001, 10000003])
    first = table.row(0, named=True)
    told = run_command(*words)
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == (
        f"Customer 10000001 is in segment {first['segment'] + 1} ({first['segment_name']})."
    )
    assert lines[1].startswith(f"Next best: segment {first['second_segment'] + 1} (")
    assert lines[2].startswith(f"  {first['feature']} = {first['value']}: holds it there (+")
    answer = json.loads(run_command(*words, "--json").out)
    assert (answer["customers"], answer["rows"]) == (2, table.to_dicts())
    file = str(tmp_path / "why.parquet")
    done = run_command(*words, file)
    assert done.code == 0, done.err
    assert pl.read_parquet(file).equals(table)


def test_what_cannot_be_is_one_sentence(words: tuple[str, ...], tmp_path: Path):
    for more, code, sentence in [
        (("--ids", "77"), 4, "new.parquet holds no customer with a segment and the id '77'."),
        (("new.parquet",), 2, "new.parquet is the input itself; give another output file."),
        (("--data", "none.parquet"), 3, "none.parquet does not exist"),
    ]:
        done = run_command(*words, *more)
        assert (done.code, done.err.count("\n")) == (code, 1), done.err
        assert sentence in done.err
    assert run_command("explain", "shop", "--ids", "77").code == 4  # as of the run
    alone = run_command("explain", "shop", "--ids", "10000001", "--customers", "own.csv")
    assert alone.code == 2
    assert "--customers goes with --data" in alone.err


def test_rows_of_one_id_are_told_of(words: tuple[str, ...], tmp_path: Path):
    model, new = engine.load_model("shop"), pl.read_parquet("new.parquet")
    places = model.assign(new)
    own = places.filter(customer_id=10000003)["segment"].item()
    other = places.filter(pl.col("segment") != own)["customer_id"][0]
    twice = new.filter(customer_id=10000003), new.filter(customer_id=other)
    same = pl.lit(10000003, new.schema["customer_id"]).alias("customer_id")
    pl.concat([twice[0], twice[1].with_columns(same)]).write_parquet(tmp_path / "two.parquet")
    pl.concat([twice[0], twice[0]]).write_parquet(tmp_path / "alike.parquet")
    asked = ("explain", "shop", "--ids", "10000003", "--data")
    told = run_command(*asked, str(tmp_path / "two.parquet"))
    with pytest.warns(UserWarning, match="more than one row"):
        found = model.explain(tmp_path / "two.parquet")
    rows = found.unique("segment", maintain_order=True)
    first, second = (f"{r['segment'] + 1} ({r['segment_name']})" for r in rows.to_dicts())
    assert told.out.splitlines()[:2] == [
        f"Customer 10000003 is in segment {first}.",
        f"The data have 2 rows with this id, in segments {first} and {second}; this is told of "
        "the first.",
    ]
    shown = [line.split(" = ")[0].strip() for line in told.out.splitlines() if " = " in line]
    assert len(shown) == len(set(shown)) == 5
    answer = json.loads(run_command(*asked, str(tmp_path / "two.parquet"), "--json").out)
    assert {r["segment"] for r in answer["rows"]} == set(rows["segment"])
    told = run_command(*asked, str(tmp_path / "alike.parquet"))
    assert "The data have 2 rows with this id, all in this segment;" in told.out


def test_what_data_hold_is_told_as_a_notice(words: tuple[str, ...], tmp_path: Path):
    model, new = engine.load_model("shop"), pl.read_parquet("new.parquet")
    text = model.plan.categorical[0].column
    odd = new.with_columns(pl.lit("never seen").alias(text))
    odd.write_parquet(tmp_path / "odd.parquet")
    with pytest.warns(UserWarning, match="never seen|not seen") as warned:
        model.explain(tmp_path / "odd.parquet", 10000003)
    done = run_command("explain", "shop", "--ids", "10000003", "--data", tmp_path / "odd.parquet")
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines == [f"warning: {w.message}" for w in warned]
