"""Who the rows are, where they are read in pieces on the workers of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.config.sections import PreparationConfig
from engine.data_preparation.features.id_forms import Asked
from engine.data_preparation.features.identity import ROW_ID, Identity, as_written, ids_in
from engine.data_preparation.reading.cuts import cut
from engine.data_preparation.reading.files import no_rows
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.progress import Progress
from engine.utilities.sampling import id_priority


@dataclass(frozen=True)
class _Facts:
    """What the ids of a piece are like."""

    rows: int
    dtype: Any
    nulls: int


def read_spread_identity(
    source: Source,
    column: str | None,
    *,
    settings: PreparationConfig,
    seed: int,
    fold: Asked,
    runtime: ClusterRuntime,
    progress: Progress,
) -> Identity:
    """Read the ids on workers, as :func:`engine.data_preparation.features.identity.read_identity`.

    Nothing of the customers comes here but how many each piece has.
    """
    members, cuts = runtime.members, cut(source)
    parts = [source.part(c) for c in cuts]
    read = members.tasks(partial(_read, column or next(iter(source.schema))), parts)
    facts: list[_Facts] = members.results(
        members.tasks(_looked_at, read), lambda i: progress.advance(cuts[i].rows or 0)
    )
    sizes = tuple(f.rows for f in facts)
    if not sum(sizes):
        raise no_rows(source.label)
    notices = [f"customers are identified by the column {column!r}"]
    if column is None:
        notices = ["no id column was recognised; customers are numbered by row, from 0"]
    elif any(f.nulls for f in facts) or not facts[0].dtype.is_integer():
        message = f"{source.label}: on a cluster ids must be whole numbers in this version."
        raise DataError(message)
    starts = np.cumsum((0, *sizes[:-1])).tolist()
    made = members.tasks(partial(_made, seed, column), read, starts)
    ids, priority = members.apart(made, 2)
    dtype = facts[0].dtype
    return Identity(
        Spread(members, sizes, dtype, (), tuple(ids)),
        Spread(members, sizes, np.dtype(np.uint64), (), tuple(priority)),
        None, column, tuple([*source.found, *notices]), (), cuts,
    )  # fmt: skip


def _read(column: str, part: Source) -> pl.Series:
    blocks = [block.get_column(column) for block in part.batches([column])]
    values = pl.concat(blocks, rechunk=True) if blocks else pl.Series(column, [])
    return as_written(ids_in(values, part), part)


def _looked_at(values: pl.Series) -> _Facts:
    return _Facts(len(values), values.dtype, values.null_count())


def _made(
    seed: int,
    column: str | None,
    values: pl.Series,
    start: int,
) -> tuple[pl.Series, np.ndarray]:
    ids = values
    if column is None:
        ids = pl.Series(ROW_ID, np.arange(start, start + len(values), dtype=np.int64))
    return ids, id_priority(ids, seed)
