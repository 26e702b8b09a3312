"""What extras bring, whether they are there, and that each sentence names what ``pip`` takes."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from engine.places.choice import no_dask
from engine.places.extras import EXTRAS, how, missing, told

ROOT = Path(__file__).resolve().parents[2]


def test_they_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"excel", "cupy-cu13", "gpu-cu13"}
    assert how("cpu") == f"pip install '{project['name']}[cpu]'"


def test_what_is_missing_is_told_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    assert missing("cluster") == ["dask"]
    assert no_dask() == "dask is not installed (pip install 'engine-segments[cluster]')"
    lines = {line.split()[1]: line for line in told()}
    assert set(lines) == set(EXTRAS)
    assert lines["cluster"].startswith("extra cluster  no ")
    assert lines["cluster"].endswith("; pip install 'engine-segments[cluster]'")
    monkeypatch.undo()
    assert "pip install" not in next(line for line in told() if "cluster" in line)
