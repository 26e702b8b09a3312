"""Independent works: side by side on a CPU, a thread each, one after another on a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from engine.places.runtime import libraries, one_blas_thread
from engine.places.workers import keep_to_this_thread, on_a_worker

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

Item = TypeVar("Item")
Found = TypeVar("Found")


def side_by_side(
    fn: Callable[[Item], Found], items: Sequence[Item], runtime: Runtime
) -> list[Found]:
    """Call ``fn`` on each item, each on one thread of a CPU; what it calls keeps to that thread.

    Parameters
    ----------
    fn : callable
        Of few rows, in memory.
    items : sequence
    runtime : Runtime

    Returns
    -------
    found : list
        In the order of the items.

    Examples
    --------
    >>> from engine.places.runtime import Runtime
    >>> side_by_side(abs, [-1, 2], Runtime(threads=2))
    [1, 2]
    """
    if runtime.device_memory or runtime.threads == 1 or len(items) < 2:
        return [fn(item) for item in items]
    return runtime.map(fn, items)


def any_of(fn: Callable[[Item], bool], items: Sequence[Item], runtime: Runtime) -> bool:
    """Tell whether ``fn`` is true of any item, asked of as many at a time as there are threads.

    Examples
    --------
    >>> from engine.places.runtime import Runtime
    >>> any_of(lambda n: n > 2, [1, 2, 3], Runtime(threads=2))
    True
    """
    step = 1 if runtime.device_memory else runtime.threads
    starts = range(0, len(items), step)
    return any(any(side_by_side(fn, items[s : s + step], runtime)) for s in starts)


def streamed(
    fn: Callable[[Item], Found], items: Iterable[Item], runtime: Runtime
) -> Iterator[Found]:
    """Call ``fn`` on items as they come, each on one thread of a CPU, while the next are made.

    Parameters
    ----------
    fn : callable
        What it calls keeps to its thread.
    items : iterable
        Such as blocks of a file; taken on the caller's thread, one more than there are threads
        before the first is waited for.
    runtime : Runtime

    Yields
    ------
    found : as ``fn`` gives it
        In the order of the items.

    Examples
    --------
    >>> from engine.places.runtime import Runtime
    >>> list(streamed(abs, iter([-1, 2, -3]), Runtime(threads=2)))
    [1, 2, 3]
    """
    if runtime.device_memory or runtime.threads == 1 or on_a_worker():
        yield from map(fn, items)
        return
    waiting: deque[Future[Found]] = deque()
    pool = ThreadPoolExecutor(
        runtime.threads, initializer=keep_to_this_thread, initargs=(libraries(),)
    )
    with one_blas_thread(), pool:
        try:
            for item in items:
                waiting.append(pool.submit(fn, item))
                if len(waiting) > runtime.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()
