"""Fields that an export writes on the first line of an order only, given to its other lines."""

from __future__ import annotations

import polars as pl


class Filler:
    """Fills columns forward within an order, block after block of a file.

    Parameters
    ----------
    order : str
        The column that numbers orders; an order's lines follow each other.
    columns : tuple of str
        What is filled.
    """

    def __init__(self, order: str, columns: tuple[str, ...]) -> None:
        self._order, self._columns = order, columns
        self._file, self._last = -1, pl.DataFrame()

    def fill(self, block: pl.DataFrame, file: int) -> pl.DataFrame:
        """Give the block with the fields of each order's earlier lines where a line has none."""
        if not self._columns or not block.height:
            return block
        wanted = [self._order, *self._columns]
        rows = block.select(wanted)
        carried = self._last.height if file == self._file else 0
        rows = pl.concat([self._last, rows]) if carried else rows
        filled = rows.with_columns(self._filled(c, rows.schema[c]) for c in self._columns)
        self._file, self._last = file, filled.tail(1)
        return block.with_columns(filled.select(self._columns).slice(carried))

    def _filled(self, column: str, dtype: pl.DataType) -> pl.Expr:
        there = pl.col(column).is_not_null()
        if dtype == pl.String:
            there = there & (pl.col(column).str.strip_chars() != "")
        order = pl.col(self._order)
        value = pl.when(there).then(pl.col(column)).forward_fill()
        owner = pl.when(there).then(order).forward_fill()
        return pl.when(owner == order).then(value).otherwise(pl.col(column)).alias(column)
