"""Customers of the fit get their segments back from any file format, and have not drifted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import engine
from engine.errors import DataError
from tests.drawing import undrawn

FORMS = ("floats.parquet", "floats.csv", "whole.csv", "whole.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    where, n = tmp_path_factory.mktemp("forms"), 300
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, n)
    floats = pl.DataFrame(
        {
            "client_id": [f"C{i:04}" for i in range(n)],
            "spend": (rng.lognormal(3, 0.4, n) * (1 + 4 * group)).round(2),
            "age": rng.integers(20, 80, n),
            "code": (1.0 + group + (rng.random(n) < 0.2)),
            "flag": rng.random(n) < 0.2 + 0.3 * group,
        }
    )
    whole = floats.with_columns(pl.col("code").cast(pl.Int64))
    for name, frame in (("floats", floats), ("whole", whole)):
        frame.write_parquet(where / f"{name}.parquet")
        frame.write_csv(where / f"{name}.csv")
    return where


@pytest.fixture(scope="module", params=FORMS)
def result(request, folder) -> engine.Result:
    out = folder / f"of-{request.param}"
    config = {
        "input": {"path": str(folder / request.param)},
        "features": {"categorical": ["code"]},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(out / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(config)


@pytest.mark.parametrize("form", FORMS)
def test_codes_and_truths_are_the_same_in_every_format(result, folder, form):
    found = result.model.assign(str(folder / form))
    assert found["segment"].to_list() == result.segments["segment"].to_list()
    assert engine.drift(result.model, str(folder / form)).shifted == []
    explained = result.model.explain(str(folder / form), ["C0007"])
    assert explained["segment"][0] == found["segment"][7]


of_truths = pytest.mark.parametrize("result", ["whole.parquet"], indirect=True)


@of_truths
@pytest.mark.parametrize("truths", [("True", "False"), ("TRUE", "FALSE"), ("1", "0")])
def test_other_ways_to_write_truths(result, folder, tmp_path, truths):
    table = pl.read_parquet(folder / "whole.parquet")
    flag = pl.when("flag").then(pl.lit(truths[0])).otherwise(pl.lit(truths[1]))
    table.with_columns(flag.alias("flag")).write_csv(tmp_path / "new.csv")
    found = result.model.assign(str(tmp_path / "new.csv"))
    assert found["segment"].to_list() == result.segments["segment"].to_list()


@of_truths
@pytest.mark.parametrize("row", [0, 200])
def test_other_text_among_truths_is_named(result, folder, tmp_path, row):
    table = pl.read_csv(folder / "whole.csv", schema_overrides={"flag": pl.String})
    flags = table["flag"].to_list()
    flags[row] = "perhaps"
    table.with_columns(flag=pl.Series(flags)).write_csv(tmp_path / "new.csv")
    told = rf"column 'flag' holds numbers but also the text 'perhaps' \(data row {row + 1}\)"
    with pytest.raises(DataError, match=told):
        result.model.assign(str(tmp_path / "new.csv"))
