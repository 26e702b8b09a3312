"""Faiss itself: imported when it is needed, lent threads that it gives back, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from engine.errors import EngineError
from engine.places.extras import how, missing

Kind = Literal["flat", "ivf", "hnsw"]
"""Kinds of indexes: every distance, lists of rows, links between rows."""

MOST_PROBES = 2_048
"""Most lists that a GPU searches for a row (and the most neighbours it gives)."""


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


def is_installed() -> bool:
    """Tell whether Faiss is there, without importing it."""
    return not missing("cpu")


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
            f"Faiss is not installed; install faiss-cpu ({how('cpu')}), or "
            "faiss-gpu on a GPU, never both."
        )
        raise EngineError(message) from None
    return faiss
