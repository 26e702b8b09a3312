"""The runs that are kept of a name: listed, and another one taken by what people write of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.errors import DataError, ModelError
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Give a folder with three runs of one name, of 3, 4 and 5 segments."""
    folder = tmp_path_factory.mktemp("kept")
    generate(folder / "customers.parquet", customers=200, seed=4)
    found = []
    with undrawn():
        for k in (3, 4, 5):
            run = engine.segment(tree(folder), {"clustering.k": k})
            found.append(run.summary["run_id"])
    return folder, sorted(found)


def tree(folder: Path) -> dict:
    return {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"kmeans": {"n_init": 1}},
        "evaluation": {"resamples": 0},
        "output": {
            "name": "shop",
            **{f: str(folder / f) for f in ("models", "reports", "processed")},
        },
    }


def in_use(folder: Path) -> str:
    return engine.load_model(folder / "models/shop").info["run_id"]


def test_runs_are_listed_newest_first(made):
    folder, runs = made
    table = engine.runs("shop", tree(folder))
    assert table["run"].to_list() == runs[::-1]
    assert sorted(table["segments"]) == [3, 4, 5]
    assert table["method"].to_list() == ["kmeans"] * 3
    assert table["customers"].to_list() == [200] * 3
    assert table["in_use"].sum() == 1
    assert f"{table['date'][0]:%Y%m%dT%H%M%S}" == runs[-1][:15]
    assert engine.runs(folder / "reports/shop/latest").equals(table)


def test_another_run_is_taken_by_what_people_write(made):
    folder, runs = made
    for text, run in [(runs[0], runs[0]), (runs[1][-6:], runs[1]), ("newest", runs[2]),
                      ("previous", runs[1]), ("previous", runs[0])]:  # fmt: skip
        before = in_use(folder)
        assert engine.use("shop", text, tree(folder)) == ("shop", run, before, ())
        assert in_use(folder) == run
        summary = json.loads((folder / "reports/shop/latest/summary.json").read_text())
        assert summary["run_id"] == run
    used = engine.use(folder / "models/shop" / runs[2])
    assert (used.run, used.before) == (runs[2], runs[0])


def test_what_is_not_there_or_not_one_is_said(made):
    folder, runs = made
    engine.use("shop", runs[0], tree(folder))
    for text, words in [
        (None, f"say which run of shop to take: kept are {runs[2]}, .*{runs[0]} \\(in use\\)"),
        ("nothing", "there is no run 'nothing' of shop: kept are "),
        (runs[0][:4], "3 runs of shop begin or end with '20.*; give more of the id: "),
        ("previous", "older than that in use"),
        ("", "there is no run '' of shop"),
    ]:
        with pytest.raises(DataError, match=words):
            engine.use("shop", text, tree(folder))
    with pytest.raises(DataError, match="did you mean 'shop'"):
        engine.runs("shpo", tree(folder))
    assert in_use(folder) == runs[0]


def test_latest_is_in_use_already(made):
    folder, _ = made
    with pytest.raises(DataError, match=r"latest is the run of shop that is in use.* kept are"):
        engine.use("shop", "latest", tree(folder))


def test_a_damaged_run_is_not_taken_and_listed_as_far_as_it_tells(made):
    folder, runs = made
    engine.use("shop", runs[0], tree(folder))
    file = folder / "models/shop" / runs[1] / "model.json"
    whole = file.read_text()
    try:
        file.write_text(whole.replace("kmeans", "kmedians", 1))
        with pytest.raises(ModelError, match="was changed after the model was written"):
            engine.use("shop", runs[1], tree(folder))
        file.write_text("{")
        assert engine.runs("shop", tree(folder)).row(1)[2:5] == (None, None, None)
    finally:
        file.write_text(whole)
    assert in_use(folder) == runs[0]


def test_a_run_that_is_not_signed_takes_the_place_of_a_signed_one_with_a_word(made, tmp_path):
    folder, _ = made
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    config = {**tree(folder), "output": {**tree(folder)["output"], "name": "signed"}}
    with undrawn():
        config["output"]["sign_with"] = str(key)
        signed = engine.segment(config, {"clustering.k": 3}).summary["run_id"]
        del config["output"]["sign_with"]
        open_ = engine.segment(config, {"clustering.k": 3}).summary["run_id"]
    assert engine.use("signed", signed, config).notices == ()
    assert f"run {signed} is signed" in engine.use("signed", open_, config).notices[0]
    config["output"]["verify_with"] = str(key)
    engine.use("signed", signed, config)
    with pytest.raises(ModelError, match="is not signed"):
        engine.use("signed", open_, config)
