"""The benchmark's shapes, for the tests of every method."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SHAPES = Path(__file__).resolve().parents[2] / "benchmarks" / "shapes.py"


@pytest.fixture(scope="session")
def shapes() -> ModuleType:
    """Load the benchmark's module, and leave the search path as it was."""
    spec = importlib.util.spec_from_file_location("shapes_benchmark", SHAPES)
    module = importlib.util.module_from_spec(spec)
    before = sys.path[:]
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module
