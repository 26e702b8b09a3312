"""Who the rows are: the id column recognised, its type kept, null and duplicate ids dealt with."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.reading.files import no_rows
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.progress import Progress
from engine.utilities.sampling import id_priority

ALIASES = (
    "customerid",
    "custid",
    "clientnum",
    "clientid",
    "clientnumber",
    "idclient",
    "idcustomer",
    "customernumber",
    "customerno",
    "customer",
    "householdid",
    "householdkey",
    "loyaltynumber",
    "masterid",
    "memberid",
    "userid",
    "accountid",
    "custkey",
    "ccustkey",
    "id",
)
"""Names of id columns, without case, spaces and punctuation; the earlier wins."""

ROW_ID = "row"
"""Name of the id when the file has none: the row's number, from 0."""

_WHOLE_NUMBER = r"^(0|-?[1-9][0-9]{0,17})$"
"""Each is written in one way only: ``-0`` is not the number that ``0`` is."""


@dataclass(frozen=True)
class Identity:
    """The customers of a source, in file order.

    Attributes
    ----------
    ids : polars Series of length n_customers
        Int64, UInt64 or String.
    priority : uint64 array of shape (n_customers,)
        Seeded hash of the id; decides every sample.
    keep : bool array of shape (n_file_rows,) or None
        Rows of the file that are customers; None when all are.
    column : str or None
        The id column, None when rows are numbered.
    notices : tuple of str
        What was recognised, for people.
    warnings : tuple of str
        What was dropped, for people.
    """

    ids: pl.Series
    priority: np.ndarray
    keep: np.ndarray | None
    column: str | None
    notices: tuple[str, ...]
    warnings: tuple[str, ...]


def plain(name: str) -> str:
    """Reduce a column name to lower-case letters and digits.

    Examples
    --------
    >>> plain("Customer ID")
    'customerid'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def recognise_id(columns: list[str]) -> str | None:
    """Find the id column by its usual names.

    Examples
    --------
    >>> recognise_id(["Age", "CUST_ID"])
    'CUST_ID'
    """
    by_name = {plain(c): c for c in reversed(columns)}
    return next((by_name[a] for a in ALIASES if a in by_name), None)


def read_identity(
    source: Source,
    column: str | None,
    *,
    settings: PreparationConfig,
    seed: int,
    progress: Progress | None = None,
) -> Identity:
    """Read the ids once, before anything else, so that later passes know which rows count.

    Parameters
    ----------
    source : Source
    column : str or None
        The id column; None numbers the rows.
    settings : PreparationConfig
        ``duplicates`` and ``null_ids`` are the policies.
    seed : int
    progress : Progress, optional

    Raises
    ------
    DataError
        No rows; null or duplicate ids where the policy is ``error``.
    """
    warnings: list[str] = []
    shown = progress or Progress()
    if column is None:
        values = _column(source, next(iter(source.schema)), shown)
        ids = pl.Series(ROW_ID, np.arange(len(values), dtype=np.int64))
        notices = ["no id column was recognised; customers are numbered by row, from 0"]
        blank = _blank(source, values)
        keep = ~blank
    else:
        values = _column(source, column, shown)
        ids = as_written(values, source)
        blank = _blank(source, values)
        keep, warnings = _kept(ids, blank, column, source, settings)
        notices = [f"customers are identified by the column {column!r}"]
    if blank.any():
        notices.append(f"{int(blank.sum()):,} empty lines were skipped")
    notices = [*source.found, *notices]
    ids = ids.filter(pl.Series(keep))
    _at_least_two(ids, source)
    rows = None if keep.all() else keep
    return Identity(ids, id_priority(ids, seed), rows, column, tuple(notices), tuple(warnings))


def _column(source: Source, column: str, progress: Progress) -> pl.Series:
    parts = []
    for block in source.batches([column]):
        parts.append(block.get_column(column))
        progress.advance(block.height)
    if not sum(map(len, parts)):
        raise no_rows(source.label)
    return pl.concat(parts, rechunk=True)


def _blank(source: Source, values: pl.Series) -> np.ndarray:
    """Empty lines of a CSV, which a reader takes for rows; only looked for where there can be."""
    if not source.typed and values.null_count():
        return source.blank_rows()
    return np.zeros(len(values), dtype=bool)


def _at_least_two(ids: pl.Series, source: Source) -> None:
    if len(ids) < 2:
        message = f"{source.label} holds {len(ids)} customer; segments need at least two."
        raise DataError(message)


def as_written(ids: pl.Series, source: Source) -> pl.Series:
    """Keep ids so that results can be joined to the file; only CSV leaves their type open."""
    if source.typed and ids.dtype == pl.UInt64:
        return ids
    if source.typed and ids.dtype in (pl.String, pl.Categorical, pl.Enum):
        return ids.cast(pl.String)
    return whole_numbers(ids)


def whole_numbers(ids: pl.Series) -> pl.Series:
    """Turn ids into Int64 where that loses nothing, otherwise into text; nulls stay."""
    if ids.dtype.is_integer() and ids.dtype != pl.UInt64:
        return ids.cast(pl.Int64)
    if ids.dtype.is_float():
        ids = ids.fill_nan(None)
        whole = (ids.round() == ids) & (ids.abs() < 2**53)
        return ids.cast(pl.Int64) if whole.all() else ids.cast(pl.String)
    ids = ids.cast(pl.String)
    if ids.str.contains(_WHOLE_NUMBER).all() and ids.null_count() < len(ids):
        return ids.cast(pl.Int64)
    return ids


def _kept(
    ids: pl.Series, blank: np.ndarray, column: str, source: Source, settings: PreparationConfig
) -> tuple[np.ndarray, list[str]]:
    keep = pl.Series(~blank)
    warnings = []
    without = ids.null_count()
    if nulls := without - int(blank.sum()):
        if settings.null_ids == "error":
            message = (
                f"{source.label}: {nulls:,} rows have no id in the column {column!r}; "
                "fill them in, or set preparation.null_ids to drop."
            )
            raise DataError(message)
        warnings.append(f"{nulls:,} rows without an id were dropped (preparation.null_ids: drop)")
        keep &= ids.is_not_null()
    repeated = len(ids) - without - ids.drop_nulls().n_unique()
    if repeated:
        if settings.duplicates == "error":
            raise DataError(_duplicate_message(ids, column, source, repeated))
        policy = settings.duplicates
        warnings.append(
            f"{repeated:,} repeated ids were dropped, the {policy} row of each kept "
            f"(preparation.duplicates: {policy})"
        )
        keep &= ids.is_first_distinct() if policy == "first" else ids.is_last_distinct()
    if not keep.any():
        message = f"{source.label}: no row has an id in the column {column!r}."
        raise DataError(message)
    return keep.to_numpy(), warnings


def _duplicate_message(ids: pl.Series, column: str, source: Source, repeated: int) -> str:
    present = ids.drop_nulls()
    example = present.filter(present.is_duplicated())[0]
    return (
        f"{source.label}: the id column {column!r} repeats {repeated:,} ids (such as {example}); "
        "customers need one row each: name another column in input.id, or set "
        "preparation.duplicates to first or last."
    )
