"""Columns of the lines that describe customers: of each the value that most purchases hold."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

CARRIED, _SEVERAL = "own: ", "several: "
"""Stand before the names of such columns, until the customers' table is written."""

MOST_CODES = 20
"""Different numbers that are codes; more are amounts, which are not summed."""

TEXT, CODE, FLAG = "text", "code", "flag"


def carried_in(columns: Iterable[str]) -> list[str]:
    """Give those of the columns that describe customers."""
    return [c for c in columns if c.startswith(CARRIED)]


def with_usual(buyers: pl.DataFrame, bought: pl.DataFrame) -> pl.DataFrame:
    """Give buyers the value that most of their lines hold, of as many the one of the latest line.

    Those of one moment go by the alphabet, so that no order of rows changes a value. A missing
    value is none; O(n log n) in the different values of a customer.

    Parameters
    ----------
    buyers : DataFrame
        id.
    bought : DataFrame
        id, moment and the columns of whole customers' purchases.

    Returns
    -------
    buyers : DataFrame
        With each such column, and whether a customer's lines hold several values.

    Examples
    --------
    >>> lines = {"id": [1, 1, 1, 2], "moment": [1, 2, 3, 4], "own: land": ["a", "b", None, None]}
    >>> with_usual(pl.DataFrame({"id": [1, 2]}), pl.DataFrame(lines))["own: land"].to_list()
    ['b', None]
    """
    for column in carried_in(bought.columns):
        values = bought.select("id", "moment", column).drop_nulls(column)
        counts = values.group_by("id", column).agg(n=pl.len(), last=pl.col("moment").max())
        ranked = counts.sort("n", "last", column, descending=[True, True, False])
        several = _SEVERAL + column.removeprefix(CARRIED)
        usual = ranked.group_by("id").agg(
            pl.col(column).first(), (pl.len() > 1).alias(several)
        )  # fmt: skip
        buyers = buyers.join(usual, on="id", how="left")
    return buyers


def several_of(buyers: pl.DataFrame, column: str) -> int:
    """Count the buyers whose lines hold several values of a column."""
    return int(buyers[_SEVERAL + column].sum())


def kind_of(values: pl.Series) -> str | None:
    """Tell texts from flags and from numbers, which are codes where few differ; None for amounts.

    ``true`` and ``false`` are flags, in whatever case.

    Examples
    --------
    >>> [kind_of(pl.Series(v)) for v in (["a", "1"], ["1", "7"], [f"{i}" for i in range(30)])]
    ['text', 'code', None]
    """
    known = values.drop_nulls().unique()
    if len(known) and known.str.to_lowercase().is_in(["true", "false"]).all():
        return FLAG
    if known.cast(pl.Float64, strict=False).null_count() or not len(known):
        return TEXT
    return CODE if len(known) <= MOST_CODES else None
