"""'Customers like these': the nearest customers of a run's own, by id, to a table or a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.clustering.ann_methods.exact_rows import ExactRows
from engine.clustering.ann_methods.index import Index, n_lists
from engine.config.loading import ConfigSource
from engine.config.sections import Config
from engine.data_preparation.reading.apart import check_apart
from engine.errors import DataError, in_sentences
from engine.places.extras import how
from engine.places.runtime import CHUNK_ROWS
from engine.similar_customers.asked_run import Run, of_name
from engine.similar_customers.ids import asked_ids, row_numbers
from engine.similar_customers.index import open_index
from engine.utilities.formulas import told
from engine.utilities.progress import Progress
from engine.utilities.tables import write_table

if TYPE_CHECKING:
    from engine.clustering.ann_methods.nearest_customers import NearestCustomers

_MEASURED = 10
"""Neighbours that the recall of an index is measured with."""

_WITHOUT_FAISS = (
    "every customer is looked at for each question, as Faiss is not installed: the answers are "
    f"exact, and many questions about many customers take long; {how('cpu')} brings lists to look "
    "them up in"
)

_CELLS = 1 << 23
"""Values of neighbours held at a time: 32 MB, and twice that for their differences."""


@dataclass(frozen=True)
class Answers:
    """The nearest customers of those asked about, found block by block.

    Attributes
    ----------
    run : Run
    index : NearestCustomers
    rows : float32 array of shape (n_customers, n_components), memory-mapped
    which : int64 array of shape (n_asked,)
        Row numbers of those asked about.
    n : int
        Neighbours of each.
    """

    run: Run
    index: NearestCustomers = field(repr=False)
    rows: np.ndarray = field(repr=False)
    which: np.ndarray = field(repr=False)
    n: int

    @property
    def schema(self) -> dict[str, Any]:
        """Columns of the answer with their types."""
        name, kind = self.run.model.id_name, self.run.ids.dtype
        return {
            name: kind,
            "rank" if name != "rank" else "rank_": pl.Int32,
            f"similar_{name}": kind,
            "segment": pl.Int32,
            "segment_name": pl.String,
            "distance": pl.Float32,
        }

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the answers in the order of the question, nearest first."""
        step = _CELLS // ((self.n + 1) * self.rows.shape[1])
        step = max(1, min(step, CHUNK_ROWS))
        for start in range(0, len(self.which), step):
            asked = self.which[start : start + step]
            for part, found, _ in self.index.others(self.rows, asked, self.n):
                yield self._frame(part, found)

    def _frame(self, part: np.ndarray, found: np.ndarray) -> pl.DataFrame:
        # Faiss rounds distances as the number of those asked about has it; these depend on the two
        # customers alone, and equal ones stand in the order of the file.
        own = self.rows[part].astype(np.float64)[:, None]
        difference = self.rows[found] - own
        distances = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference))
        distances[found < 0] = np.inf
        order = np.lexsort((found, distances))
        found = np.take_along_axis(found, order, axis=1).ravel()
        distances = np.take_along_axis(distances, order, axis=1).ravel()
        ranks = np.tile(np.arange(1, order.shape[1] + 1), len(part))
        there = found >= 0
        found, asked = found[there], np.repeat(part, order.shape[1])[there]
        labels = self.run.labels[found]
        values = (
            self.run.ids.gather(asked),
            pl.Series(ranks[there]),
            self.run.ids.gather(found),
            pl.Series(self.run.model.numbers.of(labels)),
            self.run.model.name_column(labels),
            pl.Series(distances[there]),
        )
        columns = zip(values, self.schema.items(), strict=True)
        return pl.DataFrame([v.cast(kind).alias(name) for v, (name, kind) in columns])

    def table(self, rows: int | None = None) -> pl.DataFrame:
        """Give all answers as one table, or the first rows of it."""
        frames, height = [pl.DataFrame(schema=self.schema)], 0
        for frame in self.frames():
            frames.append(frame)
            height += frame.height
            if rows is not None and height >= rows:
                break
        whole = pl.concat(frames)
        return whole if rows is None else whole.head(rows)

    def write(self, output: str | Path, progress: Progress | None = None) -> int:
        """Stream all answers to a .parquet or .csv file; gives the rows written.

        It is for the user alone unless ``output.permissions`` says more; a pipe or a device is
        written through.

        Raises
        ------
        EngineError
            The file cannot be written.
        """
        shown = progress or Progress()

        def counted() -> Iterator[pl.DataFrame]:
            for frame in self.frames():
                shown.advance(frame.height // self.n)
                yield frame

        with shown.stage("similar", rows=len(self.which), total=len(self.which)):
            who = self.run.config.output.permissions
            written = write_table(counted(), self.schema, output, who)
        for notice in told(written.marked, str(output)):
            shown.note(notice)
        return written.rows

    def notes(self) -> list[str]:
        """Sentences for people; empty where Faiss looks at every distance."""
        index = self.index.index
        if isinstance(index, ExactRows):
            return [_WITHOUT_FAISS]
        if index.kind == "flat":
            return []
        return [f"the index finds {index.recall:.1%} of the {_MEASURED} nearest, as measured"]


@in_sentences("finding similar customers")
def similar(
    name: str,
    ids: Any,
    n: int = 10,
    source: ConfigSource | Config = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Find the customers most like given ones, among those of a run: ``engine similar NAME``.

    Customers are compared where they were clustered: in the leading components of the prepared
    columns that the run kept (``pca.components``), not in every column.

    Parameters
    ----------
    name : str
        Name of the run's results, whose run in use is asked; or a folder of its model or report.
    ids : sequence of int or str, polars Series, numpy array, str or Path
        Who is asked about. Text is read as on the command line: ids with commas between them, or
        a .txt file with an id a line, or a .csv or .parquet file with the column of ids.
    n : int
        Neighbours of each, at most all other customers.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and what may be taken (``compute``).
    overrides : mapping of dotted path to value, optional
        Of ``output``, ``compute``, and ``input`` where the customers of the run have moved.
    progress : Progress, optional

    Returns
    -------
    table : polars DataFrame
        A row for each customer asked about and each neighbour, nearest first: the id, ``rank``
        from 1, ``similar_`` id, ``segment`` and ``segment_name`` of the neighbour, ``distance``
        (float32, in prepared units, between the two as they were clustered). Who is asked about
        twice is answered once.

    Raises
    ------
    EngineError
        There is no such run, ids are not of it, ``n`` is no whole number from 1 on, its input has
        moved or changed.

    Notes
    -----
    The first question builds an index under ``output.processed``, apart from the model: O(n) to
    read the customers, and up to 20,000 of them every distance is looked at. More are searched in
    lists, of which as many are looked through as find 95% of the ten nearest, and more for more
    neighbours. Without Faiss (the extra ``cpu``) every distance is looked at, however many.

    References
    ----------
    Douze et al. (2024), The Faiss library, arXiv:2401.08281.

    Examples
    --------
    >>> import engine
    >>> engine.similar("shop", [17850, 13047], n=5)  # doctest: +SKIP
    """
    return ask(name, ids, n, source, overrides=overrides, progress=progress).table()


@in_sentences("finding similar customers")
def ask(
    name: str,
    ids: Any,
    n: int = 10,
    source: ConfigSource | Config = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    output: str | Path | None = None,
) -> Answers:
    """Prepare the answers of :func:`similar`, to be taken block by block.

    ``output`` is where they will be written, looked at before the work begins.
    """

    def of(run: Run) -> Answers:
        if output is not None:
            _check_output(output, run, ids)
        return _answers(run, ids, n, progress)

    lost = "the run's customers cannot be read again"
    return of_name(name, source, overrides, of, "asking for similar customers", lost)


def _check_output(output: str | Path, run: Run, ids: Any) -> None:
    """Refuse to write over what is asked or answered from, and what cannot be written."""
    given = run.config.input
    asked = Path(ids) if isinstance(ids, str | os.PathLike) and os.path.exists(ids) else None
    check_apart(output, given.path, given.customers, run.segments_file, asked)


def of_run(run: Run, ids: Any, n: int = 10) -> pl.DataFrame:
    """Find the customers most like given ones among those of a run, as :func:`similar`."""
    return _answers(run, ids, n).table()


def _answers(run: Run, ids: Any, n: int, progress: Progress | None = None) -> Answers:
    _check_count(n)
    which = row_numbers(asked_ids(ids, run.model.id_name), run)
    index, rows = open_index(run, progress or Progress())
    n = min(int(n), len(rows) - 1)
    _look_further(index.index, n)
    _ = run.labels  # read now: the run may be removed while its answers are written
    return Answers(run, index, rows, which, n)


def _check_count(n: Any) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        message = f"n, the neighbours of each, must be a whole number, at least 1; it is {n!r}."
        raise DataError(message)


def _look_further(index: Index | ExactRows, n: int) -> None:
    """Look through more lists for more neighbours than the recall was measured with."""
    if index.kind != "flat" and n > _MEASURED:
        wanted = index.probes * -(-n // _MEASURED)
        index.look_through(min(wanted, n_lists(len(index))))
