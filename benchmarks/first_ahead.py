"""What the first steps launch, compiled ahead: parts, each in a process, beside what the host does.

CuPy compiles a kernel when it is first launched, in a second or less each, and keeps it on disk,
where other processes find it. A part is run once, with as many rows as parity has, since fewer may
go another way, and is held against nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from first_bench import First, rows_about, start_of
from first_judged import exact_pass, judged
from first_parity import METHODS, STEP_SHAPES, K, fitted, part_of, rows_of

from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.representatives import Representatives


def measure_ahead(bench: First, name: str, rows: int) -> None:
    """Run a part once: one of ``PARTS``, or a method's fit; tell how long it took."""
    run = PARTS.get(name, lambda bench, rows: fit(bench, name, rows))
    with bench.part(f"ahead, {name}", 0.0) as go:
        if go:
            _, seconds = bench.once(lambda: run(bench, rows))
            bench.write(stage=f"ahead, {name}", seconds=seconds)


def steps(bench: First, rows: int) -> None:
    """Do a Lloyd step of each shape."""
    for columns, k in STEP_SHAPES:
        some, few = rows_of(rows, k)
        x, _ = rows_about(bench, some, columns, few)
        lloyd_step(x, start_of(bench, x, few), bench.runtime)


def judge(bench: First, rows: int) -> None:
    """Predict, and do what the passes of the steps after parity are judged by."""
    x, _ = rows_about(bench, rows, 16, K)
    start = start_of(bench, x, K)
    model = Representatives(start, np.arange(K, dtype=np.int32), start)
    labels = model.assign(x, runtime=bench.runtime)
    exact = exact_pass(bench, x, start)
    judged(bench, exact, (exact.centres, labels, exact.counts), "float32", "float64")


def fit(bench: First, name: str, rows: int) -> None:
    """Fit one method."""
    x, _ = rows_about(bench, rows, 16, K)
    fitted(name, x[: part_of(rows, name)], bench.runtime)


PARTS: dict[str, Callable[[First, int], None]] = {"steps": steps, "judge": judge}
NAMES = (*PARTS, *METHODS)
