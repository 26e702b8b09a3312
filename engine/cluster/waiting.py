"""Waits that end: for results, or in one sentence once nothing will come any more."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from engine.cluster.faults import all_paused, in_words, no_worker, scheduler_gone
from engine.places.aside import go_on

TICK = 0.25
"""Seconds between two looks at what is done and whether the cluster is well. Results and errors do
not wait for them."""

LOOK = 1.0
"""Seconds between two questions to the scheduler about its workers."""

SILENT = 30.0
"""Seconds that a scheduler may take to answer."""

LAST = 5.0
"""Seconds that it may take to answer when nothing more is asked of it."""

DESERTED = 60.0
"""Seconds that a cluster may be without any worker: one that ended has started again by then."""

PAUSED = 60.0
"""Seconds for which all workers may be full and do nothing: what can be spilled is spilled then."""


@dataclass
class Watch:
    """Looks at a cluster while its tasks are waited for.

    Attributes
    ----------
    client : distributed.Client
    workers : dict
        What the scheduler said last of each worker, by address.
    memory : int
        Bytes that the smallest worker may take, as long as there was one; 0 where that is not
        known.
    lost : int
        Workers that went away.
    tell : callable, optional
        Told in a sentence when a worker goes or comes.
    said : list of str
        What was told.
    """

    client: Any = field(repr=False)
    workers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    memory: int = 0
    lost: int = 0
    tell: Callable[[str], None] | None = field(default=None, repr=False)
    said: list[str] = field(default_factory=list, repr=False)
    _met: bool = False
    _asked: float = 0.0
    _judged: float = 0.0
    _answer: concurrent.futures.Future[Any] | None = field(default=None, repr=False)
    _full_since: float | None = None
    _empty_since: float | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def address(self) -> str:
        """Where the scheduler is, or was."""
        return str(getattr(self.client.scheduler, "address", "an unknown address"))

    def until(
        self,
        there: Coroutine[Any, Any, Any],
        told: Callable[[Any], str],
        each: Callable[[], None] | None = None,
    ) -> Any:
        """Wait for what runs beside the client; ``each`` is called now and then meanwhile.

        Raises
        ------
        EngineError
            What a task raised, or what has become of the cluster.
        """
        loop = self.client.loop.asyncio_loop
        handle = asyncio.run_coroutine_threadsafe(there, loop)
        try:
            while not concurrent.futures.wait([handle], TICK).done:
                go_on()
                if each:
                    each()
                self.look()
            return handle.result()
        except Exception as error:
            known = in_words(error, self.address, told, self.memory)
            if known is error:
                raise
            raise known from error
        finally:
            handle.cancel()

    def look(self) -> None:
        """Ask how the cluster is, without waiting for the answer, and judge the last one.

        Raises
        ------
        PlaceError
            The scheduler is gone or silent, or there are no workers.
        MemoryLimitError
            All workers are full.
        """
        if not self._lock.acquire(blocking=False):  # another thread looks
            return
        try:
            if self.client.status != "running":
                raise scheduler_gone(self.address, f"the connection is {self.client.status}")
            self._ask(time.monotonic())
        finally:
            self._lock.release()

    def last(self) -> None:
        """Ask once more when all is done, so that whoever was lost is told; nothing is raised."""
        if self.client.status != "running":
            return
        loop = self.client.loop.asyncio_loop
        asked = asyncio.run_coroutine_threadsafe(_identity(self.client), loop)
        try:
            found, self._answer = asked.result(LAST), None
            self._judge(found, time.monotonic())
        except Exception:  # who cannot be asked any more has nothing to do either
            return
        finally:
            asked.cancel()

    def _ask(self, now: float) -> None:
        if self._answer is None:
            if now - self._asked >= LOOK:
                loop, self._asked = self.client.loop.asyncio_loop, now
                self._answer = asyncio.run_coroutine_threadsafe(_identity(self.client), loop)
        elif self._answer.done():
            answer, self._answer = self._answer, None
            self._judge(answer.result(), now)
        elif now - self._asked > SILENT:
            raise scheduler_gone(self.address, f"it has not answered for {SILENT:.0f} s")

    def _judge(self, found: dict[str, dict[str, Any]] | None, now: float) -> None:
        if found is None:  # the connection broke meanwhile: its state says so at the next look
            return
        for gone in sorted(self.workers.keys() - found.keys()):
            self.lost += 1
            then = "what it held is read again"
            if not found:
                then = f"none is left, and one is waited for up to {DESERTED:.0f} s"
            self.say(f"worker {gone} was lost; {then}")
        if self._met:
            for come in sorted(found.keys() - self.workers.keys()):
                self.say(f"worker {come} joined")
        self.workers, self._met = found, True
        self.memory = min(
            (int(w["memory_limit"] or 0) for w in found.values()), default=self.memory
        )
        if now - self._judged > 5 * LOOK:  # nobody has looked meanwhile
            self._empty_since = self._full_since = None
        self._judged = now
        self._empty_since = None if found else self._empty_since or now
        if self._empty_since is not None and now - self._empty_since > DESERTED:
            raise no_worker(self.address, DESERTED)
        full = bool(found) and all(_is_full(w) for w in found.values())
        self._full_since = (self._full_since or now) if full else None
        if self._full_since is not None and now - self._full_since > PAUSED:
            raise all_paused(self.address, len(found), self.memory, PAUSED)

    def say(self, text: str) -> None:
        """Tell people what they should know of the workers, and keep it."""
        self.said.append(text)
        if self.tell:
            self.tell(text)


def _is_full(worker: dict[str, Any]) -> bool:
    """Tell a worker that takes no task and runs none."""
    counts = worker["metrics"].get("task_counts", {})
    return worker["status"] == "paused" and not counts.get("executing")


async def _identity(client: Any) -> dict[str, dict[str, Any]] | None:
    try:
        found = await client.scheduler.identity(n_workers=-1)
    except OSError:
        return None
    workers: dict[str, dict[str, Any]] = found["workers"]
    return workers


async def there(futures: Sequence[Any]) -> None:
    """Wait until all futures are done, well or not."""
    await _done(futures)
    for future in futures:
        if future.cancelled():
            raise future._state.exception


async def brought(client: Any, futures: Sequence[Any]) -> list[Any]:
    """Wait for results and bring them here."""
    await _done(futures)
    found: list[Any] = await client.gather(list(futures), asynchronous=True)
    return found


async def _done(futures: Sequence[Any]) -> None:
    """Wait for what is broken off without a rest: Dask's own waits then end later, and loudly."""
    await asyncio.gather(*(future._state.wait() for future in set(futures)))
