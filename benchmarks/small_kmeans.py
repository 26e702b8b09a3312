"""k-means of the sizes people try first, beside scikit-learn's, alternating in one process.

    python benchmarks/small_kmeans.py [--pairs 5] [--only "10k x 16"] [--starts 1 10] [--float32]

Each pair fits both with another seed. Prints medians of the ratios of seconds and of CPU time (all
threads), and the ratio of the mean inertias, each measured in float64 from the centres found. Below
1.0 ours is quicker, or its clusters are tighter.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.exceptions import ConvergenceWarning

from engine.clustering import KMeans
from engine.clustering.representatives import Representatives
from engine.evaluation.scores import inertia
from engine.places.runtime import local_runtime

LEAST_SECONDS = 0.02
"""What is quicker is fitted several times in a row, with a seed each."""


def blobs(rows: int, columns: int, groups: int, spread: float = 4.0) -> np.ndarray:
    """Draw groups of unequal sizes and widths, some of which overlap."""
    rng = np.random.default_rng(rows + columns + groups)
    shares = 0.7 * rng.dirichlet(np.ones(groups)) + 0.3 / groups
    centres, widths = spread * rng.standard_normal((groups, columns)), rng.uniform(0.5, 2, groups)
    group = rng.choice(groups, rows, p=shares)
    return centres[group] + widths[group, None] * rng.standard_normal((rows, columns))


def uniform(rows: int, columns: int) -> np.ndarray:
    """Draw rows without any groups."""
    return np.random.default_rng(rows).random((rows, columns))


def skewed(rows: int, columns: int) -> np.ndarray:
    """Draw what shops know of customers: correlated, with long tails, counts and flags; scaled."""
    rng = np.random.default_rng(rows + 1)
    factors = rng.standard_normal((rows, 4)) @ rng.standard_normal((4, columns))
    x = factors + 0.7 * rng.standard_normal((rows, columns))
    x[:, : columns // 2] = np.exp(0.5 * x[:, : columns // 2])
    x[:, columns // 2 : columns // 2 + 2] = np.floor(np.exp(x[:, columns // 2 : columns // 2 + 2]))
    x[:, -2:] = x[:, -2:] > 0.5
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def few_distinct(rows: int, columns: int, distinct: int) -> np.ndarray:
    """Draw rows of which only a few differ."""
    rng = np.random.default_rng(rows)
    return rng.standard_normal((distinct, columns))[rng.integers(0, distinct, rows)]


REGIONS: dict[str, tuple[Callable[[], np.ndarray], int]] = {
    "150 x 4 blobs, k=3": (lambda: blobs(150, 4, 3), 3),
    "150 x 4 uniform, k=8": (lambda: uniform(150, 4), 8),
    "1k x 8 blobs, k=8": (lambda: blobs(1_000, 8, 8), 8),
    "1k x 8 skewed, k=8": (lambda: skewed(1_000, 8), 8),
    "10k x 16 blobs, k=8": (lambda: blobs(10_000, 16, 8), 8),
    "10k x 16 uniform, k=8": (lambda: uniform(10_000, 16), 8),
    "10k x 16 skewed, k=8": (lambda: skewed(10_000, 16), 8),
    "10k x 16 blobs, k=64": (lambda: blobs(10_000, 16, 64), 64),
    "10k x 16 uniform, k=64": (lambda: uniform(10_000, 16), 64),
    "10k x 16 skewed, k=64": (lambda: skewed(10_000, 16), 64),
    "10k x 2 blobs, k=64": (lambda: blobs(10_000, 2, 64), 64),
    "10k x 64 blobs, k=256": (lambda: blobs(10_000, 64, 256), 256),
    "10k x 64 normal, k=256": (lambda: blobs(10_000, 64, 1), 256),
    "10k x 4, 50 distinct, k=8": (lambda: few_distinct(10_000, 4, 50), 8),
    "10k x 4, 50 distinct, k=40": (lambda: few_distinct(10_000, 4, 50), 40),
    "100k x 16 blobs, k=8": (lambda: blobs(100_000, 16, 8), 8),
    "100k x 16 skewed, k=8": (lambda: skewed(100_000, 16), 8),
    "100k x 8 blobs, k=50": (lambda: blobs(100_000, 8, 50), 50),
    "100k x 8 uniform, k=50": (lambda: uniform(100_000, 8), 50),
}


def main() -> None:
    """Compare every region, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[""])
    parser.add_argument("--starts", type=int, nargs="*", default=[1], help="scikit-learn's n_init")
    parser.add_argument("--float32", action="store_true", help="hand in float32 rows")
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| rows, k | starts | ours ms | CPU ms | seconds, ratio | CPU, ratio | inertia, ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, (make, k) in REGIONS.items():
        if any(part in name for part in args.only):
            x = make().astype(np.float32 if args.float32 else np.float64)
            for starts in args.starts:
                print(f"| {name} | {starts} | " + compare(x, k, starts, args.pairs), flush=True)


def compare(x: np.ndarray, k: int, starts: int, pairs: int) -> str:
    """Fit both in turn and give the cells of a row of the table."""
    contenders = (
        lambda seed: KMeans(k, random_state=seed).fit(x),
        lambda seed: SklearnKMeans(k, n_init=starts, random_state=seed).fit(x),
    )
    once = min(timed(fit, [0])[0] for fit in contenders)  # a first, untimed run as well
    times = max(1, round(LEAST_SECONDS / once))
    found = [
        [timed(fit, range(s * times, (s + 1) * times)) for fit in contenders] for s in range(pairs)
    ]

    def median(what: Callable[[Any], float]) -> float:
        return statistics.median(what(pair) for pair in found)

    worth = [np.mean([worth_of(x, c) for pair in found for c in pair[i][2]]) for i in (0, 1)]
    return (
        f"{median(lambda p: p[0][0]) * 1e3:.1f} | {median(lambda p: p[0][1]) * 1e3:.1f} | "
        f"{median(lambda p: p[0][0] / p[1][0]):.2f} | {median(lambda p: p[0][1] / p[1][1]):.2f} | "
        f"{worth[0] / worth[1]:.4f} |"
    )


def timed(fit: Callable[[int], Any], seeds: Any) -> tuple[float, float, list[np.ndarray]]:
    """Seconds and CPU seconds of a fit, and the centres of each."""
    wall, cpu = time.perf_counter(), time.process_time()
    centres = [fit(seed).cluster_centers_ for seed in seeds]
    n = len(seeds)
    return (time.perf_counter() - wall) / n, (time.process_time() - cpu) / n, centres


def worth_of(x: np.ndarray, centres: np.ndarray) -> float:
    """Inertia of any centres, with each row at its nearest."""
    near = x - x.mean(axis=0)
    centres = centres.astype(np.float64) - x.mean(axis=0)
    found = Representatives(centres, np.arange(len(centres), dtype=np.int32), centres)
    runtime = local_runtime()
    return inertia(near, centres, found.assign(near, runtime=runtime), runtime=runtime)


if __name__ == "__main__":
    main()
