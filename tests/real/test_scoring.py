"""Real customers are scored in databases and by onnxruntime as the engine assigns them."""

from __future__ import annotations

import polars as pl
import pytest

from tests.portable.engines import differ, in_duckdb, in_onnxruntime, in_postgres, in_sqlite
from tests.postgres import running

pytestmark = pytest.mark.long

IN_SQLITE = 20_000
"""Customers that are scored there of more: it takes a fifth of a millisecond for each."""


@pytest.fixture(scope="module")
def address():
    with running() as server:
        yield server.uri()


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give columns the types that a database would have."""
    return frame.with_columns(pl.col("Dt_Customer").str.to_date("%Y-%m-%d"))


@pytest.mark.parametrize(
    ("file", "id_column", "separator", "made"),
    [
        ("credit_card_customers.csv", "CUST_ID", ",", lambda frame: frame),
        ("marketing_campaign.csv", "ID", ";", typed),
        ("policyholders_year0.parquet", "id_policy", "", lambda frame: frame),
    ],
)
def test_every_customer_as_the_engine_assigns(
    segment, real_data, tmp_path, address, file, id_column, separator, made
):
    path = real_data / file
    settings = {"methods": ["kmeans"], "k": 5, "kmeans": {"n_init": 2}}
    model = segment(file, clustering=settings, input={"id": id_column}).model
    read = pl.read_csv(path, separator=separator) if separator else pl.read_parquet(path)
    frame = made(read)
    assert differ(model, frame, in_duckdb(model, frame), path) == 0
    assert differ(model, frame, in_postgres(model, frame, address), path) == 0
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path), path) == 0
    few = frame.head(IN_SQLITE)
    assert differ(model, few, in_sqlite(model, few)) == 0
