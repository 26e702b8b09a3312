"""Real customers are scored in databases and by onnxruntime as the engine assigns them."""

from __future__ import annotations

import polars as pl
import pytest

from tests.portable.engines import differ, in_duckdb, in_onnxruntime, in_postgres, in_sqlite

pytestmark = pytest.mark.long


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give columns the types that a database would have."""
    return frame.with_columns(pl.col("Dt_Customer").str.to_date("%Y-%m-%d"))


@pytest.mark.parametrize(
    ("file", "id_column", "separator", "made"),
    [
        ("credit_card_customers.csv", "CUST_ID", ",", lambda frame: frame),
        ("marketing_campaign.csv", "ID", ";", typed),
        ("airline_loyalty_history.csv", "Loyalty Number", ",", lambda frame: frame),
    ],
)
def test_every_customer_as_the_engine_assigns(
    segment, real_data, tmp_path, postgres, file, id_column, separator, made
):
    path = real_data / file
    settings = {"methods": ["kmeans"], "k": 5, "kmeans": {"n_init": 2}}
    model = segment(file, clustering=settings, input={"id": id_column}).model
    frame = made(pl.read_csv(path, separator=separator, infer_schema_length=None))
    assert differ(model, frame, in_duckdb(model, frame), path) == 0
    with postgres.database() as name:
        there = in_postgres(model, frame, postgres.uri(name))
    assert differ(model, frame, there, path) == 0
    assert differ(model, frame, in_onnxruntime(model, frame, tmp_path), path) == 0
    assert differ(model, frame, in_sqlite(model, frame), path) == 0
