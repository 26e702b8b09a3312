"""Baskets and customers as sparse incidence with the products that can pass the minimum support.

A pair is in no more baskets than either of its products (the Apriori property: Agrawal and
Srikant, VLDB 1994), so a product below the minimum everywhere is left out before pairs are
counted, which changes no result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.lines import (
    Totals,
    bought_products,
    customers_products,
    read_parts,
)
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

_ENTRY_BYTES = 40
"""Memory of one product in one basket: both incidences, and sorting them."""


@dataclass(frozen=True)
class Frequent:
    """Products with enough support, overall or in a segment, most bought first.

    Attributes
    ----------
    products : int64 array of shape (f,)
        Index of each; its place in this array is its rank. Ties are broken by the index.
    least : int64 array of shape (k,)
        Baskets that a pair needs in each segment.
    least_overall : int
    min_support : float
        As asked for, or higher where memory would not have sufficed.
    entries : int
        Products in baskets that are kept.
    """

    products: np.ndarray
    least: np.ndarray
    least_overall: int
    min_support: float
    entries: int


@dataclass(frozen=True)
class Baskets:
    """Baskets of one segment, as rows of a compressed sparse matrix.

    Attributes
    ----------
    ranks : int32 array of shape (entries,)
        Products by rank, ascending within a basket.
    starts : int64 array of shape (baskets + 1,)
    owners : int array of shape (baskets,)
        The customer of each; those of one stand together.
    """

    ranks: np.ndarray
    starts: np.ndarray
    owners: np.ndarray


@dataclass(frozen=True)
class Incidence:
    """What the second pass over the lines gives.

    Attributes
    ----------
    baskets : list of k Baskets
        Those with at least two frequent products; larger ones are cut to the cap.
    owners : int32 array of shape (purchases,)
        Customers who bought each frequent product, once each, product by product.
    owner_starts : int64 array of shape (f + 1,)
    giants : int
        Baskets that were cut.
    largest : int
        Frequent products in the largest basket before it was cut.
    cut : int
        Products in baskets that the cuts left out.
    pairs_lost : int
        Pairs in baskets that were therefore not counted.
    """

    baskets: list[Baskets]
    owners: np.ndarray
    owner_starts: np.ndarray
    giants: int
    largest: int
    cut: int
    pairs_lost: int


def least_baskets(n_baskets: int, min_support: float, min_baskets: int) -> int:
    """Baskets that a pair needs: the share of all, and never fewer than the number.

    Examples
    --------
    >>> [least_baskets(n, 0.001, 10) for n in (500, 18_532, 30_000)]
    [10, 19, 30]
    """
    return max(min_baskets, math.ceil(min_support * n_baskets * (1 - 1e-12)))


def choose_frequent(totals: Totals, settings: CrossSellConfig, memory_limit: int) -> Frequent:
    """Keep the products that reach the minimum, overall or in one segment at least.

    Parameters
    ----------
    totals : Totals
    settings : CrossSellConfig
    memory_limit : int
        Bytes. Where what is kept would not fit into half of it, the minimum support is doubled
        until it does; ``min_support`` of the result tells.

    Returns
    -------
    frequent : Frequent
    """
    overall, n = totals.baskets.sum(axis=0), int(totals.n_baskets.sum())
    support = settings.min_support
    while True:
        least = [least_baskets(int(m), support, settings.min_baskets) for m in totals.n_baskets]
        least_overall = least_baskets(n, support, settings.min_baskets)
        keep = (overall >= least_overall) | (totals.baskets >= np.array(least)[:, None]).any(axis=0)
        entries = int(overall[keep].sum())
        if entries * _ENTRY_BYTES <= memory_limit // 2 or support >= 0.5:
            break
        support = min(2 * support, 0.5)
    products = np.flatnonzero(keep)
    products = products[np.argsort(-overall[products], kind="stable")]
    return Frequent(products, np.array(least, np.int64), least_overall, support, entries)


class Gathering:
    """Collects parts as small arrays.

    Parameters
    ----------
    cap : int
        Most products of a basket.
    p : int
        Products in all.
    frequent : Frequent
    """

    def __init__(self, cap: int, p: int, frequent: Frequent) -> None:
        self.cap, self.f = cap, len(frequent.products)
        self.rank_of = np.full(p, -1, np.int32)
        self.rank_of[frequent.products] = np.arange(self.f, dtype=np.int32)
        self.ranks: list[np.ndarray] = []
        self.sizes: list[np.ndarray] = []
        self.segments: list[np.ndarray] = []
        self.customers: list[np.ndarray] = []
        self.owned: list[np.ndarray] = []
        self.giants = self.largest = self.cut = self.pairs_lost = 0

    def add(self, part: pl.DataFrame, start: int = 0) -> None:
        """Take purchases of products; ``start`` is the number of the customer who is 0 here."""
        rank = self.rank_of[part["product"].to_numpy()]
        part = part.with_columns(pl.Series("rank", rank)).filter(pl.col("rank") >= 0)
        owner, product = customers_products(part)
        self.owned.append(self.rank_of[product].astype(np.int64) << 32 | (owner + start))
        part = part.sort("customer", "basket", "rank")
        customer, basket = part["customer"].to_numpy(), part["basket"].to_numpy()
        rank, segment = part["rank"].to_numpy(), part["segment"].to_numpy()
        first = np.flatnonzero(_changes(customer) | _changes(basket))
        sizes = np.diff(first, append=len(rank))
        self._count_giants(sizes)
        place = np.arange(len(rank)) - np.repeat(first, sizes)
        # Ranks ascend, so the first ones of a basket are the products bought most often overall.
        keep = (place < self.cap) & np.repeat(sizes > 1, sizes)
        self.ranks.append(rank[keep])
        self.sizes.append(np.minimum(sizes[sizes > 1], self.cap).astype(np.int32))
        self.segments.append(segment[first[sizes > 1]])
        self.customers.append(customer[first[sizes > 1]] + np.uint32(start))

    def sent(self) -> Gathering:
        """Give this without what is only needed to collect more."""
        self.rank_of = np.empty(0, np.int32)
        return self

    def merge(self, after: Gathering) -> None:
        """Take in what was collected of other customers."""
        for name in ("ranks", "sizes", "segments", "customers", "owned"):
            getattr(self, name).extend(getattr(after, name))
        self.largest = max(self.largest, after.largest)
        self.giants += after.giants
        self.cut += after.cut
        self.pairs_lost += after.pairs_lost

    def incidence(self, k: int) -> Incidence:
        """Give what was collected, by segment and by product; nothing of it is left here."""
        baskets = self._by_segment(k)
        owners, starts = self._by_product()
        return Incidence(
            baskets, owners, starts, self.giants, self.largest, self.cut, self.pairs_lost
        )

    def _count_giants(self, sizes: np.ndarray) -> None:
        giant = sizes[sizes > self.cap]
        self.giants += len(giant)
        self.largest = max(self.largest, int(sizes.max(initial=0)))
        self.cut += int((giant - self.cap).sum())
        self.pairs_lost += int((giant * (giant - 1) - self.cap * (self.cap - 1)).sum()) // 2

    def _by_segment(self, k: int) -> list[Baskets]:
        ranks, sizes, segment, customer = (
            np.concatenate(parts) if parts else np.empty(0, np.int32)
            for parts in (self.ranks, self.sizes, self.segments, self.customers)
        )
        self.ranks.clear()
        of_entry = np.repeat(segment, sizes)
        found = []
        for s in range(k):
            starts = np.concatenate([[0], np.cumsum(sizes[segment == s], dtype=np.int64)])
            found.append(Baskets(ranks[of_entry == s], starts, customer[segment == s]))
        return found

    def _by_product(self) -> tuple[np.ndarray, np.ndarray]:
        key = np.concatenate(self.owned) if self.owned else np.empty(0, np.int64)
        self.owned.clear()
        key.sort()
        starts = np.searchsorted(key, np.arange(self.f + 1, dtype=np.int64) << 32)
        return (key & 0xFFFFFFFF).astype(np.uint32), starts


def _changes(values: np.ndarray) -> np.ndarray:
    """Whether each value differs from the one before; the first does."""
    changes = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def gather_baskets(
    lines: Sequence[Path],
    labels: np.ndarray,
    totals: Totals,
    frequent: Frequent,
    *,
    cap: int,
    progress: Progress,
) -> Incidence:
    """Read the lines again and keep frequent products of baskets and of customers.

    Parameters
    ----------
    lines, labels, totals, frequent
        As for the first pass, and what came of it.
    cap : int
        Most products of a basket; of a larger one the products bought most often overall stay.
    progress : Progress

    Returns
    -------
    incidence : Incidence

    Notes
    -----
    O(n log n) time; one part and at most 40 bytes for each product in a basket.
    """
    k, p = totals.baskets.shape
    gathering = Gathering(cap, p, frequent)
    for part in read_parts(lines, labels, progress):
        gathering.add(bought_products(part))
    return gathering.incidence(k)
