"""Whether the place computes what NumPy does: a Lloyd step, whole fits, the same bits again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from first_bench import First, rows_about, start_of
from first_judged import exact_pass
from gpu_bench import adjusted_rand

from engine.clustering.algorithm import ROWS, Fit, Task, algorithm
from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.representatives import Representatives
from engine.errors import EngineError
from engine.evaluation.scores import internal_scores
from engine.places.runtime import Runtime, local_runtime
from engine.utilities.sampling import row_priority

STEP_SHAPES = ((16, 8), (16, 64), (64, 256), (128, 1024))
"""Columns and centres of the Lloyd steps: those of the kernels."""
REFERENCE_CELLS = 1 << 24
NEAR = 1e-5
"""Two distances this close, beside the squares they are made of, may be told apart either way."""
ROUNDING = 1e-10
"""Of sums in float64 of at most 10^6 numbers, beside the largest number times how many."""
WORSE = 1.01
"""Times the CPU's inertia that another place's may be."""
K = 8
METHODS = ("kmeans", "pca_methods", "spectral", "ann_methods", "agglomerative")
"""The cheapest first: where time ends, it does for the dearest."""
DEAR = ("spectral", "ann_methods", "agglomerative")
"""Those whose reference on a CPU takes seconds."""
MANY = 1024
"""Centres whose distances in float64 take a CPU seconds."""
FEWER = 4
"""The part of the rows that the dear ones have: more than exact fits take all the same."""


def measure_parity(bench: First, rows: int) -> None:
    """Hold steps of all shapes, then fits of all methods, against this machine's CPU."""
    for columns, k in STEP_SHAPES:
        some, few = rows_of(rows, k)
        with bench.part("parity, lloyd step", 3.0, k=few) as go:
            if go:
                x, _ = rows_about(bench, some, columns, few)
                verdict(bench, "parity, lloyd step", k=few, **step_parity(bench, x, few))
    x, groups = rows_about(bench, rows, 16, K)
    host, truth = bench.runtime.get(x), bench.runtime.get(groups)
    with bench.part("parity, predict", 3.0) as go:
        if go:
            verdict(bench, "parity, predict", k=K, **predict_parity(bench, x, host))
    for name in sorted(ROWS, key=METHODS.index):
        with bench.part(f"parity, {name}", 3.0) as go:
            if go:
                bench.rows = part_of(rows, name)
                some, same, known = (every[: bench.rows] for every in (x, host, truth))
                told = fit_parity(bench, name, some, same, known)
                verdict(bench, f"parity, {name}", k=K, **told)


