"""What passes hold becomes the worker's: the array library, small arrays, choices of functions."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engine.cluster import worker
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.cluster.travelling import Namespace, Travelling
from engine.places.place import Place
from tests.cluster import standing_gpu
from tests.cupy_by_numpy import DeviceArray, Module

CLIENT = GpuClusterRuntime(Place.GPU_CLUSTER, "a test", members=None)


@pytest.fixture
def sent():
    """Send something to a worker that has a GPU."""

    def to_worker(value):
        there = pickle.dumps(value, protocol=5)
        worker.take_gpu(standing_gpu.opened())
        try:
            return pickle.loads(there)
        finally:
            worker.leave_gpu()

    return to_worker


def host(rows):
    return "host"


def device(rows):
    return "device"


def test_what_is_put_or_made_moves_to_the_gpu(sent):
    xp = CLIENT.xp
    few = CLIENT.put(np.arange(6.0).reshape(3, 2))
    for made in (few, few[1:].T, few @ few.T, xp.arange(3)[:, None], xp.ones(3) * 2, -few.mean(0)):
        assert type(made) is Travelling
        there = sent(made)
        assert type(there) is DeviceArray
        assert np.array_equal(there.get(), made)
    assert type(few.sum()) is np.float64
    assert type(few.argmin()) is np.int64
    for brought in (CLIENT.get(few), CLIENT.take(few, np.array([1])), CLIENT.reduce(np.sum, few)):
        assert not isinstance(brought, Travelling)


def test_the_library_becomes_the_workers(sent):
    assert isinstance(sent(CLIENT.xp), Module)
    assert sent(CLIENT.xp).float64 is np.float64
    assert type(sent(Namespace().zeros)(3)) is DeviceArray
    assert sent(Namespace().linalg).norm is np.linalg.norm  # which the stand-in does not replace


def test_a_choice_is_made_where_rows_are(sent):
    choice = CLIENT.either(device, host)
    assert choice(None) == "host"
    assert sent(choice)(None) == "device"
    assert pickle.loads(pickle.dumps(choice))(None) == "host"  # a worker without a GPU


def test_the_runtime_becomes_the_workers(sent):
    assert sent(CLIENT).place is Place.GPU
    assert pickle.loads(pickle.dumps(CLIENT)).place is Place.CPU
