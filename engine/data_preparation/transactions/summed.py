"""Settled partitions, added up: what every customer comes to, and what all of them do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from engine.data_preparation.transactions.catalogue import Catalogue
from engine.data_preparation.transactions.features import sums
from engine.data_preparation.transactions.guests import Crowd
from engine.data_preparation.transactions.parts import Parts
from engine.data_preparation.transactions.people import NO_LINES, ONLY_RETURNS
from engine.data_preparation.transactions.settling import Settled
from engine.data_preparation.transactions.tallies import Tally


@dataclass
class Summed:
    """Settled partitions, added up."""

    parts: Parts | None
    tally: Tally = field(default_factory=Tally)
    catalogue: Catalogue = field(default_factory=Catalogue)
    buyers: list[pl.DataFrame] = field(default_factory=list)
    apart: list[pl.DataFrame] = field(default_factory=list)
    first: datetime = datetime.max
    last: datetime = datetime.min
    n_lines: int = 0
    net_apart: int = 0
    n_ids: int = 0
    crowd: Crowd = field(default_factory=Crowd)
    days: Counter[date] = field(default_factory=Counter)

    def add(self, settled: Settled) -> None:
        """Take the lines of one partition."""
        lines, buyers = settled.lines, sums(settled.lines)
        rest = pl.DataFrame({"id": settled.ids}).join(buyers, on="id", how="anti")
        returned = pl.col("id").is_in(settled.returners.implode())
        reason = pl.when(returned).then(pl.lit(ONLY_RETURNS)).otherwise(pl.lit(NO_LINES))
        self.apart.append(rest.select("id", reason=reason))
        self.buyers.append(buyers)
        self.net_apart += int(lines.join(rest, on="id", how="semi")["amount"].sum() or 0)
        self.n_lines += settled.n_rows
        self.n_ids += len(settled.ids)
        self.crowd = self.crowd.beside(settled.crowd)
        if lines.height:
            low, high = lines.select(pl.col("moment").min(), last=pl.col("moment").max()).row(0)
            self.first, self.last = min(self.first, low), max(self.last, high)
            days = lines.group_by(pl.col("moment").dt.date()).len()
            self.days.update(dict(days.iter_rows()))
        if self.parts and lines.height:
            self.catalogue.add(lines)
            self.parts.add(lines, buyers)

    def merge(self, after: Summed) -> None:
        """Take in the partitions that follow these, but for what they sell."""
        self.tally.merge(after.tally)
        self.buyers += after.buyers
        self.apart += after.apart
        self.first, self.last = min(self.first, after.first), max(self.last, after.last)
        self.n_lines += after.n_lines
        self.net_apart += after.net_apart
        self.n_ids += after.n_ids
        self.crowd = self.crowd.beside(after.crowd)
        self.days.update(after.days)

    def finish(self, rows: pl.DataFrame, products: pl.DataFrame) -> tuple[Path, ...]:
        """Give the files of lines with their final numbers; none where these say nothing.

        Parameters
        ----------
        rows, products
            See :meth:`engine.data_preparation.transactions.parts.Parts.finish`.
        """
        if self.parts is None:
            return ()
        if not self.catalogue.kept(products):
            self.parts.discard()
            return ()
        categories = not self.catalogue.too_many_categories
        return self.parts.finish(rows, products, categories=categories)
