"""Worker threads for independent works, the libraries inside on one thread each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Found = TypeVar("Found")

_WORKER = local()


def on_a_worker() -> bool:
    """Whether this thread works for :func:`on_workers`: what it calls keeps to it."""
    return hasattr(_WORKER, "busy")


def keep_to_this_thread(libraries: ThreadpoolController) -> None:
    """Let all that this thread calls keep to it: see :func:`on_a_worker`."""
    _WORKER.busy = True
    # BLAS has one limit for the process, but OpenMP one for the thread that sets it.
    libraries.limit(limits=1, user_api="openmp")


@contextmanager
def _busy() -> Iterator[None]:
    _WORKER.busy = True
    try:
        yield
    finally:
        del _WORKER.busy


def on_workers(
    fn: Callable[[Item], Found],
    items: Sequence[Item],
    threads: int,
    libraries: ThreadpoolController,
) -> list[Found]:
    """Call ``fn`` on each item on worker threads, the libraries inside on one thread each.

    Parameters
    ----------
    fn : callable
    items : sequence
    threads : int
    libraries : ThreadpoolController
        Of those that are loaded.
    """
    if on_a_worker():
        return [fn(item) for item in items]

    with (
        libraries.limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(threads, initializer=keep_to_this_thread, initargs=(libraries,)) as pool,
    ):
        return list(pool.map(fn, items))
