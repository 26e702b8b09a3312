"""What a run on transactions has beside one on customers: what sells to whom, and its worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.config.sections import Config
from engine.data_preparation.transactions.features import DESCRIBED
from engine.data_preparation.transactions.money import UNIT
from engine.data_preparation.transactions.purchases import Purchases
from engine.descriptive_stats.cross_selling.selling import CrossSell, what_sells
from engine.descriptive_stats.rfm_table import rfm_beside_clusters
from engine.places.runtime import Runtime
from engine.utilities.few_worth import facts_of_enough, returns_of_few, worth_of_enough
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import write_table

if TYPE_CHECKING:
    from engine.model.model import Model

OF_CUSTOMERS = ("recency", "frequency", "monetary", *DESCRIBED)
"""Columns that stand beside a customer's segment."""

_FRAMES = {
    "cross_sell.csv": "pairs",
    "offers.csv": "offers",
    "best_sellers.csv": "best_sellers",
    "best_categories.csv": "categories",
}


@dataclass(frozen=True)
class Sales:
    """What the segments buy.

    Attributes
    ----------
    purchases : Purchases
    cross_sell : CrossSell or None
        None where the files name no products.
    rfm : polars DataFrame
        Named RFM segments against clusters.
    segments : list of dict
        Revenue, orders and medians of each segment.
    """

    purchases: Purchases
    cross_sell: CrossSell | None
    rfm: pl.DataFrame
    segments: list[dict[str, Any]]

    def tree(self) -> dict[str, Any]:
        """Plain data for the report."""
        clusters = [c for c in self.rfm.columns[1:] if c != "total"]
        return {
            "facts": self.purchases.facts,
            "segments": self.segments,
            "rfm": {
                "rows": self.rfm[self.rfm.columns[0]].to_list(),
                "counts": self.rfm.select(clusters).rows(),
            },
            "cross_sell": self.cross_sell.to_json() if self.cross_sell else None,
        }

    def of_customers(self, start: int, stop: int) -> pl.DataFrame:
        """Give what is said of some customers beside their segment, in the order of their ids."""
        return beside_segments(self.purchases.customers, start, stop)

    def save(self, folder: Path) -> int:
        """Write the tables as CSV into a run's report folder; gives the cells that were marked."""
        worth = pl.DataFrame(self.segments, infer_schema_length=None)
        tables = {"rfm_by_segment.csv": self.rfm, "segment_worth.csv": worth}
        if self.cross_sell:
            tables |= {file: getattr(self.cross_sell, name) for file, name in _FRAMES.items()}
        cells = 0
        for file, frame in tables.items():
            plain = frame.with_columns(
                pl.col(c).list.join(", ") for c, t in frame.schema.items() if t == pl.List
            )
            cells += write_table(iter([plain]), plain.schema, folder / file).marked
        return cells


def beside_segments(customers: Path, start: int, stop: int) -> pl.DataFrame:
    """Read what stands beside the segments of some rows of a table of customers."""
    table = pl.scan_parquet(customers, glob=False)
    return table.select(OF_CUSTOMERS).slice(start, stop - start).collect()


def leading_categories(previous: Model | None) -> list[str] | None:
    """Give the categories whose shares a previous model knows; None for one of customers."""
    gathering = (previous.info.get("transactions") or {}) if previous else {}
    return gathering.get("leading_categories")


def describe_sales(
    purchases: Purchases,
    labels: np.ndarray,
    names: list[str],
    config: Config,
    runtime: Runtime,
    progress: Progress,
    numbers: Numbers,
) -> Sales:
    """Say what each segment is worth, what it buys and what to offer it next.

    Parameters
    ----------
    purchases : Purchases
    labels : int32 array of shape (n_customers,)
        Indices of segments, 0 to k - 1.
    names : list of k str
    config : Config
    runtime : Runtime
    progress : Progress
    numbers : Numbers
        What tables call the segments.

    Returns
    -------
    sales : Sales
    """
    columns = [
        "rfm_segment", "monetary_gross", "monetary", "frequency", "recency", "returns",
    ]  # fmt: skip
    table = pl.read_parquet(purchases.customers, columns=columns)
    cross_sell = None
    if purchases.lines:
        cross_sell = what_sells(
            purchases.lines,
            purchases.products,
            labels,
            len(names),
            config.cross_sell,
            runtime,
            progress=progress,
            numbers=numbers,
            least=config.output.smallest_group,
        )
    least = config.output.smallest_group
    rfm = rfm_beside_clusters(table["rfm_segment"], labels, names, least)
    worth = _worth(table, labels, numbers)
    told = replace(purchases, facts=facts_of_enough(purchases.facts, worth, least))
    known = worth_of_enough(worth, least)
    if cross_sell:
        untold = [row["segment"] for row in known if row["net"] is None]
        cross_sell = cross_sell.without_net(untold, everyone=returns_of_few(worth, least))
    return Sales(told, cross_sell, rfm, known)


def _worth(table: pl.DataFrame, labels: np.ndarray, numbers: Numbers) -> list[dict[str, Any]]:
    """Figures of each segment; money is summed in whole ten-thousandths, exact in any order."""
    money = ["monetary_gross", "monetary", "returns"]
    whole = table.with_columns(
        pl.Series("segment", numbers.of(labels)),
        *((pl.col(c) * UNIT).round().cast(pl.Int64) for c in money),
    )
    found = whole.group_by("segment").agg(
        pl.len().alias("customers"),
        (pl.col("returns") != 0).sum().alias("returners"),
        *(pl.col(c).sum() for c in money),
        pl.col("frequency").sum().alias("orders"),
        pl.col("recency").median().alias("recency_median"),
        pl.col("frequency").median().alias("frequency_median"),
    )
    total = found.sum()
    rows = {row["segment"]: row for row in found.iter_rows(named=True)}
    return [_figures(rows[s], total, len(labels)) for s in numbers.public]


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
