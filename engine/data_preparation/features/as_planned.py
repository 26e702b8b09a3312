"""A file read as a plan was fitted: the same types, and the same readings of text as numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.reading.parquet_files import scan_parquet
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.shown import FEW


def as_planned(source: Source, plan: FeaturePlan, *, made: bool = True) -> Source:
    """Give a source whose columns are of the types that a plan expects.

    Parameters
    ----------
    source : Source
        It has the plan's ``file_columns``.
    plan : FeaturePlan
    made : bool
        Whether columns that the plan makes from text are made; otherwise that is read as text.
    """
    source, readings = _as_held(source), plan.readings
    if not source.typed:
        types: dict[str, pl.DataType] = {f.column: pl.String() for f in plan.categorical}
        types |= {r.column: pl.String() for r in readings.values()}
        plain = [f.column for f in plan.numeric if f.column not in readings]
        types |= dict.fromkeys(plain, pl.Float64())
        types |= _truths(source, plain)
        source = source.with_types(types)
    return source.with_readings(readings) if made else source


def _truths(source: Source, columns: Sequence[str]) -> dict[str, pl.DataType]:
    """Give the type of columns of numbers whose first value in a CSV is true or false.

    To a model of a boolean column they are numbers, 1 and 0; the others of a file must be so, too.
    """
    texts = [c for c in columns if source.schema[c] == pl.String]
    if not texts:
        return {}
    texts_of = source.with_types(dict.fromkeys(texts, pl.String()))
    head = texts_of.first_block(texts, pl.DataFrame(schema=dict.fromkeys(texts, pl.String())))
    known = {c: head[c].drop_nulls().head(1).str.to_lowercase().to_list() for c in texts}
    return {c: pl.Boolean() for c, first in known.items() if first in (["true"], ["false"])}


def strangers(plan: FeaturePlan, unnamed: Mapping[str, int], rows: int) -> dict[str, int]:
    """Give the columns that hold values which were not seen in training, and how many.

    Parameters
    ----------
    plan : FeaturePlan
    unnamed : mapping of str to int
        Rows with a value that the plan does not name, by column.
    rows : int
        In all.

    Returns
    -------
    found : dict of str to int
        Of a column whose rare levels the plan does not name, where there are over twice as many as
        in training, and more than a few: these may have been seen.
    """
    found = dict(unnamed)
    for feature in plan.categorical:
        share = max(0.0, 1 - sum(feature.values[: len(feature.named)]))
        usual = 2 * share * rows + FEW if feature.rest else 0
        if found.get(feature.column, 0) <= usual:
            found.pop(feature.column, None)
    return found


def _as_held(source: Source) -> Source:
    """Give a source without the readings that were found in it."""
    if not source.readings:
        return source
    made = source.readings
    kept = {c: t for c, t in source.schema.items() if c not in made or made[c].column == c}
    if source.typed:
        found = scan_parquet(source.files[0]).collect_schema()
        kept |= {c: found[c] for c in kept if c in made}
    else:
        kept |= {c: pl.String() for c in kept if c in made}
    return replace(source, schema=kept, readings={})


def check_types(
    source: Source, plan: FeaturePlan, refusal: Callable[[str, str, str], DataError]
) -> None:
    """Refuse a typed source that holds something else than numbers where the plan has numbers.

    Parameters
    ----------
    source : Source
    plan : FeaturePlan
    refusal : callable
        Given the source's label, the column and its type.
    """
    for feature in plan.numeric:
        dtype = source.schema[feature.file_column]
        read = feature.reading is not None and feature.reading.reads(dtype)
        # A column without any value has no type of its own.
        if not (read or dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
            raise refusal(source.label, feature.file_column, str(dtype))
