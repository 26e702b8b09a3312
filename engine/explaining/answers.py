"""'Why this customer': the segment, the next best, what holds and what pulls, by id."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.config.loading import ConfigSource
from engine.config.sections import Config
from engine.data_preparation.reading.apart import check_apart
from engine.errors import in_sentences
from engine.explaining.customers import Asked, asked_customers
from engine.explaining.reason import Reason
from engine.explaining.words import in_words
from engine.model.changes import Change, Changes
from engine.model.reasons import Reasoner, Reasons
from engine.similar_customers.asked_run import Run, of_name
from engine.storage.saved_runs import saved_profiles
from engine.utilities.formulas import told
from engine.utilities.progress import Progress
from engine.utilities.tables import write_table

_AT_ONCE = 10_000
"""Customers whose reasons are held at a time."""

MOST_CHANGES = 1_000
"""Customers up to which it is looked for what would change their segments: it takes milliseconds
each."""

_TRIED = 6
"""Columns of a customer that are tried on."""


@dataclass(frozen=True)
class Explained:
    """Why customers are in their segments; printed, it says so in words.

    Attributes
    ----------
    run : Run
    asked : Asked
        Who is asked about, with their values.
    tree : mapping
        Profiles of the segments.
    """

    run: Run = field(repr=False)
    asked: Asked = field(repr=False)
    tree: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        """Count those who are asked about and have a segment."""
        return len(self.asked.ids)

    def __str__(self) -> str:
        """Say it in words."""
        return in_words(self)

    __repr__ = __str__

    @cached_property
    def _reasoner(self) -> Reasoner:
        return Reasoner(self.run.model)

    @property
    def columns(self) -> list[str]:
        """Columns of the input that the segments are made of."""
        return [c.name for c in self._reasoner.columns]

    @property
    def by_centres(self) -> bool:
        """Whether the centres of the segments decide, not many representatives."""
        return self._reasoner.by_centres

    @cached_property
    def _changes(self) -> Changes:
        kinds = {c: str(f.get("kind")) for c, f in self.tree.get("overall", {}).items()}
        return Changes(self._reasoner, kinds)

    def customers(self, most: int | None = None) -> Iterator[Reason]:
        """Yield the reasons, one customer after the other."""
        n = len(self) if most is None else min(most, len(self))
        for start in range(0, n, _AT_ONCE):
            rows = slice(start, min(start + _AT_ONCE, n))
            yield from self._some(rows, self._reasons(rows), n <= MOST_CHANGES)

    def _reasons(self, rows: slice) -> Reasons:
        return self._reasoner(self.asked.prepared[rows], self.asked.labels[rows])

    def _changed(self, x: np.ndarray, segment: int, order: list[int]) -> tuple[Change, ...] | None:
        found = self._changes.of(x, segment, order)
        return None if found is None else tuple(found)

    def _some(self, rows: slice, of: Reasons, looked: bool) -> Iterator[Reason]:  # noqa: FBT001
        values = self.asked.values[rows].rows(named=True)
        for i, (id_, own) in enumerate(zip(self.asked.ids[rows], values, strict=True)):
            x, segment = self.asked.prepared[rows.start + i], int(of.own[i])
            order = np.argsort(-np.abs(of.shares[i]))[:_TRIED].tolist()
            yield Reason(
                id_, segment, int(of.second[i]), float(of.margin[i]), own,
                dict(zip(self.columns, of.shares[i].tolist(), strict=True)),
                self._changed(x, segment, order) if looked else None,
                tuple(of.around[i].tolist()),
            )  # fmt: skip

    @property
    def schema(self) -> dict[str, Any]:
        """Columns of the table with their types."""
        return {
            self.run.model.id_name: self.run.ids.dtype,
            "segment": pl.Int32, "segment_name": pl.String,
            "second_segment": pl.Int32, "second_segment_name": pl.String, "margin": pl.Float32,
            "feature": pl.String, "value": pl.String, "contribution": pl.Float64,
            "share": pl.Float64, "change_to": pl.String, "change_segment": pl.Int32,
        }  # fmt: skip

    def table(self) -> pl.DataFrame:
        """Give a row for each customer and column, the most telling column first.

        ``contribution`` adds up to the difference of the squared distances to the next best
        segment and to the own one, ``share`` to 1. ``change_to`` is the value that would lead to
        ``change_segment``, all else as it is; of up to 1,000 customers.
        """
        return pl.concat([pl.DataFrame(schema=self.schema), *self.frames()])

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the table by blocks of customers."""
        rows: list[tuple[Any, ...]] = []
        for reason in self.customers():
            rows += self._rows(reason)
            if len(rows) >= _AT_ONCE * len(self.columns):
                yield pl.DataFrame(rows, self.schema, orient="row")
                rows = []
        if rows:
            yield pl.DataFrame(rows, self.schema, orient="row")

    def _rows(self, reason: Reason) -> Iterator[tuple[Any, ...]]:
        model, total = self.run.model, sum(reason.shares.values())
        alone = {
            c: change
            for change in reason.changes or ()
            if len(change.values) == 1
            for c in change.values
        }
        numbers = model.numbers.public
        second = (None, None) if reason.second < 0 else (
            numbers[reason.second], model.names[reason.second]
        )  # fmt: skip
        head = (
            reason.id, numbers[reason.segment], model.names[reason.segment], *second, reason.margin,
        )  # fmt: skip
        for column in sorted(reason.shares, key=lambda c: -abs(reason.shares[c])):
            value, adds, change = reason.values[column], reason.shares[column], alone.get(column)
            yield (
                *head, column, None if value is None else str(value), adds,
                adds / total if total else None,
                None if change is None else str(change.values[column]),
                None if change is None else numbers[change.segment],
            )  # fmt: skip

    def write(self, output: str | Path, progress: Progress | None = None) -> int:
        """Write the table to a .parquet or .csv file; gives the customers.

        Raises
        ------
        EngineError
            The file cannot be written.
        """
        shown = progress or Progress()
        with shown.stage("explain", rows=len(self)):
            written = write_table(
                self.frames(), self.schema, output, self.run.config.output.permissions
            )
        for notice in told(written.marked, str(output)):
            shown.note(notice)
        return len(self)


