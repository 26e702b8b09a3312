"""Who the rows are: the id column recognised, its type kept, null and duplicate ids dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from engine.config.sections import PreparationConfig
from engine.data_preparation.features import id_forms
from engine.data_preparation.features.id_digits import lost_digits
from engine.data_preparation.features.id_forms import Asked
from engine.data_preparation.features.id_words import (
    NUMBERED,
    blank_words,
    check_at_least_two,
    dropped_words,
    identified_words,
    kept_words,
    none_with_id,
    pointed_words,
    several_rows,
    without_id,
)
from engine.data_preparation.reading.cuts import Cut
from engine.data_preparation.reading.files import no_rows
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.formulas import without_marks
from engine.utilities.progress import Progress
from engine.utilities.sampling import id_priority

ROW_ID = "row"
"""Name of the id when the file has none: the row's number, from 0."""

_WHOLE_NUMBER = r"^(0|-?[1-9][0-9]{0,17})(?:\.0+)?$"
"""Each is written in one way only, but for a point: ``-0`` is not the number that ``0`` is."""


POINTED = r"^[0-9]+\.0+$"
"""A whole number that is written with a point."""

_DECIMALS = r"^-?[0-9]+[.,][0-9]*[1-9]$"


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
    cuts : tuple of Cut
        Pieces that are read on workers, where the arrays above are spread in the same way; empty
        where customers are read here.
    """

    ids: Any
    priority: Any
    keep: Any
    column: str | None
    notices: tuple[str, ...]
    warnings: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()


def read_identity(
    source: Source,
    column: str | None,
    *,
    settings: PreparationConfig,
    seed: int,
    fold: Asked = "auto",
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
    fold : str or tuple of str
        ``input.fold_ids``: which writings of an id are one customer. Ids stay as they are written.
    progress : Progress, optional

    Raises
    ------
    DataError
        No rows; null or duplicate ids where the policy is ``error``; a spreadsheet shortened
        ids, so that they repeat.
    """
    warnings: list[str] = []
    shown = progress or Progress()
    if column is None:
        values = _column(source, next(iter(source.schema)), shown)
        ids = pl.Series(ROW_ID, np.arange(len(values), dtype=np.int64))
        notices = [NUMBERED]
        blank = _blank(source, values)
        keep = ~blank
    else:
        values = known(ids_in(_column(source, column, shown), source))
        ids = as_written(values, source)
        blank = _blank(source, values)
        notices = [identified_words(column)]
        forms = _forms(values, column, source, fold)
        keep, warnings = _kept(ids, forms.keys, blank, column, source, settings)
        notices, warnings = [*notices, *forms.notices], [*forms.warnings, *warnings]
    notices += blank_words(int(blank.sum()))
    notices = [*source.found, *notices]
    rows = None if keep.all() else keep
    ids = ids if rows is None else ids.filter(pl.Series(keep))
    check_at_least_two(len(ids), source.label)
    return Identity(ids, id_priority(ids, seed), rows, column, tuple(notices), tuple(warnings))


def tells_customers_apart(source: Source, column: str) -> bool:
    """Tell whether the first rows hold a whole number or text each, and none twice.

    A column of floats with decimals, of dates or of lists is none of that.
    """
    dtype = source.schema[column]
    if not source.typed:
        source = source.with_types({column: pl.String()})
    elif not (dtype.is_integer() or dtype.is_float() or dtype in (pl.String, pl.Categorical)):
        return False
    block = source.first_block([column], pl.DataFrame())
    for values in block:
        ids = values.drop_nulls().cast(pl.String)
        whole = not dtype.is_float() or ids.str.contains(_WHOLE_NUMBER).all()
        short = ids.str.contains(r"^\S.{0,63}$").all()
        measured = not dtype.is_float() and ids.str.contains(_DECIMALS).any()
        tells = whole and short and not measured
        return bool(len(ids) > 1 and tells and ids.n_unique() == len(values))
    return False


def _column(source: Source, column: str, progress: Progress) -> pl.Series:
    parts = []
    for block in source.batches([column]):
        parts.append(block.get_column(column))
        progress.advance(block.height)
    if not sum(map(len, parts)):
        raise no_rows(source.label, 0 if source.typed else len(source.schema))
    return pl.concat(parts, rechunk=True)


def _blank(source: Source, values: pl.Series) -> np.ndarray:
    """Empty lines of a CSV, which a reader takes for rows; only looked for where there can be."""
    if not source.typed and values.null_count():
        return source.blank_rows()
    return np.zeros(len(values), dtype=bool)


def ids_in(values: pl.Series, source: Source) -> pl.Series:
    """Give ids as they were before the engine wrote them as CSV: see :mod:`formulas`.

    Also of other writers a CSV holds ``'=7`` so that a spreadsheet does not reckon; the id is =7.
    """
    return values if source.typed else without_marks(values)


