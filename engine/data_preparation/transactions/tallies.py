"""Rows and money by what happened to them, added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

PURCHASES = "purchases"


@dataclass
class Tally:
    """Rows and money by what happened to them; tallies add up.

    Attributes
    ----------
    rows, money : Counter of str
        Rows, and their sum in ten-thousandths.
    """

    rows: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, lines: pl.DataFrame) -> None:
        """Add lines to one entry."""
        self.add(what, lines.height, int(lines["amount"].sum() or 0))

    def add(self, what: str, rows: int, money: int = 0) -> None:
        """Add rows and their money to one entry."""
        self.rows[what] += rows
        self.money[what] += money

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        self.rows.update(other.rows)
        self.money.update(other.money)
