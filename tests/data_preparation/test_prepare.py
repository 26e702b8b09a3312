"""From a configuration to the float32 matrix, for every kind of input file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.loaded import Loaded
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress


class Counting(Progress):
    rows = 0

    def advance(self, rows: int) -> None:
        self.rows += rows


def prepared(
    path: Path, file: Path | None = None, progress: Progress | None = None, **overrides: object
) -> tuple[np.ndarray, FeaturePlan, Loaded]:
    config = load_config({"input": {"path": str(path)}}, overrides)
    progress = progress or Progress()
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    loaded, _, plan, _ = prepare.learn(loaded, identity, config, Runtime(), progress)
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=file, runtime=Runtime(), progress=progress
    )
    return matrix, plan, loaded


@pytest.fixture
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(500)],
            "spend": rng.lognormal(3, 1.5, 500).round(2),
            "age": rng.integers(18, 90, 500),
            "city": rng.choice(["Bath", "York", "Hull"], 500),
            "email": [f"{i}@shop.example" for i in range(500)],
        }
    )


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_matrix(frame, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    progress = Counting()
    matrix, plan, loaded = prepared(path, progress=progress)
    assert loaded.id_column == "customer_id"
    assert plan.columns == ["spend", "age", "city"]
    assert sorted(plan.names[2:]) == ["city=Bath", "city=Hull", "city=York"]
    assert matrix.shape == (500, 5)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert matrix[:, :2].mean(axis=0) == pytest.approx([0, 0], abs=1e-5)
    assert matrix[:, :2].std(axis=0) == pytest.approx([1, 1], rel=1e-5)
    assert np.array_equal(matrix, plan.transform(frame))
    assert progress.rows == 1_000  # two passes


def test_a_matrix_in_a_file_holds_the_same_bits(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    here, _, _ = prepared(tmp_path / "a.parquet")
    there, _, _ = prepared(tmp_path / "a.parquet", tmp_path / "new" / "matrix.npy")
    assert isinstance(there, np.memmap)
    assert np.array_equal(here, there)


def test_csv_and_parquet_learn_the_same_plan(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    one, other = (prepared(tmp_path / f"a.{s}")[1] for s in ("parquet", "csv"))
    assert one == other


def test_row_order_does_not_change_the_plan(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    frame.reverse().write_parquet(tmp_path / "b.parquet")
    one, other = (prepared(tmp_path / f"{s}.parquet") for s in "ab")
    assert one[1] == other[1]
    assert np.array_equal(one[0], other[0][::-1])


def test_numbers_that_begin_after_ten_thousand_empty_rows(tmp_path):
    rows = [f"{i},{i % 7},{'' if i < 11_000 else i % 5}" for i in range(12_000)]
    (tmp_path / "a.csv").write_text("\n".join(["id,x,late", *rows]))
    _, plan, _ = prepared(tmp_path / "a.csv")
    assert [f.column for f in plan.numeric] == ["x", "late"]


def test_ids_keep_their_leading_zeros(tmp_path):
    (tmp_path / "a.csv").write_text("id,x\n007,1\n008,2\n009,4\n")
    config = load_config({"input": {"path": str(tmp_path / "a.csv")}})
    identity = prepare.identify(prepare.load(config), config)
    assert identity.ids.to_list() == ["007", "008", "009"]


def test_a_named_id_wins_over_the_usual_names(frame, tmp_path):
    frame.write_parquet(tmp_path / "a.parquet")
    path = tmp_path / "a.parquet"
    assert prepared(path, **{"input.id": "email"})[2].id_column == "email"
    named = prepared(path, **{"input.columns": {"customer_id": "email"}})
    assert named[2].id_column == "email"
    with pytest.raises(DataError, match="names the column 'mail'"):
        prepared(path, **{"input.id": "mail"})


def test_what_was_computed_is_told_apart(frame, tmp_path):
    """Also where a column of numbers comes to light in the first pass over a CSV."""
    row = pl.int_range(pl.len())
    many = pl.concat([frame] * 22).with_columns(
        customer_id=row,
        spend=pl.when(row == 7).then(1e9).otherwise(pl.col("age") * 1.5),
        late=pl.when(row > 10_500).then(pl.col("age")),
    )
    many.write_csv(tmp_path / "a.csv")
    config = load_config({"input": {"path": str(tmp_path / "a.csv")}})
    loaded = replace(prepare.load(config), computed=("spend",))
    assert loaded.source.schema["late"] == pl.String
    identity = prepare.identify(loaded, config)
    learned = prepare.learn(loaded, identity, config, Runtime(), Progress())
    assert learned[0].source.schema["late"] == pl.Float64
    (warning,) = [w for w in learned[3].warnings if "far above" in w]
    assert "; it is computed from the transactions" in warning
