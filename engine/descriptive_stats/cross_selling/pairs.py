"""Counting how often two products are in one basket, and the rules that follow.

Counts are blocks of the sparse product of the incidence with itself, a block of products at a
time: there is never a dense basket, and never more of the counts than one block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from engine.descriptive_stats.cross_selling.baskets import Baskets, Frequent, Incidence
from engine.descriptive_stats.cross_selling.lift import lift_interval
from engine.descriptive_stats.cross_selling.lines import Totals, group

BLOCK_CELLS = 8_000_000
"""Counts in one block of products: 32 MB each for the block of a segment and of everyone."""

_AT_ONCE = 1 << 21
"""Baskets with either product of some pairs: 16 MB, and as much for those with both."""

PAIRS_SCHEMA = pl.Schema({
    "segment": pl.Int32, "product_a": pl.String, "name_a": pl.String, "product_b": pl.String,
    "name_b": pl.String, "baskets": pl.Int64, "support": pl.Float64, "confidence": pl.Float64,
    "confidence_back": pl.Float64, "lift": pl.Float64, "lift_low": pl.Float64,
    "lift_high": pl.Float64,
})  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """Pairs with enough support in one group, and the figures around them.

    Attributes
    ----------
    a, b : int32 arrays of shape (m,)
        Ranks of the two products, ``a < b``, in ascending order.
    both : int64 array of shape (m,)
        Baskets that hold both.
    with_product : int64 array of shape (f,)
        Baskets that hold each frequent product, before any cut.
    n : int
        Baskets of the group.
    """

    a: np.ndarray
    b: np.ndarray
    both: np.ndarray
    with_product: np.ndarray
    n: int


def count_pairs(
    incidence: Incidence,
    frequent: Frequent,
    totals: Totals,
    *,
    block_cells: int = BLOCK_CELLS,
    least: int = 1,
) -> dict[int | None, Pairs]:
    """Count the pairs of each segment and of everyone (key None), and keep those with support.

    Parameters
    ----------
    incidence : Incidence
    frequent : Frequent
    totals : Totals
    block_cells : int
        Counts in memory at a time.
    least : int
        Customers that a pair needs: the baskets of one or two say what these buy.

    Returns
    -------
    pairs : dict of segment or None to Pairs

    Notes
    -----
    Time is O(sum of squared basket sizes); memory 8 bytes an entry, one block of counts for a
    segment and one for everyone, and the pairs that are kept. Everyone's counts are the sums of
    the segments', so each basket is gone through once.
    """
    k, f = len(incidence.baskets), len(frequent.products)
    found: dict[int | None, list[tuple[np.ndarray, ...]]] = {s: [] for s in [None, *range(k)]}
    matrices = [_matrices(b, f) for b in incidence.baskets]
    rows = max(1, block_cells // max(f, 1))
    for start in range(0, f - 1, rows):
        stop = min(start + rows, f)
        everyone = np.zeros((stop - start) * f, np.int32)
        for s, (by_product, by_basket) in enumerate(matrices):
            cell, n = _block(by_product[start:stop], by_basket, start)
            everyone[cell] += n
            enough = n >= frequent.least[s]
            found[s].append((cell[enough] + start * f, n[enough]))
        cell = np.flatnonzero(everyone >= frequent.least_overall)
        found[None].append((cell + start * f, everyone[cell]))
    pairs = {s: _pairs(parts, frequent, totals, s) for s, parts in found.items()}
    if least < 2:
        return pairs
    owners = [b.owners for b in incidence.baskets]
    return {s: _of_enough(p, [m for m, _ in matrices], owners, s, least) for s, p in pairs.items()}


def _of_enough(
    pairs: Pairs, matrices: list[Any], owners: list[np.ndarray], segment: int | None, least: int
) -> Pairs:
    """Keep the pairs that enough customers have bought in one basket."""
    groups = range(len(owners)) if segment is None else [segment]
    buyers = np.zeros(len(pairs.a), np.int64)
    for s in groups:
        buyers += pair_buyers(matrices[s], owners[s], pairs.a, pairs.b)
    kept = buyers >= least
    return replace(pairs, a=pairs.a[kept], b=pairs.b[kept], both=pairs.both[kept])


def pair_buyers(by_product: Any, owners: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Count the customers with two products in one basket.

    Parameters
    ----------
    by_product : sparse array of shape (f, baskets)
        Which baskets hold a product.
    owners : int array of shape (baskets,)
        The customer of each basket; those of one stand together.
    a, b : int arrays of shape (m,)

    Returns
    -------
    buyers : int64 array of shape (m,)
        O(baskets with either), some pairs at a time.
    """
    entries = np.diff(by_product.indptr)
    ends = np.cumsum(entries[a] + entries[b])
    found, start = np.zeros(len(a), np.int64), 0
    while start < len(a):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _AT_ONCE)))
        both = by_product[a[start:stop]].multiply(by_product[b[start:stop]]).tocsr()
        both.sort_indices()
        row, owner = np.repeat(np.arange(stop - start), np.diff(both.indptr)), owners[both.indices]
        first = np.ones(len(row), bool)
        first[1:] = (row[1:] != row[:-1]) | (owner[1:] != owner[:-1])
        found[start:stop] = np.bincount(row[first], minlength=stop - start)
        start = stop
    return found


