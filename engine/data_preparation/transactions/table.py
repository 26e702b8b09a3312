"""A table of customers beside the transactions: joined by id, those who never bought kept apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from engine.data_preparation.features.id_digits import lost_digits
from engine.data_preparation.features.id_forms import is_plain, keys
from engine.data_preparation.features.id_names import plain, recognise_id
from engine.data_preparation.features.id_words import repeated_words
from engine.data_preparation.features.identity import whole_numbers
from engine.data_preparation.features.roles import named_as_id
from engine.data_preparation.reading.as_written import with_texts
from engine.data_preparation.reading.column_checks import check_plain
from engine.data_preparation.reading.layout import names_told
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.cleaning import is_integer, key_text
from engine.errors import DataError

_ZEROS = r"^\s*0\d"
GIVEN = "_given"
"""What stands behind the name of a column of the table that the transactions have, too."""


@dataclass(frozen=True)
class CustomerTable:
    """Customers as a table describes them, each id once.

    Attributes
    ----------
    rows : DataFrame
        ``id`` (Int64 or String), then the table's other columns.
    notices, warnings : tuple of str
    """

    rows: pl.DataFrame
    notices: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns beside the id."""
        return tuple(c for c in self.rows.columns if c != "id")


def read_table(
    source: Source, id_column: str, taken: Collection[str], folds: Collection[str] = ()
) -> CustomerTable:
    """Read a table of customers.

    Parameters
    ----------
    source : Source
    id_column : str
        The id of the transactions: the table's column of that name is its id, else a usual name.
    taken : collection of str
        Names of columns made from transactions; the table's own get the ending ``_given``.
    folds : collection of str
        Which writings of an id are one customer.

    Raises
    ------
    DataError
        No column is recognised as the id.
    """
    column = _id_of(source, id_column)
    check_plain(source, column, "input.customers")
    if not source.typed:
        source = source.with_types({column: pl.String()})
    dtype = source.schema[column]
    nulls = source.read.null_values
    key = (
        pl.col(column).cast(pl.Int64)
        if is_integer(dtype)
        else key_text(pl.col(column), dtype, nulls)
    )
    others = [c for c in source.schema if c != column]
    source, texts = _with_writings(source, others)
    names = free_names(others, {"id", *taken})
    blocks = source.batches([column, *others, *texts.values()], whole_lines=True)
    parts = [
        b.select(
            key.alias("id"),
            *(pl.col(c).alias(names[c]) for c in others),
            *map(pl.col, texts.values()),
        )
        for b in blocks
    ]
    if not parts:
        message = f"{source.label} (input.customers) has a header but no rows."
        raise DataError(message)
    rows = _as_written(pl.concat(parts), {names[c]: text for c, text in texts.items()})
    return _each_once(rows, column, source.label, {c: n for c, n in names.items() if c != n}, folds)


def _with_writings(source: Source, columns: list[str]) -> tuple[Source, dict[str, str]]:
    """Give a source with the text of ids that look like numbers, and its names by column."""
    if source.typed:
        return source, {}
    ids = [c for c in columns if source.schema[c].is_numeric() and named_as_id(c)]
    return with_texts(source, ids)


def _as_written(rows: pl.DataFrame, texts: dict[str, str]) -> pl.DataFrame:
    """Keep the text of ids, such as those of branches, with zeros before them: 007 is not 7."""
    kept = [
        pl.col(text).str.strip_chars().replace("", None).alias(column)
        for column, text in texts.items()
        if rows[text].str.contains(_ZEROS).any()
    ]
    return rows.with_columns(kept).drop(texts.values())


def _id_of(source: Source, id_column: str) -> str:
    same = [c for c in source.schema if plain(c) == plain(id_column)]
    if id_column in source.schema:
        return id_column
    found = same[0] if same else recognise_id(list(source.schema))
    if found is None:
        message = (
            f"{source.label} (input.customers) has no column {id_column!r}, as the transactions "
            f"have, and none of a usual name; its columns are {names_told(list(source.schema))}."
        )
        raise DataError(message)
    return found


def free_names(columns: list[str], taken: set[str]) -> dict[str, str]:
    """Name joined columns so that none is called as one of ours: an ending ``_given`` tells."""
    names: dict[str, str] = {}
    used = taken | set(columns) - taken
    for column in columns:
        name = column
        while name in taken or (name != column and name in used):
            name = f"{name}{GIVEN}"
        names[column] = name
        used.add(name)
    return names


def _each_once(
    rows: pl.DataFrame,
    column: str,
    label: str,
    renamed: dict[str, str],
    folds: Collection[str],
) -> CustomerTable:
    notices = [f"{label} is joined by the column {column!r}"]
    notices += [f"{label}: the column {c!r} is called {n!r} here" for c, n in renamed.items()]
    warnings = []
    known = rows.drop_nulls("id")
    if lacking := rows.height - known.height:
        warnings.append(
            f"{label}: {lacking:,} {'row' if lacking == 1 else 'rows'} without an id "
            f"{'was' if lacking == 1 else 'were'} dropped"
        )
    written = known["id"]
    digits = lost_digits(written, column, label, plainly=is_plain(written))
    warnings += [f"{label}: {words}" for words in digits]
    ids = keys(written, folds)
    once = known.filter(ids.is_first_distinct())
    if repeated := known.height - once.height:
        several = ids.filter(ids.is_duplicated()).n_unique()
        again = repeated_words(several, repeated)
        warnings.append(f"{label}: {again}, the first row of each id kept")
    return CustomerTable(once, tuple(notices), tuple(warnings))


def settle_type(ids: pl.Series, *, text: bool) -> pl.Series:
    """Give ids the type that results carry: Int64 where every one is a whole number.

    Parameters
    ----------
    ids : Series of Int64 or String
    text : bool
        Keep them text, as a Parquet file of text has them.
    """
    return ids if text else whole_numbers(ids)
