"""What is compiled ahead of parity is what parity launches, and the script names all of it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from engine.clustering.algorithm import ROWS
from engine.cuda import module
from engine.places.runtime import Runtime
from tests import standing_cupy
from tests.cuda_on_cpu import raw_module

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def bench_of(tmp_path: Path, runtime: Runtime, place: str) -> Any:
    from first_bench import First

    ends = time.perf_counter() + 600
    return First(runtime, 0, 0, tmp_path / "first.jsonl", place=place, step="ahead", ends=ends)


def lines_of(bench: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bench.output.read_text().splitlines()]


@pytest.mark.long
@pytest.mark.skipif(raw_module.compiler() is None, reason="no g++ to compile CUDA C++ with")
def test_parity_finds_its_kernels_compiled(tmp_path, monkeypatch):
    from first_ahead import NAMES, measure_ahead
    from first_parity import measure_parity

    runtime = standing_cupy.a_gpu(monkeypatch, 1 << 28)
    monkeypatch.setattr(runtime.xp, "RawModule", raw_module.RawModule, raising=False)
    bench = bench_of(tmp_path, runtime, "simulator")
    module._compiled.cache_clear()
    for name in NAMES:
        measure_ahead(bench, name, 1_200)
    ahead = module._compiled.cache_info().misses
    assert ahead > 0
    measure_parity(bench, 1_200)
    assert module._compiled.cache_info().misses == ahead
    assert bench.failed == bench.missed == []
    stages = [line["stage"] for line in lines_of(bench)]
    assert stages[: len(NAMES)] == [f"ahead, {name}" for name in NAMES]


def test_the_script_names_all_parts_and_methods():
    from first_ahead import NAMES
    from first_methods import NAMES as METHODS

    script = (ROOT / "benchmarks/first.sh").read_text()
    ahead = re.search(r"for name in (.+); do\n.*\"ahead-\$name\"", script)
    methods = re.search(r"^methods=\((.*)\)$", script, re.MULTILINE)
    assert ahead is not None
    assert methods is not None
    assert ahead[1].split() == list(NAMES)
    assert methods[1].split() == list(METHODS)
    assert set(METHODS) == set(ROWS)


def test_a_fit_of_few_rows_is_a_line_whatever_the_rest_does(tmp_path, monkeypatch):
    import first_methods

    bench, real = bench_of(tmp_path, Runtime(), "cpu"), first_methods.fitted
    monkeypatch.setattr(first_methods, "WARM", 500)

    def fitted(name: str, x: Any, runtime: Runtime) -> Any:
        if len(x) > 500:
            raise MemoryError
        return real(name, x, runtime)

    monkeypatch.setattr(first_methods, "fitted", fitted)
    first_methods.measure_method(bench, "kmeans", 1_000)
    few, rest = lines_of(bench)
    assert (few["stage"], few["rows"], few["cold"]) == ("fit of few, kmeans", 500, True)
    assert few["seconds"] > 0
    assert (rest["stage"], rest["rows"], rest["failed"][:11]) == (
        "fit, kmeans",
        1_000,
        "MemoryError",
    )


def test_lines_before_there_are_rows_tell_none(tmp_path):
    bench = bench_of(tmp_path, Runtime(), "cpu")
    bench.write(stage="copy", bytes_copied=8, seconds=float("nan"))
    bench.rows = bench.columns = 3
    bench.write(stage="pass")
    copy, done = lines_of(bench)
    assert "rows" not in copy
    assert "columns" not in copy
    assert (copy["bytes_copied"], copy["seconds"]) == (8, None)
    assert (done["rows"], done["columns"]) == (3, 3)
