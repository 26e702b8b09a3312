"""Ends processes of a cluster at a moment that a test can name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from engine.cluster.members import Members
from engine.utilities.progress import Progress


def pids(members: Members) -> list[int]:
    """Give the process of each worker that is there, in the order of their addresses."""
    found = members.client.run(os.getpid)
    return [found[address] for address in sorted(found)]


def kill_one(members: Members, number: int = 0) -> None:
    """End a worker as the system does when memory runs out."""
    with suppress(ProcessLookupError):
        os.kill(pids(members)[number], signal.SIGKILL)


class Fatal(Progress):
    """Does something once, when a stage has begun and some of its rows are done.

    Parameters
    ----------
    stage : str
        What its name begins with.
    strike : callable
    after : int
        Rows that are done first.
    """

    def __init__(self, stage: str, strike: Callable[[], Any], after: int = 0) -> None:
        self.asked, self.strike, self.after = stage, strike, after
        self.under_way, self.struck = "", False
        self.notes: list[str] = []

    def advance(self, rows: int) -> None:
        if self.under_way.startswith(self.asked):
            self.after -= rows
            self._strike()

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def stage(
        self, name: str, *, rows: int = 0, total: int = 0, beside: float = 0.0
    ) -> Iterator[None]:
        self.under_way = name
        if name.startswith(self.asked):
            self._strike()
        yield
        self.under_way = ""

    def _strike(self) -> None:
        if self.after <= 0 and not self.struck:
            self.struck = True
            self.strike()
