"""flash-kmeans as a contender: its own kernels where it is installed, its tolerance anywhere."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.places.runtime import Runtime
from tests.children import finished

ROOT = Path(__file__).parents[2]
NEEDED = ("torch", "triton", "flash_kmeans")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def bench_of(tmp_path: Path, place: str, rows: int, columns: int) -> Any:
    from first_bench import First

    return First(Runtime(), rows, columns, tmp_path / "first.jsonl", place=place, step="kernels-16")


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) >= "2.4.0",
    reason="Triton's interpreter needs a NumPy before 2.4",
)
@pytest.mark.skipif(
    any(find_spec(name) is None for name in NEEDED),
    reason="PyTorch, Triton and flash-kmeans are not installed",
)
def test_its_kernels_find_what_float64_does():
    environment = {
        **os.environ,
        "TRITON_INTERPRET": "1",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}",
    }
    command = [sys.executable, "-O", "-m", "tests.benchmarks.flash_by_interpreter"]
    done = finished(command, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 5
    for line in lines:
        # The interpreter multiplies in float32, so that nothing is apart but by its rounding.
        assert line["wrong"] == []
        assert line["told"]["rows_wrong"] == 0
        assert line["told"]["centres_apart"] < 1e-6
        assert line["centres"][0] == "float64"
        assert line["labels"][0] == "int32"
        assert line["rows_are_views"]


@pytest.mark.parametrize("missing", NEEDED)
def test_without_its_packages_it_is_left_out(tmp_path, monkeypatch, missing):
    from first_passes import Flash

    for name in NEEDED:
        if find_spec(name) is None or name == missing:
            monkeypatch.setitem(sys.modules, name, None)
    bench = bench_of(tmp_path, "gpu", 4, 2)
    with bench.part("pass, flash-kmeans", 0.0, optional=True):
        Flash(bench, np.zeros((4, 2), np.float32), np.zeros((1, 2)))
    (line,) = map(json.loads, bench.output.read_text().splitlines())
    assert line["skipped"].endswith(" is not installed")
    assert line["skipped"].split(" ")[0].split(".")[0] in NEEDED
    assert (bench.missed, bench.failed) == ([], [])


def cut(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Keep so many bits of the fraction of float32: 10 as tf32 does, 7 as bfloat16."""
    whole = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    return (whole & np.uint32(~((1 << (23 - bits)) - 1) & 0xFFFFFFFF)).view(np.float32)


@pytest.mark.parametrize(("columns", "k"), [(16, 8), (16, 64), (64, 256), (128, 200)])
def test_labels_by_tf32_are_right_by_its_tolerance_and_coarser_ones_are_not(tmp_path, columns, k):
    from first_bench import rows_about, start_of
    from first_judged import exact_pass, judged

    bench = bench_of(tmp_path, "cpu", 30_000, columns)
    x, _ = rows_about(bench, 30_000, columns, k)
    start = start_of(bench, x, k)
    exact = exact_pass(bench, x, start)

    def wrong(bits: int) -> int:
        products = cut(x, bits) @ cut(start, bits).T
        scores = (start.astype(np.float32) ** 2).sum(axis=1) - 2 * products
        labels = scores.argmin(axis=1).astype(np.int32)
        told = judged(bench, exact, (exact.centres, labels, None), "tf32", "float32")[1]
        return int(told["rows_wrong"])

    assert wrong(10) == 0
    assert wrong(4) > 0
