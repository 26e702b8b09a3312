"""What gathering takes of memory, known before it starts."""

from __future__ import annotations

import polars as pl

from engine.data_preparation.transactions.partitions import PARTITION_LINES

_FIXED = 256 * 2**20
"""Blocks on their way from the files, and what the libraries keep."""

_PER_LINE = 850
"""A partition while it is settled: its lines, their copy in another order, and hash tables."""

_UNEVEN = 1.3
"""A hash does not spread customers evenly."""

_PER_CUSTOMER = 350
_PER_VALUE, _PER_TEXT = 16, 100


def lines_at_once(n_lines: int) -> int:
    """Give how many lines a partition, or a part of cleaned lines, holds at most as a rule."""
    return min(n_lines, int(PARTITION_LINES * _UNEVEN))


def gathering_bytes(
    n_lines: int, n_customers: int, table: dict[str, pl.DataType] | None = None
) -> int:
    """Give an upper bound of the bytes that gathering allocates.

    Measured at 15 million orders of a million customers: 0.6 GiB of 1.6; at 6 million wide lines
    with four columns of text: 0.9 GiB of 1.4. A customer with more lines than a partition is meant
    to hold, or a text of kilobytes in the customers' table, goes beyond.

    Parameters
    ----------
    n_lines, n_customers : int
        Rows of the files; customers at most, those of the table among them.
    table : dict of column to polars data type, optional
        Schema of the customers' table.

    Examples
    --------
    >>> gathering_bytes(15_000_000, 1_500_000) // 2**20
    1810
    """
    types = (table or {}).values()
    row = sum(_PER_TEXT if t == pl.String else _PER_VALUE for t in types)
    return _FIXED + lines_at_once(n_lines) * _PER_LINE + n_customers * (_PER_CUSTOMER + row)
