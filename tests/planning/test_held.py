"""Plans follow the rows there are, the length of texts and the levels that are seen."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation.prepare import load
from engine.data_preparation.reading.blocks import FRUGAL_BYTES
from engine.places.runtime import Runtime
from engine.planning.customers import as_planned, make_plan
from engine.planning.held import most_columns
from engine.planning.steps import Plan

MIB = 1 << 20
ROOMY = Runtime(threads=2, memory_limit=1 << 40)


def loaded_of(path: Path, table: pl.DataFrame):
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)
    config = load_config({"input": {"path": str(path)}, "clustering": {"k": 3}})
    return config, load(config)


def planned(path: Path, table: pl.DataFrame, runtime: Runtime = ROOMY) -> Plan:
    return make_plan(*loaded_of(path, table), runtime)


def numbers(rows: int, columns: int) -> pl.DataFrame:
    made = {f"x{i}": pl.int_range(rows, eager=True) * 1.5 + i for i in range(columns)}
    return pl.DataFrame({"customer_id": range(rows), **made})


@pytest.mark.parametrize(("rows", "columns", "most"), [(60, 1_000, 200), (20_000, 100, 400)])
def test_a_small_wide_table_needs_little(tmp_path, rows, columns, most):
    plan = planned(tmp_path / "wide.parquet", numbers(rows, columns))
    assert plan.peak < most * MIB
    assert plan.refusals == ()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_long_ids_and_texts_count(tmp_path, suffix):
    table = numbers(20_000, 3)
    ids = pl.format("K{}", pl.col("customer_id"))
    long = pl.col("customer_id").cast(pl.String).str.pad_end(500, "x")
    short = planned(tmp_path / f"a.{suffix}", table.with_columns(customer_id=ids))
    lettered = planned(tmp_path / f"b.{suffix}", table.with_columns(customer_id=ids + long))
    texts = planned(tmp_path / f"c.{suffix}", table.with_columns(note=long))
    loads = [plan.steps[0].bytes for plan in (short, lettered)]
    assert loads[1] - loads[0] >= 20_000 * 500 * 2
    assert texts.steps[1].bytes - short.steps[1].bytes >= 20_000 * 500 * 2


def test_levels_are_those_of_a_sample(tmp_path):
    table = numbers(500, 1).with_columns(
        few=pl.col("customer_id").mod(4).replace_strict({0: "a", 1: "b", 2: "c", 3: "d"}),
        many=pl.format("m{}", pl.col("customer_id").mod(50)),
        lists=pl.format("a{}|b", pl.col("customer_id").mod(9)),
    )
    config, loaded = loaded_of(tmp_path / "l.parquet", table)
    assert set(loaded.roles.categorical) == {"few", "many", "lists"}
    assert most_columns(loaded, config.preparation.max_levels) == 1 + (4 + 3) + 1 + 12


def test_where_memory_is_short_blocks_are_small_and_one_thread_passes(tmp_path):
    config, loaded = loaded_of(tmp_path / "t.parquet", numbers(20_000, 60))
    roomy = make_plan(config, loaded, ROOMY)
    assert as_planned(roomy, loaded, ROOMY) == (loaded, ROOMY)
    tight = Runtime(threads=2, memory_limit=roomy.peak - 1)
    plan = make_plan(config, loaded, tight)
    assert plan.in_file
    assert plan.refusals == ()
    assert plan.peak < roomy.peak
    small, frugal = as_planned(plan, loaded, tight)
    assert (small.source.block_bytes, frugal.threads, frugal.frugal) == (FRUGAL_BYTES, 1, True)
