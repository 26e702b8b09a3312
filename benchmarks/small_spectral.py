"""Spectral clustering of a few thousand rows: ours and scikit-learn's in turn, and their cuts.

    python benchmarks/small_spectral.py [--rows 1400 2000 3000 5000] [--pairs 5]
        [--assign cluster_qr kmeans] [--only blobs-2-8-near cross]

Both cut the graph of 10 nearest neighbours, in one process, after a fit each that does not count. A
JSON line a case: medians of wall and processor seconds, ours by theirs, and the adjusted Rand index
of both. ``OMP_NUM_THREADS=1`` keeps scikit-learn's BLAS from spinning on the second core, which
costs it two to five times the processor time; ours is on one thread there by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from machine import describe  # noqa: E402
from shapes import circles, mixture, moons  # noqa: E402

Case = tuple[np.ndarray, np.ndarray, int]

NEAR, APART = 3.0, 0.5
"""Standard deviations of groups whose centres lie in a box of side 20."""


def cross(n: int, spread: float, seed: int = 0) -> Case:
    """Make two lines that cross, as four arms of length 1 with Gaussian noise."""
    rng = np.random.default_rng(seed)
    along, flat = rng.uniform(-1, 1, n), rng.random(n) < 0.5
    x = np.stack([np.where(flat, along, 0), np.where(flat, 0, along)], axis=1)
    return x + rng.normal(0, spread, x.shape), 2 * flat + (along > 0), 4


def corner(n: int, seed: int = 0) -> Case:
    """Make a bar and a stem that meet."""
    rng = np.random.default_rng(seed)
    stem = rng.random(n) < 0.45
    bar = np.stack([rng.uniform(-1, 1, n), rng.normal(0, 0.04, n)], axis=1)
    below = np.stack([rng.normal(0, 0.04, n), rng.uniform(-1.6, -0.02, n)], axis=1)
    return np.where(stem[:, None], below, bar), stem.astype(int), 2


def blobs(n: int, columns: int, k: int, std: float) -> Case:
    """Gaussian groups."""
    from sklearn.datasets import make_blobs

    return *make_blobs(n, columns, centers=k, cluster_std=std, random_state=1)[:2], k


def cases(n: int) -> dict[str, Callable[[], Case]]:
    """Rows, their groups, and how many there are, by name."""
    found: dict[str, Callable[[], Case]] = {
        "moons": lambda: (*moons(n), 2),
        "circles": lambda: (*circles(n), 2),
        "cross": lambda: cross(n, 0.03),
        "thin cross": lambda: cross(n, 0.005),
        "corner": lambda: corner(n),
        "no groups": lambda: (np.random.default_rng(0).random((n, 3)), np.zeros(n, int), 8),
    }
    for columns in (2, 8):
        found[f"mixture-{columns}"] = lambda columns=columns: (*mixture(n, columns), 6)
    for columns in (2, 8, 16):
        for k in (3, 8, 20):
            for name, std in (("near", NEAR), ("apart", APART)):
                found[f"blobs-{columns}-{k}-{name}"] = lambda columns=columns, k=k, std=std: blobs(
                    n, columns, k, std
                )
    return found


def timed(fit: Callable[[], np.ndarray]) -> tuple[float, float, np.ndarray]:
    """Wall and processor seconds, and labels."""
    start, busy = time.perf_counter(), time.process_time()
    labels = fit()
    return time.perf_counter() - start, time.process_time() - busy, labels


def compared(case: Case, assign: str, pairs: int) -> dict[str, Any]:
    """Fit both in turn."""
    from sklearn.cluster import SpectralClustering as Peer
    from sklearn.metrics import adjusted_rand_score

    from engine.clustering import SpectralClustering

    x, groups, k = case
    peer = Peer(k, affinity="nearest_neighbors", random_state=0)
    own = SpectralClustering(k, assign_labels=assign, random_state=0)
    both = {"ours": lambda: own.fit_predict(x), "theirs": lambda: peer.fit_predict(x)}
    runs: dict[str, list[tuple[float, float, np.ndarray]]] = {"ours": [], "theirs": []}
    for _ in range(pairs + 1):
        for who, fit in both.items():
            runs[who].append(timed(fit))
    real, told = groups >= 0, {}
    for i, what in enumerate(("wall", "cpu")):
        middle = {w: float(np.median([run[i] for run in r[1:]])) for w, r in runs.items()}
        told |= {f"{what}_{w}": round(value, 4) for w, value in middle.items()}
        told[f"{what}_ratio"] = round(middle["ours"] / middle["theirs"], 2)
    for who, r in runs.items():
        told[f"ari_{who}"] = round(float(adjusted_rand_score(groups[real], r[0][2][real])), 4)
    return told


def main() -> None:
    """Compare every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_400, 2_000, 3_000, 5_000])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--assign", nargs="+", default=["cluster_qr"])
    parser.add_argument("--only", nargs="+")
    args = parser.parse_args()
    print(json.dumps(describe()), flush=True)
    warnings.simplefilter("ignore", UserWarning)  # graphs in parts
    for n in args.rows:
        for name, made in cases(n).items():
            for assign in args.assign if not args.only or name in args.only else []:
                case = {"case": name, "rows": n, "assign": assign}
                print(json.dumps({**case, **compared(made(), assign, args.pairs)}), flush=True)


if __name__ == "__main__":
    main()
