"""The methods on shapes: quality, seconds and peak memory, one process a run.

    python benchmarks/shapes.py [--rows 20000 1000000 5000000] [--shapes moons circles mixture]
        [--columns 2 16] [--runs 1] [--seed 0] [--peer] [--landmarks 1000]
        [--methods spectral kmeans agglomerative ann_methods pca_methods]

Two half moons, two circles, both with Gaussian noise of 0.05, and six stretched segments of 35 to
3% with 5% of uniform noise, in any number of columns. Prints one JSON line a run: the adjusted Rand
index on the rows that are not noise, wall and processor seconds of the fit, whether predict equals
fit, and the process's peak memory with libraries and rows. ``--peer`` runs scikit-learn's
SpectralClustering in turn with ours, at 20,000 rows or fewer.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from machine import describe  # noqa: E402

Rows = tuple[np.ndarray, np.ndarray]

BLOCK = 500_000
"""Rows made at a time, so that making them takes little memory beside them."""

METHODS = {
    "spectral": "SpectralClustering",
    "kmeans": "KMeans",
    "agglomerative": "AgglomerativeClustering",
    "ann_methods": "ANNClustering",
    "pca_methods": "PCAClustering",
}

PEER_ROWS = 20_000
SPREAD = 0.05
SHARES = (0.35, 0.25, 0.18, 0.12, 0.07, 0.03)
NOISE = 0.05
_APART, _LONG, _SHORT, _ROOM = 7.0, 1.2, 0.3, 1.1


def moons(n: int, seed: int = 0) -> Rows:
    """Two interleaving half circles with Gaussian noise: float32 (n, 2), segment (n,)."""
    return _in_blocks(n, 2, seed, _moons)


def circles(n: int, seed: int = 0) -> Rows:
    """Two circles of radius 1 and 0.5 with Gaussian noise: float32 (n, 2), segment (n,)."""
    return _in_blocks(n, 2, seed, _circles)


def mixture(n: int, n_columns: int = 16, seed: int = 0, noise: float = NOISE) -> Rows:
    """Stretched segments of unequal size in uniform noise.

    Parameters
    ----------
    n, n_columns : int
    seed : int
        Also of where the segments lie and how they are turned.
    noise : float
        Share of rows spread evenly over the box of all segments, and a tenth more.

    Returns
    -------
    x : float32 array of shape (n, n_columns)
    segment : int8 array of shape (n,)
        -1 for noise.
    """
    rng = np.random.default_rng([seed, n_columns])
    side = _APART * (3 if n_columns == 2 else 2.2)
    centres = _apart(rng, side, n_columns)
    turns = [np.linalg.qr(rng.normal(size=(n_columns, n_columns)))[0] for _ in SHARES]
    shapes = [turn * np.geomspace(_LONG, _SHORT, n_columns) for turn in turns]
    low, high = centres.min(axis=0) - 4 * _LONG, centres.max(axis=0) + 4 * _LONG
    middle, half = (low + high) / 2, (high - low) / 2 * _ROOM

    def block(rng: np.random.Generator, size: int) -> Rows:
        segment = rng.choice(len(SHARES), size, p=SHARES).astype(np.int8)
        x = rng.standard_normal((size, n_columns))
        for j, shape in enumerate(shapes):
            x[segment == j] = centres[j] + x[segment == j] @ shape.T
        out = rng.random(size) < noise
        x[out] = rng.uniform(middle - half, middle + half, (np.count_nonzero(out), n_columns))
        segment[out] = -1
        return x, segment

    return _in_blocks(n, n_columns, seed, block)


def _apart(rng: np.random.Generator, side: float, n_columns: int) -> np.ndarray:
    while True:
        centres = rng.uniform(-side / 2, side / 2, (len(SHARES), n_columns))
        squares = ((centres[:, None] - centres) ** 2).sum(axis=2)
        if squares[~np.eye(len(SHARES), dtype=bool)].min() >= _APART**2:
            return centres


def _moons(rng: np.random.Generator, size: int) -> Rows:
    angle, segment = rng.random(size) * np.pi, (rng.random(size) < 0.5).astype(np.int8)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x[segment == 1] = np.array([1.0, 0.5]) - x[segment == 1]
    return x + rng.normal(0, SPREAD, x.shape), segment


def _circles(rng: np.random.Generator, size: int) -> Rows:
    angle, segment = rng.random(size) * 2 * np.pi, (rng.random(size) < 0.5).astype(np.int8)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.where(segment == 1, 0.5, 1)[:, None]
    return x + rng.normal(0, SPREAD, x.shape), segment


def _in_blocks(
    n: int, n_columns: int, seed: int, block: Callable[[np.random.Generator, int], Rows]
) -> Rows:
    x, segment = np.empty((n, n_columns), np.float32), np.empty(n, np.int8)
    rng = np.random.default_rng(seed)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        x[start:stop], segment[start:stop] = block(rng, stop - start)
    return x, segment


def rows_of(shape: str, n: int, n_columns: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows, their segments, and how many segments there are."""
    if shape == "mixture":
        return *mixture(n, n_columns, seed), len(SHARES)
    return *{"moons": moons, "circles": circles}[shape](n, seed), 2


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Fit once in this process."""
    from sklearn.metrics import adjusted_rand_score

    x, segment, k = rows_of(args.shapes[0], args.rows[0], args.columns[0], args.seed)
    before, start, busy = _peak(), time.perf_counter(), time.process_time()
    labels, told = _peer(x, k, args) if args.only == "peer" else _ours(args.only, x, k, args)
    more, busy_more = told.pop("more", (0.0, 0.0))
    told["seconds"] = round(time.perf_counter() - start - more, 3)
    told["cpu_seconds"] = round(time.process_time() - busy - busy_more, 3)
    told["peak_mib"], told["before_mib"] = _peak() >> 20, before >> 20
    real = segment >= 0
    told["ari"] = round(float(adjusted_rand_score(segment[real], labels[real])), 5)
    return told


def _ours(
    method: str, x: np.ndarray, k: int, args: argparse.Namespace
) -> tuple[np.ndarray, dict[str, Any]]:
    from engine import clustering

    more_settings = {"landmarks": args.landmarks} if method == "spectral" else {}
    estimator = getattr(clustering, METHODS[method])
    model = estimator(k, random_state=args.seed, **more_settings).fit(x)
    start, busy = time.perf_counter(), time.process_time()
    equal = bool(np.array_equal(model.predict(x), model.labels_))
    more = (time.perf_counter() - start, time.process_time() - busy)
    told = {"predict_equals_fit": equal, "predict_seconds": round(more[0], 3), "more": more}
    return model.labels_, {**told, "notes": getattr(model, "notes_", ())}


def _peer(x: np.ndarray, k: int, args: argparse.Namespace) -> tuple[np.ndarray, dict[str, Any]]:
    import warnings

    from sklearn.cluster import SpectralClustering as Peer

    model = Peer(k, affinity="nearest_neighbors", n_neighbors=10, random_state=args.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the graph of moons is not connected
        return model.fit_predict(x), {}


def _peak() -> int:
    """Peak resident bytes so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(args: argparse.Namespace) -> None:
    """Run every case in a process of its own, ours and the peer's in turn."""
    print(json.dumps(describe()), flush=True)
    for n in args.rows:
        for shape in args.shapes:
            for columns in args.columns if shape == "mixture" else [2]:
                for _ in range(args.runs):
                    for who in [*args.methods, *(["peer"] if args.peer and n <= PEER_ROWS else [])]:
                        case = {"who": who, "shape": shape, "rows": n, "columns": columns}
                        print(json.dumps({**case, **_in_a_process(case, args)}), flush=True)


def _in_a_process(case: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, f"--only={case['who']}", "--shapes", case["shape"]]
    command += ["--rows", str(case["rows"]), "--columns", str(case["columns"])]
    command += [f"--seed={args.seed}", f"--landmarks={args.landmarks}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Compare, or run one case in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 1_000_000, 5_000_000])
    shapes = ["moons", "circles", "mixture"]
    parser.add_argument("--shapes", nargs="+", choices=shapes, default=shapes)
    parser.add_argument("--columns", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--landmarks", type=int, default=1_000)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["spectral"])
    parser.add_argument("--only", choices=[*METHODS, "peer"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps(run(args)))
    else:
        compare(args)


if __name__ == "__main__":
    main()
