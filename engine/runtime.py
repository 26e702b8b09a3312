"""WHERE the work runs: the place and why, the doors in and out of it, and the reduction over rows.

No other file asks whether there is a GPU, how many threads there are or how rows are split.

Every pass over customers in this package is one call of :meth:`Runtime.reduce`: the rows are cut
into fixed chunks of 65,536, a function is applied to each chunk, and the float64 partial results
are added up in chunk order. The order does not depend on the number of threads, so neither does
the result. Arrays may be ``numpy.memmap``: what does not fit in memory is a file read in chunks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import PlaceError
from engine.machine import available_threads, driver_device_count, memory_bytes

if TYPE_CHECKING:
    from types import ModuleType

    from threadpoolctl import ThreadpoolController

    from engine.config import ComputeConfig

CHUNK_ROWS = 65_536
"""Rows a partial sum covers. Part of the numerical contract: changing it changes last bits."""


class Place(StrEnum):
    """Where a run happens."""

    CPU = "cpu"
    GPU = "gpu"
    CPU_CLUSTER = "cpu-cluster"
    GPU_CLUSTER = "gpu-cluster"


@dataclass(frozen=True)
class PlaceStatus:
    """Whether a place can be used here, and the reason in one clause."""

    place: Place
    available: bool
    reason: str


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
    xp : module
        The array namespace of the place: NumPy or CuPy.
    on_rows : callable, optional
        Told the rows of each chunk as it is done, for progress.
    """

    place: Place = Place.CPU
    reason: str = "chosen by the caller"
    threads: int = 1
    memory_limit: int = 1 << 62
    xp: ModuleType = field(default=np, repr=False)
    on_rows: Callable[[int], None] | None = field(default=None, repr=False, compare=False)

    def put(self, array: Any) -> Any:
        """Move a small array into the place."""
        return self.xp.asarray(array)

    def get(self, array: Any) -> np.ndarray:
        """Bring a small array back as NumPy."""
        return np.asarray(array.get() if hasattr(array, "get") else array)

    def reduce(self, fn: Callable[..., Any], *blocks: Any) -> Any:
        """Add up ``fn`` over chunks of rows, in chunk order.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*chunks)``, each chunk a view of at most 65,536 rows of the block at
            the same position. It may write into a chunk (that is how labels and projections are
            produced) and returns an array, a scalar, a tuple of those, or None.
        *blocks : arrays of shape (n_rows, ...)
            Arrays with the same number of rows.

        Returns
        -------
        sum : same structure as ``fn`` returns, in float64
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
        for rows, part in self._ordered(fn, blocks):
            total = _add(total, part)
            if self.on_rows:
                self.on_rows(rows)
        return total

    def map(self, fn: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Call ``fn`` on each item on worker threads, the libraries inside on one thread each.

        Notes
        -----
        BLAS has one limit for the process, but OpenMP one for the thread that sets it, so each
        worker sets its own. Import the libraries first: what is loaded later is not limited.

        Examples
        --------
        >>> Runtime(threads=2).map(abs, [-1, 2])
        [1, 2]
        """
        from threadpoolctl import ThreadpoolController

        libraries = ThreadpoolController()

        def one_openmp_thread() -> None:
            libraries.limit(limits=1, user_api="openmp")

        with (
            libraries.limit(limits=1, user_api="blas"),
            ThreadPoolExecutor(self.threads, initializer=one_openmp_thread) as pool,
        ):
            return list(pool.map(fn, items))

    def _ordered(
        self, fn: Callable[..., Any], blocks: tuple[Any, ...]
    ) -> Iterator[tuple[int, Any]]:
        bounds = chunk_bounds(len(blocks[0]))
        with one_blas_thread():
            if self.threads == 1 or len(bounds) < 2:
                for start, stop in bounds:
                    yield stop - start, fn(*(b[start:stop] for b in blocks))
                return
            with ThreadPoolExecutor(self.threads) as pool:
                waiting: deque[tuple[int, Future[Any]]] = deque()
                for start, stop in bounds:
                    part = pool.submit(fn, *(b[start:stop] for b in blocks))
                    waiting.append((stop - start, part))
                    if len(waiting) > 2 * self.threads:
                        yield _result(waiting)
                while waiting:
                    yield _result(waiting)


def _result(waiting: deque[tuple[int, Future[Any]]]) -> tuple[int, Any]:
    rows, part = waiting.popleft()
    return rows, part.result()


def chunk_bounds(n_rows: int) -> list[tuple[int, int]]:
    """Start and stop of each fixed chunk of rows.

    Examples
    --------
    >>> chunk_bounds(70_000)
    [(0, 65536), (65536, 70000)]
    """
    return [(s, min(s + CHUNK_ROWS, n_rows)) for s in range(0, n_rows, CHUNK_ROWS)]


def _add(total: Any, part: Any) -> Any:
    if part is None:
        return total
    if isinstance(part, tuple):
        pairs = part if total is None else zip(total, part, strict=True)
        return tuple(_add(None, p) if total is None else _add(*p) for p in pairs)
    if total is not None:
        return total + part
    # float64 from the first chunk on, and a copy: fn may return a view of something it reuses.
    return part.astype(np.float64) if hasattr(part, "astype") else float(part)


@cache
def _threadpools() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread inside: our threads run chunks, and sums keep one order."""
    with _threadpools().limit(limits=1, user_api="blas"):
        yield


def local_runtime() -> Runtime:
    """Give this machine's CPU with all its threads: what estimators and saved models run on."""
    return Runtime(threads=available_threads())


def choose(compute: ComputeConfig) -> Runtime:
    """Choose the place once, from the ``compute`` section.

    Raises
    ------
    PlaceError
        If an explicit ``device: gpu`` cannot be served; ``auto`` falls back and says why.
    """
    threads = available_threads() if compute.threads == "auto" else int(compute.threads)
    limit = memory_bytes(compute.memory_limit)
    status = {s.place: s for s in probe()}
    gpu = status[Place.GPU]
    if compute.device == "gpu" and not gpu.available:
        message = (
            f"compute.device is gpu, but {gpu.reason}; "
            "set compute.device to cpu or auto to run without one."
        )
        raise PlaceError(message)
    reason = "compute.device is cpu" if compute.device == "cpu" else f"auto: {gpu.reason}"
    return Runtime(Place.CPU, reason, threads=threads, memory_limit=limit)


def probe() -> list[PlaceStatus]:
    """Say for each place whether it can be used here and why not.

    Asks the driver, never an import: nothing of RAPIDS is loaded and no context is created.
    """
    cluster = "clusters are not part of this version"
    return [
        PlaceStatus(Place.CPU, available=True, reason=f"{available_threads()} threads"),
        PlaceStatus(Place.GPU, available=False, reason=_gpu_reason()),
        PlaceStatus(Place.CPU_CLUSTER, available=False, reason=cluster),
        PlaceStatus(Place.GPU_CLUSTER, available=False, reason=cluster),
    ]


def _gpu_reason() -> str:
    count = driver_device_count()
    if count is None:
        return "no NVIDIA driver was found on this machine"
    if count == 0:
        return "the NVIDIA driver reports no GPU"
    return f"this version has no GPU place yet ({count} GPU(s) seen)"
