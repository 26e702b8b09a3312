"""A made run of several numbers of segments, for the tests of its figure, its page and slides."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.visualization.report_data import ReportData

FLOWS = ([[200, 0, 90], [10, 100, 0]], [[210, 0, 0, 0], [0, 60, 40, 0], [0, 0, 0, 90]])


def view(k: int, sizes: list[int], flows: Any, *, described: bool = False) -> dict[str, Any]:
    segments = [
        {"segment": s, "name": f"{k} parts, {s}", "customers": n, "share": n / sum(sizes), "few": 0}
        for s, n in enumerate(sizes)
    ]
    return {
        "k": k, "described": described, "segments": segments, "flows": flows, "silhouette": 0.31,
        "structure": {"word": "weak", "meaning": "", "near": []}, "chance": 0.2, "stability": 0.9,
    }  # fmt: skip


def with_what_if(data: ReportData) -> ReportData:
    """Put two, three and four segments beside each other; three are described."""
    views = [
        view(2, [290, 110], FLOWS[0]),
        view(3, [210, 100, 90], FLOWS[1], described=True),
        view(4, [210, 60, 40, 90], None),
    ]
    return dataclasses.replace(data, summary=data.summary | {"what_if": views})
