"""Customers like these: those that looking at every distance gives, of the run's own customers."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.command_line import cli
from engine.data_preparation.generators.customers import FIRST_ID
from engine.errors import ConfigError, DataError
from engine.places.runtime import Runtime
from engine.similar_customers.answers import ask
from tests.similar_customers.asking import (
    ASKED,
    CUSTOMERS,
    by_all_distances,
    index_of,
    settings,
)

pytest.importorskip("faiss")


def test_the_nearest_are_those_of_all_distances(result: engine.Result, folder: Path):
    table = pl.read_parquet(folder / "customers.parquet")
    found = result.similar(ASKED, n=15)
    rows = [i - FIRST_ID for i in ASKED]
    expected = pl.concat(by_all_distances(result, table, row, 15) for row in rows)
    assert_frame_equal(found, expected, abs_tol=1e-6)


def test_the_name_gives_what_the_result_gives(result: engine.Result, tree: dict[str, Any]):
    again = engine.similar("customers", np.array(ASKED), 3, tree)
    assert_frame_equal(again, result.similar(ASKED, 3), check_exact=True)
    assert_frame_equal(engine.similar("customers", ASKED[0], 3, tree), again.head(3))


def test_blocks_and_the_number_asked_about_change_nothing(
    result: engine.Result, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    everyone = result.segments["customer_id"]
    whole = result.similar(everyone, n=4)
    one = pl.concat(result.similar([i], n=4) for i in everyone.head(20))
    assert_frame_equal(one, whole.head(80), check_exact=True)
    monkeypatch.setattr("engine.similar_customers.answers._CELLS", 500)
    assert_frame_equal(result.similar(everyone, n=4), whole, check_exact=True)


def test_everyone_else_is_the_most_that_is_found(result: engine.Result):
    found = result.similar(ASKED[:1], n=10 * CUSTOMERS)
    assert found.height == CUSTOMERS - 1
    assert found["similar_customer_id"].n_unique() == CUSTOMERS - 1
    assert ASKED[0] not in found["similar_customer_id"]
    assert found["distance"].is_sorted()


def test_lists_find_nearly_all_and_never_the_row_itself(
    result: engine.Result, folder: Path, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    everyone = result.segments["customer_id"]
    exact = result.similar(everyone, n=10)
    shutil.copytree(index_of(result, folder), kept := folder / "kept", dirs_exist_ok=True)
    shutil.rmtree(index_of(result, folder))
    monkeypatch.setattr("engine.clustering.ann_methods.index.FLAT_ROWS", 100)
    near = result.similar(everyone, n=10)
    shutil.rmtree(index_of(result, folder))
    kept.rename(index_of(result, folder))
    pair = ["customer_id", "similar_customer_id"]
    assert near.join(exact, on=pair).height > 0.9 * exact.height
    assert (near["customer_id"] != near["similar_customer_id"]).all()


def test_more_neighbours_look_through_more_lists(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.clustering.ann_methods.index.FLAT_ROWS", 100)
    result = engine.segment(settings(tmp_path, folder / "customers.parquet"))
    table = pl.read_parquet(folder / "customers.parquet")
    answers = ask("customers", ASKED, 10, settings(tmp_path, folder / "customers.parquet"))
    assert re.fullmatch(
        r"the index finds \d+\.\d% of the 10 nearest, as measured", *answers.notes()
    )
    found = result.similar(ASKED[:1], n=CUSTOMERS)
    assert_frame_equal(found, by_all_distances(result, table, 7, CUSTOMERS - 1), abs_tol=1e-6)


def test_what_cannot_be_set_and_names_without_a_run(tree: dict[str, Any]):
    with pytest.raises(ConfigError, match=r"clustering\.k is not set"):
        engine.similar("customers", ASKED, 1, tree, overrides={"clustering.k": 3})
    with pytest.raises(DataError, match="no run named 'nobody'"):
        engine.similar("nobody", ASKED, 1, tree)


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["engine", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return int(done.value.code or 0)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_streams_to_a_file(
    result: engine.Result, folder: Path, suffix: str, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str], tmp_path: Path,
):  # fmt: skip
    monkeypatch.setattr("engine.similar_customers.answers._CELLS", 300)
    output = tmp_path / f"alike.{suffix}"
    result.segments.write_parquet(tmp_path / "all.parquet")
    places = [f"output.{f}={folder / f}" for f in ("models", "reports", "processed")]
    sets = [word for p in places for word in ("--set", p)]
    asked = ("--ids", tmp_path / "all.parquet", "--n", 2)
    assert call(monkeypatch, "similar", "customers", *asked, output, *sets) == 0
    assert "4,000 similar customers of 2,000" in capfd.readouterr().out
    found = pl.read_csv(output) if suffix == "csv" else pl.read_parquet(output)
    expected = result.similar(result.segments["customer_id"], 2)
    assert_frame_equal(found, expected, check_dtypes=suffix == "parquet", abs_tol=1e-6)


def test_the_command_prints_at_most_fifty(
    result: engine.Result, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.chdir(folder)
    words = ["similar", "customers", "--ids", ",".join(map(str, ASKED))]
    assert call(monkeypatch, *words, "--n", 20) == 0
    said = capfd.readouterr().out
    assert "and 10 more" in said
    lines = [line for line in said.splitlines() if line.strip().startswith(str(FIRST_ID)[:4])]
    assert len(lines) == 50
    assert call(monkeypatch, "similar", "customers", "--ids", "-5") == 4
    assert "clustered no customer with the id -5." in capfd.readouterr().err
    assert call(monkeypatch, *words, "--n", 0) == 2
    assert call(monkeypatch, *words, "alike.txt") == 2
    assert ".parquet or .csv" in capfd.readouterr().err


def test_distances_of_equal_rows_are_nothing():
    x = np.random.default_rng(0).normal(100, 1, (50, 3)).astype(np.float32)
    x[1] = x[0]
    like = NearestCustomers.of(x, runtime=Runtime())
    ((_, index, _),) = like.others(x, np.array([0, 1]), 1)
    assert index.tolist() == [[1], [0]]
