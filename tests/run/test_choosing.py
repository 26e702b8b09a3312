"""Which method is shown: by hand, for silhouettes, gaps and segments that come back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.evaluation.silhouette import Silhouette
from engine.run.choosing import best_of

NOT_LOOKED_AT: dict[str, Any] = {
    "anchors": 1, "reference": 1, "confidence": 0.95, "exact": True, "per_segment": (),
    "anchor_rows": None, "anchor_labels": None, "anchor_values": None,
}  # fmt: skip


def _resampled(mean: float) -> Any:
    return SimpleNamespace(mean=mean, spread=0.1, values=(mean,) * 10)


def scored(
    method: str, value: float, gaps: float | None = None, stable: float | None = None
) -> Any:
    silhouette = Silhouette(value, low=value, high=value, **NOT_LOOKED_AT)
    return SimpleNamespace(
        method=method,
        silhouette=silhouette,
        chance=0.2,
        gain=value - 0.2,
        gaps=gaps,
        stability=None if stable is None else _resampled(stable),
        scores=SimpleNamespace(sizes=(600, 400)),
    )


@pytest.mark.parametrize(
    ("methods", "best", "said"),
    [
        ((("a", 0.40), ("b", 0.45)), "b", "(0.200) most."),
        ((("a", 0.45), ("b", 0.45)), "a", "(0.200) most."),
        ((("a", 0.44), ("b", 0.45)), "b", "(0.200) most."),
        ((("a", 0.44, None, 0.7), ("b", 0.45, None, 0.6)), "a", "come back more surely"),
        ((("a", 0.44, None, 0.5), ("b", 0.45, None, 0.9)), "b", "(0.200) most."),
        ((("a", 0.44, None, 0.88), ("b", 0.45, None, 0.85)), "b", "(0.200) most."),
        ((("a", 0.40, None, 0.9), ("b", 0.45, None, 0.6)), "b", "(0.200) most."),
        ((("a", 0.21), ("b", 0.22)), "b", "none of the methods stands out"),
        ((("a", 0.45, 0.9), ("b", 0.25, 0.0)), "b", "gaps part its segments"),
        ((("a", 0.45, 0.1), ("b", 0.25, 0.0)), "a", "most."),
        ((("a", 0.45, 0.9), ("b", 0.25, 0.2)), "a", "most."),
        ((("a", 0.21, 0.9), ("b", 0.20, 0.2)), "b", "no silhouette stands out"),
        ((("a", 0.22, 0.1), ("b", 0.19, 0.1)), "a", "gaps part its segments"),
    ],
)
def test_the_method_that_is_shown(methods, best, said):
    found, rule = best_of([scored(*m) for m in methods])
    assert found.method == best
    assert said in rule


def test_one_method_needs_no_rule():
    assert best_of([scored("a", 0.5)])[1] is None
