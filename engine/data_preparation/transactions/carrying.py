"""Which columns of the lines describe customers: those that a person names, but for numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import polars as pl

from engine.config.problems import suggestion
from engine.data_preparation.features.id_names import plain
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.carried import (
    CARRIED,
    CODE,
    FLAG,
    MOST_CODES,
    kind_of,
    several_of,
)
from engine.data_preparation.transactions.cleaning import TEXT
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.features import DESCRIBED, SPEND_SHARE, feature_names
from engine.errors import DataError
from engine.utilities.shown import shown

_DESCRIBING = {
    "country", "land", "pays", "pais", "paese", "region", "channel", "saleschannel",
    "store", "storename", "market",
}  # fmt: skip
"""Whole names of what usually holds one value for a customer."""


def _gathered(column: str) -> bool:
    """Tell what is gathered from the lines in any case."""
    own = (*feature_names(products=True, categories=()), *DESCRIBED)
    return column in own or column.startswith(SPEND_SHARE)


def carrying(
    columns: Columns, source: Source, asked: Iterable[str], table: Source | None
) -> Columns:
    """Say which columns of the lines describe customers, of those that a person names.

    Parameters
    ----------
    columns : Columns
    source : Source
    asked : iterable of str
        ``features.describe``: what is gathered in any case and what the table of customers has is
        none of the lines'.
    table : Source or None

    Raises
    ------
    DataError
        There is no such column, it has a role among the lines, or it holds what no customer can
        have most of.
    """
    theirs = table.schema if table else {}
    wanted = [c for c in asked if c not in theirs and not _gathered(c)]
    roles = {column: role for role, column in columns.named.items()}
    for column in wanted:
        if column not in source.schema:
            known = [*_carriable(columns, source), *theirs]
            message = (
                f"features.describe names the column {shown(column)}, which {source.label} does "
                f"not have{suggestion(column, known)}"
            )
            raise DataError(message)
        if column in roles and roles[column] != "customer_id":
            role = roles[column].replace("_", " ")
            message = (
                f"features.describe names {column!r}, which is the {role} of the lines of "
                f"{source.label}: what a customer's lines come to is gathered from it; name a "
                "column that says something else, such as a country."
            )
            raise DataError(message)
        if column not in roles and not _holds_words(source.schema[column]):
            message = (
                f"features.describe names {column!r}, which holds {source.schema[column]} on each "
                f"line of {source.label}: customers are described by text, flags and codes; put "
                "what a customer comes to into a table of customers (input.customers)."
            )
            raise DataError(message)
    return replace(columns, carried=tuple(c for c in wanted if c not in roles))


def carried_of(
    columns: Columns, source: Source, table: Source | None, names: Collection[str]
) -> list[str]:
    """Find the columns of the lines that are meant by names, in whatever case."""
    theirs = {c.casefold() for c in (table.schema if table else ())}
    there = [c for c in _carriable(columns, source) if c.casefold() not in theirs]
    found = []
    for name in names:
        alike = [c for c in there if c.casefold() == name.casefold()]
        found += [name] if name in there else alike if len(alike) == 1 else []
    return list(dict.fromkeys(found))


def proposed(columns: Columns, source: Source, table: Source | None) -> list[str]:
    """Give the columns of the lines that are called as what describes customers is."""
    found = [c for c in _carriable(columns, source) if plain(c) in _DESCRIBING]
    theirs = {*(table.schema if table else ()), *columns.carried, *columns.marks.values()}
    return [c for c in found if source.schema[c] in TEXT and c not in theirs]


def _carriable(columns: Columns, source: Source) -> list[str]:
    roles = set(columns.named.values())
    return [
        c for c, t in source.schema.items()
        if c not in roles and not _gathered(c) and _holds_words(t)
    ]  # fmt: skip


def _holds_words(dtype: pl.DataType) -> bool:
    return not (dtype.is_temporal() or dtype.is_nested() or dtype in (pl.Binary, pl.Object))


def kinds_of(buyers: pl.DataFrame, columns: Columns, source: Source) -> dict[str, str]:
    """Tell what the columns that describe customers hold.

    Raises
    ------
    DataError
        Amounts, which would have to be summed.
    """
    kinds = {}
    for column in columns.carried:
        kind = kind_of(buyers[CARRIED + column])
        if kind is None:
            count = buyers[CARRIED + column].n_unique()
            message = (
                f"the column {column!r} of {source.label} holds {count:,} different numbers, and "
                f"numbers of lines describe customers only as codes, of which there are at most "
                f"{MOST_CODES}; put what a customer comes to into a table of customers "
                "(input.customers)."
            )
            raise DataError(message)
        kinds[column] = kind
    return kinds


def as_written(kinds: Mapping[str, str]) -> list[pl.Expr]:
    """Give the columns as the customers' table has them: flags as such, all else as text."""
    return [
        (own.str.to_lowercase() == "true" if kind == FLAG else own).alias(c)
        for c, kind in kinds.items()
        for own in (pl.col(CARRIED + c),)
    ]


def carried_words(buyers: pl.DataFrame, kinds: Mapping[str, str], least: int) -> list[str]:
    """Say by which rule customers have the values of columns of lines."""
    told = []
    for column, kind in kinds.items():
        several = several_of(buyers, column)
        many = "nobody has" if not several else f"{several:,} have"
        many = f"fewer than {least:,} have" if 0 < several < least else many
        codes = ", its numbers read as codes" if kind == CODE else ""
        told.append(
            f"{column!r} describes a customer by the value that most lines of their purchases "
            f"hold, of as many by that of the latest{codes}; {many} several (features.describe)"
        )
    return told
