"""Hundreds of runs and assigns in one process: memory, open files and threads stay as they were."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.clustering.algorithm import ROWS
from engine.data_preparation.generators.shop import generate_transactions
from engine.model.model import load_model
from tests.campaigns.tries import WHOLE, told, tries
from tests.drawing import in_full, undrawn

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is Linux's"),
]

RUNS, ASSIGNS = tries(6, 500), tries(20, 500)
WARM = tries(6, 100)
"""Rounds after which everything has been used once: caches are full, pools have their threads."""

NAMES = 3
"""Names of results that take turns."""

_LIBC = ctypes.CDLL(None)

DRAWN = 10
"""One run of so many draws its figures: none of the cut."""

SLACK = 1.15
"""Of resident memory, with its gaps: 443 MiB after 100 runs, 487 after 350, 489 after 500."""
ASKED_SLACK = 1.03
"""Of what was asked for, which has no gaps: 73 MiB at every fiftieth of 500 runs."""

MORE_FILES, MORE_THREADS = 2, 2
"""A pool may open one more of its own."""


@dataclass(frozen=True)
class Held:
    """What a process holds: resident bytes, those that were asked for, open files, threads."""

    memory: int
    asked: int
    files: int
    threads: int

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        own = Path("/proc/self")
        files, threads = (len(os.listdir(own / d)) for d in ("fd", "task"))
        return cls(_resident(), _asked_for(), files, threads)

    def __str__(self) -> str:
        memory, asked = (f"{n / 2**20:,.0f} MiB" for n in (self.memory, self.asked))
        return f"{memory}, {asked} asked for, {self.files} files, {self.threads} threads"


class _Malloc(ctypes.Structure):
    """What glibc's ``mallinfo2`` gives."""

    _fields_ = [(f"n{i}", ctypes.c_size_t) for i in range(10)]


def _asked_for() -> int:
    """Bytes that were asked for and not given back, gaps between them left out; 0 elsewhere."""
    if not hasattr(_LIBC, "mallinfo2"):
        return 0
    _LIBC.mallinfo2.restype = _Malloc
    found = _LIBC.mallinfo2()
    return int(found.n4 + found.n7)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def customers(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = 200
    group = np.arange(n) % 3
    return pl.DataFrame(
        {
            "customer_id": [f"C{i}" for i in rng.permutation(n)],
            "income": rng.normal(50 + 10 * group, 1),
            "score": rng.normal(10 - 3 * group, 1),
            "visits": rng.normal(5 * group, 1),
            "plan": rng.choice(["basic", "gold", "=plus"], n),
        }
    )


def settings(number: int) -> dict[str, Any]:
    """Give the run of a number: methods, files and kinds take turns."""
    methods = list(ROWS)
    kind = "transactions" if number % 7 == 6 else "customers"
    suffix = ("csv", "parquet")[number % 2]
    k = "auto" if number % 11 == 10 else 3
    return {
        "input": {"path": f"{kind}.{suffix}", "kind": kind},
        "clustering": {
            "methods": [methods[number % len(methods)]], "k": k,
            "kmeans": {"n_init": 2}, "k_max": 4,
        },
        "evaluation": {"resamples": 1},
        "output": {"name": f"{kind}-{number % NAMES}", "keep": 2},
    }  # fmt: skip


def run(number: int) -> None:
    drawn = number % DRAWN == DRAWN - 1
    with in_full() if drawn else undrawn():
        result = engine.segment(settings(number))
    assert result.segments.height


def assign(number: int) -> None:
    given, made = ("csv", "parquet")[number % 2], ("parquet", "csv")[number // 2 % 2]
    model = load_model(f"models/customers-{number % NAMES}")
    if number % 5 == 4:
        assert model.assign(pl.read_parquet("customers.parquet")).height == 200
        return
    model.assign(f"customers.{given}", f"out.{made}")


@pytest.mark.filterwarnings("ignore")
def test_runs_and_assigns_leave_nothing_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for suffix in ("csv", "parquet"):
        getattr(customers(0), f"write_{suffix}")(f"customers.{suffix}")
        generate_transactions(Path(f"transactions.{suffix}"), customers=60, seed=0)
    begun, assigned = None, 0
    for number in range(RUNS):
        run(number)
        if number >= NAMES:
            assign(number)
            assigned += 1
        if number + 1 == WARM:
            begun = Held.now()
        if (number + 1) % 50 == 0:
            print(f"\n{number + 1} runs: {Held.now()}", flush=True)
    for number in range(assigned, ASSIGNS):
        assign(number)
    ended = Held.now()
    assert begun is not None
    told(f"soak (after {WARM}: {begun}; in the end: {ended})", RUNS + ASSIGNS, RUNS + ASSIGNS)
    assert ended.memory <= begun.memory * SLACK
    assert ended.asked <= begun.asked * (ASKED_SLACK if WHOLE else SLACK)
    assert ended.files <= begun.files + MORE_FILES
    assert ended.threads <= begun.threads + MORE_THREADS
