"""What sells to whom, from the cleaned lines and the segments: the order of the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.baskets import (
    Baskets,
    Frequent,
    Incidence,
    choose_frequent,
    gather_baskets,
)
from engine.descriptive_stats.cross_selling.best_sellers import RANKINGS, best_sellers
from engine.descriptive_stats.cross_selling.counted import total_up
from engine.descriptive_stats.cross_selling.lines import Totals, without
from engine.descriptive_stats.cross_selling.offers import (
    OFFERS_SCHEMA,
    Members,
    best_offers,
    offer_table,
    rules_for,
)
from engine.descriptive_stats.cross_selling.pairs import (
    PAIRS_SCHEMA,
    Pairs,
    count_pairs,
    pair_table,
)
from engine.descriptive_stats.cross_selling.told import facts_of, left_out, notes_of, ranked
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

ON_THE_PAGE = 10
"""Rows of each table that go into the report."""


@dataclass(frozen=True, eq=False)
class CrossSell:
    """What sells to whom, and what to offer next; segment null is everyone.

    Attributes
    ----------
    best_sellers : DataFrame
        segment, rank, product_id, name, revenue_gross, revenue_net, revenue_share, buyers,
        buyer_share, lift, lift_low, lift_high, ranked_by (revenue, share, lift), note.
    categories : DataFrame
        The same with category instead of product_id and name.
    pairs : DataFrame
        segment, product_a, name_a, product_b, name_b, baskets, support, confidence (A -> B),
        confidence_back (B -> A), lift, lift_low, lift_high.
    offers : DataFrame
        segment, rank, product_id, name, because, because_names, confidence, lift, buyers,
        buyer_share, candidates, score (which ranks them and is no number of buyers), rule_from
        (segment, everyone), reason. Confidence, lift and rule_from are those of the first rule.
    facts : dict
        Plain data: counts, thresholds, what was cut, how things are ordered, notes.
    """

    best_sellers: pl.DataFrame
    categories: pl.DataFrame
    pairs: pl.DataFrame
    offers: pl.DataFrame
    facts: dict[str, Any]

    def without_net(self, segments: Sequence[int], *, everyone: bool) -> CrossSell:
        """Leave out the net money of segments: summed up it would say what few of them returned."""
        hidden = pl.col("segment").is_in(segments).fill_null(value=everyone)
        net = pl.when(hidden).then(None).otherwise(pl.col("revenue_net"))
        products, categories = (
            table.with_columns(net.alias("revenue_net"))
            for table in (self.best_sellers, self.categories)
        )
        return replace(self, best_sellers=products, categories=categories)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the report: the facts, and the first rows of each table by segment."""
        return {
            "facts": self.facts,
            "best_sellers": _rankings_by_segment(self.best_sellers),
            "categories": _rankings_by_segment(self.categories),
            "pairs": _rows_by_segment(self.pairs),
            "offers": _rows_by_segment(self.offers),
        }


def what_sells(
    lines: Sequence[Path],
    products: pl.DataFrame,
    labels: np.ndarray,
    k: int,
    settings: CrossSellConfig,
    runtime: Runtime,
    *,
    progress: Progress | None = None,
    numbers: Numbers | None = None,
    least: int = 1,
) -> CrossSell:
    """Find best sellers, pairs bought together and offers, for everyone and for each segment.

    Parameters
    ----------
    lines : sequence of Path
        Parquet parts of cleaned lines, each of whole customers: customer (row of ``labels``),
        basket, product (index, null for what is none), category, amount (whole ten-thousandths of
        the currency, negative for returns), back (Boolean: a return, and no purchase).
    products : DataFrame
        product_id and name; the row number is the index.
    labels : int32 array of shape (n_customers,)
        Indices of segments, 0 to k - 1.
    k : int
    settings : CrossSellConfig
    runtime : Runtime
        Its ``memory_limit`` raises the minimum support where baskets would not fit.
    progress : Progress, optional
        Told the lines of each part, twice.
    numbers : Numbers, optional
        What tables and notes call the segments; 0 to k - 1 if not given.
    least : int
        Customers that a product, a pair, an offer or a segment needs to be told of. Everyone's
        figures are of the segments that are told of.

    Returns
    -------
    found : CrossSell
        The same for any order of rows and parts.

    Raises
    ------
    ValueError
        If a label is not from 0 to k - 1, or a line's customer has none.

    Notes
    -----
    Two passes over the parts. Memory beyond one part: 32 bytes x k x products, 40 bytes for each
    frequent product in a basket, and two blocks of 8 million counts; no dense basket anywhere.
    """
    if len(labels) and not 0 <= labels.min() <= labels.max() < k:
        message = f"labels run from {labels.min()} to {labels.max()}; k is {k}."
        raise ValueError(message)
    progress, numbers = progress or Progress(), numbers or Numbers.first(k)
    sizes = np.bincount(labels, minlength=k)
    few = (sizes > 0) & (sizes < least)
    totals = without(total_up(lines, labels, k, products.height, progress), few)
    frequent = choose_frequent(totals, settings, runtime.memory_limit)
    incidence = gather_baskets(
        lines, labels, totals, frequent, cap=settings.basket_cap, progress=progress
    )
    return put_together(
        totals, frequent, incidence, products, labels, settings, numbers, few, least
    )


