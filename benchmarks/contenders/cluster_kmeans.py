"""The engine's k-means alone, on a cluster of two workers of one thread.

Run by benchmarks/cluster.py as ``python cluster_kmeans.py TASK.json``. Rows are read by the
workers and kept there before the fit is timed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl


def rows_of(file: Path, start: int, stop: int) -> np.ndarray:
    """Read some rows of a file: float32, (rows, columns)."""
    rows = pl.scan_parquet(file).slice(start, stop - start).collect()
    return np.ascontiguousarray(rows.to_numpy())


def main() -> None:
    from engine.cluster.opening import opened
    from engine.cluster.spread import Spread
    from engine.clustering.algorithm import Task, algorithm
    from engine.config.sections import ComputeConfig
    from engine.utilities.sampling import row_priority

    task = json.loads(Path(sys.argv[1]).read_text())
    files = sorted(Path(task["input"]).glob("*.parquet"))
    sizes = tuple(int(pl.scan_parquet(f).select(pl.len()).collect().item()) for f in files)
    columns = len(pl.read_parquet_schema(files[0]))
    compute = ComputeConfig(cluster="local", workers=2, threads=2, device="cpu")
    with opened(compute) as runtime:
        members = runtime.members
        start = time.perf_counter()
        x = Spread(members, sizes, np.dtype(np.float32), (columns,))
        x.fill(members.tasks(rows_of, files, [0] * len(files), sizes))
        priority = Spread(members, sizes, np.dtype(np.uint64))
        seeds = [task["seed"]] * len(files)
        priority.fill(members.tasks(row_priority, sizes, seeds, priority.starts.tolist()))
        members.wait([*x.pieces, *priority.pieces])
        read = time.perf_counter()
        row = algorithm("kmeans")
        asked = Task(x, task["k"], priority, task["seed"])
        fit = row.runs[runtime.place](asked, row.params(), runtime)
        members.wait(fit.labels.pieces)
        done = time.perf_counter()
    out = Path(task["out"])
    np.save(out / "centres.npy", fit.representatives.points)
    seconds = {"read_seconds": read - start, "fit_seconds": done - read}
    (out / "result.json").write_text(json.dumps({**seconds, "n_iter": fit.n_iter}))


if __name__ == "__main__":
    main()
