"""The suite of shapes: its sets, its table, and one set measured from end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from shape_sets.table import NOTHING, SETS, rows_of  # noqa: E402
from suite import agreement, table  # noqa: E402


@pytest.mark.parametrize("name", [*SETS, *NOTHING])
def test_every_set_is_drawn_alike_again(name: str) -> None:
    x, group = rows_of(name)
    again, groups_again = rows_of(name)
    assert (x == again).all()
    assert (group == groups_again).all()
    assert x.shape == (len(group), x.shape[1])
    assert np.isfinite(x).all()
    groups = set(np.unique(group)) - {-1}
    assert groups == set(range(len(groups)))
    assert (len(groups) == 1) == (name in NOTHING)
    if not name.startswith("uci/"):
        assert (x[:100] != rows_of(name, 1)[0][:100]).any()


def test_noise_is_not_scored() -> None:
    group = np.array([0, 0, 1, 1, -1, -1])
    assert agreement(group, np.array([5, 5, 2, 2, 5, 2])) == 1.0


def record(name: str, ours: float, peers: float, k: int, found: int, word: str) -> dict[str, Any]:
    def of(value: float, who: str) -> dict[str, Any]:
        return {"best": who, "ari": value, "all": {who: value}}

    return {
        "set": name, "seed": 0, "rows": 1_000, "k": k,
        "ours": of(ours, "kmeans"), "peers": of(peers, "KMeans"), "mixture": of(1.0, "Mixture"),
        "auto": {"method": "spectral", "k": found, "ari": ours, "structure": word},
    }  # fmt: skip


def test_the_table_counts_what_is_right_and_what_is_worse() -> None:
    told = table([
        record("fcps/lsun", 0.9, 0.93, 3, 3, "clear"),
        record("fcps/atom", 0.9, 0.91, 2, 4, "weak"),
        {k: v for k, v in record("none/box2", 0, 0, 1, 4, "division").items() if k != "ours"},
    ])  # fmt: skip
    lines = told.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == [
        "| fcps/atom",
        "| fcps/lsun",
        "| none/box2",
    ]
    assert "finds the number of groups in 1 of 2 sets; mean ARI of what is shown: 0.900" in told
    assert "Of 1 sets of nothing it says in 1 that there are no groups" in told
    assert "worse than scikit-learn's by more than 0.02 in 1 of 2: fcps/lsun" in told


@pytest.mark.long
def test_a_set_is_measured_from_end_to_end(tmp_path: Path) -> None:
    out, page = tmp_path / "suite.jsonl", tmp_path / "suite.md"
    command = [sys.executable, str(BENCHMARKS / "suite.py"), "--sets", "graves/dense"]
    command += ["--output", str(out), "--table", str(page)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    machine, found = (json.loads(line) for line in out.read_text().splitlines())
    assert "commit" in machine["machine"]
    assert found["ours"]["ari"] == found["auto"]["ari"] == 1.0
    assert found["auto"]["k"] == 2
    assert set(found["ours"]["all"]) >= {"kmeans", "agglomerative ward", "spectral"}
    assert "| graves/dense | 200 | 2 | 1.000" in page.read_text()
