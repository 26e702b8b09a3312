"""What is written as ONNX: a checked graph that says of itself what it reads and gives."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import onnx
import polars as pl
import pytest

from engine.errors import DataError
from tests.portable.engines import BALANCE, SPEND, customers, differ, in_onnxruntime


@pytest.fixture(scope="module")
def model(fitted):
    return fitted("kmeans")


def test_it_says_what_it_reads_and_gives(model, tmp_path):
    file = model.to_onnx(tmp_path / "model.onnx")
    graph = onnx.load(file)
    onnx.checker.check_model(graph, full_check=True)
    assert {i.name for i in graph.graph.input} == set(model.plan.file_columns)
    assert [o.name for o in graph.graph.output] == ["segment", "distance"]
    said = {p.key: p.value for p in graph.metadata_props}
    assert json.loads(said["segment_names"]) == dict(zip("012", model.names, strict=True))
    kinds = json.loads(said["columns"])
    assert (kinds["since"], kinds["City"]) == ("days since 1970-01-01", "text")
    assert kinds[SPEND] == kinds["a'flag"] == "number"
    assert file.stat().st_mode & 0o077 == 0


def test_one_customer_as_among_others(fitted, tmp_path):
    frame = customers(40, seed=5)
    for method in ("kmeans", "ann_methods", "spectral"):
        model = fitted(method)
        among = in_onnxruntime(model, frame, tmp_path)
        alone = pl.concat(in_onnxruntime(model, frame[i], tmp_path) for i in range(5))
        assert alone.equals(among.head(5))


def test_columns_may_be_called_as_nodes_are(fitted, tmp_path):
    model = fitted("kmeans")
    names = {SPEND: "sub_9", BALANCE: "constant_0", "City": "matmul_1"}
    numeric = [replace(f, column=names.get(f.column, f.column)) for f in model.plan.numeric]
    text = [replace(f, column=names.get(f.column, f.column)) for f in model.plan.categorical]
    plan = replace(model.plan, numeric=tuple(numeric), categorical=tuple(text))
    renamed = replace(model, plan=plan)
    frame = customers(40, seed=5).rename(names)
    assert differ(renamed, frame, in_onnxruntime(renamed, frame, tmp_path)) == 0


def test_a_column_that_is_called_as_an_output(model, tmp_path):
    first, *others = model.plan.numeric
    plan = replace(model.plan, numeric=(replace(first, column="distance"), *others))
    with pytest.raises(DataError, match="as an output of the graph is called"):
        replace(model, plan=plan).to_onnx(tmp_path / "model.onnx")


def test_of_equals_the_first(fitted, tmp_path):
    """Points stand twice, each time with another segment: as the engine says, the first wins."""
    model = fitted("ann_methods")
    own = model.representatives
    points = np.concatenate([own.points, own.points])
    segments = np.concatenate([own.segments, (own.segments + 1) % 3]).astype(np.int32)
    twice = replace(model, representatives=replace(own, points=points, segments=segments))
    frame = customers(60, seed=6)
    assert in_onnxruntime(twice, frame, tmp_path)["segment"].equals(
        in_onnxruntime(model, frame, tmp_path)["segment"]
    )
    assert differ(twice, frame, in_onnxruntime(twice, frame, tmp_path)) == 0
