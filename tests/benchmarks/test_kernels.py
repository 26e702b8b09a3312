"""The benchmark of kernels: its cases, how it scores and tells, and a fit of few rows."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from tests.children import finished

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CASES = yaml.safe_load((BENCHMARKS / "manifest.yaml").read_text())["kernels"]


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("kernels")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases_name_what_there_is(case: dict[str, Any], kernels: ModuleType) -> None:
    child = importlib.import_module("kernels_child")
    assert case["kind"] in {**kernels.RUNS, **child.JOBS}
    known = {"engine", "base", "sklearn", "pandas_sklearn", *kernels.MODULES}
    assert set(case["contenders"]) <= known
    assert case["contenders"][0] == "engine"
    assert set(case["at_most"]) <= set(case["contenders"][1:])


def test_inertia_is_that_of_the_means(kernels: ModuleType) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.normal(5, 1, (1_000, 3)).astype(np.float32), rng.integers(0, 4, 1_000)
    each = [x[labels == k].astype(np.float64) for k in range(4)]
    expected = sum(np.square(part - part.mean(axis=0)).sum() for part in each)
    assert kernels.inertia(x, labels) == pytest.approx(expected, rel=1e-9)


def _record(contender: str, pair: int, seconds: float, inertia: float = 1.0) -> dict[str, Any]:
    known = {"case": "fit-5m-8", "rows": 5_000_000, "contender": contender, "pair": pair}
    return known | {"seconds": seconds, "peak_bytes": 2**20, "inertia": inertia, "ari_truth": 1.0}


def test_what_is_missed_is_said(kernels: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    quick = [_record("engine", i, 1.0 + i) for i in range(3)]
    slow = [_record("sklearn", i, 10.0 + 10 * i) for i in range(3)]
    assert kernels.print_cases(CASES, quick + slow) == 0
    assert "| 20.00 (10.00-30.00) | 1 | 0.100 | 0.2 | 1.00 |" in capsys.readouterr().out
    assert kernels.print_cases(CASES, [*quick, _record("sklearn", 1, 8.0, 0.9)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "MISSED  fit-5m-8: 0.250 of the seconds of sklearn, at most 0.2",
        "MISSED  fit-5m-8: inertia 1.1111 of that of sklearn",
    ]


def test_an_unknown_case_is_named(tmp_path: Path) -> None:
    done = finished([sys.executable, BENCHMARKS / "kernels.py", "--case", "fit-9"], check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no case fits; there are job-10m, ")


@pytest.mark.long
def test_contenders_fit_the_same_rows(tmp_path: Path) -> None:
    command = [sys.executable, BENCHMARKS / "kernels.py", "--case", "fit-5m-8", "--rows", "3000"]
    done = finished(
        [*command, "--pairs", "1", "--output", str(tmp_path / "found.jsonl")],
        env=os.environ | {"ENGINE_BENCH_DATA": str(tmp_path)},
        check=False,
    )
    assert "fit-5m-8: no base is named (--base)" in done.stdout
    ours, theirs = map(json.loads, (tmp_path / "found.jsonl").read_text().splitlines())
    assert (ours["contender"], theirs["contender"]) == ("engine", "sklearn")
    assert ours["of"].startswith("kernels ")
    assert ours["inertia"] <= 1.01 * theirs["inertia"]
    assert ours["ari"]["sklearn"] == theirs["ari"]["engine"]
    assert min(ours["ari_truth"], ours["ari"]["sklearn"]) > 0.7
