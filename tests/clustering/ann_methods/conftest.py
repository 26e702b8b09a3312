"""What the tests of communities share: the benchmark's shapes, and one way to fit."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.clustering.algorithm import Fit
from engine.clustering.ann_methods.algorithm import ANN_METHODS
from engine.clustering.ann_methods.params import AnnParams
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import task_of

SHAPES = Path(__file__).resolve().parents[3] / "benchmarks" / "shapes.py"


@pytest.fixture(scope="session")
def shapes() -> ModuleType:
    """Load the benchmark's module, and leave the search path as it was."""
    spec = importlib.util.spec_from_file_location("shapes_benchmark", SHAPES)
    module = importlib.util.module_from_spec(spec)
    before = sys.path[:]
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


@pytest.fixture(scope="session")
def fit() -> Callable[..., Fit]:
    """Fit with settings by name: ``fit(x, k, runtime=..., seed=0, exact_limit=0)``."""

    def run(
        x: np.ndarray, k: int, *, runtime: Runtime | None = None, seed: int = 0, **settings: Any
    ) -> Fit:
        task = task_of(x, k, seed)
        params = AnnParams(**settings)
        return ANN_METHODS.runs[Place.CPU](task, params, runtime or Runtime(threads=2))

    return run
