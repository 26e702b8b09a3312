"""A worker's GPU made of NumPy: what takes the place of CuPy, opened on real processes."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow.parquet import ParquetFile

from engine.cluster.worker import OwnGpu, OwnRuntime
from engine.places.parts import ALONE, Part
from engine.places.place import Place
from tests import cupy_by_numpy as stand_in

POOL = 1 << 30


NULLABLE = {
    **{f"int{bits}": f"Int{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UInt{bits}" for bits in (8, 16, 32, 64)},
    "float32": "Float32",
    "float64": "Float64",
}


class Frame(pd.DataFrame):
    """A frame "on the device"."""

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def astype(self, dtype: Any, **more: Any) -> Any:
        """Keep what is missing, as cuDF's columns of any type do."""
        if isinstance(dtype, dict):
            dtype = {c: NULLABLE.get(t, t) for c, t in dtype.items()}
        return super().astype(dtype, **more)


def to_cupy(frame: pd.DataFrame, dtype: Any) -> stand_in.DeviceArray:
    return stand_in.DeviceArray(frame.to_numpy(dtype=dtype, na_value=float("nan")))


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def read_parquet(path: Any, columns: list[str], row_groups: list[list[int]], **_: Any) -> Frame:
    """Read row groups as cuDF does: what is missing stays that, and numbers keep their type."""
    table = ParquetFile(path).read_row_groups(row_groups[0], columns)
    return Frame(table.to_pandas(types_mapper=nullable))


def nullable(kind: Any) -> Any:
    name = {"float": "float32", "double": "float64"}.get(str(kind), str(kind))
    return pd.api.types.pandas_dtype(NULLABLE[name]) if name in NULLABLE else None


def place() -> OwnRuntime:
    parts = replace(ALONE, reader=Part("cuDF", "pandas in its place"))
    xp = stand_in.made()
    return OwnRuntime(Place.GPU, "NumPy, 1 GiB", device_memory=POOL, xp=xp, parts=parts)


def opened(_worker: Any = None) -> OwnGpu:
    """Open it, as an opener does; each process has one, and pandas in cuDF's place."""
    pd.DataFrame.to_cupy, pd.DataFrame.to_arrow = to_cupy, to_arrow  # type: ignore[attr-defined]
    none = dict.fromkeys(("DataFrame", "Series", "Index"), type("None_", (), {}))
    sys.modules["cudf"] = SimpleNamespace(read_parquet=read_parquet, **none)
    return OwnGpu(place(), str(os.getpid()))
