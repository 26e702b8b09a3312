"""The customers who are asked about: their values, read from the run's input again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from engine.errors import DataError
from engine.model.explained import values_of
from engine.similar_customers.again import read_again
from engine.similar_customers.asked_run import Run
from engine.similar_customers.ids import asked_ids, row_numbers, without_segment
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder

_NAMED = 5
"""Customers without a segment who are named."""


@dataclass(frozen=True)
class Asked:
    """Customers of a run who are asked about.

    Attributes
    ----------
    ids : polars Series
    labels : int32 array of shape (n_asked,)
        Indices of their segments.
    prepared : float32 array of shape (n_asked, n_prepared)
    values : polars DataFrame
        Their values, by column of the file.
    notes : tuple of str
        Who of those asked about has no segment, for people.
    """

    ids: pl.Series
    labels: np.ndarray
    prepared: np.ndarray = field(repr=False)
    values: pl.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def asked_customers(run: Run, ids: Any, progress: Progress) -> Asked:
    """Find customers by their ids, in the order in which they are asked about.

    Raises
    ------
    DataError
        Some are not of the run; or none has a segment.
    """
    asked, notes = asked_ids(ids, run.model.id_name), list[str]()
    apart = without_segment(asked, run)
    if apart.height:
        first = apart.head(_NAMED).rows()
        notes += [f"{id_} is in no segment: {reason}" for id_, reason in first]
        if apart.height > _NAMED:
            notes.append(f"{apart.height - _NAMED:,} more who are asked about are in no segment")
        asked = asked.filter(~asked.cast(pl.String).is_in(apart["id"].implode()))
        if not len(asked):
            message = f"{'; '.join(notes)}."
            raise DataError(message)
    which = row_numbers(asked, run)
    with progress.stage("read customers", rows=len(run.ids), total=len(run.ids)):
        prepared, values = _read(run, which, progress)
    return Asked(run.ids.gather(which), run.labels[which], prepared, values, tuple(notes))


def _read(run: Run, which: np.ndarray, progress: Progress) -> tuple[np.ndarray, pl.DataFrame]:
    """Take the rows of these numbers, in this order."""
    order = np.argsort(which, kind="stable")
    ascending, plan = which[order], run.model.plan
    rows, frames = [], []
    with scratch_folder("engine-explain") as folder:
        again = read_again(run, folder / "purchases")
        for start, block, part in again.blocks():
            first, last = np.searchsorted(ascending, [start, start + len(part)])
            if last > first:
                taken = block[(ascending[first:last] - start).tolist()]
                rows.append(plan.transform(taken))
                frames.append(values_of(plan, taken))
            progress.advance(len(part))
    back = np.argsort(order, kind="stable")
    return np.concatenate(rows)[back], pl.concat(frames)[back.tolist()]
