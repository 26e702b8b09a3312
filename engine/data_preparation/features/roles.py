"""Which columns become features, and why the others do not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from engine.config.features import AUTO, OFF, FeaturesConfig
from engine.data_preparation.features.earlier_results import result_by_name
from engine.data_preparation.features.id_names import names_a_customer
from engine.data_preparation.features.people import REASON, named_like_people
from engine.data_preparation.features.words import words
from engine.data_preparation.reading.column_checks import check_columns, check_plain
from engine.data_preparation.reading.date_readings import DAYS_AGO, is_date
from engine.data_preparation.reading.lists import is_list
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError

_DATE = "is a date or time, which has no scale to cluster on"
_APART = {"member": "is taken apart into flags", "date": "is read as days ago"}
_NESTED = "is neither a number nor text"
_ID_WORDS = {"id", "uuid", "guid"}
_SHORT = 2
_FEW, _ENOUGH = 3, 20
DESCRIBES = "describes customers, as features.describe says"
"""Why a column forms no segments that is to describe them."""

IDENTIFIER = "looks like an identifier"
"""Why a column is left out that is called so."""


@dataclass(frozen=True)
class Roles:
    """Columns by role, each in file order.

    Attributes
    ----------
    numeric, categorical : tuple of str
    left_out : dict of str to str
        Column to the reason.
    lists : tuple of str
        Those left out that hold lists, which may be taken apart.
    doubtful : frozenset of str
        Those of the numeric and categorical ones that are named like what identifies people: what
        they hold decides. A flag is none, nor is a count.
    dates : tuple of str
        Those that hold dates, which may be read as days ago.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    left_out: Mapping[str, str]
    lists: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()


def assign_roles(
    source: Source,
    settings: FeaturesConfig,
    id_column: str | None,
    described: Collection[str] = (),
    *,
    checked: bool = True,
    why: str = "",
    there: bool = True,
) -> Roles:
    """Give each column its role from its name and type; values have their say later.

    ``described`` are columns that only describe customers, unless ``features.include`` names them.
    Unless ``checked``, text alone is no mistake: it may turn out to be numbers. ``why`` says why
    it did not. Unless the rows are ``there``, names and types alone are asked.

    Raises
    ------
    DataError
        A named column is not in the source, or nothing numeric is left to segment by.
    """
    _check_named(source, settings, id_column)
    numeric: list[str] = []
    categorical: list[str] = []
    left_out: dict[str, str] = {}
    lists: list[str] = []
    dates: list[str] = []
    apart = {r.column: r.kind for name, r in source.readings.items() if r.column != name}
    for column, dtype in source.schema.items():
        if column == id_column:
            continue
        made = column in source.readings and source.readings[column].column in apart
        reason = None if made else _why_not(column, dtype, settings, source, there=there)
        if column in apart:
            reason = _APART[apart[column]]
        elif reason == _NESTED and is_list(dtype):
            lists.append(column)
        if column in described and not {column} & {*settings.include, *settings.exclude}:
            reason = "describes customers; features.include makes a feature of it"
        if reason in (None, _DATE) and is_date(dtype):
            dates.append(column)
            reason = _DATE
        if reason:
            left_out[column] = reason
        elif column in settings.categorical or not _is_number(dtype):
            categorical.append(column)
        else:
            numeric.append(column)
    doubtful = doubtful_columns(source, settings, id_column) & {*numeric, *categorical}
    may_read = not checked and (categorical or lists or dates)
    if not {*numeric} - doubtful and not settings.codes and not may_read:
        people = dict.fromkeys((c for c in source.schema if c in doubtful), REASON)
        text = [c for c in categorical if c not in doubtful]
        raise DataError(_nothing_numeric(source, left_out | people, text, why))
    return Roles(
        tuple(numeric), tuple(categorical), left_out, tuple(lists), tuple(dates), doubtful
    )  # fmt: skip


def named_in(settings: FeaturesConfig) -> dict[str, tuple[str, ...]]:
    """Give the columns that ``features`` names, by key."""
    keys = ("include", "exclude", "categorical", "describe")
    value = () if settings.value in (AUTO, OFF) else (settings.value,)
    return {f"features.{key}": getattr(settings, key) for key in keys} | {"features.value": value}


