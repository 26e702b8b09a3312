"""A model that scores elsewhere gives every customer the engine's segment: in real engines."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.shop import generate_transactions
from tests.drawing import undrawn
from tests.portable.conftest import METHODS
from tests.portable.engines import (
    customers,
    differ,
    in_duckdb,
    in_onnxruntime,
    in_postgres,
    in_sqlite,
    unlike,
)

pytestmark = pytest.mark.long_at("agglomerative", "spectral", "ann_methods", "pca_methods")

SAMPLE = Path(engine.__file__).parents[1] / "data" / "external" / "customers.parquet"


@pytest.fixture(params=METHODS, scope="module")
def model(request, fitted):
    return fitted(request.param)


@pytest.fixture(scope="module")
def frame():
    return unlike(customers(400, seed=1))


def test_in_duckdb(model, frame):
    assert differ(model, frame, in_duckdb(model, frame)) == 0


def test_in_sqlite(model, frame):
    assert differ(model, frame, in_sqlite(model, frame)) == 0


def test_in_onnxruntime(model, frame, tmp_path):
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path)) == 0


@pytest.mark.long
def test_in_postgres(model, frame, postgres):
    with postgres.database() as name:
        assert differ(model, frame, in_postgres(model, frame, postgres.uri(name))) == 0


@pytest.mark.long
def test_the_sample_in_every_engine(postgres, tmp_path):
    """Every one of its customers: no tie of single precision falls another way."""
    with undrawn():
        settings = {"clustering.k": 5, "clustering.methods": ["kmeans"]}
        model = engine.segment(SAMPLE, settings, ephemeral=True).model
    frame = pl.read_parquet(SAMPLE)
    assert differ(model, frame, in_duckdb(model, frame)) == 0
    assert differ(model, frame, in_sqlite(model, frame)) == 0
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path)) == 0
    with postgres.database() as name:
        assert differ(model, frame, in_postgres(model, frame, postgres.uri(name))) == 0


@pytest.mark.long
def test_customers_who_were_gathered_from_transactions(tmp_path):
    generate_transactions(tmp_path / "lines.parquet", customers=400, seed=1)
    given = {"input": {"path": str(tmp_path / "lines.parquet"), "kind": "transactions"}}
    folders = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(given, {"clustering.k": 3, "clustering.kmeans.n_init": 2} | folders)
    model, file = result.model, tmp_path / "gathered.parquet"
    result.export(file, columns="all")
    read = [model.id_name, *model.plan.file_columns]
    frame = pl.read_parquet(file).select(read)
    assert "has a row a customer, as gathered" in model.to_sql("duckdb")
    assert differ(model, frame, in_duckdb(model, frame)) == 0
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path)) == 0
