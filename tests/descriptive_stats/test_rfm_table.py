"""RFM segments beside clusters: every customer once, in the usual order."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.descriptive_stats.rfm_table import NONE, rfm_beside_clusters


def test_by_hand():
    rfm = pl.Series(["Hibernating", "Champions", "Zeta", None, "Loyal", "Champions", "Alpha"])
    table = rfm_beside_clusters(rfm, np.array([0, 1, 1, 0, 2, 1, 0]), ["low", "high", "new"])
    assert table.columns == ["rfm_segment", "low", "high", "new", "total"]
    assert table.rows() == [
        ("Champions", 0, 2, 0, 2),
        ("Loyal", 0, 0, 1, 1),
        ("Hibernating", 1, 0, 0, 1),
        ("Alpha", 1, 0, 0, 1),
        ("Zeta", 0, 1, 0, 1),
        (NONE, 1, 0, 0, 1),
    ]


def test_nobody():
    table = rfm_beside_clusters(pl.Series([], dtype=pl.String), np.array([], np.int32), ["a"])
    assert table.is_empty()
    assert table.columns == ["rfm_segment", "a", "total"]


def test_a_cluster_may_be_called_total():
    table = rfm_beside_clusters(pl.Series(["Loyal"]), [0], ["total"])
    assert table.rows() == [("Loyal", 1, 1)]
    assert table.columns == ["rfm_segment", "total (cluster)", "total"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 RFM segments stand beside 1 labels"):
        rfm_beside_clusters(pl.Series(["Loyal", "Loyal"]), [0], ["a"])
    with pytest.raises(ValueError, match="labels run from 0 to 1, names are 1"):
        rfm_beside_clusters(pl.Series(["Loyal", "Loyal"]), [0, 1], ["a"])


@given(st.lists(st.tuples(st.sampled_from(["Loyal", "At Risk", "x", None]), st.integers(0, 3))))
def test_rows_and_columns_add_up(customers):
    rfm = pl.Series([r for r, _ in customers], dtype=pl.String)
    labels = [s for _, s in customers]
    table = rfm_beside_clusters(rfm, labels, list("abcd"))
    assert table["total"].sum() == len(customers)
    for s, name in enumerate("abcd"):
        assert table[name].sum() == labels.count(s)
