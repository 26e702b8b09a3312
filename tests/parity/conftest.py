"""The places present here, each as a runtime, and the rows that all of them are given.

A place that is not there is skipped with its reason. With ``ENGINE_REQUIRE_GPU=1`` a missing GPU
fails instead, and so does a session in which no test passed on the GPU.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_blobs

from engine.config.loading import load_config
from engine.places import choice as places
from engine.places import device
from engine.places.place import Place
from engine.places.runtime import Runtime

REQUIRED = os.environ.get("ENGINE_REQUIRE_GPU") == "1"
HERE = Path(__file__).parent
ROWS, FEW = 20_000, 2_500

Where = Callable[[np.ndarray], Any]

_on_gpu: list[pytest.Item] = []
_passed: list[str] = []


def _needs_gpu(item: pytest.Item) -> bool:
    params = getattr(item, "callspec", None)
    by_place = params is not None and params.params.get("runtime") == "gpu"
    return by_place or "gpu" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the GPU's libraries warn: what they deprecate among themselves is not ours to fail on.

    The CPU beside itself is long, but for one file: it shows that these tests run, on a CPU too.
    """
    here = [item for item in items if HERE in item.path.parents]
    _on_gpu[:] = [item for item in here if _needs_gpu(item)]
    for item in _on_gpu:
        item.add_marker(pytest.mark.filterwarnings("default"))
    for item in here:
        if item.path.name != "test_rows.py" and re.search(r"\bcpu\b", item.name):
            item.add_marker(pytest.mark.long)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what passed on the GPU."""
    if report.when == "call" and report.passed and report.nodeid in {i.nodeid for i in _on_gpu}:
        _passed.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session that was to use the GPU and did not."""
    if REQUIRED and not _passed:
        print("\nENGINE_REQUIRE_GPU is 1, but no test passed on a GPU")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def gpu() -> Runtime:
    """Open the GPU as a run does, once."""
    reason = device.why_not()
    if reason is None:
        return places.choose(load_config({"compute": {"device": "gpu"}}).compute)
    if REQUIRED:
        pytest.fail(f"ENGINE_REQUIRE_GPU is 1, but {reason}")
    pytest.skip(f"no GPU to use: {reason}")


@pytest.fixture(scope="session", params=["cpu", "gpu"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """Give each place that is present."""
    if request.param == "gpu":
        found: Runtime = request.getfixturevalue("gpu")
        return found
    return Runtime(Place.CPU, "for the tests", threads=2)


@pytest.fixture(scope="session")
def in_blocks(runtime: Runtime) -> Runtime:
    """Give the place with so little memory of its own that rows pass through it in many blocks."""
    return replace(runtime, device_memory=1 << 20) if runtime.device_memory else runtime


@pytest.fixture(scope="session", params=["in memory", "in blocks"])
def rows_of(
    request: pytest.FixtureRequest,
    runtime: Runtime,
    in_blocks: Runtime,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Runtime, Where]:
    """Give a runtime and a function that puts rows where it finds them.

    That is its own memory; or what lies beyond it: host memory for a GPU, a file for a CPU.
    """

    def beyond(x: np.ndarray) -> np.ndarray:
        if not runtime.device_memory:
            file = tmp_path_factory.mktemp("rows") / "x.npy"
            np.save(file, x)
            mapped: np.ndarray = np.load(file, mmap_mode="r+")
            return mapped
        target = in_blocks.empty(x.shape)
        assert isinstance(target, np.ndarray) or in_blocks.fits(x.nbytes)
        host = target if isinstance(target, np.ndarray) else np.empty(x.shape, np.float32)
        host[:] = x
        return host

    return (runtime, runtime.put) if request.param == "in memory" else (in_blocks, beyond)


@pytest.fixture(scope="session")
def n_rows() -> int:
    """Many where there is a GPU to fill; few where a CPU is held against itself alone."""
    return ROWS if REQUIRED or device.why_not() is None else FEW


@pytest.fixture(scope="session")
def separated(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows in five groups far apart, and their groups."""
    x, groups, *_ = make_blobs(n_rows, 6, centers=5, cluster_std=0.5, random_state=3)
    return x.astype(np.float32), groups


@pytest.fixture(scope="session")
def crowd(n_rows: int) -> np.ndarray:
    """Rows without any structure: every border runs through a crowd."""
    return np.random.default_rng(11).random((n_rows, 6), np.float32)


def customers_with_gaps(n: int, seed: int = 0) -> pl.DataFrame:
    """Make a table with everything that preparation has to deal with, and four groups."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, n)
    spend = np.exp(rng.normal(group, 0.3, n) + 3)
    spend[rng.random(n) < 0.01] = np.nan
    spend[rng.random(n) < 0.005] = np.inf
    visits = rng.poisson(3 + 8 * group)
    level = np.array(["app", "web", "Straße", "shop"])[(group + (rng.random(n) < 0.1)) % 4]
    town = np.array([f"town {i:02}" for i in range(40)])[rng.integers(0, 40, n)]

    def gaps(name: str, values: np.ndarray, share: float) -> pl.Series:
        return pl.Series(name, values).scatter(np.flatnonzero(rng.random(n) < share), None)

    return pl.DataFrame(
        [
            pl.Series("customer_id", np.arange(n) + 1_000),
            gaps("spend", spend, 0.03),
            gaps("visits", visits.astype(np.int32), 0.05),
            pl.Series("balance", rng.normal(1e6 * (group - 1.5), 1e5, n)),
            pl.Series("few", rng.normal(5 * group, 0.5, n).astype(np.float32)),
            pl.Series("member", rng.random(n) < 0.2 + 0.2 * group),
            gaps("channel", level, 0.02),
            gaps("town", town, 0.02),
            pl.Series("tier", group.astype(np.int8)),
            pl.Series("agreed", rng.random(n) < 0.5),
        ]
    )


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    """Give customers of every type of column, with missing and infinite values."""
    return customers_with_gaps(150_000)


@pytest.fixture(scope="session")
def table_file(table: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write them in row groups of 20,000, so that a device reads them in several blocks."""
    path = tmp_path_factory.mktemp("parity") / "customers.parquet"
    table.write_parquet(path, row_group_size=20_000)
    return path
