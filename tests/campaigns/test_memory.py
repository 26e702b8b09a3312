"""Plans and memory limits held against measured peaks: a few cases in a cut, or the whole grid."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.campaigns.tries import WHOLE, told

pytestmark = [
    pytest.mark.long,
    pytest.mark.apart,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pages are read from /proc"),
]

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def memory(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delenv("ENGINE_BENCH_DATA", raising=False)
    if not WHOLE:
        monkeypatch.setenv("ENGINE_BENCH_DATA", str(tmp_path))
    import memory
    import memory_grid

    return memory, memory_grid


def test_a_run_holds_what_is_planned_and_no_more_than_its_limit(memory):
    runner, grid = memory
    cases = [c for c in grid.GRID if WHOLE or c.name in grid.CUT]
    assert len(cases) == len(grid.GRID if WHOLE else grid.CUT)
    failed, tried, adapted = [], 0, False
    for found in runner.measured(cases):
        tried += 1
        adapted |= "done" in found and found["plan"]["in_file"]
        if why := runner.verdict(found):
            failed.append(f"{why}: {runner.line(found)}")
    told("memory", tried, tried - len(failed))
    assert not failed, "\n".join(failed)
    assert tried == len(cases)
    assert adapted, "no run went on in small blocks under its limit"
