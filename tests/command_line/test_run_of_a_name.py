"""Every command takes one of the runs of a name, ``shop@previous``, or says that it cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

import engine
from engine.command_line import cli
from engine.data_preparation.generators.customers import generate
from engine.errors import DataError, ModelError
from engine.storage.latest import latest_id
from tests.drawing import undrawn

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Give a folder with runs of 3, 4 and 5 segments of one name, the last in use."""
    folder = tmp_path_factory.mktemp("runs")
    generate(folder / "customers.parquet", customers=200, seed=4)
    config = {
        "input": {"path": "customers.parquet"},
        "clustering": {"kmeans": {"n_init": 1}},
        "evaluation": {"resamples": 0},
        "output": {"name": "shop"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runs = [engine.segment("config.yaml", {"clustering.k": k}) for k in (3, 4, 5)]
    return folder, [run.summary["run_id"] for run in runs]


@pytest.fixture
def runs(made: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(made[0])
    engine.use("shop", made[1][2])
    return made[1]


@pytest.fixture
def command(capfd, monkeypatch) -> Command:
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["engine", *map(str, words)])
        with pytest.raises(SystemExit) as done, undrawn():
            cli.main()
        return int(done.value.code or 0), *capfd.readouterr()

    return call


def answered(command: Command, *words: object) -> dict:
    code, out, err = command(*words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize(("text", "k"), [("shop@previous", 4), ("shop@newest", 5), ("ID", 3)])
def test_assign_drift_and_the_doctor_take_the_model_of_a_run(
    runs: list[str], command: Command, text: str, k: int
):
    text = text.replace("ID", f"models/shop@{runs[0][-6:]}")
    answered(command, "assign", text, "customers.parquet", "new.parquet")
    run = runs[k - 3]
    theirs = pl.read_parquet(f"reports/shop/{run}/segments.parquet")
    assert pl.read_parquet("new.parquet").equals(
        theirs.select(pl.read_parquet("new.parquet").columns)
    )
    assert theirs["segment"].n_unique() == k
    assert answered(command, "drift", text, "customers.parquet")["model"]["run_id"] == run
    assert f"run {run} by kmeans" in command("doctor", "--model", text)[1]
    assert engine.load_model(text).info["run_id"] == run


def test_customers_of_a_run_are_asked_about_and_handed_out(runs: list[str], command: Command):
    table = pl.read_parquet(f"reports/shop/{runs[1]}/segments.parquet")
    who = str(table["customer_id"][0])
    rows = answered(command, "explain", "shop@previous", "--ids", who)["rows"]
    assert {row["segment_name"] for row in rows} == {table["segment_name"][0]}
    similar = answered(command, "similar", "shop@previous", "--ids", who, "--n", 3)["rows"]
    assert len(similar) == 3
    answered(command, "export", "shop@previous", "theirs.parquet")
    assert pl.read_parquet("theirs.parquet")["segment"].n_unique() == 4
    sql = answered(command, "export", "shop@previous", "--to", "sql", "--dialect", "duckdb")["sql"]
    assert sql == engine.load_model("shop@previous").to_sql("duckdb")
    assert sql != engine.load_model("shop").to_sql("duckdb")


def test_report_rename_use_and_load_result_take_a_run(runs: list[str], command: Command):
    drawn = answered(command, "report", "shop@previous")
    assert drawn["report"] == f"reports/shop/{runs[1]}/report.html"
    done = answered(command, "rename", "shop@previous", "1", "Foo")
    assert done["run"] == runs[1]
    assert "Foo" in engine.load_result("shop@previous").model.names
    assert "Foo" not in engine.load_result("shop").model.names
    used = answered(command, "use", "shop@previous")
    assert (used["run"], used["before"]) == (runs[1], runs[2])
    with undrawn():
        run = engine.segment("config.yaml", {
            "clustering.continue_from": f"shop@{runs[0]}", "output.name": "next",
            "clustering.k": 3,
        })  # fmt: skip
    assert run.summary["continuity"]["run"] == runs[0]
    assert run.summary["continuity"]["migration"]["both"] == 200


def test_what_makes_a_page_go_is_told_with_the_run(runs: list[str], command: Command):
    page = Path(f"reports/shop/{runs[0]}/report.pdf")
    page.write_bytes(b"%PDF")
    _, _, err = command("report", f"shop@{runs[0]}")
    assert f"is gone: engine report shop@{runs[0]} --to pdf writes it anew" in err


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("history", "shop@previous"), "the history is of all runs of a name, so shop@previous "
         "cannot be asked for; give shop.\n"),
        (("runs", "shop@newest"), "so shop@newest cannot be asked for; give shop.\n"),
        (("use", "shop@previous", "newest"), "shop@previous names a run already, so 'newest' "
         "cannot be another; give one.\n"),
        (("use", "shop@latest"), "say which run of shop to take: kept are "),
        (("report", "shop@nope"), "there is no run 'nope' of shop: kept are "),
        (("assign", "shop@nope", "customers.parquet", "new.csv"), "there is no run 'nope' of shop"),
        (("explain", "shpo@previous", "--ids", "1"), "did you mean 'shop'?\n"),
        (("drift", "shpo@previous", "customers.parquet"), "did you mean 'shop'?\n"),
        (("similar", "shop@2", "--ids", "1"), "runs of shop begin or end with '2'; give more"),
        (("report", "shop@2.csv"), "there is no run named 'shop@2.csv' under models or reports; "),
    ],
)  # fmt: skip
def test_what_is_not_there_or_cannot_be_asked_is_one_sentence(
    runs: list[str], command: Command, words: tuple[str, ...], end: str
):
    code, out, err = command(*words)
    asked_wrongly = "cannot be" in end or "say which" in end or "give more" in end
    assert code == (2 if asked_wrongly else 3)
    assert out == ""
    assert end in err
    assert err.count("\n") == 1


def test_an_id_alone_is_proposed_with_its_name(runs: list[str], command: Command):
    for words in (("report", runs[0]), ("assign", runs[0][-6:], "customers.parquet", "x.csv")):
        code, _, err = command(*words)
        assert code == 3
        assert f"it is the id of a run, which is named after its results: 'shop@{runs[0]}'." in err


def test_in_python_too(runs: list[str]):
    assert engine.load_result("shop@previous").summary["run_id"] == runs[1]
    with pytest.raises(DataError, match=r"shop@previous names a run already, so 'newest' cannot"):
        engine.load_result("shop@previous", "newest")
    with pytest.raises(DataError, match="the history is of all runs of a name"):
        engine.history("shop@previous")
    with pytest.raises(ModelError, match=r"there is no run 'x' of shop: kept are 20"):
        engine.load_model("shop@x")


def test_what_lies_on_the_disk_wins_over_a_name_with_a_run(runs: list[str], command: Command):
    pl.read_parquet("customers.parquet").head(50).write_parquet("shop@previous")
    try:
        code, _, err = command("report", "shop@previous")
        assert (code, "there is no run named 'shop@previous'" in err) == (3, True)
    finally:
        Path("shop@previous").unlink()


def test_a_run_is_taken_by_its_name_with_the_run_as_well(runs: list[str], command: Command):
    code, _, err = command("use", "shop", "shop@previous")
    assert code == 0, err
    assert latest_id(Path("models/shop")) == runs[1]
