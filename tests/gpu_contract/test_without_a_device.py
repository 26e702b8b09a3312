"""What runs of the real libraries before they need a device: arguments, options, host memory."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import cudf
import cupy
import faiss
import numpy as np
import pynvml
import pytest
import rmm
from cupy.cuda.pinned_memory import PinnedMemory, PinnedMemoryPointer, PinnedMemoryPool
from dask_cuda.device_host_file import DeviceHostFile
from distributed import LocalCluster

from engine.cluster import gpu as cluster_gpu
from engine.cluster.gpu_worker import Opener
from engine.clustering.ann_methods import gpu
from engine.config.loading import load_config
from engine.cuda import module
from engine.data_preparation.reading import device_csv
from engine.data_preparation.reading.device_blocks import _TYPES
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError, EngineError, PlaceError
from engine.places import device
from engine.places.machine import driver_device_count

no_driver = pytest.mark.skipif(
    driver_device_count() is not None, reason="this machine has an NVIDIA driver"
)


@pytest.fixture
def source(tmp_path) -> Source:
    file = tmp_path / "customers.csv"
    file.write_text("id,spend,town\n1,2.5,Bonn\n2,,\n")
    return open_source(load_config({"input": {"path": str(file)}}).input)


@no_driver
def test_cudf_takes_every_argument_of_ours_as_far_as_the_device(source):
    """The reader checks names, types and missing values before it asks for a device."""
    assert device_csv.cudf_reads(source) is None
    with pytest.raises(DataError, match=r"customers\.csv cannot be read as CSV: .*NVIDIA driver"):
        list(device_csv.csv_frames(source, ["spend", "town"], 1 << 20))


@no_driver
def test_a_wrong_type_is_refused_before_that(source, monkeypatch):
    wrong = {dtype: f"{name}46" for dtype, name in device_csv._TYPES.items()}
    monkeypatch.setattr(device_csv, "_TYPES", wrong)
    with pytest.raises(TypeError, match="float6446"):
        list(device_csv.csv_frames(source, ["spend"], 1 << 20))


@no_driver
def test_dask_cuda_takes_every_argument_of_ours_as_far_as_the_device(monkeypatch, tmp_path):
    """Its errors share no base with CUDA's; the signature is held by the other tests."""
    monkeypatch.setattr(cluster_gpu, "why_not_started", lambda *_: None)
    with pytest.raises(PlaceError, match=r"^dask-cuda starts no workers \(NVML Shared Library"):
        cluster_gpu.start_gpu_workers(None, 1 << 30, tmp_path, "127.0.0.1")
    assert not issubclass(pynvml.NVMLError, RuntimeError)
    assert {"host", "worker_dashboard_address", "silence_logs"} <= {
        *inspect.signature(LocalCluster).parameters
    }


def test_workers_of_dask_cuda_are_told_by_where_they_keep_results(tmp_path):
    kept = DeviceHostFile(str(tmp_path), device_memory_limit=1 << 20, memory_limit=1 << 20)
    worker = SimpleNamespace(data=kept, state=SimpleNamespace(nthreads=1))
    with pytest.raises(PlaceError, match=r"NVIDIA driver|GPU"):
        Opener(ours=False)(worker)  # it gets as far as the driver
    kept["piece"] = (3.0, OnDevice())
    assert list(kept.device) == ["piece"]  # pieces in tuples are moved out of the device, too


class OnDevice:
    """What is known as an array of a device."""

    __cuda_array_interface__ = None


def test_the_memory_of_a_pool_is_found_under_what_wraps_it():
    assert hasattr(rmm.mr.TrackingResourceAdaptor, "upstream_mr")
    assert not hasattr(rmm.mr.TrackingResourceAdaptor, "pool_size")
    assert hasattr(rmm.mr.PoolMemoryResource, "pool_size")
    assert not hasattr(rmm.mr.CudaMemoryResource, "upstream_mr")


def test_types_are_cudfs():
    for name in (*_TYPES.values(), *device_csv._TYPES.values()):
        assert cudf.dtype(name) == name


def test_frames_spill_once_that_is_asked_for():
    assert cudf.get_option("spill") is False
    assert cudf.get_option("spill_on_demand") is True  # so that a full pool moves frames
    try:
        device._let_frames_spill()
        assert cudf.get_option("spill") is True
    finally:
        cudf.set_option("spill", False)


