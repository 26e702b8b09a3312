"""What importing costs: the package loads nothing heavy, and a run on the CPU nothing of a GPU."""

from __future__ import annotations

import json
import sys

import polars as pl
import pytest

import engine
from engine.native.library import library
from tests.children import finished

HEAVY = {
    "cudf", "cuml", "cupy", "dask", "faiss", "jinja2", "matplotlib", "narwhals", "numpy", "pandas",
    "polars", "pyarrow", "pydantic", "rich", "safetensors", "scipy", "sklearn", "typer", "yaml",
}  # fmt: skip
GPU = {"cudf", "cuml", "cupy", "dask", "dask_cuda", "faiss", "rmm"}


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Run code in a fresh interpreter; give the top-level modules it asked for, found or not."""
    asked = "\n".join(
        [
            "import json, sys",
            "asked = set()",
            "class Noting:",
            "    def find_spec(self, name, path=None, target=None):",
            "        asked.add(name.partition('.')[0])",
            "sys.meta_path.insert(0, Noting())",
            code,
            "print('\\n' + json.dumps(sorted(asked)))",
        ]
    )
    done = finished([sys.executable, "-c", asked, *arguments], check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_check_sees_what_is_asked_for():
    asked = loaded_after("import polars\ntry: import cudf\nexcept ImportError: pass")
    assert {"polars", "cudf"} <= asked


def test_importing_the_engine_loads_nothing_heavy():
    assert not loaded_after("import engine") & HEAVY


def test_listing_names_loads_nothing_heavy():
    assert not loaded_after("import engine\ndir(engine)\nimport engine.clustering") & HEAVY


def test_help_loads_only_what_prints_it():
    code = """
sys.argv = ["engine", *sys.argv[1:]]
from engine.command_line.cli import main
try: main()
except SystemExit as done: assert not done.code
"""
    for command in ([], ["run"], ["assign"]):
        asked = loaded_after(code, *command, "--help") if command else loaded_after(code, "--help")
        assert not asked & (HEAVY - {"rich", "typer", "pydantic"})  # Typer looks for pydantic


def test_drift_and_assigning_load_nothing_that_they_seldom_need():
    """SciPy is for tables with few to hide, half a second; what draws comes beside the reading."""
    code = "import engine.drifting.asked, engine.command_line.drifting, engine.model.assigning"
    asked = loaded_after(code)
    assert {"polars", "pydantic"} <= asked
    assert not asked & {"scipy", "sklearn", "matplotlib", "jinja2", "charset_normalizer"}


@pytest.mark.long
def test_a_run_on_the_cpu_never_asks_for_gpu_libraries(tmp_path):
    rows = {"id": range(60), "x": [i % 7 for i in range(60)], "y": [i % 11 for i in range(60)]}
    pl.DataFrame(rows).write_parquet(tmp_path / "customers.parquet")
    config = {
        "input": {"path": str(tmp_path / "customers.parquet")},
        "clustering": {"k": 2},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    code = """
import engine
result = engine.segment(json.loads(sys.argv[1]))
result.model.assign(result.segments.select("id", x="segment", y="segment"))
"""
    asked = loaded_after(code, json.dumps(config))
    assert {"polars", "matplotlib"} <= asked
    assert not asked & GPU
    assert ("sklearn" in asked) != bool(library().instructions)  # a second of a small run


def test_public_names():
    assert set(engine.__all__) <= set(dir(engine))
    for name in engine.__all__:
        assert getattr(engine, name).__name__.lower() == name.lower()
