"""What segments have in common with a previous model's: measured over the rows that count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score, cohen_kappa_score

from engine.clustering.algorithm import Fit
from engine.clustering.representatives import Representatives
from engine.continuity.matching import match
from engine.continuity.overlap import _sums, agreement
from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
from engine.data_preparation.reading import sources
from engine.errors import DataError
from engine.evaluation.stability import agreement_of
from engine.model.model import Model
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from tests import cupy_by_numpy as stand_in
from tests.continuity_cases import A, B, given, group, opened, previous, told


@pytest.mark.parametrize("seed", range(5))
def test_agreement_and_index_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    now = rng.integers(0, 4, 500)
    then = np.where(rng.random(500) < 0.6, now, rng.integers(0, 3, 500))
    counts = np.bincount(now * 4 + then, minlength=16).reshape(4, 4)
    assert agreement_of(counts) == pytest.approx(adjusted_rand_score(now, then))
    for i, j in np.ndindex(4, 4):
        assert agreement(counts)[i, j] == pytest.approx(cohen_kappa_score(now == i, then == j))


def test_the_index_of_very_many_customers_does_not_overflow():
    assert agreement_of(np.diag([6 * 10**9, 5 * 10**9])) == 1


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_missing_columns_are_named(suffix: str, tmp_path: Path):
    table = pl.DataFrame({"customer_id": [1, 2, 3], "x": [1.0, 2.0, 3.0]})
    source, identity = opened(table, tmp_path / f"new.{suffix}")
    fit = Fit(previous(A).representatives, np.zeros(3, np.int32), 1)
    with pytest.raises(DataError) as error:
        match(previous(A), fit, source, identity, runtime=Runtime(), progress=Progress())
    assert str(error.value) == (
        f"new.{suffix} lacks 'y', by which the segments of run R1 were found "
        "(clustering.continue_from); give those columns, or leave clustering.continue_from out "
        "and start with new segments."
    )


def test_text_where_numbers_were(tmp_path: Path):
    table = pl.DataFrame({"customer_id": [1, 2], "x": ["a", "b"], "y": [1.0, 2.0]})
    source, identity = opened(table, tmp_path / "new.parquet")
    fit = Fit(previous(A).representatives, np.zeros(2, np.int32), 1)
    with pytest.raises(DataError, match="holds String in the column 'x', which held numbers"):
        match(previous(A), fit, source, identity, runtime=Runtime(), progress=Progress())


def test_codes_in_a_csv_are_read_as_the_previous_model_read_them(tmp_path: Path):
    """As guessed numbers they would be levels that it has never seen."""
    codes = CategoricalFeature("code", "one-hot", ("007", "042"), (0.5, 0.5), 0.0, 0.1)
    plan = FeaturePlan("customer_id", "int64", (), (codes,))
    points = np.array([[10.0, 0.0], [0.0, 10.0]])
    found = Representatives(points, np.arange(2, dtype=np.int32), points)
    model = Model(plan, None, found, ("Seven", "Many"), {"run_id": "R1"})
    table = pl.DataFrame({"customer_id": range(40), "code": ["007", "042"] * 20, "x": range(40)})
    source, identity = opened(table, tmp_path / "new.csv")
    fit = Fit(found, np.array([1, 0] * 20, np.int32), 1)
    result = match(model, fit, source, identity, runtime=Runtime(), progress=Progress())
    assert given(result) == [1, 0]
    assert told(result)["ari"] == 1


def test_rows_that_do_not_count_do_not_count_here(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sources, "BATCH_ROWS", 7)
    rows = np.concatenate([group(B, 30), group(A, 30)])
    ids = [None if i % 4 == 1 else i for i in range(60)]
    table = pl.DataFrame({"customer_id": ids, "x": rows[:, 0], "y": rows[:, 1]})
    source, identity = opened(table, tmp_path / "new.parquet", null_ids="drop")
    labels = np.repeat([0, 1], 30)[[i for i in range(60) if i % 4 != 1]].astype(np.int32)
    fit = Fit(previous(B, A).representatives, labels, 1)
    model = previous(A, B)
    found = match(model, fit, source, identity, runtime=Runtime(), progress=Progress())
    assert given(found) == [1, 0]
    assert found.overlap.counts.tolist() == [[23, 0], [0, 22]]


@pytest.mark.parametrize("pool", [1 << 20, 1 << 30])
def test_sums_on_a_device(pool: int):
    """With NumPy in CuPy's place; rows lie there, both segments in host memory."""
    rng = np.random.default_rng(0)
    x = rng.random((20_000, 5), np.float32)
    now, then = (rng.integers(0, k, len(x)).astype(np.int32) for k in (3, 4))
    before = rng.random((4, 5))
    place = Runtime(Place.GPU, device_memory=pool, xp=stand_in.made())
    on_device = place.reduce(_sums(place, 3, before), stand_in.DeviceArray(x), now, then)
    here = Runtime().reduce(_sums(Runtime(), 3, before), x, now, then)
    for a, b in zip(on_device, here, strict=True):
        assert a == pytest.approx(b, rel=1e-9)
    assert np.array_equal(here[0], np.bincount(now * 4 + then, minlength=12))
