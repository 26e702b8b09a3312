"""The flow between numbers of segments: as wide as it has customers, in one colour a segment."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from engine.visualization.charts.canvas import colour, drawing
from engine.visualization.charts.what_if import MOST_DRAWN, what_if
from engine.visualization.what_if import owners, views_of
from tests.visualization.what_ifs import FLOWS, view, with_what_if


@pytest.fixture(scope="module")
def axes(make_data: Any) -> Any:
    with drawing():
        figure = what_if(with_what_if(make_data()))
        assert figure is not None
        (found,) = figure.axes
        return found


def test_bands_are_as_wide_as_they_have_customers(axes):
    bands = [c.get_paths()[0].vertices for c in axes.collections if isinstance(c, PolyCollection)]
    at = [(float(v[:, 0].min()), v) for v in bands]
    found = {0: [], 1: []}
    for left, vertices in at:
        start = vertices[np.isclose(vertices[:, 0], left)][:, 1]
        found[round(left)].append(float(np.ptp(start)))
    for flows, widths in zip(FLOWS, found.values(), strict=True):
        counts = sorted(n / 400 for row in flows for n in row if n)
        assert sorted(widths) == pytest.approx(counts)


def test_bars_are_shares_of_customers_in_the_colour_of_the_described_segment(axes):
    bars = sorted((round(p.get_x() + p.get_width() / 2), p.get_height(), p) for p in axes.patches)
    assert [n for n, _, _ in bars] == [0] * 2 + [1] * 3 + [2] * 4
    for column in range(3):
        assert sum(h for n, h, _ in bars if n == column) == pytest.approx(1.0)
    shades = {round(h * 400): to_hex(p.get_facecolor()) for n, h, p in bars if n == 2}
    # Both pieces of the described segment 1 have its colour.
    assert shades == {210: colour(0), 60: colour(1), 40: colour(1), 90: colour(2)}


def test_bars_of_a_number_do_not_overlap(axes):
    for column in range(3):
        own = [p for p in axes.patches if round(p.get_x() + p.get_width() / 2) == column]
        spans = sorted((p.get_y(), p.get_y() + p.get_height()) for p in own)
        assert all(a[1] < b[0] for a, b in pairwise(spans))


def test_it_says_which_is_described_and_counts_from_one(axes):
    words = [text.get_text() for text in axes.texts]
    assert "weak, described here" in words
    assert words.count("weak") == 2
    assert "1  2 parts, 0" in words


def test_many_numbers_have_no_room_for_names(make_data):
    data = make_data()
    views = [view(k, [10] * k, [[5] * (k + 1)] * k, described=k == 3) for k in range(2, 8)]
    data.summary["what_if"] = [*views[:-1], views[-1] | {"flows": None}]
    try:
        with drawing():
            figure = what_if(data)
            assert figure is not None
            words = [text.get_text() for text in figure.axes[0].texts]
    finally:
        del data.summary["what_if"]
    assert not [word for word in words if "parts" in word or "segments" in word]
    assert words.count("weak") == 6
    assert "3 are described" in figure.get_suptitle()


def test_nothing_is_drawn_of_one_number_or_of_too_many(make_data):
    data = make_data()
    assert what_if(data) is None
    many = [view(2, [5, 5], [[1] * 31, [1] * 31], described=True)]
    data.summary["what_if"] = [*many, view(MOST_DRAWN + 1, [1] * (MOST_DRAWN + 1), None)]
    try:
        assert what_if(data) is None
    finally:
        del data.summary["what_if"]


def test_segments_belong_to_the_described_one_that_holds_most_of_them(make_data):
    views = views_of(with_what_if(make_data()).summary)
    assert owners(views) == [[0, 1], [0, 1, 2], [0, 1, 1, 2]]
    views[0]["flows"][1] = [None, 0, None]
    try:
        assert owners(views)[0] == [0, -1]
    finally:
        views[0]["flows"][1] = [10, 100, 0]
