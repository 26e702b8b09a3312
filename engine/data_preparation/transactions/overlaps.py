"""Invoices that a later file holds again, written otherwise: another spelling, another time."""

from __future__ import annotations

import polars as pl

_KEY = ("id", "transaction", "like", "units", "amount")


def with_likeness(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what rows of invoices are compared by, and which of equal rows of its file each is.

    Parameters
    ----------
    rows : DataFrame
        id, transaction, product, units, amount and file (its number); whole customers, before
        anything is dropped.
    """
    like = pl.col("product").cast(pl.String).str.strip_chars().str.to_lowercase()
    which = pl.int_range(pl.len(), dtype=pl.UInt32).over([*_KEY, "file"])
    return rows.with_columns(like=like).with_columns(which=which)


def without_repeated_invoices(rows: pl.DataFrame) -> pl.DataFrame:
    """Drop an invoice's rows in a later file where an earlier file holds every one of them.

    Rows are the same here if customer, invoice, product (without case and outer spaces), pieces and
    money are. An invoice that is split over files stays whole: its parts differ.

    Parameters
    ----------
    rows : DataFrame
        As :func:`with_likeness` gives them; some may have been dropped since.

    Returns
    -------
    rows : DataFrame
        In the same order, without the columns of the comparison. O(n log n).

    Examples
    --------
    >>> invoice = {"id": [7, 7], "transaction": ["1", "1"], "product": ["Tea", "tea "]}
    >>> again = pl.DataFrame(invoice | {"units": [1, 1], "amount": [50, 50], "file": [0, 1]})
    >>> without_repeated_invoices(with_likeness(again))["product"].to_list()
    ['Tea']
    """
    rows = rows.with_row_index("row")
    known = rows.drop_nulls(["id", "transaction"])
    several = known.filter(pl.col("file").n_unique().over("id", "transaction") > 1)
    earlier = pl.col("file").min().over([*_KEY, "which"])
    again = several.with_columns(again=pl.col("file") > earlier)
    gone = again.filter(pl.col("again").all().over("id", "transaction", "file")).select("row")
    kept = rows.join(gone, on="row", how="anti", maintain_order="left")
    return kept.drop("row", "like", "which")
