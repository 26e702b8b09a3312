"""Figures of segments where there is little to draw, composed and not rendered."""

from __future__ import annotations

from engine.visualization.charts.canvas import drawing, spread
from engine.visualization.charts.segments import customer_map


def test_one_feature_is_spread_at_random(make_data) -> None:
    with drawing():
        (axes,) = customer_map(make_data(features=["spend"], segments=2)).axes
    assert axes.get_yticks().tolist() == []
    assert axes.get_ylabel() == "spread at random, to tell customers apart"
    heights = axes.collections[0].get_offsets()[:, 1]
    assert len(set(heights.tolist())) > 300
    assert -1 <= heights.min() < heights.max() <= 1


def test_one_label_stays_where_it_is() -> None:
    assert spread([0.3], gap=1.0, low=0.0, high=1.0) == [0.3]
    assert spread([], gap=1.0, low=0.0, high=1.0) == []
