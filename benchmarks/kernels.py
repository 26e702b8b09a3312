"""Parts of the engine beside the library call they replace, alternating in one process.

    python benchmarks/kernels.py [--rows 5000000] [--columns 16] [--pairs 5]

Prints medians, the ratio, and how far the results differ. The numbers in docs/decisions.md on PCA
and Lloyd passes come from here.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.clustering.kmeans.passes import refine
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.runtime import Runtime, local_runtime

SEED, K, PASSES = 0, 8, 10


def main() -> None:
    """Run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5)
    args = parser.parse_args()
    rng = np.random.default_rng(SEED)
    centres = 2 * rng.standard_normal((K, args.columns))
    x = np.empty((args.rows, args.columns), np.float32)
    for start in range(0, args.rows, 100_000):
        part = x[start : start + 100_000]
        part[:] = centres[rng.integers(0, K, len(part))] + rng.standard_normal(part.shape)
    runtime = local_runtime()
    print(f"{args.rows:,} x {args.columns}, k = {K}, {runtime.threads} threads")
    compare("PCA fit", args.pairs, *pca_contenders(x, runtime))
    compare(f"{PASSES} Lloyd passes", args.pairs, *lloyd_contenders(x, runtime))


def pca_contenders(x: np.ndarray, runtime: Runtime) -> tuple[Any, Any, Any]:
    """Our PCA, scikit-learn's covariance solver, and the largest difference of a ratio."""
    from sklearn.decomposition import PCA

    def difference(ours: Any, theirs: Any) -> float:
        ratio = theirs.explained_variance_ratio_
        return float(np.abs(ours.explained_variance_ratio - ratio).max())

    return (
        lambda: fit_pca(x, x.shape[1], runtime=runtime),
        lambda: PCA(svd_solver="covariance_eigh").fit(x),
        difference,
    )


def lloyd_contenders(x: np.ndarray, runtime: Runtime) -> tuple[Any, Any, Any]:
    """Our Lloyd passes, scikit-learn's, and the largest difference of a centre."""
    from sklearn.cluster import KMeans

    start = x[:K].astype(np.float64)

    def theirs() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = KMeans(K, init=start.astype(np.float32), n_init=1, max_iter=PASSES, tol=0)
            return model.fit(x).cluster_centers_

    def ours() -> Any:
        return refine(x, start, -1.0, PASSES, runtime)[0]

    return ours, theirs, lambda a, b: float(np.abs(a - b).max())


def compare(
    name: str, pairs: int, ours: Callable[[], Any], theirs: Callable[[], Any], difference: Any
) -> None:
    """Alternate, ours first; one untimed pair warms up and gives memory and difference."""
    memory, results = [], []
    for run in (ours, theirs):
        tracemalloc.start()
        results.append(run())
        memory.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(pairs):
        for run, taken in zip((ours, theirs), seconds, strict=True):
            begin = time.perf_counter()
            run()
            taken.append(time.perf_counter() - begin)
    a, b = (statistics.median(s) for s in seconds)
    print(
        f"{name}: ours {a:.2f} s ({min(seconds[0]):.2f}-{max(seconds[0]):.2f}), "
        f"{memory[0] / 2**20:.0f} MiB; scikit-learn {b:.2f} s "
        f"({min(seconds[1]):.2f}-{max(seconds[1]):.2f}), {memory[1] / 2**20:.0f} MiB; "
        f"scikit-learn/ours {b / a:.2f}; largest difference {difference(*results):.1e}"
    )


if __name__ == "__main__":
    main()
