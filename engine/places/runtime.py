"""WHERE the work runs: the place and why, the doors in and out of it, and the reduction over rows.

No other file asks whether there is a GPU, how many threads there are or how rows are split.

Every pass over customers in this package is one call of :meth:`Runtime.reduce`: the rows are cut
into fixed chunks of 65,536, a function is applied to each chunk, and the float64 partial results
are added up in chunk order. The order does not depend on the number of threads, so neither does
the result. Arrays may be ``numpy.memmap``: what does not fit in memory is a file read in chunks.
"""

from __future__ import annotations

import functools
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.places import device_sizes
from engine.places.machine import available_threads
from engine.places.pages import room
from engine.places.partial_sums import added, in_host
from engine.places.parts import ALONE, Parts
from engine.places.pinned import PinnedRooms, pinned_room
from engine.places.place import Place
from engine.places.workers import on_a_worker, on_workers

if TYPE_CHECKING:
    from types import ModuleType

    from threadpoolctl import ThreadpoolController


CHUNK_ROWS = 65_536
"""Rows a partial sum covers. Part of the numerical contract: changing it changes last bits."""
_AT_ONCE, _TASKS = 4, 32
"""Chunks that a thread is given together where they make so many tasks: each costs 0.1 ms."""


@dataclass(frozen=True)
class Runtime:
    """The chosen place, kept with its reason, and the only way rows are visited.

    Attributes
    ----------
    place : Place
        Where arrays live and functions run.
    reason : str
        Why this place, in a clause for the log, the plan and the report.
    threads : int
        Worker threads for chunks; a single-threaded BLAS runs inside each.
    memory_limit : int
        Bytes this run may allocate above the imports' baseline.
    device_memory : int
        Bytes of the GPU's memory pool; 0 on a CPU.
    xp : module
        The array namespace of the place: NumPy or CuPy.
    frugal : bool
        Whether what is freed goes back to the system at once, at the cost of time.
    on_rows : callable, optional
        Told the rows of each chunk, or of a few, as they are done, for progress.
    chunk_rows : int, optional
        Most rows of a chunk on a CPU, instead of 65,536: last digits of sums depend on it.
    parts : Parts
        On a GPU what does which part, and why; it says nothing elsewhere.
    rooms : PinnedRooms
        On a GPU what passes over rows in host memory leave to each other.
    """

    place: Place = Place.CPU
    reason: str = "chosen by the caller"
    threads: int = 1
    memory_limit: int = 1 << 62
    device_memory: int = 0
    xp: ModuleType = field(default=np, repr=False)
    frugal: bool = False
    on_rows: Callable[[int], None] | None = field(default=None, repr=False, compare=False)
    chunk_rows: int | None = None
    parts: Parts = field(default=ALONE, repr=False)
    rooms: PinnedRooms = field(default_factory=PinnedRooms, repr=False, compare=False)

    def check_seen(self, files: Sequence[Path], folders: Sequence[Path]) -> None:
        """Refuse what other machines of the place do not see; here there is only this one."""

    def cluster_told(self) -> dict[str, Any] | None:
        """Tell of a cluster's workers, for the summary; None where this machine is all."""
        return None

    def parts_told(self) -> dict[str, dict[str, str]] | None:
        """Tell what does which part and why, for the summary; None where there is no GPU."""
        return self.parts.told() if self.device_memory else None

    def leave(self) -> None:
        """Let go of what was started for this run: no row is asked for any more."""
        self.rooms.drop()

    def put(self, array: Any) -> Any:
        """Move a small array into the place."""
        return self.xp.asarray(array)

    def get(self, array: Any) -> np.ndarray:
        """Bring a small array back as NumPy."""
        return np.asarray(array.get() if hasattr(array, "get") else array)

    def matrix(self, frame: Any, dtype: Any) -> Any:
        """Turn the columns of a Narwhals frame into a C-contiguous array of the place."""
        if self.device_memory and not frame.implementation.is_polars():
            return self.xp.ascontiguousarray(frame.to_native().to_cupy(dtype=dtype))
        return self.put(np.ascontiguousarray(frame.to_numpy(), dtype=dtype))

    def on_host(self) -> Runtime:
        """Give the CPU of the same machine: for few rows, which a GPU would take longer for."""
        if not self.device_memory:
            return self
        return replace(self, place=Place.CPU, device_memory=0, xp=np)

    def either(self, on_device: Callable[..., Any], on_host: Callable[..., Any]) -> Any:
        """Choose the function for rows on a GPU, or the one for rows in host memory."""
        return on_device if self.device_memory else on_host

    def fits(self, n_bytes: int) -> bool:
        """Whether an array of this size is kept on the device, with room to work beside it."""
        return n_bytes <= self.device_memory // 3

    def cells(self, on_cpu: int) -> int:
        """Elements of a temporary matrix: what suits a core's cache, or else what suits a GPU."""
        return device_sizes.cells(self.device_memory) if self.device_memory else on_cpu

    def empty(self, shape: tuple[int, ...]) -> Any:
        """Make room for float32 rows: on the device where they fit, otherwise in host memory."""
        if not self.device_memory:
            return room(shape)
        if self.fits(int(np.prod(shape)) * 4):
            return self.xp.empty(shape, np.float32)
        return pinned_room(shape, self.xp)

    def store(self, target: Any, start: int, block: Any) -> None:
        """Write a block of rows into an array, wherever the two are."""
        moved = self.get if isinstance(target, np.ndarray) else self.put
        target[start : start + len(block)] = moved(block)

    def take(self, array: Any, rows: np.ndarray) -> np.ndarray:
        """Bring some rows of a large array back as NumPy, in the order asked for."""
        if isinstance(array, np.ndarray):
            taken: np.ndarray = array.take(rows, axis=0)  # a quarter of the time of array[rows]
            return taken
        return self.get(array[self.put(rows)])

    def beside(self, rows: Any, dtype: Any, tail: tuple[int, ...] = ()) -> Any:
        """Make room for a value, or a row of shape ``tail``, beside each row, in host memory."""
        return np.empty((len(rows), *tail), dtype)

    def hear(self, tell: Callable[[str], None]) -> None:
        """Let it say in a sentence what becomes of it: nothing here, workers lost on a cluster."""

    def reduce(self, fn: Callable[..., Any], *blocks: Any, out: tuple[Any, ...] = ()) -> Any:
        """Add up ``fn`` over chunks of rows, in chunk order.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*chunks)``, each chunk at most 65,536 rows of the block at the same
            position (on a GPU as many as fit well), and then those of ``out``, which it fills
            in place. It returns an array, a scalar, a tuple of those, or None. Where a GPU's memory
            does not suffice for a chunk, it is called again on parts of that.
        *blocks : arrays of shape (n_rows, ...)
            Arrays with the same number of rows, read only. On a GPU those in host memory pass
            through the device chunk by chunk.
        out : tuple of arrays of shape (n_rows, ...)
            What ``fn`` fills: labels, distances, projections.

        Returns
        -------
        sum : same structure as ``fn`` returns, in float64, in host memory
            None when there are no rows or ``fn`` returns None.

        Notes
        -----
        At most ``2 * threads`` chunks are under way, so memory beyond the blocks is
        O(threads x chunk). The result is the same bits at any number of threads.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.arange(100_000.0)
        >>> float(Runtime(threads=2).reduce(lambda c: c.sum(), x))
        4999950000.0
        """
        total: Any = None
        chunks = self._on_device if self.device_memory else self._ordered
        for rows, part in chunks(fn, blocks, out):
            total = added(total, part)
            if self.on_rows:
                self.on_rows(rows)
        return in_host(total) if self.device_memory else total

    def _on_device(
        self, fn: Callable[..., Any], blocks: tuple[Any, ...], out: tuple[Any, ...]
    ) -> Iterator[tuple[int, Any]]:
        from engine.places.device_feed import Fitting, through_device

        fitting = Fitting(fn, added)
        for rows, arrays in through_device(self.xp, blocks, out, self.device_memory, self.rooms):
            yield rows, fitting(rows, arrays)

    def map(self, fn: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Call ``fn`` on each item on worker threads, the libraries inside on one thread each.

        Notes
        -----
        Import the libraries first: what is loaded later is not limited. Whatever ``fn`` calls of a
        runtime stays on its worker's thread.

        Examples
        --------
        >>> Runtime(threads=2).map(abs, [-1, 2])
        [1, 2]
        """
        return on_workers(fn, items, self.threads, libraries())

    def _ordered(
        self, fn: Callable[..., Any], blocks: tuple[Any, ...], out: tuple[Any, ...]
    ) -> Iterator[tuple[int, Any]]:
        blocks = (*blocks, *out)
        bounds = chunk_bounds(len(blocks[0]), self.chunk_rows)
        step = max(1, min(_AT_ONCE, len(bounds) // _TASKS))
        tasks = [bounds[first : first + step] for first in range(0, len(bounds), step)]
        with one_blas_thread():
            if self.threads == 1 or len(tasks) < 2 or on_a_worker():
                for task in tasks:
                    yield _added_up(fn, blocks, task)
                return
            with ThreadPoolExecutor(self.threads) as pool:
                waiting: deque[Future[tuple[int, Any]]] = deque()
                for task in tasks:
                    waiting.append(pool.submit(_added_up, fn, blocks, task))
                    if len(waiting) > 2 * self.threads:
                        yield waiting.popleft().result()
                yield from (part.result() for part in waiting)


def _added_up(
    fn: Callable[..., Any], blocks: tuple[Any, ...], bounds: list[tuple[int, int]]
) -> tuple[int, Any]:
    """Call ``fn`` on some chunks: how many rows they are, and the sum."""
    parts = (fn(*(b[start:stop] for b in blocks)) for start, stop in bounds)
    return bounds[-1][1] - bounds[0][0], functools.reduce(added, parts, None)


def chunk_bounds(n_rows: int, rows: int | None = None) -> list[tuple[int, int]]:
    """Start and stop of each fixed chunk of rows.

    Examples
    --------
    >>> chunk_bounds(70_000)
    [(0, 65536), (65536, 70000)]
    """
    step = rows or CHUNK_ROWS
    return [(s, min(s + step, n_rows)) for s in range(0, n_rows, step)]


_WITH_THREADS = ("scipy.linalg.cython_blas", "sklearn.utils._openmp_helpers", "faiss")
"""Modules that bring a BLAS or OpenMP, which only a controller made afterwards knows. The first two
are extensions: they stand among the modules once their libraries are loaded, not while they are."""


def libraries() -> ThreadpoolController:
    """Give what sets the threads of the libraries that are loaded."""
    return _threadpools(tuple(name in sys.modules for name in _WITH_THREADS))


@functools.cache
def _threadpools(_known: tuple[bool, ...]) -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread inside: our threads run chunks, and sums keep one order.

    What is imported inside for the first time is not kept to it.
    """
    if on_a_worker():  # which is kept to it
        yield
        return
    with libraries().limit(limits=1, user_api="blas"):
        yield


def local_runtime() -> Runtime:
    """Give this machine's CPU with all its threads: what estimators and saved models run on."""
    return Runtime(threads=available_threads())
