"""Rows to be clustered, as arrays and tables, and their fits by an algorithm's row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from engine.clustering.algorithm import Algorithm, Fit, Task
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority


def task_of(x: Any, k: int, seed: int = 0, **more: Any) -> Task:
    return Task(x, k, row_priority(len(x), seed), seed, **more)


def fitted(row: Algorithm, x: Any, k: int, params: Any, runtime: Runtime, seed: int = 0) -> Fit:
    return row.runs[runtime.place](task_of(x, k, seed), params, runtime)


LIBRARIES = ("pandas", "polars", "pyarrow")


def table_of(x: np.ndarray, names: list[str], library: str) -> Any:
    """Put the columns of an array into a table of a library."""
    if library == "pandas":
        return pd.DataFrame(x, columns=names)
    if library == "polars":
        return pl.DataFrame(x, schema=names)
    return pa.table(dict(zip(names, x.T, strict=True)))
