"""Ward beside scikit-learn's: seconds, peak memory, agreement and quality, a process a run.

    python benchmarks/ward.py [--pairs 2] [--rows 1000000 5000000] [--seeds 3]

The rows are mixtures of eight anisotropic normal groups of unequal sizes in 16 columns, with 5% of
uniform noise; adjusted Rand indices with the truth are over the rows that are not noise. Each run
is a process of its own; its peak is the largest resident memory beyond that before the fit.

The agreement of weighted ward with exact ward is measured on these, on wide and narrow spreads, and
on the mixtures of shapes.py in 16 and 2 columns. How much exact ward itself depends on chance is
told beside it: ``ari_half`` compares exact ward on every second row with exact ward on all of them.
What differs is mostly noise.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

COLUMNS, K, NOISE = 16, 8, 0.05
EXACT_ROWS = 20_000
SPREADS = (4.0, 2.0)
"""Standard deviation of the groups' centres; those within groups are 0.37 to 2."""

DATA = (*(f"spread {spread:g}" for spread in SPREADS), "shapes 16", "shapes 2")
"""What agreement is measured on: this program's mixtures, and those of shapes.py by columns."""


def main() -> None:
    """Run every comparison, or one of them where it is a child."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 5_000_000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--child", help="one job as JSON: what this program starts itself with")
    args = parser.parse_args()
    if args.child:
        job = json.loads(args.child)
        print(json.dumps(JOBS[job.pop("job")](**job)))
        return
    for _ in range(args.pairs):
        for contender in ("ours", "scikit-learn"):
            run("exact", contender=contender, rows=EXACT_ROWS)
    for data in DATA:
        for seed in range(args.seeds):
            run("agreement", rows=EXACT_ROWS, data=data, seed=seed)
    for rows in args.rows:
        run("large", rows=rows)


def run(job: str, **arguments: Any) -> None:
    """Run a job in a process of its own and print what it found."""
    command = [sys.executable, __file__, "--child", json.dumps({"job": job, **arguments})]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = {"job": job, **arguments, **json.loads(done.stdout)}
    print(
        "  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in told.items())
    )
    sys.stdout.flush()


def mixture(rows: int, spread: float = SPREADS[0], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw the mixture: float32 rows and the group of each, -1 for noise."""
    import numpy as np

    rng = np.random.default_rng(seed)
    shares = 0.9 * rng.dirichlet(np.full(K, 2.0)) + 0.1 / K
    centres = spread * rng.standard_normal((K, COLUMNS))
    shapes = [
        np.linalg.qr(rng.standard_normal((COLUMNS, COLUMNS)))[0]
        * np.exp(rng.uniform(-1, 0.7, COLUMNS))
        for _ in range(K)
    ]
    x, groups = np.empty((rows, COLUMNS), np.float32), rng.choice(K, rows, p=shares)
    for start in range(0, rows, 100_000):
        part, mine = x[start : start + 100_000], groups[start : start + 100_000]
        for group in range(K):
            here = np.flatnonzero(mine == group)
            drawn = rng.standard_normal((len(here), COLUMNS)) @ shapes[group].T
            part[here] = centres[group] + drawn
        if start == 0:
            low, high = part.min(axis=0), part.max(axis=0)
        noise = np.flatnonzero(rng.random(len(part)) < NOISE)
        part[noise] = rng.uniform(low, high, (len(noise), COLUMNS))
        mine[noise] = -1
    return x, groups


def measured(fit: Any) -> tuple[Any, dict[str, float]]:
    """Call ``fit``; its result, its seconds and the MiB that it held at most (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts at what is resident now
    before = _resident("VmRSS")
    begin = time.perf_counter()
    result = fit()
    seconds = time.perf_counter() - begin
    return result, {"seconds": seconds, "peak_mib": _resident("VmHWM") - before}


def _resident(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def quality(groups: np.ndarray, labels: np.ndarray) -> float:
    """Agreement with the truth on the rows that are not noise."""
    from sklearn.metrics import adjusted_rand_score

    known = groups >= 0
    return float(adjusted_rand_score(groups[known], labels[known]))


def exact(contender: str, rows: int) -> dict[str, Any]:
    """Fit every row as a leaf."""
    from sklearn.cluster import AgglomerativeClustering as Sklearn

    from engine.clustering.agglomerative.estimator import AgglomerativeClustering

    x, groups = mixture(rows)
    ours = contender == "ours"
    model = AgglomerativeClustering(K, exact_limit=rows) if ours else Sklearn(K)
    _, told = measured(lambda: model.fit(x))
    return {**told, "ari_truth": quality(groups, model.labels_)}


def drawn(data: str, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw one of ``DATA``: float32 rows and the group of each, -1 for noise."""
    import shapes

    kind, number = data.split()
    if kind == "spread":
        return mixture(rows, float(number), seed)
    return shapes.mixture(rows, int(number), seed)


def agreement(rows: int, data: str, seed: int) -> dict[str, Any]:
    """Compare weighted ward on micro-clusters with exact ward, on all rows, noise included."""
    from sklearn.metrics import adjusted_rand_score

    from engine.clustering.agglomerative.estimator import AgglomerativeClustering

    x, groups = drawn(data, rows, seed)
    k = int(groups.max()) + 1
    every = AgglomerativeClustering(k, exact_limit=rows).fit(x).labels_
    few = AgglomerativeClustering(k, exact_limit=2, random_state=seed).fit(x).labels_
    half = AgglomerativeClustering(k, exact_limit=rows).fit(x[::2]).labels_
    return {
        "ari_half": float(adjusted_rand_score(every[::2], half)),
        "ari_exact": float(adjusted_rand_score(every, few)),
        "truth_exact": quality(groups, every),
        "truth_weighted": quality(groups, few),
    }


def large(rows: int) -> dict[str, Any]:
    """Fit many rows as the pipeline does."""
    from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE
    from engine.clustering.agglomerative.params import AgglomerativeParams
    from engine.clustering.algorithm import Task
    from engine.places.place import Place
    from engine.places.runtime import local_runtime
    from engine.utilities.sampling import row_priority

    x, groups = mixture(rows)
    params, task = AgglomerativeParams(), Task(x, K, row_priority(rows, 0), 0)
    run_here = AGGLOMERATIVE.runs[Place.CPU]
    found, told = measured(lambda: run_here(task, params, local_runtime()))
    told["matrix_mib"] = x.nbytes / 2**20
    told["estimate_mib"] = AGGLOMERATIVE.memory(rows, COLUMNS, K, params) / 2**20
    return {**told, "ari_truth": quality(groups, found.labels)}


JOBS = {"exact": exact, "agreement": agreement, "large": large}


if __name__ == "__main__":
    main()
