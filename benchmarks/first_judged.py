"""Whether a k-means pass is right, before it is timed: all its rows in float64, and 2^31 elements.

The reference is plain: differences by a matrix product in float64, the smallest of them, a one-hot
product for the sums. It shares nothing with the engine's kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from first_bench import First, rows_about, start_of
from gpu_bench import adjusted_rand

from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.nearest import Nearest

CELLS = {"gpu": 1 << 26, "cpu": 1 << 21, "simulator": 1 << 21}
"""Distances in float64 that are held at a time."""
NEAR = {"float32": 1e-5, "tf32": 4e-3}
"""Two distances this close, beside the squares they are made of, may be told apart either way."""
ROUNDING = {"float64": 1e-9, "float32": 1e-2}
"""How far means may be apart by rounding of their sums, beside the largest number."""
HALVES = 1e-10
"""The same of float64 sums of a whole and of its halves, beside the largest number times rows."""


@dataclass(frozen=True)
class Exact:
    """A pass in float64 over all rows.

    Attributes
    ----------
    labels : int32 array of shape (n_rows,), in the place
    gaps : float32 array of shape (n_rows,), in the place
        How much further the second nearest centre is, beside the squares the distances are made of.
    counts : float64 array of shape (k,)
    centres : float64 array of shape (k, n_columns)
    ties : dict of str to float64 array of shape (k,)
        Rows between each centre and another that a precision of ``NEAR`` may give to either.
    inertia : float
    largest : float
        Largest magnitude of a number.
    """

    labels: Any
    gaps: Any
    counts: np.ndarray
    centres: np.ndarray
    ties: dict[str, np.ndarray]
    inertia: float
    largest: float


def exact_pass(bench: First, x: Any, start: np.ndarray) -> Exact:
    """Do a pass in float64 where the rows are, in blocks."""
    runtime, k = bench.runtime, len(start)
    xp, points, numbers = runtime.xp, runtime.put(start), runtime.put(np.arange(k))
    squares = (points**2).sum(axis=1)
    labels, gaps = xp.empty(len(x), xp.int32), xp.empty(len(x), xp.float32)
    counts, sums, ties = xp.zeros(k), xp.zeros(start.shape), {n: xp.zeros(k) for n in NEAR}
    inertia = largest = 0.0
    step = max(1, CELLS[bench.place] // k)
    for begin in range(0, len(x), step):
        rows = x[begin : begin + step].astype(xp.float64)
        own = (rows**2).sum(axis=1)
        away = rows @ (-2 * points.T) + squares + own[:, None]
        nearest = away.argmin(axis=1)
        chosen = nearest[:, None] == numbers
        one_hot = chosen.astype(xp.float64)
        least = away.min(axis=1)
        others = xp.where(chosen, xp.inf, away)
        second = others.argmin(axis=1)
        gap = (others.min(axis=1) - least) / (own + one_hot @ squares)
        labels[begin : begin + step], gaps[begin : begin + step] = nearest, gap
        counts, sums = counts + one_hot.sum(axis=0), sums + one_hot.T @ rows
        for name, near in NEAR.items():
            for side in (nearest[gap <= near], second[gap <= near]):
                ties[name] = ties[name] + xp.bincount(side, minlength=k)
        inertia += float(least.sum())
        largest = max(largest, float(abs(rows).max()))
    told = runtime.get(counts)
    means = runtime.get(sums) / np.maximum(told, 1)[:, None]
    centres = np.where((told > 0)[:, None], means, start)
    near_rows = {name: runtime.get(rows) for name, rows in ties.items()}
    return Exact(labels, gaps, told, centres, near_rows, inertia, largest)


def judged(
    bench: First,
    exact: Exact,
    found: tuple[np.ndarray, Any, np.ndarray | None],
    near: str,
    sums: str,
) -> tuple[list[str], dict[str, Any]]:
    """Hold what a contender found against the pass in float64.

    Parameters
    ----------
    bench : First
    exact : Exact
    found : tuple
        Centres, labels in the place or None, rows of each centre or None.
    near, sums : str
        Precisions of its distances (of ``NEAR``) and of its sums (of ``ROUNDING``).

    Returns
    -------
    wrong : list of str
        Clauses; empty where it is right.
    told : dict
        How far it is apart.
    """
    centres, labels, counts = found
    scale, ties = exact.largest, exact.ties[near]
    moved = 4 * scale * ties / np.maximum(exact.counts - ties, 1)
    apart = np.abs(centres - exact.centres).max(axis=1)
    told: dict[str, Any] = {"centres_apart": float(apart.max() / scale)}
    wrong = []
    if not (apart <= ROUNDING[sums] * scale + moved).all():
        wrong.append(f"centres are {told['centres_apart']:.1e} of the largest number apart")
    if counts is not None:
        told["rows_moved"] = float(np.abs(counts - exact.counts).sum() / 2)
        if not (np.abs(counts - exact.counts) <= ties).all():
            wrong.append(f"{told['rows_moved']:.0f} rows are counted elsewhere")
    if labels is not None:
        labels = bench.runtime.put(labels) if isinstance(labels, np.ndarray) else labels
        apart_rows = (labels != exact.labels) & (exact.gaps > NEAR[near])
        told["rows_wrong"] = int(apart_rows.sum())
        told["ari_reference"] = adjusted_rand(
            labels, exact.labels, len(exact.counts), bench.runtime
        )
        if told["rows_wrong"]:
            wrong.append(f"{told['rows_wrong']} labels are wrong")
    return wrong, told


def measure_beyond(bench: First, rows: int, columns: int = 16, k: int = 8) -> None:
    """Hold a pass over more than 2^31 elements against those over its halves, which have fewer.

    Counts and labels are alike, sums apart by rounding. Where the device's memory is too small for
    so many rows that is a line.
    """
    stage, elements = "beyond 2^31 elements", rows * columns
    with bench.part(stage, 5.0, k=k, elements=elements) as go:
        if not go:
            return
        if bench.place == "gpu" and 3 * 4 * elements > bench.runtime.device_memory:
            why = "the rows do not fit the device three times"
            bench.skip(stage, why, optional=True, elements=elements)
            return
        x, _ = rows_about(bench, rows, columns, k)
        start, half = start_of(bench, x, k), rows // 2
        told = by_halves(bench, x, start, half)
        bench.write(stage=stage, k=k, elements=elements, beyond=elements > 1 << 31, **told)
        if not told["agrees"]:
            bench.failed.append(stage)


def by_halves(bench: First, x: Any, start: np.ndarray, half: int) -> dict[str, Any]:
    """Tell how far a pass over rows is from those over their first ``half`` and the rest."""
    runtime, parts = bench.runtime, (x[:half], x[half:])
    kernel = Nearest(start, runtime).on_device
    alone = kernel is not None and kernel.takes(x)

    def step(rows: Any) -> tuple[np.ndarray, np.ndarray]:
        if not alone:
            return lloyd_step(rows, start, runtime)
        counts, sums = kernel.sums(rows)
        return runtime.get(counts), runtime.get(sums)

    counts, sums = step(x)
    (one, one_sums), (two, two_sums) = (step(rows) for rows in parts)
    most = max(abs(float(x.max())), abs(float(x.min()))) * np.maximum(counts, 1)[:, None]
    apart = float((np.abs(sums - one_sums - two_sums) / most).max())
    told = {
        "by": "one launch" if alone else "a pass of the engine",
        "counts_apart": float(np.abs(counts - one - two).sum()),
        "rows_counted": float(counts.sum()),
        "sums_apart": apart,
    }
    if alone:
        whole = kernel.labels(x)
        halves = zip((whole[:half], whole[half:]), parts, strict=True)
        told["labels_apart"] = sum(int((a != kernel.labels(b)).sum()) for a, b in halves)
    alike = not told["counts_apart"] and not told.get("labels_apart") and apart <= HALVES
    return told | {"agrees": alike and told["rows_counted"] == len(x)}
