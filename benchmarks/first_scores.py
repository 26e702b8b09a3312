"""What follows a fit over all rows: predict, components, silhouette, moments, scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from first_bench import First, rows_about, start_of
from first_kernels import fitting, measure_copy

from engine.clustering.representatives import Representatives
from engine.dimensionality_reduction.pca import fit_pca, project_all
from engine.evaluation.moments import centres_and_scatter
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.utilities.sampling import row_priority

COLUMNS = 16
NUMBERS = (8, 64)
"""Segments."""
SCORED = 10_000_000
"""Most rows of the silhouette: its sample is drawn on the host from all of them."""
KEPT = 8
"""Components that rows are projected to."""


def measure_scores(bench: First, rows: int) -> None:
    """Measure all of them for a few segments, and predict for many."""
    with bench.part("copy", 2.0) as go:
        if go:
            measure_copy(bench)
    x, _ = rows_about(bench, fitting(bench, rows, COLUMNS), COLUMNS, NUMBERS[0])
    labels = predicted(bench, x, NUMBERS[0])
    measure_pca(bench, x)
    if labels is not None:
        measure_silhouette(bench, x[:SCORED], labels[:SCORED])
        measure_moments(bench, x, labels)
    predicted(bench, x, NUMBERS[1])


def predicted(bench: First, x: Any, k: int) -> np.ndarray | None:
    """Time a label for each row, brought to the host."""
    start = start_of(bench, x, k)
    model = Representatives(start, np.arange(k, dtype=np.int32), start)
    labels: np.ndarray | None = bench.timed(
        "predict",
        lambda: model.assign(x, runtime=bench.runtime),
        lambda found: {"largest_segment": int(np.bincount(bench.runtime.get(found)).max())},
        k=k,
        floor_seconds=bench.floor,
    )
    return labels


def measure_pca(bench: First, x: Any) -> None:
    """Time the components of all rows, and their projection."""
    runtime = bench.runtime
    found = bench.timed(
        "pca fit",
        lambda: fit_pca(x, KEPT, runtime=runtime),
        lambda pca: {"first_ratios": pca.explained_variance_ratio[:3].tolist()},
        floor_seconds=bench.floor,
    )
    if found is None:
        return
    out = runtime.empty((len(x), KEPT))
    bench.timed(
        "pca projection",
        lambda: project_all(found, x, out, runtime=runtime),
        floor_seconds=bench.floor,
    )


def measure_silhouette(bench: First, x: Any, labels: np.ndarray) -> None:
    """Time the sampled silhouette with its interval."""
    priority = row_priority(len(x), 0)
    bench.timed(
        "silhouette",
        lambda: silhouette(x, labels, priority=priority, runtime=bench.runtime),
        lambda s: {"value": s.value, "low": s.low, "high": s.high, "reference": s.reference},
        k=NUMBERS[0],
        scored_rows=len(x),
    )


def measure_moments(bench: First, x: Any, labels: np.ndarray) -> None:
    """Time means and scatter by segment, and all internal scores."""
    runtime, k = bench.runtime, NUMBERS[0]
    placed = runtime.put(labels)
    sizes = np.bincount(labels, minlength=k)
    bench.timed(
        "moments by segment",
        lambda: centres_and_scatter(x, placed, sizes, runtime),
        lambda found: {"inertia": float(found[1].sum())},
        k=k,
        floor_seconds=bench.floor,
    )
    bench.timed(
        "internal scores",
        lambda: internal_scores(x, placed, runtime=runtime, k=k),
        lambda s: {"inertia": s.inertia, "davies_bouldin": s.davies_bouldin},
        k=k,
        floor_seconds=bench.floor,
    )
