"""The command line from end to end: what it prints, what it writes and how it exits."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
import yaml

from engine.command_line import cli
from engine.data_preparation.generators.customers import generate
from tests.children import finished
from tests.drawing import in_full, undrawn


class Said(NamedTuple):
    code: int
    out: str
    err: str


Engine = Callable[..., Said]


@pytest.fixture
def engine(capfd, monkeypatch) -> Engine:
    """Call the command line in this process, as the console script does."""

    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["engine", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        return Said(int(done.value.code or 0), *capfd.readouterr())

    return call


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with customers, a configuration and the results of one run of it."""
    folder = tmp_path_factory.mktemp("shop")
    generate(folder / "customers.parquet", customers=1_500, seed=2)
    config = {
        "input": {"path": "customers.parquet"},
        "clustering": {"k": 4, "kmeans": {"n_init": 2}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    done = finished([sys.executable, "-m", "engine", "run"], cwd=folder, check=True)
    (folder / "out.txt").write_text(done.stdout)
    (folder / "err.txt").write_text(done.stderr)
    return folder


@pytest.fixture
def in_shop(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shop)
    return shop


def summary(folder: Path, name: str = "customers") -> dict:
    return json.loads((folder / f"reports/{name}/latest/summary.json").read_text())


def test_run_prints_a_readable_summary(shop):
    out = (shop / "out.txt").read_text()
    assert "1,500 customers in 4 segments" in out
    sizes = summary(shop)["methods"]["kmeans"]["sizes"]
    worth = pl.read_csv(shop / "reports/customers/latest/profiles.csv")["value_share"]
    for number, (size, share) in enumerate(zip(sizes, worth, strict=True), start=1):
        line = rf"^ *{number} .* {size:,} +{size / 1_500:.1%} +{share:.1%} *$"
        assert re.search(line, out, re.MULTILINE)
    assert re.search(
        r"^silhouette 0\.\d{3}( \(0\.\d{3} to 0\.\d{3}\))? against 0\.\d{3} without groups: ",
        out,
        re.MULTILINE,
    )
    assert re.search(r"^Report +reports/customers/latest/report\.html$", out, re.MULTILINE)
    assert re.search(r"^Segments +reports/customers/latest/segments\.parquet$", out, re.MULTILINE)
    assert re.search(r"^Model +models/customers$", out, re.MULTILINE)


def test_run_shows_plain_lines_where_there_is_no_terminal(shop):
    err = (shop / "err.txt").read_text()
    assert "\x1b" not in err
    assert "\r" not in err
    assert "customers are identified by the column 'customer_id'" in err
    stages = ["load", "prepare", "reduce", "cluster kmeans", "evaluate kmeans", "describe", "draw"]
    found = [re.search(rf"^{s} +\d+\.\d s", err, re.MULTILINE) for s in stages]
    assert all(found)
    assert [m.start() for m in found if m] == sorted(m.start() for m in found if m)


def test_run_writes_what_it_promises(shop):
    latest = shop / "reports/customers/latest"
    names = {p.name for p in latest.iterdir()}
    assert {"report.html", "summary.json", "segments.parquet", "profiles.csv"} <= names
    assert list((shop / "reports/figures/customers/latest").glob("*.png"))
    model = {p.name for p in (shop / "models/customers/latest").iterdir()}
    assert model == {"model.json", "arrays.safetensors"}
    found = summary(shop)
    assert {
        "run_id", "n_customers", "n_features", "n_components", "place", "place_reason",
        "random_state", "versions", "warnings", "best", "methods", "stages",
    } <= set(found)  # fmt: skip
    method = found["methods"]["kmeans"]
    assert {
        "k", "sizes", "silhouette", "silhouette_squared", "davies_bouldin", "calinski_harabasz",
        "inertia", "seconds", "seconds_in_all",
    } <= set(method)  # fmt: skip
    assert {"value", "low", "high", "anchors"} <= set(method["silhouette"])
    for stage in found["stages"]:
        assert set(stage) == {
            "name", "seconds", "seconds_beside", "rows_per_second", "peak_memory_bytes",
        }  # fmt: skip
    segments = pl.read_parquet(latest / "segments.parquet")
    assert segments.columns == ["customer_id", "segment", "segment_name", "distance"]
    assert segments.height == 1_500
    assert not list(shop.rglob(".partial*"))


def test_quiet_prints_nothing_and_names_the_results(in_shop, engine):
    words = ("--set", "clustering.k=3", "--set", "evaluation.resamples=2")
    with undrawn():
        assert engine("run", "--quiet", "--name", "other", *words) == (0, "", "")
    assert summary(in_shop, "other")["methods"]["kmeans"]["k"] == 3
    assert summary(in_shop)["methods"]["kmeans"]["k"] == 4


def test_report_is_rebuilt(in_shop, engine):
    page = in_shop / "reports/customers/latest/report.html"
    before = page.read_text()
    page.write_text("lost")
    with in_full():
        done = engine("report", "customers")
    run = summary(in_shop)["run_id"]  # not latest, which may come to mean another run's
    assert (done.code, done.out) == (0, f"Report: reports/customers/{run}/report.html\n")
    assert page.read_text() == before


def test_assign(in_shop, engine, tmp_path):
    target = tmp_path / "assigned.csv"
    done = engine("assign", "models/customers", "customers.parquet", target)
    assert done.code == 0
    assert re.fullmatch(r"1,500 customers assigned, \S+ rows/s: (.*)\n", done.out)[1] == str(target)
    assert re.match(r"assign +\d+\.\d s", done.err)
    expected = pl.read_parquet(in_shop / "reports/customers/latest/segments.parquet")
    assert pl.read_csv(target, schema=expected.schema).equals(expected)
    quiet = engine("assign", "models/customers", "customers.parquet", target, "-q")
    assert quiet == (0, "", "")


def test_assign_tells_of_what_was_not_seen_in_training(in_shop, engine, tmp_path):
    new = pl.read_parquet(in_shop / "customers.parquet").head(10)
    new = new.with_columns(channel=pl.lit("post"))
    new.write_parquet(tmp_path / "new.parquet")
    done = engine("assign", "models/customers", tmp_path / "new.parquet", tmp_path / "out.parquet")
    assert done.code == 0
    assert (
        "warning: 10 rows hold a value of column 'channel' that was not seen in training"
        in done.err
    )
    assert pl.read_parquet(tmp_path / "out.parquet").height == 10


def test_plan(in_shop, engine):
    done = engine("plan")
    assert done.code == 0
    for step in ("load", "prepare", "reduce", "cluster", "evaluate", "describe", "save", "draw"):
        assert re.search(rf"^ *{step} +cpu .* \d+(\.\d)? (B|[KMG]iB)", done.out, re.MULTILINE)
    assert "1,500 customers" in done.out
    assert re.search(r"^place: cpu \(", done.out, re.MULTILINE)
    assert re.search(r"^peak [\d.]+ MiB of [\d.]+ [MG]iB allowed", done.out, re.MULTILINE)


def test_plan_refuses_what_run_would(in_shop, engine):
    before = summary(in_shop)["run_id"]
    limit = "compute.memory_limit=1MiB"
    planned, ran = engine("plan", "--set", limit), engine("run", "--set", limit)
    assert planned.code == ran.code == 7
    refusal = " ".join(planned.out.partition("refused: ")[2].split())
    assert "more than compute.memory_limit (1 MiB)" in refusal
    assert ran.err == f"engine: {refusal}\n"
    assert summary(in_shop)["run_id"] == before


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_generate(engine, tmp_path, suffix):
    target = tmp_path / f"new.{suffix}"
    done = engine("generate", "--customers", 123, "--seed", 4, target)
    assert done == (0, f"123 customers written: {target}\n", "")
    table = pl.read_csv(target) if suffix == "csv" else pl.read_parquet(target)
    assert table.height == 123
    assert "true_segment" in table.columns


def test_a_letter_that_the_output_cannot_hold_ends_nothing(tmp_path):
    """A pipe of Windows takes one of its old encodings."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-m", "engine", "generate", "--customers", "3", "ελ.csv"]
    done = finished(command, cwd=tmp_path, env=environment, encoding="cp1252")
    assert (done.returncode, done.stdout) == (0, "3 customers written: ??.csv\n")


def test_doctor(engine):
    done = engine("doctor")
    assert done.code == 0
    for place in ("cpu", "gpu", "cpu-cluster", "gpu-cluster"):
        assert re.search(rf"^ *{place} +(yes|no) ", done.out, re.MULTILINE)
    assert re.search(r"threads \d+, memory free [\d.]+ [MGT]iB", done.out)
    assert re.search(r"^polars +\d+\.\d+", done.out, re.MULTILINE)


def test_without_a_configuration_the_defaults_hold(engine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = engine("run")
    assert done.code == 3
    assert done.err.startswith("engine: data/external/customers.parquet does not exist; ")


def test_exit_codes(in_shop, engine):
    assert engine("--help").code == 0
    assert engine("run", "nowhere.yaml").code == 2
    assert engine("run", "--set", "clustering.kk=3").code == 2
    assert engine("run", "--wrong").code == 2
    for missing in ("nowhere.csv", "nowhere", "nowhere/*.csv"):
        assert engine("run", missing).code == 3
    assert engine("report", "nobody").code == 3
    assert engine("assign", "nobody", "customers.parquet", "out.csv").code == 3
    assert engine("run", "--set", "input.id=nobody").code == 4


def test_errors_are_sentences_and_debug_shows_where(in_shop, engine, monkeypatch, capfd):
    done = engine("run", "--set", "input.path=nowhere.csv")
    assert done.out == ""
    assert done.err == ("engine: nowhere.csv does not exist; give a file, a folder or a glob.\n")
    words = ["engine", "--debug", "run", "--set", "input.path=nowhere.csv"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(Exception, match=r"nowhere\.csv does not exist"):
        cli.main()


def test_what_nobody_foresaw_is_one_sentence_too(in_shop, engine, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("three\nlines\nlong")

    monkeypatch.setattr("engine.run.pipeline.execute", fail)
    done = engine("run", "--quiet")
    assert done.code == 1
    assert done.err.startswith(
        "engine: something unforeseen went wrong (ZeroDivisionError: three); earlier results are "
    )
    assert done.err.count("\n") == 1


def test_an_interrupt_leaves_no_traceback(in_shop, engine, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.run.pipeline.execute", interrupt)
    done = engine("run", "--quiet")
    assert done.code == 130
    assert "Traceback" not in done.err


def test_invoices_are_generated_and_run(engine: Engine, tmp_path: Path) -> None:
    invoices = tmp_path / "invoices.parquet"
    said = engine("generate", invoices, "--customers", 120, "--transactions")
    assert said.code == 0
    lines = pl.read_parquet(invoices)
    assert f"{lines.height:,} lines of 120 customers' invoices" in said.out
    folders = [f"output.{f}={tmp_path / f}" for f in ("models", "reports", "processed")]
    settings = [f"input.path={invoices}", "input.kind=transactions", "clustering.k=3", *folders]
    words = [word for pair in settings for word in ("--set", pair)]
    with undrawn():
        said = engine("run", *words, "--set", "evaluation.resamples=2")
    assert said.code == 0, said.err
    assert "120 customers in 3 segments" in said.out
    again = tmp_path / "again.csv"
    said = engine("assign", tmp_path / "models" / "customers", invoices, again)
    assert said.code == 0, said.err
    segments = pl.read_parquet(tmp_path / "reports" / "customers" / "latest" / "segments.parquet")
    assert pl.read_csv(again)["segment"].to_list() == segments["segment"].to_list()
    said = engine("plan", *words)
    assert said.code == 0
    assert "partitions by customer" in said.out
