"""A run on a cluster of which a worker is killed in a stage ends with the same bits."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pytest

import engine
from engine.data_preparation.reading import cuts
from engine.errors import DataError
from engine.utilities.progress import Progress
from tests.cluster.killing import Fatal
from tests.drawing import undrawn

pytestmark = [pytest.mark.long, pytest.mark.faults]

N, PIECES = 60_000, 6


@pytest.fixture(scope="module", autouse=True)
def small_pieces() -> Iterator[None]:
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "PIECE_ROWS", N // PIECES)
        yield


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    segment = rng.integers(0, 4, N)
    columns = {f"x{i}": rng.normal(size=N) + 5 * (segment == i) for i in range(5)}
    file = tmp_path_factory.mktemp("data") / "customers.parquet"
    pl.DataFrame({"id": np.arange(N) * 3, **columns}).write_parquet(
        file, row_group_size=N // PIECES
    )
    return file


def run(customers: Path, folder: Path, progress: Progress | None = None) -> Any:
    asked = {
        "input": {"path": str(customers)},
        "output": {key: str(folder / key) for key in ("processed", "models", "reports")},
        "compute": {"cluster": "local", "workers": 2},
        "clustering": {"k": 4, "kmeans": {"n_init": 2}},
    }
    return engine.segment(asked, progress=progress)


def found(result: Any) -> dict[str, Any]:
    """Give all that a run found, but for what it took."""
    (table,) = [
        p for p in result.report_path.parent.iterdir() if p.name.startswith("segments.parquet")
    ]
    segments = pl.read_parquet(table / "*.parquet" if table.is_dir() else table)
    methods = {
        name: {key: value for key, value in method.items() if not key.startswith("seconds")}
        for name, method in result.summary["methods"].items()
    }
    return {
        "segments": segments.sort("id").to_dicts(),
        "methods": methods,
        "profiles": str(result.profiles),
        "components": result.summary["components"],
    }


@pytest.fixture(scope="module")
def undisturbed(customers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return found(run(customers, tmp_path_factory.mktemp("undisturbed")))


def kill_a_worker() -> None:
    """End the last worker that this process has started: other tests may keep a cluster, too."""
    workers = [
        p
        for p in psutil.Process().children(recursive=True)
        if "spawn_main" in str(p.cmdline()) and not p.children()  # no nanny of one
    ]
    os.kill(max(workers, key=lambda p: p.create_time()).pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("stage", "after"),
    [
        ("load", 1), ("prepare", 1), ("reduce", 0), ("cluster", 0), ("evaluate", 0),
        ("describe", 0), ("save", 0),
    ],
    ids=lambda value: str(value),
)  # fmt: skip
def test_a_worker_killed_in_a_stage_changes_no_bit(customers, tmp_path, undisturbed, stage, after):
    fatal = Fatal(stage, kill_a_worker, after)
    result = run(customers, tmp_path, fatal)
    assert fatal.struck
    assert found(result) == undisturbed
    if stage != "save":  # the run may be over before that is seen
        assert [n for n in fatal.notes if "was lost" in n]


@contextmanager
def kept(file: Path) -> Iterator[None]:
    before = file.read_bytes()
    yield
    file.write_bytes(before)


CHANGES: dict[str, Callable[[Path], Any]] = {
    "written again": lambda file: pl.read_parquet(file).head(N - 5).write_parquet(file),
    "touched": os.utime,
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_between_passes_is_told(customers, tmp_path, change):
    fatal = Fatal("prepare", lambda: CHANGES[change](customers))
    with (
        kept(customers),
        pytest.raises(DataError, match=r"changed while it was being read|is not seen by every"),
    ):
        run(customers, tmp_path, fatal)
    assert fatal.struck
    assert not list((tmp_path / "reports").rglob("summary.json"))
