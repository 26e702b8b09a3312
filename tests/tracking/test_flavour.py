"""A model in the form of MLflow, without a tracker: its folder, its example, and Spark's rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.tracking.flavour import example_of, save_model
from tests.drawing import undrawn

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame, Any]:
    """Give a model's folder as MLflow has it, of columns that are read in several ways."""
    pytest.importorskip("mlflow")
    folder = tmp_path_factory.mktemp("model")
    rng, group = np.random.default_rng(0), np.repeat([0, 1, 2], 80)
    table = pl.DataFrame(
        {
            "customer_id": np.arange(240) + 1000,
            "visits": group * 10 + rng.integers(0, 4, 240),
            "spent": [f"{v:.2f} EUR" for v in group * 100 + rng.uniform(0, 9, 240)],
            "since": [f"20{10 + g}-0{m}-15" for g in (0, 1, 2) for m in rng.integers(1, 9, 80)],
            "town": np.array(["Bonn", "Kiel", "Ulm"])[group],
        }
    )
    with undrawn():
        result = engine.segment(table, k=3, ephemeral=True, progress=False)
    plain, path = folder / "plain", folder / "mlflow"
    plain.mkdir()
    result.model.save(plain)
    profiles = json.loads((result.report_path.parent / "profiles.json").read_text())
    save_model(result.model, plain, path, profiles)
    assert example_of(result.model, profiles) == json.loads(
        (path / "input_example.json").read_text()
    )
    return path, table, result


def test_the_folder_holds_the_engines_own_files_and_asks_for_the_engine_alone(written: Any):
    import mlflow

    path, table, result = written
    files = {f.relative_to(path).as_posix() for f in path.rglob("*") if f.is_file()}
    assert files == {
        "MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json",
        "serving_input_example.json", "data/plain/model.json", "data/plain/arrays.safetensors",
    }  # fmt: skip
    asked = (path / "requirements.txt").read_text().split()
    assert asked == [f"mlflow=={mlflow.__version__}", f"engine-segments=={engine.__version__}"]
    model = mlflow.pyfunc.load_model(str(path))
    found = model.predict(table)
    assert found["segment"].to_list() == result.segments["segment"].to_list()
    assert len(model.predict(model.input_example)) == 3


def test_spark_gives_each_row_the_segment_that_the_model_gives(written: Any):
    pytest.importorskip("pyspark")
    import mlflow
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct

    path, table, result = written
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = session.config("spark.driver.host", "127.0.0.1").getOrCreate()
    try:
        kind = "struct<segment:int,segment_name:string,distance:float>"
        udf = mlflow.pyfunc.spark_udf(spark, str(path), kind, env_manager="local")
        columns = result.model.plan.file_columns
        frame = spark.createDataFrame(table.to_pandas())
        found = frame.select(udf(struct(*columns)).alias("p")).select("p.*").toPandas()
    finally:
        spark.stop()
    assert found["segment"].tolist() == result.segments["segment"].to_list()
