"""What is told of counting what sells: facts, what was cut or left out, what is uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.baskets import Frequent, Incidence
from engine.descriptive_stats.cross_selling.lift import INTERVAL
from engine.descriptive_stats.cross_selling.lines import Totals
from engine.descriptive_stats.cross_selling.pairs import Pairs
from engine.utilities.segment_numbers import Numbers, on_page

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

ORDER = {
    "share": "by the share of members who bought it",
    "lift": "by the lower end of the lift's interval, among those whose whole interval is above 1",
    "pairs": "by baskets beyond those that chance would give: both - a x b / all",
    "offers": "by a score: candidates x (confidence - the product's share of baskets)",
}
"""How each table is ordered, for the report."""


def facts_of(
    totals: Totals,
    customers: np.ndarray,
    frequent: Frequent,
    incidence: Incidence,
    counted: dict[int | None, Pairs],
    settings: CrossSellConfig,
    numbers: Numbers,
) -> dict[str, Any]:
    """Give the counts, thresholds and orders of a run, as plain data."""
    return {
        "lines": totals.n_lines,
        "baskets": int(totals.n_baskets.sum()),
        "customers": int(customers.sum()),
        "products_bought": int((totals.baskets.sum(axis=0) > 0).sum()),
        "products_with_support": len(frequent.products),
        "min_support": frequent.min_support,
        "min_support_asked": settings.min_support,
        "min_baskets": settings.min_baskets,
        "min_buyers": settings.min_buyers,
        "basket_cap": settings.basket_cap,
        "giant_baskets": incidence.giants,
        "largest_basket": incidence.largest,
        "products_cut": incidence.cut,
        "pairs_not_counted": incidence.pairs_lost,
        "interval": INTERVAL,
        "order": dict(ORDER),
        "groups": [
            {
                "segment": None if s is None else numbers.public[s],
                "customers": int(customers.sum() if s is None else customers[s]),
                "baskets": p.n,
                "least_baskets": int(frequent.least_overall if s is None else frequent.least[s]),
                "pairs": len(p.a),
            }
            for s, p in counted.items()
        ],
    }


def notes_of(
    totals: Totals,
    customers: np.ndarray,
    few: np.ndarray,
    frequent: Frequent,
    incidence: Incidence,
    settings: CrossSellConfig,
    numbers: Numbers,
) -> list[str]:
    """Give sentences on what was cut and what is uncertain; none of segments of too few."""
    notes = []
    if incidence.giants:
        one = incidence.giants == 1
        giants, were = ("1 basket", "was") if one else (f"{incidence.giants:,} baskets", "were")
        notes.append(
            f"{giants} with more than {settings.basket_cap:,} products {were} cut to the "
            f"{settings.basket_cap:,} that are bought most often, so counts of pairs leave out "
            f"{incidence.pairs_lost:,} meetings of two products (the largest had "
            f"{incidence.largest:,}). Products below the minimum support were left out before that."
        )
    if frequent.min_support > settings.min_support:
        notes.append(
            f"The minimum support was raised from {settings.min_support:g} to "
            f"{frequent.min_support:g}, so that baskets fit into the memory limit."
        )
    sizes = zip(numbers.public, customers, few, totals.n_baskets, frequent.least, strict=True)
    for s, n, too_few, baskets, least in sizes:
        if too_few:
            continue
        if n < settings.min_buyers:
            notes.append(
                f"Segment {on_page(s)} has {n:,} customers, fewer than min_buyers "
                f"({settings.min_buyers}): its products are ranked by revenue alone."
            )
        if baskets < least:
            notes.append(
                f"Segment {on_page(s)} has {baskets:,} baskets, fewer than the {least:,} that a "
                "pair needs: its offers follow from everyone's baskets."
            )
    return notes


def left_out(totals: Totals, least: int) -> list[str]:
    """Say how many products and categories too few bought to be told."""
    notes = []
    for sales, one, several in (
        (totals.products, "product", "products"),
        (totals.categories, "category", "categories"),
    ):
        buyers = sales.buyers.sum(axis=0)
        if n := int(((buyers > 0) & (buyers < least)).sum()):
            word, verb = (one, "is") if n == 1 else (several, "are")
            notes.append(
                f"{n:,} {word} of fewer than {least:,} buyers {verb} in no table "
                "(output.smallest_group)."
            )
    return notes


def ranked(offers: list[pl.DataFrame]) -> list[str]:
    """Say what the score of offers is, where there are any."""
    if all(table.is_empty() for table in offers):
        return []
    return [
        "The score of the offers ranks them and is no forecast: how many candidates will buy is "
        "not known, and is far less than the score."
    ]
