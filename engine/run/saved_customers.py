"""The customers' own table of a run: one file, or on a cluster a folder that its workers write."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.cluster.pieces import on_host
from engine.continuity.previously import Previously
from engine.errors import EngineError, first_line
from engine.run.sales import OfCustomers
from engine.utilities.flushing import to_disk
from engine.utilities.permissions import Permissions, create, make_folder
from engine.utilities.progress import Progress
from engine.utilities.rows import is_spread
from engine.utilities.tables import PART, ROW_GROUP_ROWS, write_table

if TYPE_CHECKING:
    from engine.data_preparation.transactions.purchases import Purchases
    from engine.model.model import Model

SEGMENTS = "segments.parquet"

_ASIDE = ".segments-under-way"
"""Folder beside the table in which workers write a part before they give it its name."""

_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class SavedCustomers:
    """What is written of customers, and where.

    Attributes
    ----------
    model : Model
        Whose segments they are.
    path : Path
        Of the table.
    permissions : {"private", "group", "shared"}
    purchases : Purchases or None
        What they bought, which stands beside their segments; those who bought nothing come last.
    previous : Previously or None
        The segments they had in the previous run, which stand beside those of today.
    """

    model: Model
    path: Path
    permissions: Permissions
    purchases: Purchases | None
    previous: Previously | None = None

    def save(
        self, ids: Any, labels: Any, distances: Any, progress: Progress, clear: tuple[Any, ...] = ()
    ) -> None:
        """Write the table: here, or piece by piece where the customers are.

        Parameters
        ----------
        ids : polars Series of length n_customers
        labels : int32 array of shape (n_customers,)
        distances : float32 array of shape (n_customers,)
            All three spread over workers in the same way, or none of them.
        progress : Progress
        clear : pair of arrays of shape (n_customers,), optional
            As of :func:`engine.clustering.margins.margins`, likewise.

        Raises
        ------
        EngineError
            It cannot be written; or what workers wrote is not seen here.
        """
        if self.previous:
            clear = (*clear, self.previous.numbers)
        if is_spread(ids):
            self._on_workers(ids, labels, distances, progress, clear)
            return

        def frames() -> Iterator[pl.DataFrame]:
            for start in range(0, len(ids), _AT_ONCE):
                progress.advance(0)  # which ends it where nobody waits for it any more
                rows = slice(start, start + _AT_ONCE)
                some = tuple(values[rows] for values in clear)
                yield self.frame(start, ids[rows], labels[rows], distances[rows], some)
            if self.purchases:
                yield self.apart(schema)

        none = tuple(values[:0] for values in clear)
        schema = self.frame(0, ids[:0], labels[:0], distances[:0], none).schema
        write_table(frames(), schema, self.path, self.permissions)

    def frame(
        self, start: int, ids: pl.Series, labels: np.ndarray, distances: np.ndarray,
        clear: tuple[np.ndarray, ...] = (),
    ) -> pl.DataFrame:  # fmt: skip
        """Put the rows of some customers together; ``start`` is the number of the first.

        What is ``clear`` ends in the numbers of their previous segments, where there are some.
        """
        before: list[pl.Series] = []
        if self.previous:
            before = self.previous.columns(clear[-1])
            clear = clear[:-1]
        frame = self.model.result_frame(ids, labels, distances, clear or None).hstack(before)
        if self.purchases is None:
            return frame
        return frame.hstack(OfCustomers(self.purchases.customers)(start, start + len(ids)))

    def apart(self, schema: pl.Schema) -> pl.DataFrame:
        """Give the rows of customers who bought nothing."""
        assert self.purchases is not None
        margin = "margin" in schema
        frame = self.model.apart_frame(self.purchases.apart, margin=margin)
        if self.previous:
            frame = frame.hstack(self.previous.columns(self.previous.apart))
        empty = (pl.lit(None, t).alias(c) for c, t in schema.items() if c not in frame.columns)
        return frame.with_columns(*empty)

    def _on_workers(
        self, ids: Any, labels: Any, distances: Any, progress: Progress, clear: tuple[Any, ...]
    ) -> None:
        folder = make_folder(self.path, self.permissions)
        make_folder(folder.with_name(_ASIDE), self.permissions)
        # Workers stand in folders of their own.
        known = self.previous and self.previous.sent()
        there = replace(self, path=folder.resolve(), purchases=self._sent(), previous=known)
        sizes, numbers = ids.rows, range(len(ids.rows))
        futures = ids.members.tasks(
            partial(_write_piece, there),
            numbers, ids.starts.tolist(), ids.pieces, labels.pieces, distances.pieces,
            *(values.pieces for values in clear),
        )  # fmt: skip
        written = ids.members.results(futures, lambda i: progress.advance(sizes[i]))
        if self.purchases:
            written += ids.members.results(
                ids.members.tasks(
                    partial(_write_apart, there, ids.dtype, len(clear) > 1), [len(sizes)]
                )
            )
        self._check(folder, written)

    def _sent(self) -> Purchases | None:
        """Give of the purchases what workers need: where customers are."""
        if self.purchases is None:
            return None
        return replace(self.purchases, products=pl.DataFrame(), facts={}, lines=())

    def _check(self, folder: Path, written: list[int]) -> None:
        """Look for what the workers say that they wrote; take away what lost ones left.

        Whoever comes late, such as a worker that stood still meanwhile, has no place to write any
        more: the folder loses its name before it is emptied.
        """
        aside = folder.with_name(_ASIDE)
        with suppress(OSError):
            gone = aside.rename(aside.with_name(f"{_ASIDE}-{secrets.token_hex(8)}"))
            shutil.rmtree(gone, ignore_errors=True)
        for number, size in enumerate(written):
            file = folder / PART.format(number)
            if not file.is_file() or file.stat().st_size != size:
                message = (
                    f"{file} was written by a worker and is not seen here: output.reports must "
                    "be a folder that this process and all workers share."
                )
                raise EngineError(message)


def _write_piece(
    what: SavedCustomers, number: int, start: int, ids: pl.Series, labels: Any, distances: Any,
    *clear: Any,
) -> int:  # fmt: skip
    """Write the rows of one piece; give the bytes of the file."""
    return _write(
        what,
        number,
        what.frame(start, ids, on_host(labels), on_host(distances), tuple(map(on_host, clear))),
    )


def _write_apart(what: SavedCustomers, id_type: Any, margin: bool, number: int) -> int:  # noqa: FBT001
    """Write the customers who bought nothing, behind all others."""
    none = np.empty(0, np.int32)
    clear = (none,) * (2 * margin + bool(what.previous))
    schema = what.frame(0, pl.Series([], dtype=id_type), none, none, clear).schema
    return _write(what, number, what.apart(schema))


def _write(what: SavedCustomers, number: int, frame: pl.DataFrame) -> int:
    """Write a part aside, then give it its name: a task may run twice, and at the same time."""
    file = what.path / PART.format(number)
    aside = what.path.with_name(_ASIDE) / f"{file.name}.{secrets.token_hex(8)}"
    try:
        create(aside, what.permissions)
        frame.write_parquet(aside, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        to_disk(aside)
        size = aside.stat().st_size
        aside.replace(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or first_line(error)
        message = (
            f"a worker cannot write {file}: {reason}; output.reports must be a folder that all "
            "workers share, with room in it."
        )
        raise EngineError(message) from None
    return size
