"""K-means passes: seconds beside the reading of the rows, and beside other implementations."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from first_bench import First, Peak, rows_about, spread, start_of
from first_clocks import device_clock, in_turn, stopwatch
from first_judged import NEAR, Exact, exact_pass, judged
from first_passes import PASSES, Kernel, Ours, Pass, UnsupportedHereError, ratio

from engine.evaluation.scores import inertia

COPIES = {"gpu": 1 << 32, "cpu": 1 << 27, "simulator": 1 << 22}
"""Bytes of the copied buffer: far beyond any cache."""
QUICK_COPY = 1 << 20
COPIES_AT_ONCE = 10
SHARE_OF_MEMORY = 4
"""Times that the rows must fit the device: beside them lie labels, sorted ones, distances."""


class WrongPassError(Exception):
    """A contender's pass is not that in float64; the message says what is apart."""


def measure_copy(bench: First) -> None:
    """Measure how fast the place's memory is copied within itself, read and written bytes."""
    xp, size = bench.runtime.xp, QUICK_COPY if bench.quick else COPIES[bench.place]
    source, target = (xp.ones(size // 4, dtype=xp.float32) for _ in range(2))

    def copy() -> None:
        for _ in range(COPIES_AT_ONCE):
            target[:] = source

    _, taken, _ = bench.few(copy, min(3.0, bench.stage_seconds))
    seconds = statistics.median(taken) / COPIES_AT_ONCE
    bench.bandwidth = 2 * size / seconds
    bench.write(stage="copy", seconds=seconds, bytes_copied=size, bytes_per_second=bench.bandwidth)


def measure_kernels(bench: First, rows: int, columns: int, numbers: tuple[int, ...]) -> None:
    """Measure passes over rows of one shape for some numbers of centres."""
    with bench.part("copy", 2.0) as go:
        if go:
            measure_copy(bench)
    rows = fitting(bench, rows, columns)
    for k in numbers:
        with bench.part("rows of the kernels", 5.0, k=k) as go:
            if not go:
                return
            x, _ = rows_about(bench, rows, columns, k)
            measure_passes(bench, x, start_of(bench, x, k))
            del x


def fitting(bench: First, rows: int, columns: int) -> int:
    """Halve rows until what a pass of any contender holds fits the device."""
    most = bench.runtime.device_memory
    while bench.place == "gpu" and SHARE_OF_MEMORY * 4 * rows * columns > most:
        rows //= 2
    return rows


def measure_passes(bench: First, x: Any, start: np.ndarray) -> None:
    """Check what each contender finds, ours first and timed at once; then time all in turn.

    One that is wrong is a line under ``failed``, and is not timed.
    """
    k, clocks = len(start), dict[str, Callable[[], float]]()
    exact = exact_pass(bench, x, start)
    for kind in PASSES:
        name = getattr(kind, "name", "library")
        with bench.part(f"pass, {name}", 3.0, optional=kind is not Ours, k=k) as go:
            if not go:
                continue
            try:
                contender: Pass = kind(bench, x, start)
            except UnsupportedHereError as why:
                missed = kind is Kernel and bench.place == "gpu"
                bench.skip(f"pass, {name}", str(why), optional=not missed, k=k)
                continue
            wrong, told = agreement(bench, x, start, contender, exact)
            if wrong:
                raise WrongPassError("; ".join(wrong))
            clock = contender.clock()
            if kind in (Ours, Kernel):
                told |= alone(bench, contender, clock)
            if isinstance(contender, Kernel):
                told |= labelled(bench, contender)
            told |= {"precision": contender.precision, "peak_device_bytes": peak(bench, contender)}
            bench.write(stage=f"pass, {contender.name}, checked", k=k, **told)
            clocks[contender.name] = clock
    compare(bench, k, clocks)


def alone(bench: First, contender: Pass, clock: Callable[[], float]) -> dict[str, Any]:
    """Seconds of ours by itself, so that they are known whatever the others do."""
    taken = [clock() for _ in range(3)]
    return {
        **spread(taken),
        "share_of_copy": bench.floor / statistics.median(taken),
        "device_seconds": device_clock(bench, contender),
    }


def labelled(bench: First, kernel: Kernel) -> dict[str, Any]:
    """Seconds of labels alone, which are read and written once, and how a pass is launched."""
    taken = [stopwatch(bench, kernel.label)() for _ in range(3)]
    return {
        "label_seconds": statistics.median(taken),
        "label_device_seconds": device_clock(bench, kernel.label),
        "launch": kernel.launch(),
    }


def peak(bench: First, contender: Pass) -> int | None:
    """Device memory that a pass takes beside the rows."""
    with Peak(bench) as memory:
        contender()
        bench.wait()
    return memory.taken


def agreement(
    bench: First, x: Any, start: np.ndarray, contender: Pass, exact: Exact
) -> tuple[list[str], dict[str, Any]]:
    """Say what is wrong with a pass, and how far it is from one in float64."""
    found = contender.found()
    wrong, told = judged(bench, exact, found, contender.near, contender.sums)
    if found[1] is not None:
        told["inertia"] = inertia(x, start, found[1], runtime=bench.runtime)
        told["inertia_reference"] = exact.inertia
        if not abs(told["inertia"] / exact.inertia - 1) <= 10 * NEAR[contender.near]:
            wrong.append(f"inertia is {told['inertia']:.6e}, {exact.inertia:.6e} in float64")
    return wrong, told


def compare(bench: First, k: int, clocks: dict[str, Callable[[], float]]) -> None:
    """Time all of them in turn: medians, the share of the copy, and times ours by pair."""
    if Ours.name not in clocks:
        return
    with bench.part("passes in turn", 3.0, k=k) as go:
        if not go:
            return
        taken = in_turn(bench, clocks)
        for name, seconds in taken.items():
            bench.write(
                stage=f"pass, {name}",
                k=k,
                **spread(seconds),
                share_of_copy=bench.floor / statistics.median(seconds),
                floor_seconds=bench.floor,
                times_ours=ratio(taken[Ours.name], seconds),
            )
