"""The first visit to a GPU host: rehearsed whole, and what its figures are made of."""

from __future__ import annotations

import json
import os
import re
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.places.machine import driver_device_count
from engine.places.runtime import Runtime
from tests.children import finished
from tests.cuda_on_cpu import raw_module

ROOT = Path(__file__).parents[2]
STEPS = [
    "parity",
    "kernels-16",
    "kernels-16-many",
    "kernels-64",
    "kernels-128",
    "beyond",
    "scores",
    "methods-kmeans",
    "methods-pca_methods",
    "methods-spectral",
    "methods-agglomerative",
    "methods-ann_methods",
    "file",
]


@pytest.fixture
def here(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def visited(tmp_path: Path, *arguments: str, **environment: str) -> Any:
    out = {"OUT": str(tmp_path / "out"), "WHEELS": str(tmp_path), "PYTHON": sys.executable}
    command = ["bash", "benchmarks/gpu.sh", "first", *arguments]
    return finished(command, cwd=ROOT, env={**os.environ, **out, **environment})


def lines_of(tmp_path: Path) -> list[dict[str, Any]]:
    (file,) = (tmp_path / "out").glob("first-*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.long
def test_a_rehearsal_of_every_step(tmp_path):
    done = visited(tmp_path, "--place", "cpu", "--size", "tiny", OMP_NUM_THREADS="1")
    lines = lines_of(tmp_path)
    assert done.returncode == 0, done.stdout
    assert list(dict.fromkeys(line["step"] for line in lines)) == STEPS
    assert {line["place"] for line in lines} == {"cpu"}
    assert not any("failed" in line for line in lines)
    skipped = {line["stage"] for line in lines if "skipped" in line}
    assert skipped == {"pass, engine kernel", "pass, flash-kmeans"}
    parity = [line for line in lines if line["step"] == "parity"]
    assert len(parity) == 10
    assert all(line["agrees"] for line in parity)
    passes = [line for line in lines if line["stage"] in ("pass, engine", "pass, plain")]
    assert len(passes) == 8
    assert all(line["repeats"] == 5 for line in passes)
    checked = [line for line in lines if line["stage"] == "pass, plain, checked"]
    assert all(line["ari_reference"] > 0.999 and line["centres_apart"] < 1e-5 for line in checked)
    fits = [line["stage"] for line in lines if line["step"].startswith("methods-")]
    order = [name.removeprefix("methods-") for name in STEPS if name.startswith("methods-")]
    assert fits == [f"{fit}, {name}" for name in order for fit in ("fit of few", "fit")]
    copies = [line for line in lines if line["stage"] == "copy"]
    assert len(copies) == 5
    assert all(line["bytes_copied"] == 1 << 20 and "rows" not in line for line in copies)
    job = next(line for line in lines if line["stage"] == "whole job")
    assert {"prepare", "cluster kmeans", "save"} <= set(job["stages"])
    assert job["cold"]
    assert job["first_seconds"] == job["seconds"]


@pytest.mark.long
@pytest.mark.skipif(raw_module.compiler() is None, reason="no g++ to compile CUDA C++ with")
def test_a_rehearsal_on_a_stand_in_for_cupy(tmp_path):
    done = visited(tmp_path, "--place", "simulator", "--size", "tiny", OMP_NUM_THREADS="1")
    lines = lines_of(tmp_path)
    assert done.returncode == 0, done.stdout
    assert list(dict.fromkeys(line["step"] for line in lines)) == STEPS
    assert {line["place"] for line in lines} == {"simulator"}
    assert not any("failed" in line for line in lines)
    skipped = {line["stage"] for line in lines if "skipped" in line}
    assert skipped == {"pass, flash-kmeans", "pass, library"}
    assert all(line["agrees"] for line in lines if line["step"] == "parity")
    kernels = [line for line in lines if line["stage"] == "pass, engine kernel, checked"]
    assert len(kernels) == 4
    assert all(line["ari_reference"] == 1 and line["centres_apart"] < 1e-12 for line in kernels)
    used = [line["launch"]["kernel"] for line in kernels]
    assert used == ["lloyd_pass", "lloyd_pass", "lloyd_pass", "lloyd_tiled"]
    (log,) = (tmp_path / "out").glob("first-*.log")
    assert "stage=ahead, " in log.read_text().split("compiled ahead of parity:")[1]


@pytest.mark.parametrize(
    ("step", "k", "by"),
    [
        ("kernels-16", 8, "lloyd_pass"),
        ("kernels-16-many", 64, "lloyd_pass"),
        ("kernels-64", 256, "lloyd_tiled"),
        ("kernels-128", 1024, "labels, then segment_sums"),
    ],
)
@pytest.mark.usefixtures("here")
def test_how_each_pass_is_launched_on_an_h200(step, k, by):
    from first import SIZES
    from first_passes import Kernel

    rows, columns, numbers = SIZES["full"].kernels[step]
    assert numbers == (k,)
    kernel = Kernel.__new__(Kernel)
    kernel._x = range(rows)
    kernel._start = np.zeros((k, columns))
    kernel._points = SimpleNamespace(limit=232_448)
    launch = kernel.launch()
    assert launch["kernel"] == by
    if by != "labels, then segment_sums":
        assert launch["shared"] <= 232_448
        assert launch["blocks"] > 132


@pytest.mark.skipif(driver_device_count() is not None, reason="there is an NVIDIA driver here")
def test_without_a_gpu_it_stops_in_one_sentence(tmp_path):
    done = visited(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "gpu.sh first: this machine has no GPU to use: "
        "no NVIDIA driver was found on this machine.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--place", "tpu"], "--place is tpu; it can be gpu, cpu or simulator."),
        (["--size", "huge"], "--size is huge; it can be full, small or tiny."),
        (["quick"], "quick is not known; --place and --size are."),
    ],
)
def test_what_is_asked_wrongly_is_told(tmp_path, words, sentence):
    done = visited(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr == f"gpu.sh first: {sentence}\n"


def test_wheels_come_from_the_lock():
    script = (ROOT / "benchmarks/first_wheels.sh").read_text()
    found = re.search(r"names=\((.*?)\)", script, re.DOTALL)
    assert found is not None
    lock = (ROOT / "requirements.lock").read_text()
    names = found[1].split()
    assert {"polars", "polars-runtime-32", "pydantic-core"} <= set(names)
    for name in names:
        pattern = f"^{name.replace('-', '[-_]')}==[0-9.]+ "
        assert len(re.findall(pattern, lock, re.MULTILINE | re.IGNORECASE)) == 1, name


def test_what_the_engine_imports_is_carried_or_on_the_host():
    host = {"jinja2", "matplotlib", "numpy", "psutil", "pyyaml", "rich", "safetensors"}
    host |= {"scikit-learn", "scipy", "threadpoolctl", "typer"}
    workbooks = {"fastexcel", "xlsxwriter"}
    script = (ROOT / "benchmarks/first_wheels.sh").read_text()
    carried = set(re.search(r"names=\((.*?)\)", script, re.DOTALL)[1].split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.match("[A-Za-z0-9-]+", name)[0] for name in project["dependencies"]}
    assert wanted - carried == host | workbooks


def test_what_is_not_installed_is_told_before_anything_is_measured(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "def version(name):\n"
        "    if name in ('babel', 'xlsxwriter'):\n"
        "        raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
    )
    told = {"PYTHONPATH": str(site), "FILE": "/nowhere", "LIMIT": "0"}  # over at once
    done = visited(tmp_path, "--place", "cpu", "--size", "tiny", **told)
    lines = lines_of(tmp_path)
    assert done.returncode == 1, done.stdout
    assert "WITHOUT babel: what needs them will fail" in done.stdout
    assert lines[0]["skipped"] == "not installed: babel"
    assert [line["step"] for line in lines[1:]] == STEPS


def first(tmp_path: Path, seconds: float) -> Any:
    from first_bench import First

    ends = time.perf_counter() + seconds
    return First(Runtime(), 10, 2, tmp_path / "out" / "first-0.jsonl", step="parity", ends=ends)


@pytest.mark.usefixtures("here")
def test_the_reference_step_is_what_differences_say():
    from first_parity import reference_step

    rng = np.random.default_rng(0)
    x, start = rng.random((500, 3), np.float32), rng.random((7, 3))
    away = ((x[:, None].astype(np.float64) - start) ** 2).sum(axis=2)
    labels = away.argmin(axis=1)
    counts, sums, near = reference_step(x, start)
    assert counts.tolist() == np.bincount(labels, minlength=7).tolist()
    for k in range(7):
        assert sums[k] == pytest.approx(x[labels == k].sum(axis=0, dtype=np.float64), rel=1e-12)
    assert near == 0


@pytest.mark.usefixtures("here")
def test_rows_between_two_centres_are_near_ties():
    from first_parity import reference_step

    x = np.array([[0, 1], [0, -3], [1, 0]], np.float32)
    counts, _, near = reference_step(x, np.array([[1.0, 0], [-1.0, 0]]))
    assert (counts.sum(), near) == (3, 2)


@pytest.mark.usefixtures("here")
def test_parity_sees_a_row_on_the_wrong_side(tmp_path, monkeypatch):
    import first_parity

    def wrong(x: Any, start: Any, runtime: Any) -> Any:
        counts, sums = real(x, start, runtime)
        counts[:2] += (1, -1)
        return counts, sums

    real, bench = first_parity.lloyd_step, first(tmp_path, 60)
    x = np.random.default_rng(0).random((400, 4), np.float32)
    assert first_parity.step_parity(bench, x, 5)["agrees"]
    monkeypatch.setattr(first_parity, "lloyd_step", wrong)
    told = first_parity.step_parity(bench, x, 5)
    assert (told["agrees"], told["rows_moved"]) == (False, 1)


@pytest.mark.usefixtures("here")
def test_what_there_is_no_time_for_is_a_line(tmp_path):
    bench = first(tmp_path, 6)
    with bench.part("one", 1.0) as go:
        assert go
    with bench.part("two", 30.0, k=3) as go:
        assert not go
    (line,) = lines_of(tmp_path)
    assert (line["stage"], line["k"]) == ("two", 3)
    assert re.fullmatch(r"[12] s are left of this step, and it takes 30", line["skipped"])
    assert bench.failed == []


@pytest.mark.usefixtures("here")
def test_what_is_not_installed_is_skipped_and_what_fails_is_told(tmp_path):
    bench = first(tmp_path, 60)
    with bench.part("one", 1.0):
        import surely_not_installed  # noqa: F401
    with bench.part("two", 1.0):
        message = "wrong\nand more"
        raise ValueError(message)
    one, two = lines_of(tmp_path)
    assert one["skipped"] == "surely_not_installed is not installed"
    assert two["failed"] == "ValueError: wrong"
    assert bench.failed == ["two"]


@pytest.mark.usefixtures("here")
def test_contenders_take_turns(tmp_path):
    from first_clocks import in_turn
    from first_passes import ratio

    bench, order = first(tmp_path, 60), []
    bench.stage_seconds = 0.0

    def timed(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    taken = in_turn(bench, {"a": lambda: timed("a", 1.0), "b": lambda: timed("b", 3.0)})
    assert order == ["a", "b"] * 5
    assert ratio(taken["a"], taken["b"]) == 3.0


@pytest.mark.parametrize(
    ("words", "stage", "why"),
    [
        (["file", "--file", "/nowhere.parquet"], "whole job", "no file of customers was ready"),
        (["parity", "--until", "0"], "parity, kmeans", "0 s are left of this step"),
    ],
)
def test_what_was_missed_makes_the_exit_code_1(tmp_path, words, stage, why):
    output = tmp_path / "out" / "first-0.jsonl"
    step = [sys.executable, "benchmarks/first.py", *words, "--place", "cpu", "--size", "tiny"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = finished([*step, "--output", str(output)], cwd=ROOT, env=environment)
    assert done.returncode == 1
    assert stage in done.stderr
    told = {line["stage"]: line["skipped"] for line in lines_of(tmp_path)}
    assert told[stage].startswith(why)


@pytest.mark.usefixtures("here")
def test_what_is_optional_is_not_missed(tmp_path):
    bench = first(tmp_path, 60)
    for optional in (True, False):
        with bench.part(f"optional: {optional}", 1.0, optional=optional):
            import surely_not_installed  # noqa: F401
    assert bench.missed == ["optional: False"]


@pytest.mark.usefixtures("here")
def test_parity_without_a_reference_was_missed(tmp_path):
    from first_parity import verdict

    bench = first(tmp_path, 60)
    verdict(bench, "parity, kmeans", agrees=None)
    assert (bench.missed, bench.failed) == (["parity, kmeans"], [])


@pytest.mark.usefixtures("here")
def test_without_a_bandwidth_lines_are_json(tmp_path):
    bench = first(tmp_path, 60)
    bench.write(stage="pass", floor_seconds=bench.floor, shares=[0.5, float("inf")])
    (line,) = lines_of(tmp_path)
    assert (line["floor_seconds"], line["shares"]) == (None, [0.5, None])


@pytest.mark.usefixtures("here")
def test_a_first_run_is_told_beside_warm_ones(tmp_path):
    bench, runs = first(tmp_path, 60), []

    def job() -> None:
        runs.append(None)
        time.sleep(0.2 if len(runs) == 1 else 0.01)

    bench.stage("whole job", job)
    (line,) = lines_of(tmp_path)
    assert (line["cold"], line["repeats"], len(runs)) == (False, 5, 6)
    assert line["first_seconds"] > 0.15 > line["seconds"]


@pytest.mark.usefixtures("here")
def test_parity_of_predict_sees_a_wrong_label(tmp_path, monkeypatch):
    import first_parity

    bench = first(tmp_path, 60)
    x = 9 * np.random.default_rng(0).random((900, 4), np.float32)
    told = first_parity.predict_parity(bench, x, x)
    assert (told["agrees"], told["rows_wrong"]) == (True, 0)
    real = first_parity.Representatives.assign

    def wrong(self: Any, rows: Any, *, runtime: Any) -> Any:
        labels = real(self, rows, runtime=runtime)
        labels[7] = (labels[7] + 1) % 8
        return labels

    monkeypatch.setattr(first_parity.Representatives, "assign", wrong)
    told = first_parity.predict_parity(bench, x, x)
    assert (told["agrees"], told["rows_wrong"]) == (False, 1)
