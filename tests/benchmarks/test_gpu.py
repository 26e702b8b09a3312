"""The GPU benchmark: a rehearsal on NumPy, and what it says on a machine without a GPU."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.data_preparation.generators.customers import generate
from engine.places.machine import driver_device_count
from engine.places.runtime import Runtime
from tests.children import finished

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def measured(tmp_path: Path, *arguments: str) -> list[dict[str, object]]:
    output = tmp_path / "lines.jsonl"
    command = [sys.executable, "benchmarks/gpu.py", "--place", "cpu", "--output", str(output)]
    done = finished([*command, "--stage-seconds", "0.1", *arguments], cwd=ROOT, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in output.read_text().splitlines()]


@pytest.mark.long
def test_a_rehearsal_of_every_stage(tmp_path):
    lines = measured(tmp_path, "--rows", "4000", "--columns", "5", "--k", "3", "6")
    stages = [(line["stage"], line.get("k")) for line in lines]
    each = [
        "kmeans pass, ours",
        "kmeans pass, sklearn",
        "kmeans fit, engine",
        "kmeans fit, sklearn",
        "assign",
        "internal scores",
        "silhouette",
    ]
    assert stages == [("copy", None), ("pca by reduce", None)] + [
        (stage, k) for k in (3, 6) for stage in each
    ]
    for line in lines:
        assert (line["rows"], line["columns"], line["place"]) == (4_000, 5, "cpu")
        assert "failed" not in line
        assert line["machine"]["versions"]["numpy"] == np.__version__
    ours, theirs = (
        [line for line in lines if line["stage"] == f"kmeans fit, {who}"]
        for who in ("engine", "sklearn")
    )
    for one, other in zip(ours, theirs, strict=True):
        assert one["ari_truth"] > 0.8
        assert one["inertia"] <= 1.01 * other["inertia"]


def test_a_rehearsal_on_rows_in_host_memory(tmp_path):
    lines = measured(tmp_path, "--host", "--rows", "4000", "--columns", "5", "--k", "3")
    fit, one_pass, *theirs = lines
    assert fit["stage"] == "kmeans host rows, ours, whole fit"
    assert fit["n_iter"] == 11
    assert 0 < fit["inertia"] < 4_000 * 5 * 10
    assert one_pass["stage"] == "kmeans host rows, ours, a pass"
    assert one_pass["passes"] == 10
    assert len(theirs) == 3
    assert all(line["skipped"] == "cuML runs on a GPU only" for line in theirs)


@pytest.mark.long
def test_a_rehearsal_on_a_file(tmp_path):
    generate(tmp_path / "customers.parquet", customers=2_000, seed=1)
    lines = measured(tmp_path, "--file", str(tmp_path / "customers.parquet"), "--k", "8")
    assert [line["stage"] for line in lines] == ["identity", "load", "prepare", "whole job"]
    assert lines[1]["read"] == 2_000
    assert lines[3]["ari_truth"] > 0.5
    assert {"prepare", "reduce", "cluster kmeans", "save"} <= set(lines[3]["stages"])


def test_agreement_is_scikit_learns(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from gpu_bench import adjusted_rand

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 4, (2, 900))
    other[:500] = one[:500]
    expected = adjusted_rand_score(one, other)
    assert adjusted_rand(one, other, 4, Runtime()) == pytest.approx(expected, rel=1e-12)
    assert adjusted_rand(one, (one + 1) % 4, 4, Runtime()) == 1.0
    assert adjusted_rand(one * 0, one * 0, 4, Runtime()) == 1.0


@pytest.mark.skipif(driver_device_count() is not None, reason="there is an NVIDIA driver here")
def test_without_a_gpu_the_script_stops_in_one_sentence(tmp_path):
    environment = {**ENVIRONMENT, "PYTHON": sys.executable, "OUT": str(tmp_path / "out")}
    done = finished(["bash", "benchmarks/gpu.sh"], cwd=ROOT, env=environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "gpu.sh: this machine has no GPU to use: no NVIDIA driver was found on this machine.\n"
    )
    assert not (tmp_path / "out").exists()


def test_the_script_names_an_interpreter_that_is_not_there(tmp_path):
    environment = {**ENVIRONMENT, "PYTHON": str(tmp_path / "python")}
    done = finished(["bash", "benchmarks/gpu.sh"], cwd=ROOT, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"gpu.sh: {tmp_path / 'python'} is not there; run make")