@in_sentences("explaining segments")
def explain(
    name: str,
    ids: Any,
    source: ConfigSource | Config = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    progress: Progress | None = None,
) -> Explained:
    """Say why customers of a run are in their segments: ``engine explain NAME``.

    Parameters
    ----------
    name : str
        Name of the run's results, whose run in use is asked; or a folder of its model or report.
    ids : sequence of int or str, polars Series, numpy array, str or Path
        Who is asked about, as for :func:`engine.similar`.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and what may be taken (``compute``).
    overrides : mapping of dotted path to value, optional
        Of ``output``, ``compute``, and ``input`` where the customers of the run have moved.
    output : str or Path, optional
        Where the table will be written: looked at before the work begins, not written here.
    progress : Progress, optional

    Returns
    -------
    explained : Explained
        ``print`` says it in words; ``table()`` gives a row for each customer and column.

    Raises
    ------
    EngineError
        There is no such run, ids are not of it or of customers without a segment, or its input has
        moved or changed.

    Notes
    -----
    What keeps a customer in a segment is the difference of two squared distances: to the nearest
    representative of the next best segment, and to that of its own. It is a sum over the columns,
    exactly. For k-means the representatives are the segments' centres; for other methods they are
    customers, of which nothing is told but how many are near.

    Examples
    --------
    >>> import engine
    >>> print(engine.explain("shop", 17850))  # doctest: +SKIP
    """

    def of(run: Run) -> Explained:
        if output is not None:
            given = run.config.input
            asked = (
                Path(ids) if isinstance(ids, str | os.PathLike) and os.path.exists(ids) else None
            )
            check_apart(output, given.path, given.customers, run.segments_file, asked)
        return explain_of_run(run, ids, progress)

    return of_name(name, source, overrides, of, "explaining segments", _LOST)


_LOST = "the run's customers cannot be read again"


def explain_of_run(run: Run, ids: Any, progress: Progress | None = None) -> Explained:
    """Say why customers of a run are in their segments, as :func:`explain`."""
    tree = saved_profiles(run.config, run.run_id)
    return Explained(run, asked_customers(run, ids, progress or Progress()), tree)
