"""A model as one ONNX graph, from raw columns to segment and distance."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.portable import graph_columns, graph_nearest
from engine.portable.graph import Graph
from engine.portable.scoring import Fitted, Scoring, scoring_of

SEGMENT, DISTANCE = "segment", "distance"


def onnx_of(model: Fitted) -> bytes:
    """Write a model as an ONNX graph.

    Parameters
    ----------
    model : Fitted

    Returns
    -------
    graph : bytes
        Of a file. Its inputs are the columns that the model reads, each of shape (n_rows, 1):
        numbers in double, NaN where they are missing; dates in double, as days since 1970-01-01;
        text, empty where it is missing. Outputs: ``segment`` (int64) and ``distance`` (float), of
        shape (n_rows,). Names and kinds of columns stand in its metadata.

    Raises
    ------
    DataError
        The model does what a graph cannot.
    """
    scoring = scoring_of(model)
    _check(scoring)
    graph = Graph()
    rows = graph_columns.prepared(graph, scoring.numbers, scoring.categories)
    if scoring.projection is not None:
        rows = graph_nearest.projected(graph, scoring.projection, rows)
    inner = rows
    for projection in scoring.further:
        inner = graph_nearest.projected(graph, projection, inner)
    index = graph_nearest.decided(graph, scoring, inner)
    distance = graph_nearest.measured(graph, scoring, rows, index)
    return _file(graph, scoring, index, distance)


def _check(scoring: Scoring) -> None:
    """Refuse columns that would be inputs of two kinds, or be called as an output is."""
    numbers = [n.column for n in scoring.numbers]
    texts = [c.column for c in scoring.categories]
    for name in (*numbers, *texts):
        if name in (SEGMENT, DISTANCE):
            wrong = f"the model reads a column {name!r}, as an output of the graph is called"
        elif name in numbers and name in texts:
            wrong = f"the model reads the column {name!r} both as text and as numbers"
        else:
            continue
        message = (
            f"{wrong}: ONNX cannot hold it; write the model as SQL, or assign with the engine."
        )
        raise DataError(message)


def _file(graph: Graph, scoring: Scoring, index: str, distance: str) -> bytes:
    from onnx import TensorProto, helper

    numbers = graph.constant(scoring.segments, np.int64)
    graph.called(graph.add("Gather", numbers, index), SEGMENT)
    graph.called(graph.add("Cast", distance, to=TensorProto.FLOAT), DISTANCE)
    outputs = [
        helper.make_tensor_value_info(SEGMENT, TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info(DISTANCE, TensorProto.FLOAT, ["rows"]),
    ]
    model = graph.model("segments", outputs, _said(scoring))
    found: bytes = model.SerializeToString()
    return found


def _said(scoring: Scoring) -> dict[str, str]:
    """Give the metadata: what segments are called, and what columns hold."""
    names = dict(zip(map(str, scoring.segments), scoring.names, strict=True))
    kinds: dict[str, Any] = {
        n.column: "days since 1970-01-01" if n.snapshot else "number" for n in scoring.numbers
    }
    kinds |= {c.column: "text" for c in scoring.categories}
    info = scoring.info
    return {
        "segment_names": json.dumps(names, ensure_ascii=False),
        "columns": json.dumps(kinds, ensure_ascii=False),
        "model": str(info.get("name")),
        "run_id": str(info.get("run_id")),
        "method": str(info.get("method")),
    }
