"""A graph from raw columns to prepared values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.native.tables import ASINH, LOG, PLAIN
from engine.portable.columns import EPOCH, LARGEST, Category, Number
from engine.portable.graph import Graph


def prepared(graph: Graph, numbers: Sequence[Number], categories: Sequence[Category]) -> str:
    """Give prepared rows: double (n_rows, n_columns), each value as single precision holds it."""
    for column in numbers:  # before any node, which then is called otherwise
        graph.given(column.column, is_text=False)
    for text in categories:
        graph.given(text.column, is_text=True)
    parts = [_numbers(graph, numbers)] if numbers else []
    parts += [_levels(graph, category) for category in categories]
    return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)


def _numbers(graph: Graph, numbers: Sequence[Number]) -> str:
    taken = [_taken(graph, n) for n in numbers]
    x = taken[0] if len(taken) == 1 else graph.add("Concat", *taken, axis=1)
    shapes = [n.shape for n in numbers]

    def row(values: list[float]) -> str:
        return graph.constant([values])

    known = graph.add("LessOrEqual", graph.add("Abs", x), graph.constant(LARGEST))  # NaN is not
    x = graph.add("Where", known, x, row([s.fill for s in shapes]))
    x = graph.add("Max", x, row([max(s.low, -LARGEST) for s in shapes]))
    x = graph.add("Min", x, row([min(s.high, LARGEST) for s in shapes]))
    kinds = np.array([[s.kind for s in shapes]])
    if (kinds != PLAIN).any():
        x = _logarithms(graph, x, kinds, np.array([[s.unit for s in shapes]]))
    x = graph.add("Sub", x, row([s.centre for s in shapes]))
    return graph.single(graph.add("Mul", x, row([1 / s.scale for s in shapes])))


def _taken(graph: Graph, number: Number) -> str:
    """Give a column of numbers; of dates, which come as days since 1970, the days before one."""
    x = graph.given(number.column, is_text=False)
    if number.snapshot is None:
        return x
    end = graph.constant(float((number.snapshot - EPOCH).days))
    return graph.add("Sub", end, graph.add("Floor", x))


def _logarithms(graph: Graph, x: str, kinds: np.ndarray, units: np.ndarray) -> str:
    """Take logarithms where a column takes one: of 1 + abs(x), or asinh(abs(x) / unit)."""
    size, one = graph.add("Abs", x), graph.constant(1.0)
    zero = graph.constant(0.0)
    # The others stay away from overflow, as what comes of them is not taken.
    size = graph.add("Where", graph.constant(kinds != PLAIN, bool), size, zero)
    far = graph.add("Add", size, one)
    if (kinds == ASINH).any():
        units = np.where(kinds == ASINH, 1 / units, 0.0)
        near = graph.add("Mul", size, graph.constant(units))
        root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", near, near), one))
        wide = graph.add("Add", near, root)
        far = graph.add("Where", graph.constant(kinds == LOG, bool), far, wide)
    found = graph.add("Log", far)
    signed = graph.add("Where", graph.add("Less", x, zero), graph.add("Neg", found), found)
    return graph.add("Where", graph.constant(kinds == PLAIN, bool), x, signed)


def _levels(graph: Graph, category: Category) -> str:
    """Give the prepared columns of a text; an empty text stands for what is missing."""
    other, missing = len(category.texts), len(category.texts) + 1
    keys = {t: i for i, texts in enumerate(category.texts) for t in texts}
    keys.setdefault("", missing)
    index = graph.add(
        "LabelEncoder", graph.given(category.column, is_text=True), domain="ai.onnx.ml",
        keys_strings=list(keys), values_int64s=list(keys.values()), default_int64=other,
    )  # fmt: skip
    rows = np.vstack([category.values, category.other, category.missing])
    flat = graph.add("Reshape", index, graph.constant([-1], np.int64))
    return graph.add("Gather", graph.constant(rows), flat, axis=0)