def _matrices(baskets: Baskets, f: int) -> tuple[Any, Any]:
    """Incidence as product x basket and as basket x product, compressed rows of ones."""
    from scipy.sparse import csr_array

    ones = np.ones(len(baskets.ranks), np.int32)
    by_basket = csr_array((ones, baskets.ranks, baskets.starts), (len(baskets.starts) - 1, f))
    by_product = by_basket.T.tocsr()
    by_product.data = ones  # the same values, once in memory
    return by_product, by_basket


def _block(by_product: Any, by_basket: Any, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Count the pairs above the diagonal of a block: cell within the block, and count."""
    counts = by_product @ by_basket
    f = counts.shape[1]
    row = np.repeat(np.arange(counts.shape[0], dtype=np.int64), np.diff(counts.indptr))
    above = counts.indices > row + start
    return row[above] * f + counts.indices[above], counts.data[above]


def _pairs(
    parts: list[tuple[np.ndarray, ...]], frequent: Frequent, totals: Totals, segment: int | None
) -> Pairs:
    f = len(frequent.products)
    cell = np.concatenate([np.empty(0, np.int64), *(c for c, _ in parts)])
    both = np.concatenate([np.empty(0, np.int64), *(n for _, n in parts)])
    order = np.argsort(cell)
    a, b = np.divmod(cell[order], max(f, 1))
    return Pairs(
        a.astype(np.int32),
        b.astype(np.int32),
        both[order],
        group(totals.baskets, segment)[frequent.products],
        int(totals.n_baskets.sum() if segment is None else totals.n_baskets[segment]),
    )


def pair_table(
    pairs: Pairs, segment: int | None, frequent: Frequent, products: pl.DataFrame, most: int
) -> pl.DataFrame:
    """One row a pair that is bought together more often than chance, the strongest first.

    Parameters
    ----------
    pairs : Pairs
    segment : int or None
    frequent : Frequent
    products : DataFrame
        ``product_id`` and ``name`` by product index.
    most : int
        Rows kept.

    Returns
    -------
    table : DataFrame
        Each pair in the direction of the higher confidence. In the order of the baskets beyond
        those that chance would give, ``both - a b / n``: neither two best sellers that meet by
        chance nor a rare pair leads. Ties: by product.
    """
    n, count, product = pairs.n, pairs.with_product, frequent.products
    # Exact in whole numbers, so that ties are ties: n (both - a b / n).
    beyond = pairs.both * n - count[pairs.a] * count[pairs.b]
    swap = (count[pairs.a] > count[pairs.b]) | (
        (count[pairs.a] == count[pairs.b]) & (product[pairs.a] > product[pairs.b])
    )
    a, b = np.where(swap, pairs.b, pairs.a), np.where(swap, pairs.a, pairs.b)
    order = np.lexsort((product[b], product[a], -beyond))
    order = order[beyond[order] > 0][:most]
    a, b, both = a[order], b[order], pairs.both[order]
    lift, low, high = lift_interval(both, count[a], count[b], n)
    first, second = (products.select("product_id", "name")[product[side]] for side in (a, b))
    return pl.DataFrame(
        {
            "segment": pl.repeat(segment, len(a), dtype=pl.Int32, eager=True),
            "product_a": first["product_id"], "name_a": first["name"],
            "product_b": second["product_id"], "name_b": second["name"],
            "baskets": both, "support": both / max(n, 1), "confidence": both / count[a],
            "confidence_back": both / count[b], "lift": lift, "lift_low": low, "lift_high": high,
        },
        schema=PAIRS_SCHEMA,
    )  # fmt: skip
