"""The peer: dask-ml's k-means on Dask arrays, on a cluster of two workers of one thread.

Run by benchmarks/cluster.py as ``python dask_ml_kmeans.py TASK.json``, by a Python that has
dask-ml. Rows are read by the workers and kept there before the fit is timed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    import dask.dataframe as dd
    from dask.distributed import Client, LocalCluster, wait
    from dask_ml.cluster import KMeans

    task = json.loads(Path(sys.argv[1]).read_text())
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        start = time.perf_counter()
        frame = dd.read_parquet(task["input"])
        rows = frame.to_dask_array(lengths=True).persist()
        wait(rows)
        read = time.perf_counter()
        fitted = KMeans(n_clusters=task["k"], random_state=task["seed"]).fit(rows)
        wait(fitted.labels_.persist())
        done = time.perf_counter()
    out = Path(task["out"])
    np.save(out / "centres.npy", np.asarray(fitted.cluster_centers_))
    seconds = {"read_seconds": read - start, "fit_seconds": done - read}
    (out / "result.json").write_text(json.dumps({**seconds, "n_iter": int(fitted.n_iter_)}))


if __name__ == "__main__":
    main()
