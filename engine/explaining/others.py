"""Customers of other data, explained by a model: who is asked about, the words, the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from engine.data_preparation.reading.apart import check_apart
from engine.model.explained import reasons_of
from engine.model.model import Model
from engine.similar_customers.ids import asked_ids
from engine.utilities.permissions import Permissions
from engine.utilities.segment_numbers import on_page
from engine.utilities.tables import Written, write_table

_MOST = 5
"""Columns that are named of each customer."""


def explain_others(
    model: Model,
    data: str,
    ids: str,
    *,
    customers: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    output: str | None = None,
) -> tuple[pl.DataFrame, list[str]]:
    """Explain customers of a file by a model: ``engine explain NAME --data FILE``.

    Parameters
    ----------
    model : Model
    data : str
        A file, folder or glob, as :meth:`engine.Model.assign` takes it.
    ids : str
        Who is asked about, as for :func:`engine.similar`.
    customers : str, optional
        For transactions: the customers' own table.
    overrides : mapping of dotted key to value, optional
    output : str, optional
        Where the table will be written: looked at before the work begins, not written here.

    Returns
    -------
    table : polars DataFrame
        As of :meth:`engine.Model.explain`.
    notes : list of str
        What that warns of.

    Raises
    ------
    EngineError
        As :meth:`engine.Model.explain`; or the output is what is read.
    """
    if output is not None:
        check_apart(output, data, customers, Path(ids) if Path(ids).is_file() else None)
    who = asked_ids(ids, model.id_name)
    return reasons_of(model, data, who, customers, overrides)


def told_of(table: pl.DataFrame, id_name: str) -> Iterator[str]:
    """Say why each customer is where they are, in lines."""
    for (id_,), rows in table.group_by(id_name, maintain_order=True):
        row = rows.row(0, named=True)
        several = rows.filter(pl.col("feature") == row["feature"])  # of each row of the data
        yield f"Customer {id_} is in segment {_named(row, 'segment')}."
        first = rows.head(rows.height // several.height)
        if several.height > 1:
            yield _several(several)
        if row["second_segment"] is not None:
            yield (
                f"Next best: segment {_named(row, 'second_segment')}. Margin {row['margin']:.2f}, "
                "of 0 (halfway between the two) to 1."
            )
            yield from (_column(r) for r in first.head(_MOST).iter_rows(named=True))


def _several(rows: pl.DataFrame) -> str:
    """Say that an id stands in several rows, in which segments they are, and which is told of."""
    there = rows.unique("segment", maintain_order=True)
    among = [_named(row, "segment") for row in there.iter_rows(named=True)]
    where = "all in this segment"
    if len(among) > 1:
        where = f"in segments {', '.join(among[:-1])} and {among[-1]}"
    return f"The data have {rows.height:,} rows with this id, {where}; this is told of the first."


def _named(row: Mapping[str, Any], key: str) -> str:
    return f"{on_page(row[key])} ({row[f'{key}_name']})"


def _column(row: Mapping[str, Any]) -> str:
    value = "missing" if row["value"] is None else row["value"]
    how = "holds it there" if row["contribution"] >= 0 else "pulls to the next best"
    share = "" if row["share"] is None else f" ({row['share']:+.0%} of the difference)"
    return f"  {row['feature']} = {value}: {how}{share}"


def write_others(table: pl.DataFrame, output: str, permissions: Permissions) -> Written:
    """Write the table to a .parquet or .csv file.

    Raises
    ------
    EngineError
        It cannot be written.
    """
    return write_table(iter([table]), table.schema, output, permissions)
