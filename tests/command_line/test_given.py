"""Commands on data where a configuration may stand, with words for keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from engine.data_preparation.generators.customers import generate
from tests.command_line.test_cli import engine  # noqa: F401
from tests.drawing import undrawn

QUICK = ("--set", "clustering.kmeans.n_init=2", "--set", "evaluation.resamples=0")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    generate(Path("my shop.csv"), customers=300, seed=2)
    return tmp_path


def summary(folder: str) -> dict:
    return json.loads(Path(folder, "latest", "summary.json").read_text())


@pytest.mark.long
def test_data_run_as_they_are(here: Path, engine: Callable) -> None:  # noqa: F811
    Path("config.yaml").write_text("clustering:\n  k: 7\noutput:\n  name: other\n")
    with undrawn():
        done = engine("run", "my shop.csv", *QUICK, "--k", 4)
    assert done.code == 0, done.err
    said = "config.yaml here says nothing of my shop.csv; --config config.yaml makes it\n"
    assert done.err.startswith(said)
    assert "Report    reports/my-shop/latest/report.html" in done.out
    assert summary("reports/my-shop")["methods"]["kmeans"]["k"] == 4
    with undrawn():
        words = ("--config", "config.yaml", "--out", "there/spring", "--id", "customer_id")
        done = engine("run", "my shop.csv", *QUICK, "-q", *words)
    assert done == (0, "", "")
    assert summary("there/spring")["methods"]["kmeans"]["k"] == 7
    assert Path("there/models/spring/latest/model.json").is_file()


def test_plans_and_methods(here: Path, engine: Callable) -> None:  # noqa: F811
    done = engine("plan", "my shop.csv", "--methods", "kmeans,spectral", "--k", "3,4")
    assert done.code == 0
    for method in ("kmeans", "spectral"):
        assert f"cluster   cpu    {method}" in done.out
    same = engine("plan", "*.csv", "--set", "clustering.methods=kmeans,spectral", "--k", "3,4")
    assert same.out.partition("peak")[0] == done.out.partition("peak")[0]


def test_data_in_the_place_of_a_command_are_told_which_one_takes_them(here, engine) -> None:  # noqa: F811
    done = engine("my shop.csv")
    assert done.code == 2
    assert "to segment it: engine run 'my shop.csv'" in " ".join(done.err.replace("│", " ").split())
    assert "to segment it" not in engine("rum").err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("run", "none.csv"), 3, "none.csv does not exist; give a file, a folder or a glob"),
        (("run", "none.cvs"), 3, "give the path of a YAML file, or of data (.csv, .parquet, .xl"),
        (("run", "ftp://shop/a.csv"), 2, "input.path: is a remote path of a kind (ftp) that is"),
        (("run", "my shop.csv", "--k", "some"), 2, "clustering.k: must be auto"),
        (("run", "my shop.csv", "--k", "3", "--set", "clustering.k=4"), 2, "--k 3 and --set clus"),
        (("run", "my shop.csv", "--out", "."), 2, "must be a folder of its own, such as reports/"),
        (("run", "my shop.csv", "--id", "who"), 4, "input.id names the column 'who', which my "),
        (("run", "none.yaml", "--config", "b.yaml"), 2, "none.yaml and b.yaml are two configura"),
        (("run", "empty.csv"), 4, "empty.csv has a header but no rows; give a file with custom"),
        (("plan", "empty.parquet"), 4, "empty.parquet has a header but no rows; give a file wi"),
        (("run", "my shop.csv", "--set", "features.include=Income,a"), 4, "stands in double quo"),
    ],
)
def test_what_does_not_fit_is_one_sentence(here, engine, words, code, sentence) -> None:  # noqa: F811
    table = pl.read_csv("my shop.csv")
    table.clear().write_csv("empty.csv")
    table.clear().write_parquet("empty.parquet")
    table.rename({"age": "Income, total"}).write_csv("my shop.csv")
    done = engine(*words)
    assert done.code == code
    assert sentence in done.err
    assert not Path("reports").exists()
