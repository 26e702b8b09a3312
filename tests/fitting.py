"""Rows to be clustered, and their fits by an algorithm's row, as tests ask for them."""

from __future__ import annotations

from typing import Any

from engine.clustering.algorithm import Algorithm, Fit, Task
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority


def task_of(x: Any, k: int, seed: int = 0, **more: Any) -> Task:
    return Task(x, k, row_priority(len(x), seed), seed, **more)


def fitted(row: Algorithm, x: Any, k: int, params: Any, runtime: Runtime, seed: int = 0) -> Fit:
    return row.runs[runtime.place](task_of(x, k, seed), params, runtime)
