"""Clustering: the algorithm table, and the estimators with scikit-learn's conventions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.clustering.agglomerative.estimator import AgglomerativeClustering
    from engine.clustering.ann_methods.estimator import ANNClustering
    from engine.clustering.kmeans.estimator import KMeans
    from engine.clustering.pca_methods.estimator import PCAClustering
    from engine.clustering.spectral.estimator import SpectralClustering

_ESTIMATORS = {
    "ANNClustering": "engine.clustering.ann_methods.estimator",
    "AgglomerativeClustering": "engine.clustering.agglomerative.estimator",
    "KMeans": "engine.clustering.kmeans.estimator",
    "PCAClustering": "engine.clustering.pca_methods.estimator",
    "SpectralClustering": "engine.clustering.spectral.estimator",
}

__all__ = [
    "ANNClustering",
    "AgglomerativeClustering",
    "KMeans",
    "PCAClustering",
    "SpectralClustering",
]


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        return getattr(import_module(_ESTIMATORS[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return __all__
