"""Where RAPIDS is installed, importing the engine and running on the CPU load none of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from contract_kinds import LIBRARIES
from environment import ROOT

from engine.places.machine import driver_device_count

TELL = """
import json, pathlib, re, sys
maps = pathlib.Path("/proc/self/maps").read_text()
gpu = r"/(?:nvidia|cupy\\w*|librmm|libcudf)/|libcuda(?:rt)?\\.so"
print("\\n" + json.dumps({
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "cuda": sorted(set(re.findall(gpu, maps))),
    "said": globals().get("said"),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Give the folder of the engine's metadata: one environment serves many clones of the code."""
    folder = tmp_path_factory.mktemp("installed")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    words = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    metadata = folder / f"engine_segments-{project['version']}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(words, encoding="utf-8")
    return folder


def after(code: str, *arguments: str, also: Path = ROOT) -> dict:
    """Run code in a fresh interpreter; tell what was loaded, and ``said``."""
    paths = os.pathsep.join([str(ROOT), str(also)])
    env = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "Agg"}
    command = [sys.executable, "-c", f"import sys\n{code}\n{TELL}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_check_sees_what_is_loaded():
    found = after("import cupy")
    assert {"cupy", "numpy"} <= set(found["modules"])
    assert found["cuda"]
    assert not after("import polars")["cuda"]


def test_importing_every_module_loads_no_rapids():
    names = sorted(
        ".".join(f.relative_to(ROOT).with_suffix("").parts)
        for f in (ROOT / "engine").rglob("*.py")
        if f.name != "__main__.py"
        # Slides are behind an extra of their own, which this environment lacks.
        and (f.parent.name != "slides" or find_spec("pptx"))
    )
    found = after("import importlib\nfor n in sys.argv[1:]: importlib.import_module(n)", *names)
    assert "engine" in found["modules"]
    assert not set(found["modules"]) & LIBRARIES
    assert not found["cuda"]


def test_a_run_and_a_model_on_the_cpu_load_no_rapids(tmp_path, installed):
    n = 400
    rows = {
        "id": range(n),
        "spend": [i % 7 * 10.0 for i in range(n)],
        "age": [i % 61 for i in range(n)],
    }
    rows["region"] = [("north", "south", None)[i % 3] for i in range(n)]
    pl.DataFrame(rows).write_parquet(tmp_path / "customers.parquet")
    config = {
        "input": {"path": str(tmp_path / "customers.parquet")},
        "compute": {"device": "cpu"},
        "clustering": {"k": 3},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    code = """
import json, pathlib
import engine
result = engine.segment(json.loads(sys.argv[1]))
file = json.loads(sys.argv[1])["input"]["path"]
said = len(result.model.assign(file))
"""
    found = after(code, json.dumps(config), also=installed)
    assert found["said"] == n
    assert not set(found["modules"]) & LIBRARIES
    assert not found["cuda"]


@pytest.mark.skipif(driver_device_count() is not None, reason="this machine has an NVIDIA driver")
def test_without_a_driver_no_gpu_library_is_asked():
    found = after("import engine.places.device\nsaid = engine.places.device.why_not()")
    assert found["said"] == "no NVIDIA driver was found on this machine"
    assert not set(found["modules"]) & LIBRARIES


@pytest.mark.skipif(driver_device_count() is not None, reason="this machine has an NVIDIA driver")
def test_the_doctor_and_a_clash_are_told_by_metadata(installed):
    code = """
from engine.command_line.console import print_doctor
from engine.places.packages import clash
print_doctor()
said = clash()
"""
    found = after(code, also=installed)
    assert found["said"] is None
    assert not set(found["modules"]) & LIBRARIES
    assert not found["cuda"]


@pytest.mark.skipif(driver_device_count() is not None, reason="this machine has an NVIDIA driver")
def test_the_trial_of_cuda_gives_a_sentence_where_cuda_does_not_start():
    found = after("import engine.places.device\nsaid = engine.places.device._why_cuda_fails()")
    assert found["said"].startswith("CUDA does not start (cudaError")
    assert "\n" not in found["said"]
