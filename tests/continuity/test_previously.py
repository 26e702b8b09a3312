"""The segment that each customer had in the previous run, and who went where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.continuity.migration import frame_of, migration
from engine.continuity.previously import APART, NEW, Saved, as_modelled, as_saved
from engine.utilities.segment_numbers import Numbers

NAMES = {0: "a", 2: "b"}


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    ids = [10, 11, 12, 13, 14, 15]
    segments = pl.Series([0, 0, 2, 2, 2, None], dtype=pl.Int32)
    pl.DataFrame({"id": ids, "segment": segments}).write_parquet(tmp_path / "segments.parquet")
    return Saved((tmp_path / "segments.parquet",), "id")


@pytest.mark.parametrize("kind", [pl.Int64, pl.UInt64, pl.String])
def test_customers_are_found_by_their_ids(saved, kind):
    ids = pl.Series([14, 99, 10, 15, 11], dtype=pl.Int64).cast(kind)
    labels = np.zeros(5, np.int32)
    assert saved.of(ids, labels).tolist() == [2, NEW, 0, APART, 0]
    assert saved.of(ids[:0], labels[:0]).tolist() == []
    # Ids of one type are looked for between the ends of a block.
    file = saved.parts[0].with_name("typed.parquet")
    pl.read_parquet(saved.parts[0]).with_columns(pl.col("id").cast(kind)).write_parquet(file)
    assert Saved((file,), "id").of(ids, labels).tolist() == [2, NEW, 0, APART, 0]


def test_several_blocks_are_one(saved, monkeypatch):
    monkeypatch.setattr("engine.continuity.previously._AT_ONCE", 2)
    found = saved.of(pl.Series([14, 99, 10, 15, 11]), np.zeros(5))
    assert found.tolist() == [2, NEW, 0, APART, 0]


def test_rows_and_columns_add_up(saved):
    ids, labels = pl.Series([10, 11, 12, 15, 20]), np.array([0, 1, 1, 0, 1])
    before = as_saved(saved, "r", NAMES, ids, labels, pl.Series([13, 21]))
    told = migration(before, labels, ["a", "c"], Numbers((0, 3), last=3), 1)
    table = frame_of(told)
    assert table.columns == [
        "previous_segment", "previous_segment_name", "0: a", "3: c", "no segment", "left",
        "pooled", "customers",
    ]  # fmt: skip
    assert table.rows() == [
        (0, "a", 1, 1, 0, 0, 0, 2),
        (2, "b", 0, 1, 1, 1, 0, 3),
        (None, "new", 0, 1, 1, 0, 0, 2),
        (None, "no segment", 1, 0, 0, 0, 0, 1),
        (None, "customers", 2, 3, 2, 1, 0, 8),
    ]
    assert (told["both"], told["stayed"], told["new"], told["left"]) == (3, 1, 2, 1)
    columns = before.columns(before.numbers)
    assert columns[0].to_list() == [0, 0, 2, None, None]
    assert columns[1].to_list() == ["a", "a", "b", None, None]


def test_few_are_pooled_and_still_everything_adds_up():
    then = np.repeat([0, 0, 2, 2, NEW], [90, 2, 8, 50, 10]).astype(np.int32)
    labels = np.repeat([0, 1, 0, 1, 0], [90, 2, 8, 50, 10])
    sizes = {0: 100, 2: 58}
    before = as_modelled("r", NAMES, then, 0, "")
    before = type(before)("r", "table", NAMES, then, before.apart, sizes)
    told = migration(before, labels, ["a", "b"], Numbers((0, 2), last=2), 5)
    table = frame_of(told)
    rows = table.filter(pl.col("previous_segment_name") != "pooled")
    assert rows["2: b"].to_list()[:2] == [None, None], "50 is what the totals would tell 2 by"
    cells = table.select(pl.exclude("previous_segment", "previous_segment_name", "customers"))
    assert rows["customers"].to_list() == [100, 58, 10, 168]
    told_rows = table["customers"].is_not_null()
    assert cells.sum_horizontal().filter(told_rows).equals(rows["customers"], check_names=False)
    assert all(cells[c][:-1].sum() == cells[c][-1] for c in ("0: a", "2: b", "left"))
    assert told["about"]
    assert told["stayed"] % 20 == 0
    assert (told["both"], told["about_both"]) == (150, False), "sizes less who is new or left"


def test_a_model_does_not_know_who_is_new_or_left():
    labels = np.array([0, 0, 1])
    before = as_modelled("r", NAMES, np.array([0, 2, 2], np.int32), 1, "it is gone")
    told = migration(before, labels, ["a", "b"], Numbers((0, 2), last=2), 1)
    assert told["new"] is None
    assert told["left"] is None
    assert "it is gone" in told["sentence"]
    names = frame_of(told)["previous_segment_name"].to_list()
    assert names == ["a", "b", "no segment", "customers"]
