"""Methods other than k-means on the rows in the place: whole fits, exact and large.

Beside the exact fits of two stands the other library on the same rows: cuML on a GPU (of linkages
it has single alone), scikit-learn on a CPU. It has no counterpart of the others; beside communities
a Faiss index over the rows is timed. Up to a million rows the CPU clusters them as well, and the
agreement of the two places is told.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from gpu_bench import Bench, adjusted_rand, generated, library

from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE
from engine.clustering.algorithm import Algorithm, Fit, Task
from engine.clustering.ann_methods.algorithm import ANN_METHODS
from engine.clustering.ann_methods.index import Index, build
from engine.clustering.pca_methods.algorithm import PCA_METHODS
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.places.place import Place
from engine.places.runtime import Runtime, local_runtime
from engine.utilities.sampling import row_priority

METHODS: dict[str, Algorithm] = {
    "agglomerative": AGGLOMERATIVE,
    "spectral": SPECTRAL,
    "ann_methods": ANN_METHODS,
    "pca_methods": PCA_METHODS,
}
EXACT_ROWS = 20_000
"""Rows of the exact fits: the default ``exact_limit`` of those that have one."""
EXACT: dict[str, list[dict[str, Any]]] = {
    "agglomerative": [{"linkage": "ward"}, {"linkage": "single"}],
    "spectral": [{}],
    "ann_methods": [{}],
    "pca_methods": [{"method": "spectral"}],
}
"""Settings of the exact fits."""
NEIGHBOURS = 16
"""Neighbours looked up, the row itself included: what the communities ask for."""
ASKED_ROWS = 100_000
"""Rows whose neighbours are looked up."""
INDEX_ROWS = 10_000_000
"""Most rows that an index is built over."""
PARITY_ROWS = 1_000_000
"""Most rows that the CPU clusters for comparison."""


def measure_method(bench: Bench, name: str, k: int) -> None:
    """Time one method: the fit of all rows, its agreement with a CPU's, and exact fits of few."""
    x, groups = generated(bench, k)
    found = measure_fit(bench, name, x, groups, k)
    if found is not None and bench.rows <= PARITY_ROWS:
        measure_parity(bench, name, x, found, k)
    few, few_groups = x[:EXACT_ROWS], groups[:EXACT_ROWS]
    if bench.rows > EXACT_ROWS:
        for chosen in EXACT[name]:
            measure_fit(bench, name, few, few_groups, k, **chosen)
    if name == "ann_methods":
        measure_index(bench, x)
    elif name != "pca_methods":
        measure_theirs(bench, name, few, few_groups, k)


def fitted(name: str, x: Any, k: int, place: Runtime, **settings: Any) -> Fit:
    """Cluster rows by one method in a place."""
    row = METHODS[name]
    task = Task(x, k, row_priority(len(x), 0), 0)
    return row.runs[place.place](task, row.params(**settings), place)


def measure_fit(
    bench: Bench, name: str, x: Any, groups: Any, k: int, **settings: Any
) -> Fit | None:
    """Time whole fits and tell what they found."""
    road = "exact" if len(x) <= EXACT_ROWS else "large"

    def told(found: Fit) -> dict[str, Any]:
        n_points = len(found.representatives.points)
        ari = adjusted_rand(found.labels, groups, k, bench.runtime)
        return {"ari_truth": ari, "representatives": n_points, "notes": list(found.notes)}

    fit: Fit | None = bench.stage(
        f"{name} fit, engine",
        lambda: fitted(name, x, k, bench.runtime, **settings),
        told,
        k=k,
        road=road,
        fit_rows=len(x),
        **settings,
    )
    return fit


def measure_parity(bench: Bench, name: str, x: Any, found: Fit, k: int) -> None:
    """Cluster the same rows on the CPU, once, and tell how far the two places agree."""
    place, host = local_runtime(), bench.runtime.get(x)
    start = time.perf_counter()

    def told() -> dict[str, Any]:
        theirs = fitted(name, host, k, place)
        seconds = time.perf_counter() - start
        apart = float((theirs.representatives.assign(host, runtime=place) != found.labels).mean())
        agreed = adjusted_rand(found.labels, theirs.labels, k, bench.runtime)
        return {"seconds": seconds, "ari_places": agreed, "labels_apart": apart}

    _write_or_fail(bench, f"{name} fit, cpu beside {bench.runtime.place}", told, k)


def measure_index(bench: Bench, x: Any) -> None:
    """Time an index over the rows where they are, and a look-up; on a GPU by their addresses."""
    few = x[:INDEX_ROWS]

    def told(index: Index) -> dict[str, Any]:
        return {"kind": index.kind, "recall": index.recall, "probes": index.probes}

    made = bench.stage(
        "faiss index",
        lambda: build(few, recall=0.95, k=NEIGHBOURS, seed=0, runtime=bench.runtime),
        told,
        fit_rows=len(few),
    )
    if made is not None:
        asked = few[:ASKED_ROWS]
        bench.stage(
            "faiss neighbours",
            lambda: made.search(asked, NEIGHBOURS),
            lambda found: {"on_gpu": made.on_device, "missing": int((found[0] < 0).sum())},
            fit_rows=len(few),
            asked=len(asked),
        )


def measure_theirs(bench: Bench, name: str, x: Any, groups: Any, k: int) -> None:
    """Time the other library's method on few rows, with its agreement with the true groups."""
    if name == "agglomerative":
        model, words = their_single(bench.runtime, k), {"linkage": "single"}
    else:
        model, words = their_spectral(bench.runtime, k), {}

    def told(done: Any) -> dict[str, Any]:
        labels = bench.runtime.put(done.labels_)
        return {"ari_truth": adjusted_rand(labels, groups, k, bench.runtime)}

    bench.stage(
        f"{name} fit, {library(bench.runtime)}",
        lambda: model.fit(x),
        told,
        k=k,
        road="exact",
        fit_rows=len(x),
        **words,
    )


def their_single(runtime: Runtime, k: int) -> Any:
    """Make the other library's estimator of single linkage."""
    if runtime.place == Place.GPU:
        from cuml.cluster import AgglomerativeClustering

        return AgglomerativeClustering(
            n_clusters=k,
            metric="euclidean",
            connectivity="pairwise",
            linkage="single",
            output_type="cupy",
        )
    from sklearn.cluster import AgglomerativeClustering as SklearnAgglomerative

    return SklearnAgglomerative(k, linkage="single")


def their_spectral(runtime: Runtime, k: int) -> Any:
    """Make the other library's estimator of the cut of its own neighbour graph."""
    if runtime.place == Place.GPU:
        from cuml.cluster import SpectralClustering

        return SpectralClustering(
            n_clusters=k,
            affinity="nearest_neighbors",
            n_neighbors=10,
            n_init=10,
            eigen_tol=1e-5,
            random_state=0,
            output_type="cupy",
        )
    from sklearn.cluster import SpectralClustering as SklearnSpectral

    return SklearnSpectral(k, affinity="nearest_neighbors", n_neighbors=10, random_state=0)


def _write_or_fail(bench: Bench, name: str, told: Callable[[], dict[str, Any]], k: int) -> None:
    try:
        bench.write(stage=name, k=k, **told())
    except Exception as error:
        traceback.print_exc()
        bench.failed.append(name)
        bench.write(stage=name, k=k, failed=f"{type(error).__name__}: {error}")
