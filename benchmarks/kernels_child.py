"""One fit in a process of its own, for kernels.py: seconds, processor seconds, peak, labels.

``python kernels_child.py JOB.json``, by the Python of the contender: this tree's, that of an
earlier build, or of an environment with the peers.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

WARM_UP, SAMPLE, REPEATS = 2_000, 100_000, 15
METHODS = {
    "ward": "AgglomerativeClustering",
    "spectral": "SpectralClustering",
    "communities": "ANNClustering",
}
Fit = Callable[[np.ndarray], dict[str, Any]]


def main() -> None:
    """Do the job once on few rows, then on all of them, and print what was measured."""
    warnings.simplefilter("ignore")
    job = json.loads(Path(sys.argv[1]).read_text())
    x = np.load(job["rows"])
    fit = JOBS[job["kind"]](job)
    fit(x[:: max(1, len(x) // WARM_UP)][:WARM_UP])
    clear = Path("/proc/self/clear_refs")
    clear.write_text("5")  # the peak starts at what is resident now
    before, wall, cpu = _resident("VmRSS"), time.perf_counter(), time.process_time()
    found = fit(x)
    told: dict[str, Any] = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_bytes": _resident("VmHWM") - before,
    }
    if (labels := found.pop("labels", None)) is not None:
        np.save(job["labels"], np.asarray(labels, np.int32))
    Path(job["result"]).write_text(json.dumps(told | found | {"of": _of(job["contender"])}))


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _of(contender: str) -> str:
    """Say which build or library computed."""
    if contender not in ("engine", "base"):
        from importlib.metadata import version

        name = {"sklearn": "scikit-learn", "sklearnex": "scikit-learn-intelex", "flspp": "flspp"}
        package = name.get(contender, "faiss-cpu")
        return f"{package} {version(package)}"
    import engine

    try:
        from engine.native.library import told
    except ImportError:  # an earlier build
        return f"{Path(engine.__file__).parent.parent.name}, without kernels"
    return f"kernels {told()}"


def kmeans(job: dict[str, Any]) -> Fit:
    """Fit k-means once, and label all rows."""
    k, seed, who = job["k"], job["seed"], job["contender"]
    if who.startswith("faiss"):
        return _faiss(k, seed, every_row=who == "faiss-all")
    if who == "flspp":
        from flspp import FLSpp

        return lambda x: {"labels": FLSpp(n_clusters=k, random_state=seed).fit(x).labels_}
    estimator, more = _estimator(who, k), {} if who in ("engine", "base") else {"n_init": 1}
    return lambda x: {"labels": estimator(k, random_state=seed, **more).fit(x).labels_}


def _estimator(who: str, k: int) -> Any:
    if who == "sklearn":
        from sklearn.cluster import KMeans
    elif who == "sklearnex":
        from sklearnex.cluster import KMeans
    else:
        from engine.clustering import KMeans
    return KMeans


def _faiss(k: int, seed: int, *, every_row: bool) -> Fit:
    """Faiss as it comes, which fits 256 rows a centre; or on every row, until nothing moves."""
    import faiss

    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))

    def fit(x: np.ndarray) -> dict[str, Any]:
        more = {"max_points_per_centroid": len(x), "niter": 100} if every_row else {}
        model = faiss.Kmeans(x.shape[1], k, seed=seed, **more)
        model.train(x)
        return {"labels": model.index.search(x, 1)[1][:, 0]}

    return fit


def predict(job: dict[str, Any]) -> Fit:
    """Label all rows by centres that are all but given; the median of some calls."""
    who, k = job["contender"], job["k"]
    state: dict[str, Any] = {}

    def fit(x: np.ndarray) -> dict[str, Any]:
        if "model" not in state:
            rows = np.load(job["rows"], mmap_mode="r")[:SAMPLE]
            rng = np.random.default_rng(job["seed"])
            centres = rows[np.sort(rng.choice(len(rows), k, replace=False))].astype(np.float64)
            given = {"init": centres, "n_init": 1, "max_iter": 1}
            if who == "base":  # takes no centres to begin with
                given = {"n_init": 1, "max_iter": 1}
            state["model"] = _estimator(who, k)(k, random_state=0, **given).fit(np.array(rows))
        taken, labels = [], None
        for _ in range(REPEATS if len(x) > WARM_UP else 1):
            start = time.perf_counter()
            labels = state["model"].predict(x)
            taken.append(time.perf_counter() - start)
        return {"labels": labels, "seconds": median(taken)}

    return fit


def pca(job: dict[str, Any]) -> Fit:
    """Fit all components."""
    if job["contender"] == "sklearn":
        from sklearn.decomposition import PCA

        solver = "covariance_eigh"
        return lambda x: {
            "ratios": PCA(svd_solver=solver).fit(x).explained_variance_ratio_.tolist()
        }
    try:
        from engine.places.runtime import local_runtime
    except ImportError:  # an earlier build
        local_runtime = importlib.import_module("engine.runtime").local_runtime
    from engine.dimensionality_reduction.pca import fit_pca

    return lambda x: {
        "ratios": fit_pca(x, x.shape[1], runtime=local_runtime()).explained_variance_ratio.tolist()
    }


def method(job: dict[str, Any]) -> Fit:
    """Fit another method with its defaults, and label all rows."""
    from engine import clustering

    estimator, k = getattr(clustering, METHODS[job["kind"]]), job["k"]
    return lambda x: {"labels": estimator(k, random_state=job["seed"]).fit(x).labels_}


JOBS = {"kmeans": kmeans, "predict": predict, "pca": pca} | dict.fromkeys(METHODS, method)


if __name__ == "__main__":
    main()
