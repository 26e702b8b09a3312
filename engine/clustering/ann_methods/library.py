"""Faiss itself: imported when it is needed, and lent threads that it gives back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import EngineError


@contextmanager
def faiss_threads(threads: int) -> Iterator[None]:
    """Let Faiss use this many threads inside."""
    faiss = library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def library() -> Any:
    """Import Faiss.

    Raises
    ------
    EngineError
        It is not installed.
    """
    try:
        import faiss
    except ImportError:
        message = (
            "Faiss is not installed; install faiss-cpu (pip install 'engine-segments[cpu]'), or "
            "faiss-gpu on a GPU, never both."
        )
        raise EngineError(message) from None
    return faiss
