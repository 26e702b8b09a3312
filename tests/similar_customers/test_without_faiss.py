"""Without Faiss customers like these are found by all distances: the same, and it is said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.clustering.ann_methods.exact_rows import ExactRows
from engine.clustering.ann_methods.index import build
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.data_preparation.generators.customers import FIRST_ID
from engine.places.runtime import Runtime
from engine.similar_customers.answers import ask
from tests.similar_customers.asking import ASKED, CUSTOMERS, by_all_distances, index_of


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)


def test_the_answers_are_those_of_faiss(
    result: engine.Result, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("faiss")
    every = [FIRST_ID + i for i in range(0, CUSTOMERS, 7)]
    by_faiss = result.similar(every, n=12)
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert_frame_equal(result.similar(every, n=12), by_faiss, check_exact=True)
    monkeypatch.undo()
    assert_frame_equal(result.similar(every, n=12), by_faiss, check_exact=True)


@pytest.mark.usefixtures("without")
def test_a_first_question_keeps_rows_alone_and_says_what_the_extra_brings(
    result: engine.Result, folder: Path, tree: dict
):
    table = pl.read_parquet(folder / "customers.parquet")
    home = index_of(result, folder)
    for file in home.glob("*"):
        file.unlink()
    answers = ask("customers", ASKED, 5, tree)
    assert {f.name for f in home.iterdir()} == {"rows.npy", "owner.json"}
    (note,) = answers.notes()
    assert "as Faiss is not installed" in note
    assert "pip install 'engine-segments[cpu]'" in note
    assert_frame_equal(answers.table().head(5), by_all_distances(result, table, 7, 5), abs_tol=1e-6)
    whole = ask("customers", ASKED[:1], CUSTOMERS, tree).table()
    expected = by_all_distances(result, table, 7, CUSTOMERS - 1)
    assert_frame_equal(whole, expected, abs_tol=1e-6)


def test_an_index_is_built_once_faiss_is_there(result: engine.Result, folder: Path):
    pytest.importorskip("faiss")
    result.similar(ASKED)
    assert (index_of(result, folder) / "similar.faiss").is_file()


def test_of_equals_the_first_of_the_file_is_nearest():
    rows = np.repeat(np.arange(50, dtype=np.float32), 20)[:, None]
    exact = ExactRows(rows, Runtime(threads=2))
    index, squares = exact.search(rows[[5, 999]], 4)
    assert index.tolist() == [[0, 1, 2, 3], [980, 981, 982, 983]]
    assert squares.tolist() == [[0] * 4] * 2
    near = NearestCustomers.exactly(rows, runtime=Runtime())
    ((_, others, distances),) = near.others(rows, np.array([5, 990]), 3)
    assert others.tolist() == [[0, 1, 2], [980, 981, 982]]
    assert not distances.any()


@pytest.mark.parametrize("columns", [2, 9])
def test_it_finds_what_the_flat_index_finds(columns: int):
    pytest.importorskip("faiss")
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(5_000, columns)).astype(np.float32)
    flat = build(rows, recall=1.0, k=9, seed=0, runtime=Runtime())
    exact = ExactRows(rows, Runtime(threads=2))
    assert (len(exact), exact.width, exact.kind) == (len(flat), flat.width, flat.kind)
    mine, theirs = exact.search(rows[:700], 9), flat.search(rows[:700], 9)
    np.testing.assert_allclose(mine[1], theirs[1], rtol=1e-3, atol=1e-5)
    assert (mine[0] == theirs[0]).mean() > 0.999
