"""The benchmark of clusters, rehearsed on few customers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.children import finished

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc"),
]


def test_each_case_is_run_and_recorded(tmp_path):
    output = tmp_path / "cluster.jsonl"
    # Targets are missed at such sizes, which the exit code says.
    done = finished(
        [sys.executable, BENCHMARKS / "cluster.py", "--case", "job", "large", "--rows", "5000",
         "--pairs", "1", "--worker-memory", "2GiB", "--output", output],
        env=os.environ | {"ENGINE_BENCH_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    records = [json.loads(line) for line in output.read_text().splitlines()]
    assert len(records) == 5, done.stderr
    one, alone, two, few, large = records
    assert [r["contender"] for r in records[:3]] == ["one process", "one worker", "two workers"]
    assert alone["cluster"]["workers"] == 1
    assert few["rows"] == 500
    assert one["inertia"] == pytest.approx(two["inertia"], rel=0.01)
    assert one["cluster"] is None
    assert two["cluster"]["workers"] == 2
    assert two["largest_bytes"] < two["together_bytes"]
    assert large["memory_limit"] == 4 << 30
    for told in ("seconds, two workers over one process: ", "speed-up of", "bytes received"):
        assert told in done.stdout
