"""Agglomerative clustering of up to 10,000 rows beside scikit-learn's, alternating in one process.

    python benchmarks/small_agglomerative.py [--pairs 5] [--only single "10,000 x 2"] [--distances]

Prints medians of both libraries' seconds and of the ratios of seconds and of CPU time (all
threads): below 1.0 ours is quicker. ``same`` says whether the trees are the same in every merge;
heights are compared to 1e-9. Where scikit-learn takes over two seconds, three pairs do.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.cluster import AgglomerativeClustering as Sklearn
from sklearn.datasets import make_blobs, make_moons

from engine.clustering import AgglomerativeClustering

LEAST_SECONDS = 0.02
"""What is quicker is fitted several times in a row."""

SLOW_SECONDS = 2.0
K = 5


def moons(rows: int, columns: int) -> np.ndarray:
    """Draw two moons in the first two columns, and a little noise in the others."""
    x = make_moons(rows, noise=0.05, random_state=0)[0]
    noise = np.random.default_rng(0).normal(size=(rows, columns - 2)) * 0.01
    return np.column_stack([x, noise])


DATA: dict[str, Callable[[int, int], np.ndarray]] = {
    "normal": lambda n, d: np.random.default_rng(0).normal(size=(n, d)),
    "blobs": lambda n, d: make_blobs(n, d, centers=8, random_state=0)[0],
    "moons": moons,
    "cents": lambda n, d: np.random.default_rng(0).normal(size=(n, d)).round(2),
    "whole numbers": lambda n, d: np.random.default_rng(0).integers(0, 30, (n, d)).astype(float),
    "far away": lambda n, d: np.random.default_rng(0).normal(size=(n, d)) + 1e9,
}

SHAPES = {
    "single": [(200, 2), (200, 16), (1_000, 8), (3_000, 8), (10_000, 2), (10_000, 8), (10_000, 32)],
    "ward": [(200, 2), (200, 16), (1_000, 8), (3_000, 8), (10_000, 8)],
    "complete": [(200, 2), (200, 16), (1_000, 8), (3_000, 8), (10_000, 8)],
    "average": [(200, 2), (200, 16), (1_000, 8), (3_000, 8), (10_000, 8)],
}


def main() -> None:
    """Compare every linkage, shape and kind of rows, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[""])
    parser.add_argument("--distances", action="store_true", help="ask both for distances_")
    args = parser.parse_args()
    print("| linkage | rows | ours ms | theirs ms | seconds, ratio | CPU, ratio | same |")
    print("|---|---|---|---|---|---|---|")
    for linkage, shapes in SHAPES.items():
        for n, d in shapes:
            for kind, make in DATA.items() if linkage == "single" else [("normal", DATA["normal"])]:
                name = f"{linkage} | {n:,} x {d} {kind}"
                if any(part in name for part in args.only):
                    print(f"| {name} | {compare(make(n, d), linkage, args)}", flush=True)


def compare(x: np.ndarray, linkage: str, args: argparse.Namespace) -> str:
    """Fit both in turn and give the cells of a row of the table."""
    settings = {"linkage": linkage, "compute_distances": args.distances}
    contenders = [lambda e=e: e(K, **settings).fit(x) for e in (AgglomerativeClustering, Sklearn)]
    once = max(timed(fit, 1)[0] for fit in contenders)  # a first, untimed run as well
    times = max(1, round(LEAST_SECONDS / once))
    pairs = args.pairs if once < SLOW_SECONDS else min(args.pairs, 3)
    found = [[timed(fit, times) for fit in contenders] for _ in range(pairs)]

    def median(what: Callable[[Any], float]) -> float:
        return statistics.median(what(pair) for pair in found)

    return (
        f"{median(lambda p: p[0][0]) * 1e3:.2f} | {median(lambda p: p[1][0]) * 1e3:.2f} | "
        f"{median(lambda p: p[0][0] / p[1][0]):.2f} | {median(lambda p: p[0][1] / p[1][1]):.2f} | "
        f"{same(x, linkage)} |"
    )


def timed(fit: Callable[[], Any], times: int) -> tuple[float, float]:
    """Seconds and CPU seconds of a fit."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        fit()
    return (time.perf_counter() - wall) / times, (time.process_time() - cpu) / times


def same(x: np.ndarray, linkage: str) -> str:
    """Tell whether both give the same merges and heights."""
    ours, theirs = (
        e(K, linkage=linkage, compute_distances=True).fit(x)
        for e in (AgglomerativeClustering, Sklearn)
    )
    heights = np.allclose(ours.distances_, theirs.distances_, rtol=1e-9, atol=0)
    merges = np.array_equal(ours.children_, np.sort(theirs.children_, axis=1))
    return "yes" if merges and heights else f"merges {merges}, heights {heights}"


if __name__ == "__main__":
    main()
