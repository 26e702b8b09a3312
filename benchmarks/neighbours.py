"""The neighbour graph beside other libraries: seconds, recall and peak memory, a process a run.

    python benchmarks/neighbours.py [--rows 1000000] [--columns 16] [--k 15] [--recall 0.93]
        [--who ours faiss-ivf hnswlib pynndescent usearch] [--threads 2]

Each finds the k nearest others of every row of a mixture of stretched segments in noise
(``shapes.py``). The recall is counted on 1,000 rows against all distances. ``faiss-ivf`` is Faiss
with 1,000 lists of which 8 are looked through. hnswlib and usearch are asked for as many
candidates as their recall needs, pynndescent as it comes. Prints one JSON line a run; a library
that is not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import importlib.util
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
from shapes import mixture  # noqa: E402

CHECKED = 1_000
"""Rows whose neighbours are compared with the true ones."""

Found = tuple[np.ndarray, dict[str, Any]]


def ours(x: np.ndarray, args: argparse.Namespace) -> Found:
    """Look through as many lists as the recall asked for takes."""
    from engine.clustering.ann_methods.graph import neighbours
    from engine.places.runtime import Runtime

    runtime = Runtime(threads=args.threads)
    found = neighbours(x, args.k, recall=args.recall, seed=args.seed, runtime=runtime)
    return found.index, {"kind": found.kind, "recall_told": round(found.recall, 4)}


def faiss_ivf(x: np.ndarray, args: argparse.Namespace) -> Found:
    """Faiss as it is often set: 1,000 lists, 8 looked through."""
    import faiss

    faiss.omp_set_num_threads(args.threads)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(x.shape[1]), x.shape[1], 1_000)
    index.train(x)
    index.add(x)
    index.nprobe = 8
    return index.search(x, args.k + 1)[1], {}


def hnswlib(x: np.ndarray, args: argparse.Namespace) -> Found:
    """Hnswlib with 16 links a row."""
    import hnswlib as library

    index = library.Index("l2", x.shape[1])
    index.init_index(len(x), ef_construction=80, M=16, random_seed=args.seed)
    index.set_num_threads(args.threads)
    index.add_items(x)
    index.set_ef(40)
    return index.knn_query(x, args.k + 1)[0].astype(np.int64), {"ef": 40}


def pynndescent(x: np.ndarray, args: argparse.Namespace) -> Found:
    """Pynndescent's own graph, with compilation."""
    import numba
    from pynndescent import NNDescent

    numba.set_num_threads(args.threads)
    index = NNDescent(x, n_neighbors=args.k + 1, random_state=args.seed, n_jobs=args.threads)
    return index.neighbor_graph[0], {}


def usearch(x: np.ndarray, args: argparse.Namespace) -> Found:
    """Usearch with 16 links a row."""
    from usearch.index import Index

    index = Index(ndim=x.shape[1], metric="l2sq", dtype="f32", connectivity=16, expansion_add=80)
    index.expansion_search = 40
    keys = np.arange(len(x))
    index.add(keys, x, threads=args.threads)
    return index.search(x, args.k + 1, threads=args.threads).keys.astype(np.int64), {"ef": 40}


WHO: dict[str, Callable[[np.ndarray, argparse.Namespace], Found]] = {
    "ours": ours,
    "faiss-ivf": faiss_ivf,
    "hnswlib": hnswlib,
    "pynndescent": pynndescent,
    "usearch": usearch,
}
_MODULES = {"ours": "faiss", "faiss-ivf": "faiss"}


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Build one graph in this process."""
    x, _ = mixture(args.rows, args.columns, args.seed)
    start, busy = time.perf_counter(), time.process_time()
    found, told = WHO[args.only](x, args)
    told["seconds"] = round(time.perf_counter() - start, 2)
    told["cpu_seconds"] = round(time.process_time() - busy, 2)
    told["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    told["recall"] = round(recall(x, found, args.k), 4)
    return told


def recall(x: np.ndarray, found: np.ndarray, k: int) -> float:
    """Share of the true k nearest others that were found, on some rows."""
    import faiss

    which = np.random.default_rng(0).choice(len(x), min(CHECKED, len(x)), replace=False)
    true = faiss.knn(x[which], x, k + 1)[1]
    shares = []
    for row, near, mine in zip(which, true, found[which], strict=True):
        others = near[near != row][:k]
        shares.append(np.isin(others, mine[mine != row][:k]).mean())
    return float(np.mean(shares))


def compare(args: argparse.Namespace) -> None:
    """Run each library in a process of its own."""
    print(json.dumps(describe()), flush=True)
    for who in args.who:
        if importlib.util.find_spec(_MODULES.get(who, who)) is None:
            print(json.dumps({"who": who, "left_out": "not installed"}), flush=True)
            continue
        command = [sys.executable, __file__, f"--only={who}"]
        for name in ("rows", "columns", "k", "recall", "threads", "seed"):
            command += [f"--{name}", str(getattr(args, name))]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        case = {"who": who, "rows": args.rows, "columns": args.columns, "k": args.k}
        print(json.dumps({**case, **json.loads(done.stdout.splitlines()[-1])}), flush=True)


def main() -> None:
    """Compare, or build one graph in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=16)
    parser.add_argument("--k", type=int, default=15)
    parser.add_argument("--recall", type=float, default=0.93)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--who", nargs="+", choices=list(WHO), default=list(WHO))
    parser.add_argument("--only", choices=list(WHO), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps(run(args)))
    else:
        compare(args)


if __name__ == "__main__":
    main()
