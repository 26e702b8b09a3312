"""The named RFM segments beside the clusters, so that people see both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from engine.data_preparation.transactions.rfm import SEGMENTS
from engine.utilities.few import enough

NONE = "(no RFM segment)"


def rfm_beside_clusters(
    rfm_segment: pl.Series, labels: np.ndarray | Sequence[int], names: Sequence[str], least: int = 1
) -> pl.DataFrame:
    """Count customers by RFM segment and cluster.

    Parameters
    ----------
    rfm_segment : Series of str, one a customer
    labels : integer array of shape (n_customers,)
        Clusters 0 to k - 1, in the same order.
    names : sequence of k str
        Names of the clusters, all different.
    least : int
        Where a cell, or a cluster, holds fewer customers its count is null, and all others are to
        the nearest ``least``, so that nothing can be had by subtracting.

    Returns
    -------
    table : DataFrame
        ``rfm_segment``, one column a cluster, ``total``. Rows: the RFM segments that occur, from
        the best down, names that are not among the usual ones after them in alphabetical order,
        customers without one last. The columns add up to the clusters' sizes, where no count is
        of too few.

    Raises
    ------
    ValueError
        If lengths differ or a label has no name.

    Examples
    --------
    >>> rfm = pl.Series(["At Risk", "Champions", "Champions"])
    >>> rfm_beside_clusters(rfm, [1, 0, 1], ["High spend", "Low spend"]).rows()
    [('Champions', 1, 1, 2), ('At Risk', 0, 1, 1)]
    """
    cluster = np.asarray(labels, dtype=np.int64)
    if len(cluster) != len(rfm_segment):
        message = f"{len(rfm_segment)} RFM segments stand beside {len(cluster)} labels."
        raise ValueError(message)
    if len(cluster) and not 0 <= cluster.min() <= cluster.max() < len(names):
        message = f"labels run from {cluster.min()} to {cluster.max()}, names are {len(names)}."
        raise ValueError(message)
    return rfm_table(counted_by(rfm_segment, cluster, len(names)), names, least)


def counted_by(rfm_segment: pl.Series, cluster: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Count customers of each RFM segment by cluster: (k,) each, which add up over customers."""
    row = rfm_segment.cast(pl.String).fill_null(NONE)
    return {
        name: np.bincount(cluster[(row == name).to_numpy()], minlength=k)
        for name in row.unique().to_list()
    }


def rfm_table(counted: dict[str, np.ndarray], names: Sequence[str], least: int = 1) -> pl.DataFrame:
    """Make the table of :func:`rfm_beside_clusters` from what :func:`counted_by` gives."""
    rows, k = sorted(counted, key=_place), len(names)
    counts = np.array([counted[name] for name in rows], np.int64).reshape(len(rows), k)
    told = enough(counts.tolist(), counts.sum(axis=1).tolist(), least)
    columns = {
        _header(name): pl.Series([row[s] for row in told], dtype=pl.Int64)
        for s, name in enumerate(names)
    }
    columns["total"] = pl.Series([row[-1] for row in told], dtype=pl.Int64)
    return pl.DataFrame({"rfm_segment": pl.Series(rows, dtype=pl.String), **columns})


def _place(name: str) -> tuple[int, str]:
    usual = SEGMENTS.index(name) if name in SEGMENTS else len(SEGMENTS)
    return usual + (name == NONE), name


def _header(name: str) -> str:
    """Keep a cluster's column apart from the two that every table has."""
    return f"{name} (cluster)" if name in ("rfm_segment", "total") else name
