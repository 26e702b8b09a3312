"""What gathering takes of memory, known before it starts."""

from __future__ import annotations

import polars as pl

from engine.data_preparation.transactions.partitions import PARTITION_LINES

_FIXED = 64 * 2**20
"""What the libraries keep."""

_TIMES = 2.2
"""A partition while it is settled: its lines, their copy in another order, and hash tables."""

_LINE = 140.0
"""Bytes of a line as it is read, of a shop's usual columns."""

_UNEVEN = 1.3
"""A hash does not spread customers evenly."""

_PER_CUSTOMER = 350
_PER_VALUE, _PER_TEXT = 16, 100


def lines_at_once(n_lines: int) -> int:
    """Give how many lines a partition, or a part of cleaned lines, holds at most as a rule."""
    return min(n_lines, int(PARTITION_LINES * _UNEVEN))


def gathering_bytes(
    n_lines: int,
    n_customers: int,
    table: dict[str, pl.DataType] | None = None,
    *,
    line: float = _LINE,
    reading: int = 0,
) -> int:
    """Give an upper bound of the bytes that gathering allocates.

    A customer with more lines than a partition is meant to hold, or a text of kilobytes in the
    customers' table, goes beyond.

    Parameters
    ----------
    n_lines, n_customers : int
        Rows of the files; customers at most, those of the table among them.
    table : dict of column to polars data type, optional
        Schema of the customers' table.
    line : float
        Bytes of a line as it is read.
    reading : int
        Bytes of blocks on their way from the files.

    Examples
    --------
    >>> gathering_bytes(15_000_000, 1_500_000) // 2**20
    946
    """
    types = (table or {}).values()
    row = sum(_PER_TEXT if t == pl.String else _PER_VALUE for t in types)
    lines = int(lines_at_once(n_lines) * line * _TIMES)
    return _FIXED + reading + lines + n_customers * (_PER_CUSTOMER + row)
