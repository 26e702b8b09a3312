"""Rows with segments among few components, and the ways of fitting them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.clustering.algorithm import Fit
from engine.clustering.pca_methods.algorithm import PCA_METHODS
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import task_of

CPU = Runtime(threads=1)

APART = "from columns that have nothing to do with each other (parallel analysis)"

ROADS: dict[str, dict[str, Any]] = {
    "kmeans": {"settings": {"n_init": 2}},
    "ward": {"method": "agglomerative"},
    "micro-clusters": {
        "method": "agglomerative",
        "settings": {"exact_limit": 500, "micro_clusters": 100},
    },
    "graph": {"method": "spectral", "settings": {"n_init": 2}},
    "landmarks": {
        "method": "spectral",
        "settings": {"n_init": 2, "exact_limit": 500, "landmarks": 100},
    },
}


def in_planes(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Four segments in a plane, each of its two directions seen in five columns with noise."""
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    segment = np.random.default_rng(seed).choice(4, n, p=shares)
    plane = np.array([[0, 0], [9, 0], [0, 7], [9, 7]])[segment]
    rng = np.random.default_rng(seed + 1)
    x = np.repeat(plane + rng.normal(0, 0.5, (n, 2)), 5, axis=1) + rng.normal(0, 1.0, (n, 10))
    return x.astype(np.float32), segment


def fit(x: Any, k: int, runtime: Runtime = CPU, *, seed: int = 0, **params: Any) -> Fit:
    task = task_of(x, k, seed)
    run = PCA_METHODS.runs[Place.CPU]
    return run(task, PCAMethodsParams(**params), runtime)


@pytest.fixture(scope="session")
def planes() -> tuple[np.ndarray, np.ndarray]:
    return in_planes(2_000)
