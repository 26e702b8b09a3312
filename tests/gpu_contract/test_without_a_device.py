"""What runs of the real libraries before they need a device: arguments, options, host memory."""

from __future__ import annotations

import cudf
import numpy as np
import pytest
from cupy.cuda.pinned_memory import PinnedMemory, PinnedMemoryPointer, PinnedMemoryPool

from engine import device
from engine.config import load_config
from engine.data_preparation import device_csv
from engine.data_preparation.device_blocks import _TYPES
from engine.data_preparation.sources import Source, open_source
from engine.errors import DataError
from engine.machine import driver_device_count

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
