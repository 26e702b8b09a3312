"""Kernels of the GPU by themselves: NumPy's numbers, and the same bits at every run.

Beside the GPU it is the same sources compiled for the CPU, which shows that these tests run.
"""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
import pytest

from engine.cuda.columns import Column, write_columns
from engine.cuda.distances import distance_sums
from engine.cuda.moments import moments_by_segment, sums_by_label
from engine.cuda.scores import measured_by_segment
from engine.native.moments import Means
from engine.native.tables import LOG, PLAIN, Shape, as_numbers, shaped
from tests import cupy_by_numpy as stand_in

SHAPES = [(1, 1, 1), (20_000, 16, 8), (20_000, 17, 64), (9_001, 70, 3), (20_000, 5, 300)]


@pytest.fixture
def xp(runtime):
    return sys.modules["cupy"] if runtime.device_memory else stand_in.made(kernels=True)


def made(n, d, k):
    rng = np.random.default_rng([n, d, k])
    labels = rng.integers(0, k, n).astype(np.int32)
    return (3 + labels[:, None] % 5 + rng.normal(size=(n, d))).astype(np.float32), labels


def by_label(values, labels, k):
    sums = np.zeros((k, values.shape[1]))
    np.add.at(sums, labels, values)
    return sums


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_sums_by_segment(xp, n, d, k):
    rows, labels = made(n, d, k)
    origin, weights = np.full((k, d), 3.0), np.random.default_rng(n).random(n)
    there = xp.asarray(rows), xp.asarray(labels)
    apart = rows - origin[labels]
    weighed = by_label(rows * weights[:, None].astype(np.float64), labels, k)
    found = [
        (
            *moments_by_segment(*there, xp.asarray(origin), xp=xp),
            *sums_by_label(*there, k, xp=xp, weights=xp.asarray(weights)),
        )
        for _ in range(2)
    ]
    first, second = ([part.get() for part in parts] for parts in found)
    expected = by_label(apart, labels, k), by_label(apart**2, labels, k)
    np.testing.assert_allclose(first[0], expected[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(first[1], expected[1], rtol=1e-9)
    np.testing.assert_allclose(first[2], np.bincount(labels, weights, k), rtol=1e-12)
    np.testing.assert_allclose(first[3], weighed, rtol=1e-9)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_measures_by_means(xp, n, d, k):
    rows, labels = made(n, d, k)
    sizes = np.bincount(labels, minlength=k)
    centres = by_label(rows, labels, k) / np.maximum(sizes, 1)[:, None]
    scatter = by_label((rows - centres[labels]) ** 2, labels, k).sum(axis=1)
    means = Means.of(centres, sizes, scatter)
    given = [xp.asarray(part) for part in (rows, labels, centres, means.facts)]
    first, second = ([part.get() for part in measured_by_segment(*given, xp=xp)] for _ in range(2))
    for ours, theirs in zip(first, means.measure(rows, labels) or (), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(("m", "n", "d", "n_codes"), [(1, 1, 1, 1), (300, 4_000, 16, 40),
                                                      (70, 900, 130, 200)])  # fmt: skip
def test_distances_by_code(xp, m, n, d, n_codes):
    rng = np.random.default_rng(n)
    rows, codes = rng.normal(size=(n, d)), np.sort(rng.integers(0, n_codes, n))
    points = np.resize(rows, (m, d))
    shrink = 1.0 - (4 * d + 8) * 2.0**-53
    norms = [shrink * (part**2).sum(axis=1)[:, None] for part in (points, rows)]
    left = np.hstack([-2 * points, np.ones((m, 1)), norms[0]])
    right = np.hstack([rows, norms[1], np.ones((n, 1))])
    there = xp.asarray(left), xp.asarray(right)
    first, second = (
        distance_sums(*there, codes, n_codes, xp=xp, cells=1 << 20).get() for _ in range(2)
    )
    apart = np.stack([np.sqrt(((point - rows) ** 2).sum(axis=1)) for point in points])
    expected = by_label(apart.T, codes, n_codes).T
    np.testing.assert_allclose(first, expected, rtol=1e-9, atol=1e-6)
    assert np.array_equal(first, second)


def test_columns(xp):
    n = 10_001
    rng = np.random.default_rng(n)
    numbers = [rng.integers(0, 100, n).astype(kind) for kind in ("int8", "uint16", "int64")]
    floats = [np.where(rng.random(n) < 0.1, np.nan, 50 * rng.normal(size=n)) for _ in range(40)]
    kinds = [PLAIN, LOG] * 22
    shapes = [Shape(2.0, -40.0, 70.0, kinds[i], 1.0, 1.5, 0.3 + i) for i in range(43)]
    columns, out = [*numbers, *floats], xp.zeros((n, 44), np.float32)
    how, numbered = as_numbers(shapes)
    assert write_columns([Column(xp.asarray(c)) for c in columns], how, numbered, out, xp)
    found, expected = out.get(), np.empty((n, 43), np.float32)
    assert shaped(pl.DataFrame({str(i): c for i, c in enumerate(columns)}), shapes, expected)
    plain = np.arange(0, 43, 2)
    assert np.array_equal(found[:, plain], expected[:, plain])
    np.testing.assert_allclose(found[:, :43], expected, rtol=2.0**-22, atol=1e-6)
    assert not found[:, 43].any()
