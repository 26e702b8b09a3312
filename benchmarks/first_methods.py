"""Whole fits of the methods at many rows, and the whole job from a file of customers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from first_bench import First, rows_about
from first_kernels import fitting
from first_parity import K, fitted
from gpu import measure_file, measure_job
from gpu_bench import adjusted_rand

from engine.cluster import opening
from engine.clustering.algorithm import Fit

COLUMNS = 16
NAMES = ("kmeans", "pca_methods", "spectral", "agglomerative", "ann_methods")
"""From the surest to end in time to the least, each a process: seconds of fewer rows do not tell
what all of them take, and one that is stopped loses nothing of another."""
WARM = 200_000
"""Rows of the fit before: what compiles does it then."""


def measure_method(bench: First, name: str, rows: int) -> None:
    """Time fits of one method on a few rows, then on all, each a line at once."""
    x, groups = rows_about(bench, fitting(bench, rows, COLUMNS), COLUMNS, K)
    all_rows, few = bench.rows, x[:WARM]
    bench.rows = len(few)
    with bench.part(f"fit of few, {name}", 5.0, k=K) as go:
        if not go:
            return
        _, first = bench.once(lambda: fitted(name, few, bench.runtime))
        bench.write(stage=f"fit of few, {name}", k=K, seconds=first, cold=True)
        bench.rows = all_rows
        measure_fit(bench, name, x, groups, first)


def measure_fit(bench: First, name: str, x: Any, groups: Any, least: float) -> None:
    """Time fits of one method, the first among them only where there is no time for a second."""

    def told(found: Fit) -> dict[str, Any]:
        ari = adjusted_rand(found.labels, groups, K, bench.runtime)
        points = len(found.representatives.points)
        return {"ari_truth": ari, "representatives": points, "notes": list(found.notes)}

    bench.timed(f"fit, {name}", lambda: fitted(name, x, bench.runtime), told, needs=least, k=K)


def measure_customers(bench: First, path: Path) -> None:
    """Time the whole job first, by stage, then load and preparation alone."""
    if bench.place == "simulator":  # a job opens the place itself: this process has one alone
        opening.choose = lambda _: bench.runtime
    with bench.part("whole job", 10.0) as go:
        if go:
            bench.rows, bench.columns = counted(path)
            if not bench.quick:  # the first run is cold: there is to be a second
                bench.stage_seconds = bench.left / 2
            measure_job(bench, path, K)
    with bench.part("load and prepare", 10.0) as go:
        if go:
            bench.stage_seconds = min(bench.stage_seconds, bench.left / 3)
            measure_file(bench, path, K, job=False)


def counted(path: Path) -> tuple[int, int]:
    """Rows of a Parquet file, and its columns but the id and the true segment."""
    import polars as pl

    frame = pl.scan_parquet(path)
    rows = int(frame.select(pl.len()).collect().item())
    return rows, len(frame.collect_schema()) - 2
