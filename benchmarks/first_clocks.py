"""Clocks of what takes less than a moment, and contenders timed in turn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from first_bench import First

PAIRS = 5
"""Least times that each of several contenders is timed, in turn."""


def stopwatch(bench: First, work: Callable[[], Any]) -> Callable[[], float]:
    """Give what times ``work`` by wall clock, done so often that a timing is long enough."""
    bench.once(work)
    times = max(1, min(200, math.ceil(bench.timing / max(bench.once(work)[1], 1e-6))))

    def repeated() -> None:
        for _ in range(times):
            work()

    return lambda: bench.once(repeated)[1] / times


def device_clock(bench: First, work: Callable[[], Any], times: int = 10) -> float | None:
    """Seconds of ``work`` on the device alone, between events of its stream; None off a GPU."""
    if bench.place != "gpu":
        return None
    cuda = bench.runtime.xp.cuda
    begin, end = cuda.Event(), cuda.Event()
    begin.record()
    for _ in range(times):
        work()
    end.record()
    end.synchronize()
    return float(cuda.get_elapsed_time(begin, end)) / 1e3 / times


def in_turn(bench: First, contenders: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Time contenders in turn, A B A B: five times each at least while the step lasts.

    Parameters
    ----------
    bench : First
    contenders : mapping of str to callable
        Each gives the seconds of one timing; warmed up.

    Returns
    -------
    taken : dict of str to list of float
        Alike many of each: up to twice as many while the part's seconds last.
    """
    begun = time.perf_counter()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    rounds = 0
    while rounds < 2 * PAIRS and (
        rounds < PAIRS or time.perf_counter() - begun < bench.stage_seconds
    ):
        if rounds and bench.left < (time.perf_counter() - begun) / rounds:
            break
        for name, seconds in contenders.items():
            taken[name].append(seconds())
        rounds += 1
    return taken
