"""At one seed, place and thread count a run repeats bit for bit."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from tests.children import finished

pytestmark = pytest.mark.long_at("exact")


def scores(summary: dict[str, Any]) -> dict[str, Any]:
    """Everything a run says about its methods, but for the time they took."""
    return {
        name: {key: value for key, value in method.items() if not key.startswith("seconds")}
        for name, method in summary["methods"].items()
    }


def arrays(result: engine.Result) -> bytes:
    output = result.summary["config"]["output"]
    return (Path(output["models"]) / output["name"] / "latest/arrays.safetensors").read_bytes()


def test_a_second_run_repeats_bit_for_bit(base, customers, run, settings):
    again = run(customers, settings)
    assert_frame_equal(again.segments, base.segments, check_exact=True)
    assert arrays(again) == arrays(base)
    assert again.model.plan == base.model.plan
    assert scores(again.summary) == scores(base.summary)
    assert_frame_equal(again.profiles, base.profiles, check_exact=True)
    for key in ("preparation", "notices", "warnings"):
        assert again.summary[key] == base.summary[key]


@pytest.mark.long
def test_k_auto_repeats_too(customers, run):
    first, second = (
        run(customers, {"clustering.k": "auto", "clustering.k_max": 5}) for _ in range(2)
    )
    assert scores(first.summary) == scores(second.summary)
    assert arrays(first) == arrays(second)


def test_another_seed_is_another_run(base, customers, run, settings):
    other = run(customers, settings, random_state=1)
    assert arrays(other) != arrays(base)


@pytest.mark.long
def test_another_process_repeats_bit_for_bit(base, customers, settings, tmp_path):
    """Hash seeds and the thread settings of libraries are not part of what a run depends on."""
    tree = {
        **base.summary["config"],
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    script = (
        "import engine, json, sys; engine.run.pipeline.draw_report = lambda *_: None; "
        "engine.segment(json.loads(sys.argv[1]))"
    )
    finished(
        [sys.executable, "-c", f"import engine.run.pipeline; {script}", json.dumps(tree)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "2"},
    )
    latest = tmp_path / "models/customers/latest/arrays.safetensors"
    assert latest.read_bytes() == arrays(base)
    report = tmp_path / "reports/customers/latest"
    segments = pl.read_parquet(report / "segments.parquet")
    assert_frame_equal(segments, base.segments, check_exact=True)
    written = json.loads((report / "summary.json").read_text())
    assert scores(written) == json.loads(json.dumps(scores(base.summary)))
