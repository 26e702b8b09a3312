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
NAMES = ("agglomerative", "spectral", "ann_methods", "kmeans", "pca_methods")
"""In the order in which their figures are wanted: trees by Ward, the cut, communities first."""
WARM = 200_000
"""Rows of a fit that is not timed: what compiles does it then."""


def measure_methods(bench: First, rows: int) -> None:
    """Time a fit of each method on all rows."""
    x, groups = rows_about(bench, fitting(bench, rows, COLUMNS), COLUMNS, K)
    few = x[:WARM]
    for name in NAMES:
        with bench.part(f"fit, {name}", 5.0, k=K) as go:
            if go:
                warm = bench.once(lambda name=name: fitted(name, few, bench.runtime))[1]
                measure_fit(bench, name, x, groups, warm)


def measure_fit(bench: First, name: str, x: Any, groups: Any, warm: float) -> None:
    """Time fits of one method, the first among them only where there is no time for a second."""

    def told(found: Fit) -> dict[str, Any]:
        ari = adjusted_rand(found.labels, groups, K, bench.runtime)
        points = len(found.representatives.points)
        return {"ari_truth": ari, "representatives": points, "notes": list(found.notes)}

    bench.timed(
        f"fit, {name}",
        lambda: fitted(name, x, bench.runtime),
        told,
        needs=warm,
        k=K,
        seconds_of_few=warm,
        few_rows=min(WARM, len(x)),
    )


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
