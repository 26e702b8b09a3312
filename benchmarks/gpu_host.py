"""K-means on rows in host memory: our Lloyd passes beside cuML's ``device_buffer_samples``.

One of the two serves rows that do not fit the device; this decides which.
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
from gpu_bench import Bench

from engine.clustering.kmeans.passes import refine
from engine.clustering.representatives import Representatives
from engine.evaluation.scores import inertia
from engine.places.place import Place

PASSES = 10
BUFFERS = (1 << 18, 1 << 20, 1 << 22)
"""Rows that cuML is allowed on the device at a time."""


def measure_host(bench: Bench, k: int) -> None:
    """Time Lloyd passes of both from the same centres over rows in (pinned) host memory.

    A pass is what ten more add to one, so that what a fit does besides does not count; a whole fit
    of eleven passes is told too, in which cuML's also labels the rows.
    """
    x = host_rows(bench, k)
    drawn = np.random.default_rng(1).choice(bench.rows, k, replace=False)
    start = x[drawn].astype(np.float64)
    compare(bench, "kmeans host rows, ours", k, x, lambda n: ours(bench, x, start, n))
    for buffer in BUFFERS:
        name = f"kmeans host rows, cuml by {buffer:,}"
        if bench.runtime.place == Place.GPU:
            compare(bench, name, k, x, lambda n, b=buffer: theirs(x, start, n, b))
        else:
            bench.write(stage=name, k=k, skipped="cuML runs on a GPU only")


def host_rows(bench: Bench, k: int) -> np.ndarray:
    """Draw float32 rows about k centres, in pinned memory where there is a GPU."""
    shape = (bench.rows, bench.columns)
    if bench.runtime.place == Place.GPU:
        from engine.places.device import empty_on_host

        x = empty_on_host(shape)
    else:
        x = np.empty(shape, np.float32)
    rng = np.random.default_rng(k)
    centres = 10 * rng.random((k, bench.columns), np.float32)
    step = 1_000_000
    for begin in range(0, bench.rows, step):
        n = min(step, bench.rows - begin)
        x[begin : begin + n] = centres[rng.integers(0, k, n)]
        x[begin : begin + n] += rng.standard_normal((n, bench.columns), np.float32)
    return x


def ours(bench: Bench, x: np.ndarray, start: np.ndarray, passes: int) -> tuple[np.ndarray, int]:
    """Centres after so many of our passes, and how many there were."""
    return refine(x, start, -1.0, passes, bench.runtime)


def theirs(x: np.ndarray, start: np.ndarray, passes: int, buffer: int) -> tuple[np.ndarray, int]:
    """Centres after so many of cuML's passes out of host memory."""
    from cuml.cluster import KMeans

    model = KMeans(
        n_clusters=len(start),
        init=start.astype(np.float32),
        n_init=1,
        max_iter=passes,
        tol=1e-30,
        device_buffer_samples=buffer,
        output_type="numpy",
    )
    model.fit(x)
    return np.asarray(model.cluster_centers_, dtype=np.float64), int(model.n_iter_)


def compare(bench: Bench, name: str, k: int, x: np.ndarray, fit: Any) -> None:
    """Write the lines of one of the two."""

    def told(found: tuple[np.ndarray, int]) -> dict[str, Any]:
        nearest = Representatives(found[0], np.arange(k, dtype=np.int32), found[0])
        labels = nearest.assign(x, runtime=bench.runtime)
        return {"n_iter": found[1], "inertia": inertia(x, found[0], labels, runtime=bench.runtime)}

    whole = bench.stage(f"{name}, whole fit", lambda: fit(1 + PASSES), told, k=k)
    if whole is None:
        return
    (one, once), (many, often) = (bench.seconds(lambda n=n: fit(n)) for n in (1, 1 + PASSES))
    passes = many[1] - one[1]
    apart = statistics.median(often) - statistics.median(once)
    bench.write(
        stage=f"{name}, a pass",
        k=k,
        seconds=apart / passes if passes else None,
        passes=passes,
        bytes_per_second=x.nbytes * passes / apart if passes and apart > 0 else None,
    )
