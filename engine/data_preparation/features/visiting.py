"""Every pass over the blocks of customers: in file order here, or piece by piece on workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Protocol, Self, TypeVar

import narwhals as nw
import numpy as np

from engine.cluster.graph import AtOnce
from engine.cluster.pieces import room
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.cluster.worker import own
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.reading.device_blocks import device_blocks
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.places.runtime import Runtime, local_runtime
from engine.utilities.progress import Progress


class Onlooker(Protocol):
    """What is shown a block of customers.

    It is sent to workers as it is before its first block, so that it holds nothing of other
    places; a runtime that it holds becomes the worker's own.
    """

    def add(self, start: int, block: Any, *rows: Any) -> None:
        """Take in a block; ``start`` is the number of its first customer, of all."""


class Visitor(Onlooker, Protocol):
    """What takes in blocks of customers, in file order."""

    def merge(self, after: Self) -> None:
        """Take in what another one has seen of the customers that follow."""


Seeing = TypeVar("Seeing", bound=Onlooker)
V = TypeVar("V", bound=Visitor)


def visited(
    visitor: V,
    source: Source,
    identity: Identity,
    columns: Sequence[str],
    runtime: Runtime,
    progress: Progress,
    *rows: Any,
    whole_lines: bool = False,
    on_cpu: bool = False,
) -> V:
    """Show every block of customers to a visitor.

    Parameters
    ----------
    visitor : Visitor
    source, identity
        What to read, and which rows count.
    columns : sequence of str
    runtime : Runtime
        Where; blocks are dataframes of its place.
    progress : Progress
        Told the customers as they are visited.
    *rows : arrays of shape (n_customers, ...)
        Of which the visitor is given those of each block.
    whole_lines : bool
        See :meth:`Source.batches`.
    on_cpu : bool
        Whether blocks are those of a CPU wherever the run is.

    Returns
    -------
    visitor : Visitor
        The one given, or on a cluster one that was put together of all pieces, in their order.
    """
    if not (isinstance(runtime, ClusterRuntime) and identity.cuts):
        place = local_runtime() if on_cpu else runtime
        for start, block in customers(source, identity, columns, place, whole_lines=whole_lines):
            visitor.add(start, block, *(r[start : start + len(block)] for r in rows))
            progress.advance(len(block))
        return visitor
    fn = _Visit(visitor, list(columns), whole_lines=whole_lines, on_cpu=on_cpu)
    sizes, members = identity.priority.rows, runtime.members
    found: V = members.combined(
        fn, *_pieces(source, identity), *(r.pieces for r in rows), combine=AtOnce(merged),
        done=lambda i: progress.advance(sizes[i]),
    )  # fmt: skip
    return found


def first_visited(
    onlooker: Seeing,
    source: Source,
    identity: Identity,
    columns: Sequence[str],
    runtime: Runtime,
    *,
    whole_lines: bool = False,
    on_cpu: bool = False,
) -> Seeing:
    """Show the first block of the first piece to an onlooker, on a cluster."""
    assert isinstance(runtime, ClusterRuntime)
    fn = _Visit(onlooker, list(columns), whole_lines=whole_lines, on_cpu=on_cpu, first=True)
    tasks = runtime.members.tasks(fn, *(x[:1] for x in _pieces(source, identity)))
    found: Seeing = runtime.members.results(tasks)[0]
    return found


def of_files(
    fn: Callable[[Source], Any],
    combine: Callable[[Any, Any], Any],
    source: Source,
    identity: Identity,
    runtime: Runtime,
) -> Any:
    """Give ``fn(source)``; on a cluster ``fn`` of each piece on a worker, put together in order."""
    if not (isinstance(runtime, ClusterRuntime) and identity.cuts):
        return fn(source)
    return runtime.members.combined(fn, [source.part(c) for c in identity.cuts], combine=combine)


def every_row(
    visitor: V, source: Source, identity: Identity, columns: Sequence[str], runtime: Runtime
) -> V:
    """Show every block of the files to a visitor, with the rows that do not count.

    Blocks are Polars dataframes, and each is said to start at 0.
    """
    found: V = of_files(_Rows(visitor, list(columns)), AtOnce(merged), source, identity, runtime)
    return found


def made(
    fn: Callable[..., Any],
    source: Source,
    identity: Identity,
    columns: Sequence[str],
    runtime: ClusterRuntime,
    progress: Progress,
    *rows: Spread,
    dtype: Any,
    tail: tuple[int, ...] = (),
) -> Spread:
    """Make rows of blocks of customers, on workers: ``fn(block, runtime, *rows)`` gives as many.

    Returns
    -------
    made : Spread
    """
    sizes, members = identity.priority.rows, runtime.members
    make = _Make(fn, list(columns), np.dtype(dtype), tail)
    beside = identity.priority.pieces, *(r.pieces for r in rows)
    futures = members.tasks(make, *_pieces(source, identity), *beside)
    found: Spread = identity.priority.room(dtype, tail)
    found.fill(futures)
    members.wait(futures, lambda i: progress.advance(sizes[i]))
    return found


def _pieces(source: Source, identity: Identity) -> tuple[Sequence[Any], ...]:
    """List for each piece its source, the number of its first customer, how many, which rows."""
    keep = [None] * len(identity.cuts) if identity.keep is None else identity.keep.pieces
    starts, sizes = identity.priority.starts.tolist(), identity.priority.rows
    return [source.part(c) for c in identity.cuts], starts, sizes, keep


class _Visit:
    """Shows the blocks of one piece to a visitor of its own."""

    def __init__(
        self, visitor: Any, columns: list[str], *, whole_lines: bool, on_cpu: bool,
        first: bool = False,
    ) -> None:  # fmt: skip
        self.visitor, self.columns, self.whole_lines = visitor, columns, whole_lines
        self.on_cpu, self.first = on_cpu, first

    def __call__(
        self, source: Source, first: int, size: int, keep: np.ndarray | None, *rows: Any
    ) -> Any:
        visitor = self.visitor  # one of its own: a task unpickles it whenever it runs
        place = Runtime() if self.on_cpu else own()
        blocks = counting(source, size, keep, self.columns, place, whole_lines=self.whole_lines)
        for start, block in blocks:
            parts = (r[start : start + len(block)] for r in rows)
            visitor.add(first + start, block, *parts)
            if self.first:
                break
        return visitor


class _Rows:
    """Shows the blocks of one piece, or of all files, to a visitor of its own."""

    def __init__(self, visitor: Any, columns: list[str]) -> None:
        self.visitor, self.columns = visitor, columns

    def __call__(self, source: Source) -> Any:
        visitor = self.visitor
        for block in source.batches(self.columns):
            visitor.add(0, block)
        return visitor


class _Make:
    """Makes the rows of one piece, where its priorities lie: what takes both moves neither."""

    def __init__(
        self, fn: Callable[..., Any], columns: list[str], dtype: Any, tail: tuple[int, ...]
    ) -> None:
        self.fn, self.columns, self.dtype, self.tail = fn, columns, dtype, tail

    def __call__(
        self, source: Source, _first: int, size: int, keep: np.ndarray | None, _priority: Any,
        *rows: Any,
    ) -> Any:  # fmt: skip
        here = own()
        out = room(size, self.dtype, self.tail, here)
        for start, block in counting(source, size, keep, self.columns, here):
            stop = start + len(block)
            here.store(out, start, self.fn(block, here, *(r[start:stop] for r in rows)))
        return out


def merged(first: V, *others: V) -> V:
    """Put visitors together, in order; none is changed, since tasks may run twice."""
    first = deepcopy(first)
    for other in others:
        first.merge(other)
    return first


def customers(
    source: Source,
    identity: Identity,
    columns: Sequence[str],
    runtime: Runtime,
    *,
    whole_lines: bool = False,
) -> Iterator[tuple[int, Any]]:
    """Yield ``(first customer's number, block)`` with the rows that count, in file order.

    Blocks are Polars dataframes, or cuDF's where that reads on a GPU.

    Raises
    ------
    DataError
        If the files hold another number of rows than when their ids were read.
    """
    return counting(
        source, len(identity.ids), identity.keep, columns, runtime, whole_lines=whole_lines
    )


def counting(
    source: Source,
    size: int,
    keep: np.ndarray | None,
    columns: Sequence[str],
    runtime: Runtime,
    *,
    whole_lines: bool = False,
) -> Iterator[tuple[int, Any]]:
    """Yield the rows that count of a source, or of a piece of one: see :func:`customers`."""
    seen = start = 0
    expected = size if keep is None else len(keep)
    for batch in _blocks(source, columns, runtime, whole_lines=whole_lines):
        block, rows = batch, len(batch)
        if keep is not None:
            block = _where(batch, keep[seen : seen + rows])
        seen += rows
        if seen > expected:
            break
        if len(block):
            yield start, block
        start += len(block)
    if seen != expected:
        message = f"{source.label} changed while it was being read; run again when it is complete."
        raise DataError(message)


def _blocks(
    source: Source, columns: Sequence[str], runtime: Runtime, *, whole_lines: bool
) -> Iterator[Any]:
    if runtime.device_memory and runtime.parts.reads_there:
        return device_blocks(source, list(columns), runtime)
    return source.batches(columns, whole_lines=whole_lines)


def _where(block: Any, keep: np.ndarray) -> Any:
    frame = nw.from_native(block, eager_only=True)
    mask = nw.new_series("keep", keep, backend=frame.implementation)
    return frame.filter(mask).to_native()
