"""Imports what comes later while rows are read, which leaves the interpreter idle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread

PAGES = ("matplotlib.figure", "matplotlib.backends.backend_agg", "jinja2")
"""What pages are drawn and written with: the better part of a second."""


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
