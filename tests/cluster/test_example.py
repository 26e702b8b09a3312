"""The example of a cluster that is started in four lines runs as it stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.data_preparation.generators.customers import generate
from tests.children import finished

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "notebooks" / "on_a_cluster.py"

pytestmark = pytest.mark.long


def test_it_runs_as_it_stands(tmp_path):
    generate(tmp_path / "customers.parquet", customers=3_000, seed=1)
    config = tmp_path / "config.yaml"
    config.write_text("input: {path: customers.parquet}\nclustering: {k: 4}\n")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = finished([sys.executable, str(EXAMPLE), str(config)], cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert "segment_name" in done.stdout
    assert (tmp_path / "reports" / "customers" / "latest" / "segments.parquet").exists()


def test_the_page_shows_the_same_lines():
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    shown = page.split("```python\n")[1].split("```")[0]
    lines = [line.strip() for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    for line in shown.strip().splitlines()[:3]:
        assert line in lines
