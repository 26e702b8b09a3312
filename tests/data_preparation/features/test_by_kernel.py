"""Blocks whose numbers lie on a GPU: prepared there in one reading, as the CPU prepares them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.places.staging import staged
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray


class Series:
    """What cuDF's column gives of itself, of one of Polars'."""

    def __init__(self, held: pl.Series) -> None:
        self._held = held

    @property
    def dtype(self) -> Any:
        return self._held.fill_null(0).to_numpy().dtype if self._held.dtype != pl.String else "str"

    @property
    def has_nulls(self) -> bool:
        return self._held.null_count() > 0

    def astype(self, dtype: str) -> Series:
        assert dtype == "uint8"
        return Series(self._held.cast(pl.UInt8))

    def notna(self) -> Series:
        return Series(self._held.is_not_null())

    def fillna(self, value: int) -> Series:
        return Series(self._held.fill_null(value))

    def to_cupy(self, *, copy: bool) -> DeviceArray:
        assert not copy
        assert not self.has_nulls
        return DeviceArray(self._held.to_numpy())


class Frame:
    """What cuDF's frame gives of itself."""

    __module__ = "cudf"

    def __init__(self, held: pl.DataFrame) -> None:
        self._held = held

    def __getitem__(self, name: str) -> Series:
        return Series(self._held[name])

    def __len__(self) -> int:
        return len(self._held)


TABLE = pl.DataFrame(
    {
        "age": pl.Series([20, None, 41, 300], dtype=pl.Int16),
        "spent": pl.Series([1.5, float("nan"), None, 1e9]),
        "balance": pl.Series([-100.0, 0.0, 5.0, float("inf")], dtype=pl.Float32),
        "member": pl.Series([True, None, False, True]),
    }
)
PLAN = FeaturePlan(
    None, "int64",
    (
        NumericFeature("age", 40.0, 18.0, 90.0, log=False, centre=40.0, scale=12.0),
        NumericFeature("spent", 10.0, 0.0, 1e6, log=True, centre=2.0, scale=1.5),
        NumericFeature("balance", 0.0, None, None, log=True, centre=0.0, scale=2.0, unit=7.0),
        NumericFeature("member", 0.5, None, None, log=False, centre=0.5, scale=0.5),
    ),
    (),
)  # fmt: skip


@pytest.fixture
def place():
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made(kernels=True))


def test_a_block_on_a_device_becomes_the_rows_of_the_cpu(place):
    found = PLAN.transform(Frame(TABLE), place)
    expected = PLAN.transform(TABLE)
    assert raw_module.LAUNCHED == ["columns_shaped"]
    assert isinstance(found, DeviceArray)
    assert found.get()[:, [0, 3]].tobytes() == expected[:, [0, 3]].tobytes()
    np.testing.assert_allclose(found.get(), expected, rtol=2.0**-22)


def test_a_block_is_written_into_a_matrix_wherever_it_lies(place):
    expected = PLAN.transform(Frame(TABLE), place).get()
    there, here = DeviceArray(np.zeros((9, 4), np.float32)), np.zeros((9, 4), np.float32)
    for matrix in (there, here):
        with staged(matrix, place) as target:
            PLAN.write(Frame(TABLE), place, target, 5)
    for matrix in (there.get(), here):
        assert np.array_equal(matrix[5:], expected)
        assert not matrix[:5].any()


def test_a_block_of_polars_is_prepared_in_host_memory(place):
    found = PLAN.transform(TABLE, place)
    assert not raw_module.LAUNCHED
    assert type(found) is np.ndarray