def put_together(
    totals: Totals,
    frequent: Frequent,
    incidence: Incidence,
    products: pl.DataFrame,
    labels: np.ndarray,
    settings: CrossSellConfig,
    numbers: Numbers,
    few: np.ndarray,
    least: int,
) -> CrossSell:
    """Make the tables of what two passes over the lines gave.

    Parameters
    ----------
    totals, frequent, incidence
        Of all lines; the totals without the segments of few.
    products, labels, settings, numbers, least
        As :func:`what_sells` takes them.
    few : bool array of shape (k,)
        Segments of fewer customers than ``least``, of which nothing is told.
    """
    customers = np.bincount(labels, minlength=len(few)) * ~few
    things = products.select(pl.col("product_id", "name").cast(pl.String))
    categories = pl.DataFrame({"category": pl.Series(totals.category_names, dtype=pl.String)})
    incidence = replace(
        incidence,
        baskets=[_none() if few[s] else b for s, b in enumerate(incidence.baskets)],
    )
    counted = count_pairs(incidence, frequent, totals, least=least)
    pairs = [pair_table(p, s, frequent, things, settings.pairs) for s, p in counted.items()]
    told = {s: p for s, p in counted.items() if s is None or not few[s]}
    offers = _offers(told, incidence, labels, frequent, things, settings, least)
    facts = facts_of(totals, customers, frequent, incidence, counted, settings, numbers)
    notes = notes_of(totals, customers, few, frequent, incidence, settings, numbers)
    facts["notes"] = [*notes, *left_out(totals, least), *ranked(offers)]
    called = numbers.table
    return CrossSell(
        called(best_sellers(totals.products, things, customers, totals.gross, settings, least)),
        called(
            best_sellers(totals.categories, categories, customers, totals.gross, settings, least)
        ),
        called(pl.concat([pl.DataFrame(schema=PAIRS_SCHEMA), *pairs])),
        called(pl.concat([pl.DataFrame(schema=OFFERS_SCHEMA), *offers])),
        facts,
    )


def _offers(
    counted: dict[int | None, Pairs],
    incidence: Incidence,
    labels: np.ndarray,
    frequent: Frequent,
    products: pl.DataFrame,
    settings: CrossSellConfig,
    least: int,
) -> list[pl.DataFrame]:
    tables = []
    for segment, pairs in counted.items():
        if segment is not None:
            members = Members(incidence, labels, segment)
            rules = rules_for(pairs, counted[None], settings.min_confidence)
            best = best_offers(rules, members, settings, least)
            tables.append(offer_table(best, segment, members.size, frequent, products, least))
    return tables


def _none() -> Baskets:
    """Give no baskets."""
    return Baskets(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int64))


def _rankings_by_segment(table: pl.DataFrame) -> list[dict[str, Any]]:
    found = []
    for segment, own in _by_segment(table):
        rows = {
            f"by_{ranking}": own.filter(pl.col("ranked_by") == ranking).head(ON_THE_PAGE).to_dicts()
            for ranking in RANKINGS
        }
        found.append({"segment": segment, **rows})
    return found


def _rows_by_segment(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {"segment": segment, "rows": own.head(ON_THE_PAGE).to_dicts()}
        for segment, own in _by_segment(table)
    ]


def _by_segment(table: pl.DataFrame) -> list[tuple[int | None, pl.DataFrame]]:
    parts = table.partition_by("segment", maintain_order=True, include_key=True)
    return [(part["segment"][0], part) for part in parts]
