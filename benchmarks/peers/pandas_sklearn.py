"""The peer: the same job as a competent user writes it with pandas and scikit-learn.

Run by benchmarks/run.py as ``python pandas_sklearn.py TASK.json``. Nothing here is slowed down:
only the needed columns are read; they are prepared one at a time into one matrix, which is scaled
in place and dropped after PCA; the silhouette is sampled and the scatter plot shows a sample.
Numbers are float64, as pandas gives them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

SKEWED = 1.0
TAILS = [0.005, 0.995]
VARIANCE = 0.9
SILHOUETTE_ROWS = 10_000
PLOTTED_ROWS = 20_000

stages: list[dict[str, float | str]] = []


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Note how long a stage took."""
    start = time.perf_counter()
    yield
    stages.append({"name": name, "seconds": time.perf_counter() - start})


def prepare(features: pd.DataFrame) -> np.ndarray:
    """Impute by the median, log what is skewed, clip the tails, scale: float64, (rows, columns)."""
    matrix = np.empty(features.shape)
    for position, name in enumerate(features.columns):
        column = features[name].astype(float)
        column = column.fillna(column.median())
        if abs(column.skew()) > SKEWED:
            column = np.sign(column) * np.log1p(column.abs())
        low, high = column.quantile(TAILS)
        matrix[:, position] = column.clip(low, high)
    return StandardScaler(copy=False).fit_transform(matrix)


def plot(points: np.ndarray, labels: np.ndarray, path: Path, seed: int) -> None:
    """Draw a sample of customers on the first two components."""
    rows = np.random.default_rng(seed).choice(
        len(points), min(PLOTTED_ROWS, len(points)), replace=False
    )
    plt.figure(figsize=(8, 6))
    plt.scatter(points[rows, 0], points[rows, 1], c=labels[rows], s=3, cmap="tab10")
    plt.xlabel("component 1")
    plt.ylabel("component 2")
    plt.savefig(path, dpi=100)


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    out = Path(task["out"])
    with stage("load"):
        customers = pd.read_parquet(task["input"], columns=[task["id"], *task["features"]])
    with stage("prepare"):
        matrix = prepare(customers[task["features"]])
    with stage("pca"):
        points = PCA(n_components=VARIANCE, random_state=task["seed"]).fit_transform(matrix)
        del matrix
    with stage("cluster"):
        model = KMeans(n_clusters=task["k"], n_init=1, random_state=task["seed"])
        labels = model.fit_predict(points)
    with stage("evaluate"):
        score = silhouette_score(
            points, labels, sample_size=min(SILHOUETTE_ROWS, len(points)), random_state=task["seed"]
        )
    with stage("describe"):
        grouped = customers[task["features"]].groupby(labels)
        profiles = grouped.agg(["mean", "median"])
        profiles.to_csv(out / "profiles.csv")
    with stage("draw"):
        plot(points, labels, out / "segments.png", task["seed"])
    with stage("save"):
        table = pd.DataFrame({task["id"]: customers[task["id"]], "segment": labels})
        table.to_parquet(out / "segments.parquet", index=False)
    result = {
        "labels": str(out / "segments.parquet"),
        "silhouette": float(score),
        "n_components": points.shape[1],
        "stages": stages,
    }
    (out / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