def test_cupys_pool_of_pinned_memory_wastes():
    """The reason for an allocation of ours, which goes when it does."""
    asked = []

    def noted(size: int) -> PinnedMemoryPointer:
        asked.append(size)
        return PinnedMemoryPointer(PinnedMemory(0), 0)

    PinnedMemoryPool(noted).malloc(6_000_000_000)
    assert asked == [1 << 33]


def test_pinned_rows_are_an_array_of_the_asked_shape(monkeypatch):
    """CuPy's own classes on memory that needs no device."""
    asked = []

    class OnHost:
        """As much ordinary memory, under the names that a pointer of CuPy's looks at."""

        def __init__(self, size: int, flags: int = 0) -> None:
            asked.append((size, flags))
            self.held = np.zeros(size, np.uint8)
            self.ptr, self.size = self.held.ctypes.data, size

    monkeypatch.setattr("cupy.cuda.PinnedMemory", OnHost)
    rows = device.empty_on_host((1_000, 3))
    rows[:] = 1.5
    assert (rows.shape, rows.dtype, rows.flags.c_contiguous) == ((1_000, 3), np.float32, True)
    assert rows.flags.writeable
    assert asked == [(12_000, 1)]
    assert rows.base.mem.held.view(np.float32).tolist() == [1.5] * 3_000
    assert device.empty_on_host((0, 3)).shape == (0, 3)


@no_driver
@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_faiss_takes_every_argument_of_ours_as_far_as_the_device(kind, monkeypatch):
    """SWIG picks a constructor by number and type: what fits none is a TypeError."""
    assert faiss.get_num_gpus() == 0
    with pytest.raises(EngineError, match=r"^Faiss sees no GPU here"):
        gpu.on_gpu(kind, 4, 3, 0)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    with pytest.raises(RuntimeError, match="Invalid GPU device 0"):
        gpu.on_gpu(kind, 4, 3, 0)
    with pytest.raises(TypeError, match="Wrong number or type of arguments"):
        gpu.on_gpu(kind, "4", 3, 0)


def test_addresses_are_what_faiss_reads():
    """Its functions by address are the same on a CPU, where host memory stands for a device's."""
    for name, of_the_gpu in (("add_c", faiss.GpuIndex), ("search_c", faiss.GpuIndex)):
        ours = inspect.signature(getattr(of_the_gpu, name)).parameters
        assert len(ours) == len(inspect.signature(getattr(faiss.IndexFlatL2, name)).parameters)
    rows = np.random.default_rng(0).random((40, 3), np.float32)
    index, address = faiss.IndexFlatL2(3), faiss.cast_integer_to_float_ptr(rows.ctypes.data)
    index.add_c(len(rows), address)
    squares, found = np.empty((40, 5), np.float32), np.empty((40, 5), np.int64)
    index.search_c(len(rows), address, 5, faiss.swig_ptr(squares), faiss.swig_ptr(found))
    for one, other in zip((squares, found), index.search(rows, 5), strict=True):
        assert np.array_equal(one, other)
    assert index.metric_type == faiss.METRIC_L2


def test_rows_of_another_type_or_order_are_not_read_by_their_address():
    rows = np.zeros((4, 3), np.float32)
    for wrong in (rows.astype(np.float64), np.asfortranarray(rows)):
        there = SimpleNamespace(dtype=wrong.dtype, flags=wrong.flags, data=None)
        with pytest.raises(TypeError, match="C-contiguous float32"):
            gpu._address(there)


def test_faiss_has_an_indexs_settings():
    """SWIG takes a misspelt one for a new attribute, and says nothing."""
    made = faiss.IndexIVFFlat(faiss.IndexFlatL2(2), 2, 3)
    assert isinstance(made.cp, faiss.ClusteringParameters)
    assert isinstance(faiss.IndexHNSWFlat(2, 16).hnsw, faiss.HNSW)
    for cls, name in (
        (faiss.GpuIndexIVFFlat, "cp"),
        (faiss.GpuIndexIVFFlat, "nprobe"),
        (faiss.ClusteringParameters, "seed"),
        (faiss.ClusteringParameters, "max_points_per_centroid"),
        (faiss.HNSW, "efSearch"),
    ):
        assert isinstance(getattr(cls, name), property), (cls, name)


def test_what_kernels_ask_of_a_device_is_among_its_attributes():
    """The names in ``Device.attributes`` are those of the runtime's constants, less a prefix."""
    asked = re.findall(r'attributes\["(\w+)"\]', Path(module.__file__).read_text("utf-8"))
    assert asked
    assert not [name for name in asked if not hasattr(cupy.cuda.runtime, f"cudaDevAttr{name}")]
    assert hasattr(cupy.cuda.Device, "compute_capability")
