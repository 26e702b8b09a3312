"""Report data for the tests: real k-means on drawn customers, every number computed from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples

from engine.visualization.report_data import ReportData

MakeData = Callable[..., ReportData]


def _profiles(
    rows: np.ndarray, labels: np.ndarray, features: list[str], names: list[str]
) -> dict[str, Any]:
    mean, median, std = rows.mean(0), np.median(rows, 0), rows.std(0)
    segments = []
    for segment in range(labels.max() + 1):
        mine = rows[labels == segment]
        z = (mine.mean(0) - mean) / std
        order = np.argsort(-np.abs(z))[:5]
        segments.append({
            "segment": segment,
            "name": names[segment],
            "customers": len(mine),
            "share": len(mine) / len(rows),
            "features": {
                f: {"mean": mine[:, j].mean(), "median": np.median(mine[:, j]), "z": z[j]}
                for j, f in enumerate(features)
            },
            "distinctive": [
                {"feature": features[j], "z": z[j], "direction": "high" if z[j] > 0 else "low"}
                for j in order
            ],
            "levels": [
                {"column": "channel", "level": "app", "share": 0.61, "overall": 0.24, "lift": 2.54}
            ],
            "silhouette": 0.5,
        })  # fmt: skip
    overall = {
        f: {"mean": mean[j], "median": median[j], "std": std[j]} for j, f in enumerate(features)
    }
    return {
        "customers": len(rows),
        "features": features,
        "overall": overall,
        "categories": ["channel"],
        "segments": segments,
        "medians": "exact",
    }


def _summary(name: str, labels: np.ndarray, features: list[str], mean: float) -> dict[str, Any]:
    sizes = np.bincount(labels).tolist()
    return {
        "run_id": "20260102-030405-abcdef",
        "name": name,
        "n_customers": len(labels),
        "n_features": len(features),
        "n_components": 0,
        "place": "cpu",
        "place_reason": "compute.device is cpu",
        "random_state": 7,
        "versions": {"engine": "0.1.0", "numpy": np.__version__},
        "warnings": [],
        "notices": ["customer_id was recognised."],
        "best": "kmeans",
        "k_rule": None,
        "methods": {
            "kmeans": {
                "k": len(sizes),
                "sizes": sizes,
                "silhouette": {
                    "value": mean, "low": mean - 0.02, "high": mean + 0.02, "anchors": 100,
                    "chance": 0.3,
                },
                "silhouette_squared": 0.6,
                "davies_bouldin": 0.7,
                "calinski_harabasz": 900.0,
                "inertia": 1234.5,
                "seconds": 0.2,
            }
        },
        "stages": [
            {"name": "load", "seconds": 0.1, "rows_per_second": 9e3, "peak_memory_bytes": 2**28}
        ],
        "input": {"path": "customers.csv", "rows": len(labels)},
        "preparation": [{"column": f, "role": "numeric", "what": "scaled"} for f in features],
    }  # fmt: skip


def _make(
    *,
    segments: int = 3,
    features: list[str] | None = None,
    names: list[str] | None = None,
    components: int = 0,
    sweep: bool = False,
    customers: int = 400,
    name: str = "shop",
) -> ReportData:
    features = features or ["spend", "visits", "age"]
    names = names or [f"group {s}" for s in range(segments)]
    rows, _ = make_blobs(customers, len(features), centers=segments, random_state=5)
    rows = rows * 100 + 1000
    space, ratios, loadings = rows, [], None
    if components:
        pca = PCA().fit(rows)
        space, ratios = pca.transform(rows)[:, :components], pca.explained_variance_ratio_.tolist()
        loadings = {"features": features, "components": pca.components_[:2].tolist()}
    labels = KMeans(segments, n_init=2, random_state=0).fit_predict(space).astype(np.int32)
    knife = silhouette_samples(space, labels)
    ks = [
        {"k": k, "inertia": 1000.0 / k, "silhouette": 0.5, "low": 0.45, "high": 0.55}
        for k in (2, 3, 4)
    ]
    points = space[:, :2] if space.shape[1] > 1 else np.column_stack([space, 0 * space])
    axes = ("component 1", "component 2") if components else (features[0], features[-1])
    summary = _summary(name, labels, features, float(knife.mean()))
    return ReportData(
        summary=summary | {"n_components": components},
        profiles=_profiles(rows, labels, features, names),
        explained_variance=ratios,
        n_components=components,
        loadings=loadings,
        k_sweep=ks if sweep else [],
        map_points=points.astype(np.float32),
        map_segments=labels,
        map_axes=axes,
        knife_values=knife,
        knife_segments=labels,
        knife_weights=np.full(len(knife), 2.5),
    )


@pytest.fixture(scope="session")
def make_data() -> MakeData:
    """Build report data of any size: segments, features, names, PCA, sweep."""
    return _make


@pytest.fixture(scope="session")
def extreme(make_data: MakeData) -> ReportData:
    """Thirty segments, sixty features, hostile, long and non-Latin names, missing numbers."""
    features = [f"feature {i}" for i in range(60)]
    features[:5] = [
        "<script>alert('x')</script>",
        "$pend$ in \u20ac_{",
        "a_very_long_name_" * 8,
        "\u5ba2\u6237 \u6d88\u8d39",
        'Gr\u00f6\u00dfe & "Wert"',
    ]
    names = [f"<img src=x onerror=alert({s})> and {features[s % 5]}" for s in range(30)]
    data = make_data(
        segments=30, features=features, names=names, components=8, sweep=True, customers=900,
        name="<b>shop</b>",
    )  # fmt: skip
    nan = float("nan")
    data.k_sweep[0] |= {"silhouette": None, "low": nan, "high": None}
    data.profiles["segments"][0]["features"]["feature 9"] |= {"z": nan, "median": None}
    data.summary["methods"]["kmeans"] |= {"davies_bouldin": None, "inertia": nan}
    data.summary["stages"][0] |= {"rows_per_second": None, "peak_memory_bytes": None}
    data.map_points[:3] = np.nan
    data.knife_values[:3] = np.nan
    return data
