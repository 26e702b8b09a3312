"""Work that goes on beside what follows it, on a thread of its own, until it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from threading import Event, Thread, local
from typing import Generic, TypeVar

from engine.places.runtime import libraries, one_blas_thread
from engine.places.workers import keep_to_this_thread

Found = TypeVar("Found")


_here = local()


class Left(Exception):
    """Nobody waits for the work any more: raised in it by :meth:`Aside.go_on`."""


def go_on() -> None:
    """End the work of this thread where nobody waits for it any more: what waits calls it.

    Raises
    ------
    Left
        It goes on beside others, and has been left.
    """
    if under_way := getattr(_here, "aside", None):
        under_way.go_on()


class Aside(Generic[Found]):
    """Work under way on a thread of its own.

    Passes over rows inside it keep to that thread, and BLAS has one for the whole process until
    it is over: sums have one order whatever goes on beside them.

    Parameters
    ----------
    work : callable
        Called with this, whose :meth:`go_on` it calls now and then.

    Attributes
    ----------
    begun, ended : float
        When, by ``time.perf_counter``; infinite while it is under way.
    """

    def __init__(self, work: Callable[[Aside[Found]], Found]) -> None:
        self.begun, self.ended = time.perf_counter(), float("inf")
        self._left, self._future = Event(), Future[Found]()
        self._held = ExitStack()
        self._held.enter_context(one_blas_thread())
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._held.close()
            raise

    def _run(self, work: Callable[[Aside[Found]], Found]) -> None:
        _here.aside = self
        try:
            keep_to_this_thread(libraries())
            found = work(self)
        except BaseException as error:  # told where it is asked for
            self.ended = time.perf_counter()
            self._future.set_exception(error)
        else:
            self.ended = time.perf_counter()
            self._future.set_result(found)

    def go_on(self) -> None:
        """End the work here where nobody waits for it any more.

        Raises
        ------
        Left
            It has been left.
        """
        if self._left.is_set():
            raise Left

    def result(self) -> Found:
        """Wait for its end; give what it gives, or raise what it raises."""
        found = self._future.result()
        self._held.close()
        return found

    def leave(self) -> None:
        """Wait until it has noticed that nobody waits for it, or was over already."""
        self._left.set()
        self._thread.join()
        self._held.close()
