"""Customers asked about by another writing of their id."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

import engine
from engine.errors import DataError
from engine.similar_customers.ids import row_numbers
from tests.similar_customers.asking import ASKED

pytest.importorskip("faiss")


def test_blanks_and_points_do_not_matter(result: engine.Result):
    first, second = ASKED[:2]
    expected = result.similar([first, second], n=2)
    assert result.similar([f" {first}\u00a0", f"{second}.0"], n=2).equals(expected)
    with pytest.raises(DataError, match="no customer with the id 007"):
        result.similar("007")


def run_of(ids: list[str], folds: str | tuple[str, ...] = "auto", gathered: str | None = None):
    info = {"transactions": {"fold_ids": gathered}} if gathered else {}
    return SimpleNamespace(
        ids=pl.Series(ids),
        run_id="r",
        model=SimpleNamespace(info=info),
        config=SimpleNamespace(input=SimpleNamespace(fold_ids=folds)),
    )


def found(asked: list[str], run) -> list[int]:
    return row_numbers(pl.Series(asked), run).tolist()


def test_the_rule_of_the_run_decides():
    ids = ["C1001", "Ben@x.de", "007"]
    assert found(["ben@X.de", " C1001"], run_of(ids)) == [1, 0]
    assert found(["c1001", "7"], run_of(ids, ("case", "zeros"))) == [0, 2]
    for run in (run_of(ids), run_of(ids, "never"), run_of(ids, "auto", "never")):
        with pytest.raises(DataError, match="no customer with the id c1001"):
            found(["c1001"], run)
    with pytest.raises(DataError, match=r"no customer with the id ben@X\.de"):
        found(["ben@X.de"], run_of(ids, "never"))


def test_a_writing_of_two_customers_is_neither():
    ids = ["C1", " C1"]
    assert found([" C1"], run_of(ids)) == [1]
    with pytest.raises(DataError, match="no customer with the id C1 "):
        found(["C1 "], run_of(ids))