def rows_of(rows: int, k: int) -> tuple[int, int]:
    """Rows of a step of k centres, and how many centres those leave it."""
    some = rows if k < MANY else rows // FEWER
    return some, min(k, some // 4)


def part_of(rows: int, name: str) -> int:
    """Rows of a method's fit."""
    return rows // FEWER if name in DEAR else rows


def verdict(bench: First, stage: str, *, agrees: bool | None, **told: Any) -> None:
    """Write what was found; what does not agree has failed, what has no reference was missed."""
    bench.write(stage=stage, agrees=agrees, **told)
    if agrees is None:
        bench.missed.append(stage)
    elif not agrees:
        bench.failed.append(stage)


def predict_parity(bench: First, x: Any, host: np.ndarray) -> dict[str, Any]:
    """Hold labels by given centres against those in float64: near-ties alone may be otherwise."""
    start = start_of(bench, x, K)
    model = Representatives(start, np.arange(K, dtype=np.int32), start)
    one, two = (bench.runtime.get(model.assign(x, runtime=bench.runtime)) for _ in range(2))
    exact = exact_pass(replace(bench, runtime=local_runtime(), place="cpu"), host, start)
    apart = one != exact.labels
    wrong = int((apart & (exact.gaps > NEAR)).sum())
    bits = one.tobytes() == two.tobytes()
    return {
        "agrees": bits and not wrong,
        "rows_wrong": wrong,
        "rows_moved": int(apart.sum()),
        "same_bits_again": bits,
    }


def step_parity(bench: First, x: Any, k: int) -> dict[str, Any]:
    """Hold one step from explicit centres against NumPy in float64, and against itself.

    It agrees where no more rows change sides than are near-ties, sums of centres with as many
    rows differ by rounding alone, and a second step gives the same bits.
    """
    runtime = bench.runtime
    start = start_of(bench, x, k)
    counts, sums = lloyd_step(x, start, runtime)
    again = lloyd_step(x, start, runtime)
    host = runtime.get(x)
    expected, totals, near = reference_step(host, start)
    moved = float(np.abs(counts - expected).sum() / 2)
    alike = counts == expected
    most = float(np.abs(host).max()) * np.maximum(expected, 1)[:, None]
    apart = float((np.abs(sums - totals) / most)[alike].max(initial=0.0))
    bits = counts.tobytes() == again[0].tobytes() and sums.tobytes() == again[1].tobytes()
    return {
        "agrees": moved <= near and apart <= ROUNDING and bits,
        "rows_moved": moved,
        "near_ties": near,
        "sums_apart": apart,
        "same_bits_again": bits,
    }


def reference_step(x: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Count and add up the rows nearest to each centre, by NumPy in float64 alone.

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, n_columns)
    near : int
        Rows whose two nearest centres float32 may not tell apart.
    """
    k, middle = len(start), start.mean(axis=0)
    points = start - middle
    counts, sums, near = np.zeros(k), np.zeros(start.shape), 0
    step = max(1, REFERENCE_CELLS // k)
    for begin in range(0, len(x), step):
        rows = x[begin : begin + step].astype(np.float64)
        moved = rows - middle
        scores = moved @ (-2 * points.T) + (points**2).sum(axis=1)
        labels = scores.argmin(axis=1)
        two = np.partition(scores, 1, axis=1)[:, :2] if k > 1 else np.array([[0.0, np.inf]])
        sizes = (moved**2).sum(axis=1) + np.abs(two[:, 0])
        near += int((two[:, 1] - two[:, 0] <= NEAR * sizes).sum())
        counts += np.bincount(labels, minlength=k)
        order = labels.argsort(kind="stable")
        held, first = np.unique(labels[order], return_index=True)
        sums[held] += np.add.reduceat(rows[order], first, axis=0)
    return counts, sums, near


def fit_parity(
    bench: First, name: str, x: Any, host: np.ndarray, groups: np.ndarray
) -> dict[str, Any]:
    """Fit twice in the place and once on the CPU, and tell inertia and agreement."""
    local = local_runtime()
    found, seconds = bench.once(lambda: fitted(name, x, bench.runtime))
    again = fitted(name, x, bench.runtime)
    labels = bench.runtime.get(found.labels)
    bits = (
        labels.tobytes() == bench.runtime.get(again.labels).tobytes()
        and found.representatives.points.tobytes() == again.representatives.points.tobytes()
    )
    ours = internal_scores(host, labels, runtime=local).inertia
    told = {
        "seconds": seconds,
        "ari_truth": adjusted_rand(labels, groups, K, local),
        "inertia": ours,
        "same_bits_again": bits,
    }
    try:
        theirs, cpu_seconds = bench.once(lambda: fitted(name, host, local))
    except (EngineError, ModuleNotFoundError) as error:
        agrees = None if bits else False
        return told | {"agrees": agrees, "reference": f"none on this CPU: {error}"}
    cpu = internal_scores(host, theirs.labels, runtime=local).inertia
    return told | {
        "agrees": bits and ours <= WORSE * cpu,
        "cpu_seconds": cpu_seconds,
        "cpu_inertia": cpu,
        "ari_places": adjusted_rand(labels, theirs.labels, K, local),
    }


def fitted(name: str, x: Any, runtime: Runtime, k: int = K, **settings: Any) -> Fit:
    """Cluster rows by one method in a place, with its own settings."""
    row = algorithm(name)
    task = Task(x, k, row_priority(len(x), 0), 0)
    return row.runs[runtime.place](task, row.params(**settings), runtime)
