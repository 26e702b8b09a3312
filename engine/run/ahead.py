"""Imports what a later stage needs while rows are read, which leaves the interpreter idle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread

from engine.native.library import library
from engine.places.place import Place


@contextmanager
def importing(*modules: str) -> Iterator[None]:
    """Import modules beside what is done inside; they are there, or have failed, at its end.

    scikit-learn takes a second, Matplotlib a third of one. What fails to import is told by the
    stage that needs it. Inside nothing else may import what these import: two threads that do so
    may meet halves of modules.

    Parameters
    ----------
    *modules : str
    """

    def each() -> None:
        for name in modules:
            with suppress(Exception):
                import_module(name)

    thread = Thread(target=each, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def clusterers(methods: tuple[str, ...], place: Place) -> tuple[str, ...]:
    """Name what methods import once rows are read: nothing on a GPU, nor for k-means by kernels."""
    by_kernels = methods == ("kmeans",) and library().instructions
    return ("sklearn.cluster",) if place == Place.CPU and not by_kernels else ()