def _check_named(source: Source, settings: FeaturesConfig, id_column: str | None) -> None:
    named = named_in(settings)
    check_columns(named, source)
    made = [c.removesuffix(DAYS_AGO) for c in settings.labels if c not in source.schema]
    labelled = [c for c in settings.labels if c in source.schema]
    check_columns({"features.labels": [*labelled, *made]}, source)
    for key in (f"features.{k}" for k in ("include", "categorical", "describe", "value")):
        for column in named[key]:
            listed = key != "features.categorical" and is_list(source.schema[column])
            if column not in settings.exclude and not listed:
                check_plain(source, column, key)
    for key in ("features.describe", "features.value"):
        if id_column in named[key]:
            message = (
                f"{key} names {id_column!r}, the id of the customers of {source.label}, which "
                "says nothing of a segment; name another column."
            )
            raise DataError(message)


def doubtful_columns(
    source: Source, settings: FeaturesConfig, id_column: str | None
) -> frozenset[str]:
    """Find columns that are named like what identifies people, unless ``features`` names them."""
    asked = {id_column, *settings.include, *settings.exclude, *settings.categorical}
    asked |= {*settings.describe}
    return frozenset(
        c
        for c, dtype in source.schema.items()
        if c not in asked and named_like_people(c, number=_is_number(dtype))
    )


def _is_number(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype == pl.Boolean


def _why_not(
    column: str, dtype: pl.DataType, settings: FeaturesConfig, source: Source, *, there: bool
) -> str | None:
    if column in settings.exclude:
        return "excluded by features.exclude"
    if column in settings.describe:
        return DESCRIBES
    if column in settings.categorical:
        return None
    if settings.include and column not in settings.include:
        return "not in features.include"
    if is_list(dtype):
        return _NESTED
    if settings.include:
        return None
    if dtype == pl.Null:
        return "has no values"
    if dtype.is_temporal():
        return _DATE
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
        return _NESTED
    # The result of a model is called so, whatever else its name holds.
    reason = result_by_name(column, source.schema)
    if reason is None and named_as_id(column) and not (there and _is_flag(source, column, dtype)):
        reason = IDENTIFIER
    return reason


def named_as_id(column: str) -> bool:
    """Tell whether a column is called as ids are, of whomever."""
    return _speaks_of_ids(column) or names_a_customer(column)


def _speaks_of_ids(column: str) -> bool:
    """Tell ``row_id`` and ``id_client``, which are ids, from what is a fact about one.

    Examples
    --------
    >>> [_speaks_of_ids(c) for c in ("Order ID", "id_vehicle", "id_theft_cover")]
    [True, True, False]
    """
    parts = words(column)
    return parts[-1] in _ID_WORDS or (len(parts) <= _SHORT and parts[0] in _ID_WORDS)


def _is_flag(source: Source, column: str, dtype: pl.DataType) -> bool:
    """Tell by the first rows whether a column is yes or no, or three words: no ids."""
    if dtype == pl.Boolean:
        return True
    values = pl.Series([], dtype=pl.Null())
    with suppress(DataError, OSError):  # What is wrong with the file is said where it is read.
        first = source.first_block([column], pl.DataFrame({column: values}))
        values = first[column].drop_nulls()
    few = values.unique() if len(values) >= _ENOUGH else values.clear()
    if values.dtype.is_numeric():
        return set(few.to_list()) == {0, 1}
    return 2 <= len(few) <= _FEW


def _nothing_numeric(source: Source, left_out: Mapping[str, str], text: list[str], why: str) -> str:
    parts = [f"{c} {reason}" for c, reason in list(left_out.items())[:5]]
    parts += [f"{c} is text" for c in text[:5]]
    seen = f" ({'; '.join(parts)})" if parts else ""
    hint = " Is input.read.separator right?" if len(source.schema) == 1 else ""
    if why:
        hint = f" {why[0].upper()}{why[1:]}."
    return (
        f"{source.label} has no numeric column to segment by{seen}; name columns in "
        f"features.include or features.categorical.{hint}"
    )
