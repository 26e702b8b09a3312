"""A graph from prepared rows to a segment's index and the distance to its centre."""

from __future__ import annotations

import numpy as np

from engine.portable.graph import Graph
from engine.portable.scoring import Lifted, Projection, Scoring

FEW = 64
"""Points up to which differences to all of them are taken; of more, those that a product says."""

_SPARE = 8
"""Candidates that a product proposes beyond those that are asked for."""


def projected(graph: Graph, by: Projection, rows: str) -> str:
    """Give components."""
    centred = graph.add("Sub", rows, graph.constant(by.mean[None]))
    return graph.single(graph.add("MatMul", centred, graph.constant(by.directions)))


def decided(graph: Graph, scoring: Scoring, rows: str) -> str:
    """Give the index of each row's segment: int64 (n_rows,), of rows where the points are."""
    by = scoring.decided
    if isinstance(by, Lifted):
        rows, by = _lifted(graph, by, rows), by.marks
    index, _ = nearest(graph, by.points, rows, 1)
    first = graph.add("Reshape", index, graph.constant([-1], np.int64))
    return graph.add("Gather", graph.constant(by.segments, np.int64), first)


def nearest(graph: Graph, points: np.ndarray, rows: str, few: int) -> tuple[str, str]:
    """Give the nearest points of rows, nearest first, of equals the first; and the squares.

    Returns
    -------
    index : int64 (n_rows, few)
    squares : double (n_rows, few)
    """
    candidates = None
    if len(points) > max(FEW, few + _SPARE):
        candidates = _proposed(graph, points, rows, few + _SPARE)
        there = graph.add("Gather", graph.constant(points), candidates, axis=0)
    else:
        there = graph.constant(points[None])
    each = graph.add("Unsqueeze", rows, graph.constant([1], np.int64))
    apart = graph.add("Sub", each, there)
    squares = graph.add("ReduceSumSquare", apart, graph.constant([2], np.int64), keepdims=0)
    values, index = graph.several(
        "TopK", 2, squares, graph.constant([few], np.int64), axis=1, largest=0, sorted=1
    )
    if candidates is not None:
        index = graph.add("GatherElements", candidates, index, axis=1)
    return index, values


def _proposed(graph: Graph, points: np.ndarray, rows: str, most: int) -> str:
    """Give the points that a product says are nearest, in ascending order."""
    middle = points.mean(axis=0)
    shifted = points - middle
    moved = graph.add("Sub", rows, graph.constant(middle[None]))
    product = graph.add("MatMul", moved, graph.constant(-2 * shifted.T))
    scores = graph.add("Add", product, graph.constant((shifted**2).sum(axis=1)[None]))
    size = graph.constant([most], np.int64)
    _, found = graph.several("TopK", 2, scores, size, axis=1, largest=0, sorted=0)
    ordered, _ = graph.several("TopK", 2, found, size, axis=1, largest=0, sorted=1)
    return ordered


def _lifted(graph: Graph, by: Lifted, rows: str) -> str:
    """Give rows the mean coordinates of their nearest landmarks, weighted by affinity."""
    index, squares = nearest(graph, by.points, rows, by.nearest)
    axis = graph.constant([1], np.int64)
    total = graph.add("ReduceSum", squares, axis, keepdims=1)
    scale = graph.add("Mul", total, graph.constant(2 / by.nearest))
    wide = graph.add("Greater", scale, graph.constant(0.0))
    scale = graph.add("Where", wide, scale, graph.constant(1.0))
    weights = graph.add("Exp", graph.add("Neg", graph.add("Div", squares, scale)))
    shares = graph.add("Div", weights, graph.add("ReduceSum", weights, axis, keepdims=1))
    there = graph.add("Gather", graph.constant(by.coordinates), index, axis=0)
    last = graph.add("Unsqueeze", shares, graph.constant([2], np.int64))
    return graph.single(graph.add("ReduceSum", graph.add("Mul", there, last), axis, keepdims=0))


def measured(graph: Graph, scoring: Scoring, rows: str, segment: str) -> str:
    """Give the distance of rows to their segment's centre: double (n_rows,)."""
    centres = graph.add("Gather", graph.constant(scoring.centres), segment, axis=0)
    apart = graph.add("Sub", rows, centres)
    squares = graph.add("ReduceSumSquare", apart, graph.constant([1], np.int64), keepdims=0)
    return graph.add("Sqrt", squares)
