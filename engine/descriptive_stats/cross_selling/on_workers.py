"""What sells to whom on the workers of a cluster: lines are read where their customers' labels are.

A task reads the lines of the customers of one piece, from one or several parts of the lines; the
baskets that hold frequent products come together on one worker, and tables alone come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.cluster.pieces import on_host
from engine.descriptive_stats.cross_selling.baskets import Frequent, Gathering, choose_frequent
from engine.descriptive_stats.cross_selling.counted import Counted
from engine.descriptive_stats.cross_selling.lines import (
    Totals,
    bought_products,
    read_slice,
    without,
)
from engine.descriptive_stats.cross_selling.selling import CrossSell, put_together
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.rows import counted
from engine.utilities.segment_numbers import Numbers

if TYPE_CHECKING:
    from engine.config.cross_sell import CrossSellConfig

_TOGETHER = 16
"""Counts that one task adds up."""


def what_sells_there(
    lines: Sequence[Path],
    products: pl.DataFrame,
    labels: Any,
    k: int,
    settings: CrossSellConfig,
    runtime: Runtime,
    *,
    progress: Progress | None = None,
    numbers: Numbers | None = None,
    least: int = 1,
) -> CrossSell:
    """Find what :func:`engine.descriptive_stats.cross_selling.selling.what_sells` finds.

    Parameters
    ----------
    lines : sequence of Path
        Parts of cleaned lines, each in the order of customers, which all workers see.
    products : DataFrame
    labels : Spread of int32, shape (n_customers,)
    k, settings
    runtime : Runtime
        Its ``memory_limit`` is that of a worker. One holds the frequent products of all baskets:
        where these would not fit into half of it, the minimum support is doubled until they do.
    progress, numbers, least

    Returns
    -------
    found : CrossSell
        The same as on one machine.

    Notes
    -----
    A task holds the lines of one piece of customers, or as many parts as make about one; the
    worker of the tables also holds 4 bytes a customer.
    """
    progress, numbers = progress or Progress(), numbers or Numbers.first(k)
    members, p = labels.members, products.height
    sizes = counted(labels, k)
    few = (sizes > 0) & (sizes < least)
    pieces, starts, groups = _slices(lines, labels)
    told = [f"what customers from {start + 1:,} on bought" for start in starts]
    counts = members.tasks(_Count(k, p), groups, pieces, starts, told=told)
    rows = _advancing(progress, members, counts)
    while len(counts) > 1:
        together = [counts[i : i + _TOGETHER] for i in range(0, len(counts), _TOGETHER)]
        counts = members.tasks(merged, together, told=["what sells"] * len(together))
    choose = _Choose(settings, runtime.memory_limit, few)
    chosen = members.tasks(choose, counts, told=["what sells"])
    baskets = members.tasks(
        _Collect(settings.basket_cap), groups, pieces, starts, chosen * len(groups), told=told
    )
    _advancing(progress, members, baskets, rows)
    table = _Table(products, settings, numbers, few, least)
    found: CrossSell = members.results(
        members.tasks(table, chosen, [baskets], [list(labels.pieces)], told=["what sells"])
    )[0]
    return found


def _slices(lines: Sequence[Path], labels: Any) -> tuple[list[Any], list[int], list[list[Path]]]:
    """Pair each piece of labels with some parts of the lines, about a part's lines in all."""
    each = len(labels.rows)
    groups = [list(lines[i : i + each]) for i in range(0, len(lines), each)]
    pairs = [
        (piece, start, group)
        for piece, start in zip(labels.pieces, labels.starts.tolist(), strict=True)
        for group in groups
    ]
    return [p[0] for p in pairs], [p[1] for p in pairs], [p[2] for p in pairs]


def _advancing(
    progress: Progress, members: Any, futures: list[Any], rows: list[int] | None = None
) -> list[int]:
    """Wait, and tell the lines of each task as these are known."""
    known = rows or members.results(members.tasks(n_lines, futures, told=["lines"] * len(futures)))
    members.wait(futures, lambda i: progress.advance(known[i]))
    return known


def n_lines(counts: Counted) -> int:
    """Give how many lines were counted."""
    return counts.n_lines


def merged(counts: list[Counted]) -> Counted:
    """Add up counts of several slices."""
    total = deepcopy(counts[0])
    for more in counts[1:]:
        total.merge(more)
    return total


@dataclass(frozen=True)
class _Count:
    """Counts the lines of a slice."""

    k: int
    p: int

    def __call__(self, lines: list[Path], labels: np.ndarray, start: int) -> Counted:
        found, labels = Counted.of(self.k, self.p), on_host(labels)
        found.add(read_slice(lines, labels, start), labels)
        return found


@dataclass(frozen=True)
class _Choose:
    """Chooses the frequent products."""

    settings: CrossSellConfig
    memory_limit: int
    few: np.ndarray

    def __call__(self, counts: Counted) -> tuple[Totals, Frequent]:
        totals = without(counts.totals(), self.few)
        return totals, choose_frequent(totals, self.settings, self.memory_limit)


@dataclass(frozen=True)
class _Collect:
    """Collects the frequent products of a slice's baskets."""

    cap: int

    def __call__(
        self,
        lines: list[Path],
        labels: np.ndarray,
        start: int,
        chosen: tuple[Totals, Frequent],
    ) -> Gathering:
        totals, frequent = chosen
        found = Gathering(self.cap, totals.baskets.shape[1], frequent)
        found.add(bought_products(read_slice(lines, on_host(labels), start)), start)
        return found.sent()


@dataclass(frozen=True)
class _Table:
    """Makes the tables of all that was collected."""

    products: pl.DataFrame
    settings: CrossSellConfig
    numbers: Numbers
    few: np.ndarray
    least: int

    def __call__(
        self,
        chosen: tuple[Totals, Frequent],
        baskets: list[Gathering],
        labels: list[np.ndarray],
    ) -> CrossSell:
        totals, frequent = chosen
        found = Gathering(self.settings.basket_cap, self.products.height, frequent)
        for more in baskets:
            found.merge(more)
        together = np.concatenate([on_host(part) for part in labels])
        return put_together(
            totals, frequent, found.incidence(len(self.few)), self.products, together,
            self.settings, self.numbers, self.few, self.least,
        )  # fmt: skip
