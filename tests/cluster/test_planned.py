"""What a run on a cluster really holds here and on a worker, against what is planned."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.data_preparation.generators.customers import generate
from tests.children import finished

pytestmark = [
    pytest.mark.long,
    pytest.mark.apart,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc"),
]

FEW, MANY = 100_000, 600_000
MIB = 1 << 20
MOST_A_CUSTOMER = 24

CHILD = """
import gc, json, sys
from pathlib import Path
import psutil
for name in ("engine.run.pipeline", "engine.run.reporting", "engine.planning.plan", "distributed",
             "engine.visualization.charts.figures", "engine.visualization.page.report",
             "sklearn.cluster", "engine.clustering.kmeans.lloyd"):
    __import__(name)
from engine.run.asked import segment
from engine.utilities.progress import Progress

peaks = {}

class Watching(Progress):
    def advance(self, rows):
        for process in psutil.Process().children(recursive=True):
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                continue
            peaks[process.pid] = of(status, "VmHWM")

def of(status, key):
    lines = [line for line in status.splitlines() if line.startswith(key + ":")]
    return int(lines[0].split()[1]) * 1024 if lines else 0

def own(key):
    return of(Path("/proc/self/status").read_text(), key)

gc.collect()
Path("/proc/self/clear_refs").write_text("5")
before = own("VmRSS")
result = segment(json.loads(sys.argv[1]), progress=Watching())
print(json.dumps({"here": own("VmHWM") - before, "worker": max(peaks.values()),
                  "moved": result.summary["cluster"]["moved"]}))
"""


def held(folder: Path, rows: int) -> dict[str, Any]:
    """Run on so many customers; what was held, and the plan."""
    data = folder / f"{rows}.parquet"
    generate(data, customers=rows, seed=2)
    out = {name: str(folder / name) for name in ("models", "reports", "processed")}
    config = {
        "input": {"path": str(data)},
        "preparation": {"sample_rows": FEW},
        "clustering": {"k": 4, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 2},
        "compute": {"cluster": "local", "workers": 2, "device": "cpu", "memory_limit": "6GiB"},
        "output": out,
    }
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = finished([sys.executable, "-c", CHILD, json.dumps(config)], cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout.splitlines()[-1]), "plan": engine.plan(config)}


def test_what_is_held_is_what_is_planned(tmp_path):
    few, many = held(tmp_path, FEW), held(tmp_path, MANY)
    told = {r: {k: v for k, v in f.items() if k != "plan"} for r, f in ((FEW, few), (MANY, many))}
    for found in (few, many):
        plan = found["plan"]
        assert found["here"] <= plan.peak, (told, plan.peak)
        assert found["worker"] <= plan.worker_peak, (told, plan.worker_peak)
    # Samples are as large at both: the rest would be what is held of each customer.
    assert many["here"] - few["here"] <= MOST_A_CUSTOMER * (MANY - FEW), told
    assert many["moved"]["received"] <= few["moved"]["received"] * 1.25 + 4 * MIB, told
    print(told)
