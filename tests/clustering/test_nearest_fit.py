"""Rows belong to their nearest points, whether their segments are given or found."""

from __future__ import annotations

import numpy as np

from engine.clustering.nearest_fit import nearest_fit
from engine.places.runtime import CHUNK_ROWS, Runtime

POINTS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
SEGMENTS = np.array([1, 0, 1], np.int32)


def test_segments_that_are_found() -> None:
    x = np.array([[1, 0], [9, 1], [1, 9], [0, 2], [11, 1]], np.float32)
    found = nearest_fit(x, POINTS, SEGMENTS, Runtime(), notes=("found",))
    assert found.labels.tolist() == [0, 1, 0, 0, 1]  # the larger one is the first
    assert found.representatives.segments.tolist() == [0, 1, 0]
    assert np.allclose(found.representatives.centres, [[2 / 3, 11 / 3], [10, 1]])
    assert found.notes == ("found",)


def test_segments_that_are_given_are_the_same() -> None:
    x = np.random.default_rng(0).uniform(0, 10, (CHUNK_ROWS + 7, 2)).astype(np.float32)
    squares = ((x[:, None] - POINTS) ** 2).sum(axis=2)
    labels = SEGMENTS[squares.argmin(axis=1)]
    given = nearest_fit(x, POINTS, SEGMENTS, Runtime(), labels=labels)
    found = nearest_fit(x, POINTS, SEGMENTS, Runtime(threads=2))
    assert np.array_equal(given.labels, found.labels)
    assert np.array_equal(given.representatives.centres, found.representatives.centres)
    assert np.bincount(found.labels).tolist() == sorted(np.bincount(labels), reverse=True)
