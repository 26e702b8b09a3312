"""Scores of rows that lie on a GPU, by its kernels: those of the CPU, with the same bits twice."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from engine.evaluation import distances
from engine.evaluation.moments import centres_and_scatter
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray


@pytest.fixture
def place():
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made(kernels=True))


def blobs(n, d, k, *, away=0.0):
    rng = np.random.default_rng([n, d, k])
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k)]).astype(np.int32)
    centres = away + 4 * rng.normal(size=(k, d))
    return (centres[labels] + rng.normal(size=(n, d))).astype(np.float32), labels


@pytest.mark.parametrize("away", [0.0, 1e4])
@pytest.mark.parametrize(("n", "d", "k"), [(5_000, 16, 8), (900, 3, 1), (2_000, 70, 30)])
def test_internal_scores_are_those_of_the_cpu(place, n, d, k, away):
    x, labels = blobs(n, d, k, away=away)
    found = asdict(internal_scores(DeviceArray(x), DeviceArray(labels), runtime=place))
    expected = asdict(internal_scores(x, labels, runtime=Runtime()))
    assert raw_module.LAUNCHED[0] == "moments_f32"
    assert "measured_f32" in raw_module.LAUNCHED
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-9, err_msg=name)


def test_equal_rows_are_their_centre_without_scatter(place):
    x = np.tile(np.array([[1e7, 1 / 3, -5]], np.float32), (700, 1))
    labels = (np.arange(700) % 3).astype(np.int32)
    sizes = np.bincount(labels, minlength=4)  # the last one holds nobody
    centres, scatter = centres_and_scatter(DeviceArray(x), DeviceArray(labels), sizes, place)
    assert np.array_equal(centres, [*[x[0].astype(np.float64)] * 3, [0, 0, 0]])
    assert not scatter.any()


@pytest.mark.parametrize(("anchors", "reference"), [(100, 500), (3_000, 10_000)])
def test_silhouettes_are_those_of_the_cpu(place, anchors, reference):
    x, labels = blobs(1_200, 5, 4, away=100.0)
    x[labels == 3] = x[3]  # equal rows, at exactly no distance
    sizes = {"priority": row_priority(len(x), 0), "anchors": anchors, "reference": reference}
    found = silhouette(DeviceArray(x), DeviceArray(labels), runtime=place, **sizes)
    expected = silhouette(x, labels, runtime=Runtime(), **sizes)
    assert raw_module.LAUNCHED[-2:] == ["distance_sums_short", "sums_by_code"] or (
        raw_module.LAUNCHED[-2:] == ["distance_sums_long", "sums_by_code"]
    )
    np.testing.assert_allclose(found.anchor_values, expected.anchor_values, rtol=1e-10)
    assert (found.anchor_values[found.anchor_labels == 3] == 1).all()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_the_bits_are_the_same_twice(place):
    x, labels = blobs(3_000, 16, 5)
    given = DeviceArray(x), DeviceArray(labels)
    priority = row_priority(len(x), 0)
    first, second = (
        (
            internal_scores(*given, runtime=place).to_json(),
            silhouette(*given, priority=priority, runtime=place, anchors=300).anchor_values,
        )
        for _ in range(2)
    )
    assert first[0] == second[0]
    assert first[1].tobytes() == second[1].tobytes()


def test_rows_that_no_kernel_takes_are_measured_by_arrays(place, monkeypatch):
    x, labels = blobs(400, 3, 3)
    sizes = {"priority": row_priority(len(x), 0), "anchors": 50}
    expected = silhouette(DeviceArray(x), DeviceArray(labels), runtime=place, **sizes)
    monkeypatch.setattr(distances, "sums_on_device", lambda *_, **__: None)
    raw_module.LAUNCHED.clear()
    found = silhouette(DeviceArray(x), DeviceArray(labels), runtime=place, **sizes)
    assert not raw_module.LAUNCHED
    np.testing.assert_allclose(found.anchor_values, expected.anchor_values, rtol=1e-12)
