"""What customers' transactions come to: a table of customers, what was sold, and the facts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from engine.data_preparation.reading.numbers import Notation


@dataclass(frozen=True)
class Writings:
    """The customers with the text of numbers of their own table beside them, for lists.

    Attributes
    ----------
    customers : Path
        Parquet: :attr:`Purchases.customers` and the columns of text, row for row.
    texts : dict of str to str
        Of columns of numbers, what their text is called.
    notation : Notation
        How the table writes numbers.
    """

    customers: Path
    texts: dict[str, str]
    notation: Notation


@dataclass(frozen=True)
class Purchases:
    """What customers' transactions come to.

    Attributes
    ----------
    customers : Path
        Parquet, a row for each customer with a purchase, sorted by id.
    id_column : str
        The file's own name of the id.
    features : tuple of str
        Columns offered as features.
    described : tuple of str
        Columns that only describe: money gross, dates, RFM scores.
    joined : tuple of str
        Columns of the customer table, whose names and values decide their role.
    lines : tuple of Path
        Parquet parts of cleaned lines, each with whole customers: customer, basket, product
        (UInt32), category, units, amount (Int64, ten-thousandths; negative for returns), back
        (Boolean: a return). Empty where the files name neither products nor categories.
    products : DataFrame
        product (UInt32, 0 to p-1), product_id, name, category; by product_id.
    apart_file : Path
        Parquet: id, reason of the customers who bought nothing, sorted by id.
    facts : dict
        Plain JSON: what was recognised, counted, decided and summed.
    label : str
        The transactions' own files, for messages about the customers.
    writings : Writings or None
        Where lists show columns of a CSV of customers as it holds them.
    """

    customers: Path
    id_column: str
    features: tuple[str, ...]
    described: tuple[str, ...]
    joined: tuple[str, ...]
    lines: tuple[Path, ...]
    products: pl.DataFrame
    apart_file: Path
    facts: dict[str, Any]
    label: str = ""
    writings: Writings | None = None

    @property
    def apart(self) -> pl.DataFrame:
        """The customers who bought nothing, read anew."""
        return pl.read_parquet(self.apart_file)

    @property
    def n_apart(self) -> int:
        """How many these are."""
        return sum(self.facts["apart"].values())
