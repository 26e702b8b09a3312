"""Outputs of assign and similar that are no plain new file."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.children import started

MODEL = "models/shop"
READS = "import pathlib, sys; sys.stdout.write(pathlib.Path(sys.argv[1]).read_text())"


def test_assign_into_a_fifo(earlier, cli) -> None:
    os.mkfifo("out.csv")
    with started([sys.executable, "-c", READS, "out.csv"]) as reader:
        answer = cli("assign", MODEL, "good.parquet", "out.csv")
        text = reader.communicate()[0]
    assert answer.code == 0, answer.err
    assert text.startswith('"customer_id","segment","segment_name","distance"\n1000,')
    assert text.count("\n") == 301
    assert stat.S_ISFIFO(os.stat("out.csv").st_mode)
    earlier.check()


def test_assign_to_devices(earlier, cli, capfd) -> None:
    answer = cli("assign", MODEL, "good.parquet", "/dev/null")
    assert answer.out.endswith(": /dev/null\n")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    answer = cli("assign", MODEL, "good.parquet", "/dev/stdout")
    assert answer.out == "", "what is said is not among the rows"
    assert "300 customers assigned" in answer.err
    assert capfd.readouterr().out.count("\n") == 301


def test_assign_where_a_glob_would_find_it(earlier, cli, customers: pl.DataFrame) -> None:
    Path("shops").mkdir()
    customers.write_parquet("shops/a.parquet")
    sentence = "shops/b.parquet would be read as one of shops/*.parquet next time; give a file in"
    earlier.refused(cli("assign", MODEL, "shops/*.parquet", "shops/b.parquet"), sentence)
    assert os.listdir("shops") == ["a.parquet"]


@pytest.mark.parametrize(
    "output", ["reports/shop/latest/segments.parquet", "models/shop/latest/new.csv"]
)
def test_what_a_run_wrote_stays(earlier, cli, output: str) -> None:
    for words in (
        ("assign", MODEL, "good.parquet", output),
        ("similar", "shop", "--ids", "1000", output),
        ("generate", "--customers", "5", output),
    ):
        earlier.refused(cli(*words), f"{output} lies in the folder of a run (")


@pytest.mark.parametrize(
    "output",
    [
        "reports/shop/latest/segments.parquet",
        "models/shop/latest/x.csv",
        "reports/figures/shop/latest/x.csv",
        "sqlite:///reports/shop/latest/x.db",
    ],
)
def test_segments_of_another_run_stay_as_it_wrote_them(earlier, cli, output) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    words = ("good.parquet", "--k", "3", "--set", f"output.segments=[{output}]")
    sentence = f"{output} lies in the folder of a run ("
    earlier.refused(cli("run", *words, "--name", "tgt"), sentence, code=2)
    assert not Path("models/tgt").exists()
    planned = cli("plan", *words)
    assert (planned.code, sentence in planned.out) == (2, True)


def test_segments_that_a_skipped_run_makes_up_for_go_into_no_run(earlier, cli) -> None:
    words = ("run", "good.parquet", "--name", "tgt", "--k", "3", "--quiet", "--if-changed")
    assert cli(*words).code == 0
    answer = cli(*words, "--set", "output.segments=[reports/shop/latest/segments.parquet]")
    earlier.refused(answer, "lies in the folder of a run (", code=2)


def test_pages_and_configurations_go_into_no_run(earlier, cli) -> None:
    for words in (
        ("compare", "shop", "good.parquet", "--out", "reports/shop/latest"),
        ("drift", "shop", "good.parquet", "--out", "reports/shop/latest/drift"),
        ("init", "good.parquet", "--to", "models/shop/latest/a.yaml"),
    ):
        earlier.refused(cli(*words), "lies in the folder of a run (", code=2)


@pytest.mark.parametrize("output", ["good.parquet", "asked.csv"])
def test_similar_over_what_it_reads(earlier, cli, output: str) -> None:
    Path("asked.csv").write_text("customer_id\n1000\n")
    before = Path(output).read_bytes()
    answer = cli("similar", "shop", "--ids", "asked.csv", output)
    earlier.refused(answer, f"{output} is the input itself; give another output file.")
    assert Path(output).read_bytes() == before


def test_output_permissions_are_checked(earlier, cli) -> None:
    words = ("assign", MODEL, "good.parquet", "out.csv", "--set", "output.permissions=world")
    earlier.refused(cli(*words), "output.permissions", code=2)
    words = ("assign", MODEL, "good.parquet", "out.csv", "--set", "output.keep=3")
    earlier.refused(cli(*words), "output.keep is not set when assigning", code=2)
    assert not Path("out.csv").exists()
