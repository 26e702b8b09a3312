"""What a run on transactions has beside one on customers: what sells to whom, and its worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.cluster.memory import least_memory
from engine.cluster.runtime import ClusterRuntime
from engine.config.features import AUTO, FeaturesConfig
from engine.config.sections import Config
from engine.data_preparation.describing import MONETARY
from engine.data_preparation.transactions.features import DESCRIBED
from engine.data_preparation.transactions.purchases import Purchases
from engine.descriptive_stats.cross_selling.on_workers import what_sells_there
from engine.descriptive_stats.cross_selling.selling import CrossSell, what_sells
from engine.descriptive_stats.rfm_table import rfm_table
from engine.places.runtime import Runtime
from engine.run.worth import figures_of, worth_of
from engine.utilities.few_worth import facts_of_enough, returns_of_few, worth_of_enough
from engine.utilities.progress import Progress
from engine.utilities.rows import is_spread
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import write_table

if TYPE_CHECKING:
    from engine.descriptive_stats.profiles import Profiles
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
class OfCustomers:
    """What is said of customers beside their segment: read wherever their table is seen.

    Attributes
    ----------
    customers : Path
    """

    customers: Path

    def __call__(self, start: int, stop: int) -> pl.DataFrame:
        """Give it of the customers of these numbers, in the order of their ids."""
        table = pl.scan_parquet(self.customers, glob=False)
        return table.select(OF_CUSTOMERS).slice(start, stop - start).collect()


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

    @property
    def offers(self) -> dict[str, Any] | None:
        """What to offer whom, as it is saved; None where the files name no products."""
        return self.cross_sell.to_json() if self.cross_sell else None

    @property
    def of_customers(self) -> OfCustomers:
        """What is said of some customers beside their segment, in the order of their ids."""
        return OfCustomers(self.purchases.customers)

    def valued(self, profiles: Profiles, features: FeaturesConfig) -> Profiles:
        """Give profiles with what segments are worth, which invoices know to the cent.

        Net money, unless ``features.value`` names another column, or none. Where net money would
        tell what few customers sent back, it is what they paid.
        """
        if features.value not in (AUTO, MONETARY):
            return profiles
        told = np.array([row["gross"] is not None for row in self.segments])
        net = all(row["net_share"] is not None for row in self.segments if row["gross"] is not None)
        key, column = ("net", MONETARY) if net else ("gross", f"{MONETARY}_gross")
        totals = np.array([row[key] or 0.0 for row in self.segments])
        sizes = np.array([row["customers"] for row in self.segments])
        own = features.labels.get(column)
        label = (own and own.label) or ("revenue net of returns" if net else "gross revenue")
        labels = profiles.tree.get("labels", {}).get(MONETARY, {})
        unit = labels.get("unit") or self.purchases.facts["currency"]
        return profiles.valued(column, totals, sizes, told, label=label, unit=unit)

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


def leading_categories(previous: Model | None) -> list[str] | None:
    """Give the categories whose shares a previous model knows; None for one of customers."""
    gathering = (previous.info.get("transactions") or {}) if previous else {}
    return gathering.get("leading_categories")


def describe_sales(
    purchases: Purchases,
    labels: Any,
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
    labels : int32 array of shape (n_customers,), or Spread
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
    cross_sell, least = None, config.output.smallest_group
    if purchases.lines:
        limit, find = runtime.memory_limit, what_sells
        if isinstance(runtime, ClusterRuntime) and is_spread(labels):
            limit, find = least_memory(runtime.members, limit), what_sells_there
        cross_sell = find(
            purchases.lines,
            purchases.products,
            labels,
            len(names),
            config.cross_sell,
            replace(runtime, memory_limit=limit),
            progress=progress,
            numbers=numbers,
            least=least,
        )
    added = worth_of(purchases.customers, labels, len(names))
    rfm, worth = rfm_table(added.rfm, names, least), figures_of(added, numbers)
    told = replace(purchases, facts=facts_of_enough(purchases.facts, worth, least))
    known = worth_of_enough(worth, least)
    if cross_sell:
        untold = [row["segment"] for row in known if row["net"] is None]
        cross_sell = cross_sell.without_net(untold, everyone=returns_of_few(worth, least))
    return Sales(told, cross_sell, rfm, known)