def known(values: pl.Series) -> pl.Series:
    """Give ids of which those that are no number are missing."""
    return values.fill_nan(None) if values.dtype.is_float() else values


def as_written(ids: pl.Series, source: Source) -> pl.Series:
    """Keep ids so that results can be joined to the file; only CSV leaves their type open."""
    return as_type(ids, kept) if (kept := typed_as(ids.dtype, source)) else whole_numbers(ids)


def typed_as(dtype: pl.DataType, source: Source) -> pl.DataType | None:
    """Give the type that ids of a file that says types keep; None where their values tell."""
    if source.typed and dtype == pl.UInt64:
        return pl.UInt64()
    text = source.typed and dtype in (pl.String, pl.Categorical, pl.Enum)
    return pl.String() if text else None


def whole_numbers(ids: pl.Series) -> pl.Series:
    """Turn ids into Int64 where that loses nothing, otherwise into text; nulls stay."""
    ids = known(ids)
    there = ids.null_count() < len(ids)
    return as_type(ids, type_of_all(ids.dtype, whole=are_whole(ids), there=there))


def type_of_all(dtype: pl.DataType, *, whole: bool, there: bool) -> pl.DataType:
    """Give the type of ids: are all that are there whole numbers, and is any there."""
    numbers = dtype.is_float() or (dtype.is_integer() and dtype != pl.UInt64)
    return pl.Int64() if whole and (there or numbers) else pl.String()


def are_whole(ids: pl.Series) -> bool:
    """Tell whether all ids that are there are whole numbers, written in one way or as floats."""
    if ids.dtype.is_integer() and ids.dtype != pl.UInt64:
        return True
    if ids.dtype.is_float():
        return bool(((ids.round() == ids) & (ids.abs() < 2**53)).all())
    return bool(ids.cast(pl.String).str.contains(_WHOLE_NUMBER).all())


def as_type(ids: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Give ids the type that :func:`whole_numbers` found; 1001.0 is the whole number 1001."""
    if not ids.dtype.is_numeric():
        ids = ids.cast(pl.String)
    if ids.dtype == pl.String and dtype == pl.Int64:
        ids = ids.str.extract(_WHOLE_NUMBER)
    return ids.cast(dtype)


@dataclass(frozen=True)
class _Forms:
    """What ids are told apart by, and what their writings say."""

    keys: pl.Series
    notices: list[str]
    warnings: list[str]


def _forms(values: pl.Series, column: str, source: Source, fold: Asked) -> _Forms:
    """Look at how ids are written: folded where that is asked, warned of where digits are lost."""
    if values.dtype in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String)
    plainly = id_forms.is_plain(values)
    warnings = lost_digits(values, column, source.label, plainly=plainly)
    if plainly:
        return _Forms(values, [], warnings)
    once, open_ = values.drop_nulls().unique(maintain_order=True), id_forms.choices(fold)
    writings = id_forms.Writings()
    if open_:
        writings.take(once, open_)
    folds = id_forms.decide(writings, fold, lines=False)
    pointed = int(once.str.contains(POINTED).sum())
    notices, more = id_forms.told(writings, folds, fold, column)
    notices += pointed_words(pointed, len(once), column)
    return _Forms(id_forms.keys(values, folds), notices, [*warnings, *more])


def _kept(
    ids: pl.Series,
    keys: pl.Series,
    blank: np.ndarray,
    column: str,
    source: Source,
    settings: PreparationConfig,
) -> tuple[np.ndarray, list[str]]:
    keep = ~blank
    warnings = []
    without = ids.null_count()
    if nulls := without - int(blank.sum()):
        if settings.null_ids == "error":
            raise without_id(nulls, column, source.label)
        warnings.append(dropped_words(nulls))
        keep &= ids.is_not_null().to_numpy()
    beyond = len(ids) - without - keys.drop_nulls().n_unique()
    if beyond:
        if settings.duplicates == "error":
            raise _repeated(ids, keys, column, source)
        warnings.append(kept_words(_several(keys)[0], beyond, settings.duplicates))
        policy = settings.duplicates
        one_each = keys.is_first_distinct() if policy == "first" else keys.is_last_distinct()
        keep &= one_each.to_numpy()
    if not keep.any():
        raise none_with_id(column, source.label)
    return keep, warnings


def _several(keys: pl.Series) -> tuple[int, int]:
    """Count the ids that have several rows, and these rows."""
    several = keys.drop_nulls()
    several = several.filter(several.is_duplicated())
    return several.n_unique(), len(several)


def _repeated(ids: pl.Series, keys: pl.Series, column: str, source: Source) -> DataError:
    rows = pl.DataFrame({"id": ids.cast(pl.String), "key": keys}).drop_nulls()
    several = rows.filter(pl.col("key").is_duplicated())
    first = several.filter(pl.col("key") == several["key"][0])
    written = first["id"].unique(maintain_order=True).to_list()
    return several_rows(*_several(keys), written, column, source.label)
