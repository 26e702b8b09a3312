"""Every command takes a name, a folder of a model and one of a report alike."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

import engine
from engine.command_line import cli
from engine.data_preparation.generators.customers import generate
from engine.errors import ModelError
from tests.drawing import undrawn

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capfd, monkeypatch) -> Command:
    """Call the command line in this process: the exit code, what it printed, what it said."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["engine", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        return int(done.value.code or 0), *capfd.readouterr()

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with customers and one run of them, whose results lie under ``out``."""
    folder = tmp_path_factory.mktemp("named")
    generate(folder / "customers.parquet", customers=300, seed=2)
    config = {
        "input": {"path": "customers.parquet"},
        "clustering": {"methods": ["agglomerative"], "k": 4},
        "evaluation": {"resamples": 0},
        "output": {"models": "out/models", "reports": "out/reports", "name": "shop"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        engine.segment("config.yaml")
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


TEXTS = [
    "shop",
    "out/models/shop",
    "out/reports/shop/latest",
    "out/reports/shop/latest/summary.json",
]


@pytest.mark.parametrize("text", TEXTS)
def test_assign_and_doctor_take_any_of_them(here: Path, command: Command, text: str):
    code, _, err = command("assign", text, "customers.parquet", "new.csv")
    assert code == 0, err
    expected = pl.read_parquet("out/reports/shop/latest/segments.parquet")
    assert pl.read_csv("new.csv", schema=expected.schema).equals(expected)
    code, out, err = command("doctor", "--model", text)
    assert code == 0, err
    assert "by agglomerative: 4 segments" in out
    assert "not signed" in out


@pytest.mark.parametrize("text", TEXTS)
def test_similar_takes_any_of_them(here: Path, command: Command, text: str):
    ids = pl.read_parquet("customers.parquet")["customer_id"].head(2).to_list()
    code, out, err = command("similar", text, "--ids", ",".join(map(str, ids)), "--n", "3")
    assert code == 0, err
    assert str(ids[0]) in out


def test_in_python_too(here: Path):
    where = {"output": {"models": "out/models", "reports": "out/reports"}}
    run = engine.load_model("out/models/shop").info["run_id"]
    assert engine.load_model("shop", source=where).info["run_id"] == run
    assert engine.load_model(f"out/reports/shop/{run}").info["run_id"] == run
    with pytest.raises(ModelError, match=r"^shpo holds no model; .* did you mean 'shop'\?"):
        engine.load_model("shpo", source=where)
    ids = pl.read_parquet("customers.parquet")["customer_id"].head(2)
    assert engine.similar("out/reports/shop/latest", ids, 2, where).height == 4


def test_a_run_continues_one_by_name(here: Path, tmp_path: Path):
    with undrawn():
        result = engine.segment(
            "config.yaml", {"clustering.continue_from": "shop", "output.name": "next"}
        )
    assert (
        result.summary["continuity"]["run"] == engine.load_model("out/models/shop").info["run_id"]
    )


def test_a_name_that_is_not_there_is_told_with_the_nearest(here: Path, command: Command):
    for words in (("report", "shpo"), ("similar", "shpo", "--ids", "1")):
        code, _, err = command(*words)
        assert (code, err) == (
            3,
            "engine: there is no run named 'shpo' under out/models or out/reports; did you mean "
            "'shop'?\n",
        )
    code, _, err = command("assign", "shpo", "customers.parquet", "new.csv")
    assert code == 3
    assert err.endswith("such as models/customers; did you mean 'shop'?\n")


def test_a_cut_is_taken_when_it_is_asked_for(here: Path, command: Command):
    before = engine.load_model("out/models/shop").info["run_id"]
    with undrawn():
        code, out, err = command("report", "shop", "--set", "clustering.k=3")
    assert code == 0, err
    cut = next(r for r in engine.runs("out/models/shop")["run"] if r != before)
    assert f"out/reports/shop/{cut}/report.html" in out
    assert out.endswith(f"The run in use stays as it is; `engine use shop {cut}` takes this one.\n")
    command("assign", "shop", "customers.parquet", "new.csv")
    assert pl.read_csv("new.csv")["segment"].n_unique() == 4
    code, out, _ = command("runs", "shop")
    assert code == 0
    lines = {line.split()[0]: line.rstrip() for line in out.splitlines()}
    assert lines[before].endswith("agglomerative  4         300        in use")
    assert f"a cut of {before}" in lines[cut]
    assert "in use" not in lines[cut]
    said = f"Run {cut} of shop is in use now; run {before} was (engine use shop {before}).\n"
    assert command("use", "shop", cut[-6:]) == (0, said, "")
    command("assign", "shop", "customers.parquet", "new.csv")
    assert pl.read_csv("new.csv")["segment"].n_unique() == 3
    assert "is in use already" in command("use", f"out/reports/shop/{cut}")[1]
    assert command("use", "shop", "previous", "-q") == (0, "", "")
    assert engine.load_model("out/models/shop").info["run_id"] == before
    assert re.search(rf"^ *shop +{before} ", command("runs")[1], re.MULTILINE)
    with undrawn():
        assert command("report", "shop", "--set", "clustering.k=2", "--use", "-q") == (0, "", "")
    assert engine.load_model("out/models/shop").info["scores"]["k"] == 2
    assert command("use", "shop", before)[0] == 0
    code, _, err = command("report", "shop", "--use")
    assert (code, err.count("--use goes with another cut, such as --set clustering.k=7")) == (2, 1)


def test_a_cut_is_written_in_the_form_that_is_asked_for(here: Path, command: Command):
    pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")
    with undrawn():
        words = ("report", "shop", "--set", "clustering.k=6", "--to", "cut.pptx")
        code, out, err = command(*words)
    assert code == 0, err
    assert "cut.pptx\nThe run in use stays" in out
    (run,) = engine.runs("out/models/shop").filter(segments=6)["run"]
    data = json.loads((here / f"out/reports/shop/{run}/report_data.json").read_text())
    titles = [s.shapes.title.text_frame.text for s in pptx.Presentation("cut.pptx").slides]
    names = [s["name"] for s in data["profiles"]["segments"]]
    assert titles[1:7] == [f"{n + 1} {name}" for n, name in enumerate(names)]
