"""What each segment is worth: money, orders and medians, added up wherever the customers are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.cluster.pieces import on_host
from engine.data_preparation.transactions.money import UNIT
from engine.descriptive_stats.rfm_table import counted_by
from engine.utilities.rows import is_spread
from engine.utilities.segment_numbers import Numbers

_MONEY = ("monetary_gross", "monetary", "returns")
_COLUMNS = ("rfm_segment", *_MONEY, "frequency", "recency")
_MEDIANS = ("recency", "frequency")


@dataclass(frozen=True)
class Worth:
    """What customers come to by segment: whole numbers, which add up in any order.

    Attributes
    ----------
    sums : DataFrame
        segment (an index), customers, returners, money in ten-thousandths, orders.
    counts : dict of column to DataFrame
        segment, value, n: how many customers have each value of what has a median.
    rfm : dict of str to int64 array of shape (k,)
        Customers of each RFM segment by segment.
    """

    sums: pl.DataFrame
    counts: dict[str, pl.DataFrame]
    rfm: dict[str, np.ndarray]


def worth_of(customers: Path, labels: Any, k: int) -> Worth:
    """Add up what customers come to.

    Parameters
    ----------
    customers : Path
        The table that was gathered, in the order of the labels.
    labels : int array of shape (n_customers,), or Spread
        Indices of segments.
    k : int
    """
    of = _OfPiece(customers, k)
    if not is_spread(labels):
        return of(labels, 0)
    found: Worth = labels.members.combined(
        of, labels.pieces, labels.starts.tolist(), combine=together
    )
    return found


class _OfPiece:
    """Adds up the customers of a piece."""

    def __init__(self, customers: Path, k: int) -> None:
        self.customers, self.k = customers, k

    def __call__(self, piece: Any, start: int) -> Worth:
        labels = on_host(piece)
        table = pl.scan_parquet(self.customers, glob=False).select(_COLUMNS)
        rows = table.slice(start, len(labels)).collect()
        whole = rows.with_columns(
            pl.Series("segment", labels, pl.Int32),
            *((pl.col(c) * UNIT).round().cast(pl.Int64) for c in _MONEY),
        )
        sums = whole.group_by("segment").agg(
            pl.len().cast(pl.Int64).alias("customers"),
            (pl.col("returns") != 0).sum().cast(pl.Int64).alias("returners"),
            *(pl.col(c).sum() for c in _MONEY),
            pl.col("frequency").sum().alias("orders"),
        )
        counts = {
            c: whole.group_by("segment", value=c).agg(n=pl.len().cast(pl.Int64)) for c in _MEDIANS
        }
        return Worth(sums, counts, counted_by(rows["rfm_segment"], labels, self.k))


def together(first: Worth, second: Worth) -> Worth:
    """Add up what other customers come to."""

    def added(one: pl.DataFrame, other: pl.DataFrame, *by: str) -> pl.DataFrame:
        return pl.concat([one, other]).group_by(by).agg(pl.all().sum())

    nobody = np.zeros_like(next(iter((first.rfm | second.rfm).values())))
    return Worth(
        added(first.sums, second.sums, "segment"),
        {c: added(first.counts[c], second.counts[c], "segment", "value") for c in _MEDIANS},
        {
            name: first.rfm.get(name, nobody) + second.rfm.get(name, nobody)
            for name in first.rfm | second.rfm
        },
    )


def figures_of(worth: Worth, numbers: Numbers) -> list[dict[str, Any]]:
    """Give figures of each segment; money is of whole ten-thousandths, exact in any order."""
    total, n = worth.sums.sum(), int(worth.sums["customers"].sum())
    rows = {row["segment"]: row for row in worth.sums.iter_rows(named=True)}
    medians = {c: _medians(worth.counts[c]) for c in _MEDIANS}
    return [
        _figures(
            rows[i] | {"segment": s} | {f"{c}_median": medians[c][i] for c in _MEDIANS}, total, n
        )
        for i, s in enumerate(numbers.public)
    ]


def _medians(counts: pl.DataFrame) -> dict[int, float]:
    """Give the median of each segment from how often it has each value.

    Examples
    --------
    >>> counts = {"segment": [0, 0, 1], "value": [5, 2, 7], "n": [1, 1, 3]}
    >>> _medians(pl.DataFrame(counts)) == {0: 3.5, 1: 7.0}
    True
    """
    found = {}
    for (segment,), rows in (
        counts.sort("segment", "value").partition_by("segment", as_dict=True).items()
    ):
        values, ends = rows["value"].to_numpy(), rows["n"].cum_sum().to_numpy()
        middle = [(ends[-1] - 1) // 2, ends[-1] // 2]
        low, high = values[np.searchsorted(ends, middle, side="right")].tolist()
        found[segment] = (low + high) / 2
    return found


def _figures(row: dict[str, Any], total: pl.DataFrame, n: int) -> dict[str, Any]:
    gross, net, orders = row["monetary_gross"], row["monetary"], int(row["orders"])
    return {
        "segment": row["segment"],
        "customers": row["customers"],
        "customer_share": row["customers"] / n,
        "gross": gross / UNIT,
        "net": net / UNIT,
        "gross_share": _share(gross, total["monetary_gross"][0]),
        "net_share": _share(net, total["monetary"][0]),
        "returns_share": _share(row["returns"], gross),
        "returners": row["returners"],
        "orders": orders,
        "average_order_value": gross / UNIT / orders if orders else None,
        "recency_median": row["recency_median"],
        "frequency_median": row["frequency_median"],
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
