"""``engine init``: the file that it writes runs, and gives what the bare data give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine as package
from engine.config.loading import load_config
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import generate_transactions
from tests.command_line.test_cli import engine  # noqa: F401
from tests.drawing import undrawn

QUICK = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0, "clustering.k": 4}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with undrawn():
        yield


def test_what_is_written_runs_as_the_data_do(engine: Callable) -> None:  # noqa: F811
    generate(Path("c.parquet"), customers=300, seed=4)
    mail = pl.format("u{}@shop.com", "customer_id").alias("E-Mail")
    table = pl.read_parquet("c.parquet").with_columns(pl.lit("same").alias("constant"), mail)
    table.write_csv("kunden märz.csv", separator=";", decimal_comma=True)
    done = engine("init", "kunden märz.csv")
    said = "Configuration written: config.yaml; run it with: engine run config.yaml\n"
    assert (done.code, done.out) == (0, said)
    text = Path("config.yaml").read_text()
    for line in ("  id: customer_id", "    separator: ;", "  #   E-Mail", "  # Left out:"):
        assert line in text
    assert max(len(line) for line in text.splitlines() if line.startswith("#")) <= 100
    assert load_config("config.yaml").output.name == "kunden-marz"
    bare = package.segment("kunden märz.csv", QUICK, ephemeral=True)
    written = package.segment("config.yaml", QUICK, ephemeral=True)
    assert written.segments.equals(bare.segments)
    assert written.profiles.equals(bare.profiles)


@pytest.mark.long
def test_invoices_and_what_is_said_of_them(engine: Callable) -> None:  # noqa: F811
    generate_transactions(Path("orders.csv"), customers=150, seed=4)
    words: list[Any] = ["--transactions", "--name", "shop", "--to", "shop.yaml"]
    done = engine("init", "orders.csv", *words, "--set", "clustering.k=3,4", "-q")
    assert done == (0, "", "")
    text = Path("shop.yaml").read_text()
    assert "  kind: transactions" in text
    assert "  # Recognised:\n  #   customer_id: " in text
    config = load_config("shop.yaml")
    assert config.clustering.k == (3, 4)
    assert config.output.name == "shop"
    bare = package.segment("orders.csv", QUICK, transactions=True, ephemeral=True)
    written = package.segment("shop.yaml", QUICK, ephemeral=True)
    assert written.segments.equals(bare.segments)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("none.csv", "--force"), 3, "none.csv does not exist"),
        (("config.yaml",), 2, "must be data: a file (.csv, .parquet, .xlsx, ...), a folder or"),
        (("a.csv",), 2, "config.yaml is there already; --force writes over it, and --to names"),
        (("a.csv", "--to", "a.csv", "--force"), 2, "must end in .yaml, so that it is taken for"),
        (("a.csv", "--to", "no/c.yaml"), 3, "its folder does not exist; create no."),
        (("a.csv", "--to", "s3://x/c.yaml"), 2, "is a remote path, which the engine does not"),
    ],
)
def test_what_is_there_stays(engine, words, code, sentence) -> None:  # noqa: F811
    Path("config.yaml").write_text("output: {name: mine}\n")
    Path("a.csv").write_text("id,x\n1,2\n2,4\n3,9\n")
    done = engine("init", *words)
    assert done.code == code
    assert sentence in done.err
    assert Path("config.yaml").read_text() == "output: {name: mine}\n"
    assert engine("init", "a.csv", "--force").code == 0
    assert "a.csv" in Path("config.yaml").read_text()
