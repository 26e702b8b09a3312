"""No cell of a table of counts that is not told can be had from its totals."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.utilities.few_counts import untold

counts = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.integers(0, 30), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(counts)
def test_what_is_not_told_is_not_alone(cells):
    table = np.array(cells)
    hidden = untold(table, 5)
    assert hidden[(table > 0) & (table < 5)].all()
    for line, hide in [*zip(table, hidden, strict=True), *zip(table.T, hidden.T, strict=True)]:
        assert hide.sum() != 1
        # Several come to enough, unless nothing else of the line is anybody.
        assert not hide.any() or line[hide].sum() >= 5 or not line[~hide].any()
    assert not untold(np.where(table < 5, 0, table), 5).any()


def test_large_counts_are_told_where_small_ones_serve():
    table = np.array([[100, 3, 6], [4, 200, 7], [8, 9, 300]])
    hidden = untold(table, 5)
    assert not hidden.diagonal().any()


@given(counts)
def test_none_is_hidden_without_need(cells):
    table = np.array(cells)
    hidden = untold(table, 5)
    for i, j in np.argwhere(hidden & ((table == 0) | (table >= 5))):
        told = hidden.copy()
        told[i, j] = False
        lines = (table[i], told[i]), (table[:, j], told[:, j])
        assert any(
            hide.sum() == 1 or (hide.any() and line[hide].sum() < 5 and line[~hide].any())
            for line, hide in lines
        )
