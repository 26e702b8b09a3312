"""A category is the same category from any file and library: codes, truths, gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import engine
from tests.drawing import undrawn

CODES = (1, 2, 5)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    n = 600
    group = rng.integers(0, 3, n)
    gaps = rng.random(n) < 0.1
    return pl.DataFrame(
        {
            "customer_id": np.arange(n),
            "spend": rng.normal(10 * group, 1),
            "code": pl.Series(np.array(CODES)[group]),
            "gappy": pl.Series([None if g else int(c) for g, c in zip(gaps, group, strict=True)]),
            "member": pl.Series(group == 1),
            "town": pl.Series([None if g else "abc"[c] for g, c in zip(gaps, group, strict=True)]),
        }
    )


@pytest.mark.parametrize("trained", ["parquet", "csv"])
def test_levels_do_not_depend_on_how_they_are_stored(
    table: pl.DataFrame, trained: str, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    files = {"parquet": tmp_path / "c.parquet", "csv": tmp_path / "c.csv"}
    table.write_parquet(files["parquet"])
    table.write_csv(files["csv"])
    config = {
        "input": {"path": files[trained]},
        "features": {"categorical": ["code", "gappy", "member"]},
        "clustering": {"k": 3, "kmeans": {"n_init": 4}},
        "evaluation": {"resamples": 0},
        "output": {"models": str(tmp_path / "m"), "reports": str(tmp_path / "r")},
    }
    with undrawn():
        result = engine.segment(config)
    expected = result.segments["segment"].to_numpy()
    floats = table.with_columns(pl.col("code", "gappy").cast(pl.Float64))
    clothes = {
        "parquet file": files["parquet"],
        "csv file": files["csv"],
        "floats": floats,
        "pandas csv": pd.read_csv(files["csv"]),
        "pandas parquet": pd.read_parquet(files["parquet"]),
        "objects": table.to_pandas().astype({"town": object, "member": object}),
    }
    for name, data in clothes.items():
        found = result.model.assign(data)["segment"]
        assert np.array_equal(np.asarray(found), expected), name
    assert not [w for w in recwarn if "not seen in training" in str(w.message)]
