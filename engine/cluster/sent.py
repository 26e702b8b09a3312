"""A function on its way to the workers: bytes that only they read.

A scheduler reads what tasks call and writes it again for each task. What a function holds becomes a
place's own where it is read, and a scheduler has no place: so it is given bytes. They are written
once for all tasks of a pass, and a worker that runs several of them reads them once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

_KEPT = 4
"""Functions that a worker keeps read: those of passes that are under way together."""


class Sent:
    """A function as bytes, called on a worker.

    Examples
    --------
    >>> twice = 2
    >>> Sent(lambda x: twice * x)(4)
    8
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        from distributed.protocol.pickle import dumps

        self._bytes: bytes = dumps(fn)  # type: ignore[no-untyped-call]

    def __call__(self, *arguments: Any) -> Any:
        """Read it, unless that was done for another task, and call it."""
        return _read(self._bytes)(*arguments)


@lru_cache(maxsize=_KEPT)
def _read(written: bytes) -> Any:
    from distributed.protocol.pickle import loads

    return loads(written)  # type: ignore[no-untyped-call]


def forget() -> None:
    """Let go of functions that were read for another place."""
    _read.cache_clear()
