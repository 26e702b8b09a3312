"""What each stage of a run took: seconds, rows per second, peak memory."""

from __future__ import annotations

import mmap
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

from engine.errors import in_sentences
from engine.places.aside import Aside
from engine.utilities.allocators import release
from engine.utilities.progress import Progress
from engine.utilities.stopping import check

Found = TypeVar("Found")

_STATM = Path("/proc/self/statm")


@dataclass
class Stage:
    """A stage under way; ``rows`` may be corrected once they are known."""

    rows: int


@dataclass
class Stages:
    """Records stages as they end, and shows them.

    Attributes
    ----------
    progress : Progress
    records : list of dict
        name, seconds, seconds_beside, rows_per_second (None without rows), peak_memory_bytes
        (resident). Seconds are those that nothing else was waited for, so that they add up to the
        run's; ``seconds_beside`` are those of its work that went on beside other stages.
    """

    progress: Progress
    records: list[dict[str, Any]] = field(default_factory=list)
    _begun: list[Begun[Any]] = field(default_factory=list, repr=False)

    @contextmanager
    def __call__(self, name: str, rows: int = 0, *, passes: int = 0) -> Iterator[Stage]:
        """Run a block as a stage.

        Parameters
        ----------
        name : str
        rows : int
            Customers the stage handles, or an estimate that the block may correct.
        passes : int
            How often it will report all of them; 0 when that is unknown.
        """
        check()
        release()
        stage, peak, start = Stage(rows), _Peak(), time.perf_counter()
        try:
            told = self.progress.stage(name, rows=rows, total=rows * passes)
            with in_sentences(f"the step {name!r}"), told:
                yield stage
        finally:
            peak_bytes = peak.stop()
        self._record(stage, name, time.perf_counter() - start, 0.0, peak_bytes)

    def _record(self, stage: Stage, name: str, seconds: float, beside: float, peak: int) -> None:
        whole = seconds + beside
        self.records.append(
            {
                "name": name,
                "seconds": round(seconds, 4),
                "seconds_beside": round(beside, 4),
                "rows_per_second": round(stage.rows / whole) if stage.rows and whole else None,
                "peak_memory_bytes": peak,
            }
        )

    def begin(
        self,
        name: str,
        rows: int,
        work: Callable[[Progress], Found],
        *,
        passes: int = 0,
        aside: bool = True,
    ) -> Begun[Found] | Done[Found]:
        """Begin a stage that goes on beside those that follow: see :meth:`finish`.

        Parameters
        ----------
        name, rows, passes
            As of a stage.
        work : callable
            Called on a thread of its own with what it tells its rows to, at least now and then:
            that ends it where nobody waits for it any more.
        aside : bool
            Whether it does go on beside them: otherwise it is done before this returns.
        """
        if not aside:
            with self(name, rows, passes=passes):
                return Done(work(self.progress))
        begun = Begun(name, Stage(rows), rows * passes, work)
        self._begun.append(begun)
        return begun

    def finish(
        self,
        begun: Begun[Found] | Done[Found],
        after: Callable[[Found], Found] = lambda found: found,
    ) -> Found:
        """Wait for the end of a stage that was begun; give what its work gives.

        Parameters
        ----------
        begun : Begun or Done
        after : callable
            The rest of the stage, which could not be done beside others.

        Raises
        ------
        EngineError
            As a stage does, whose name it has.
        """
        if isinstance(begun, Done):
            return after(begun.found)
        check()
        start = time.perf_counter()
        beside = max(min(begun.aside.ended, start) - begun.aside.begun, 0.0)
        told = self.progress.stage(
            begun.name, rows=begun.stage.rows, total=begun.total, beside=beside
        )
        with in_sentences(f"the step {begun.name!r}"), told:
            begun.heard.by(self.progress)
            found = after(begun.aside.result())
        self._begun.remove(begun)
        seconds, peak = time.perf_counter() - start, begun.peak.stop()
        self._record(begun.stage, begun.name, seconds, beside, peak)
        return found

    @contextmanager
    def ended(self) -> Iterator[None]:
        """Let no stage that was begun go on behind the block, however that ends."""
        try:
            yield
        finally:
            while self._begun:
                self._begun.pop().leave()


@dataclass(frozen=True)
class Done(Generic[Found]):
    """What a stage gave that is over already."""

    found: Found


class Begun(Generic[Found]):
    """A stage that goes on beside others."""

    def __init__(
        self, name: str, stage: Stage, total: int, work: Callable[[Progress], Found]
    ) -> None:
        self.name, self.stage, self.total = name, stage, total
        self.heard, self.peak = _Heard(), _Peak()

        def heard(aside: Aside[Found]) -> Found:
            self.heard.go_on = aside.go_on
            return work(self.heard)

        self.aside = Aside(heard)

    def leave(self) -> None:
        """End its work, which nobody waits for."""
        self.aside.leave()
        self.peak.stop()


class _Heard(Progress):
    """Counts the rows of a stage, and keeps its notes, until somebody shows them."""

    def __init__(self) -> None:
        self.go_on: Callable[[], None] = lambda: None
        self._rows, self._notes, self._one = 0, list[str](), Lock()
        self._shown: Progress | None = None

    def by(self, progress: Progress) -> None:
        """Show them from now on, with those that were counted."""
        with self._one:
            self._shown = progress
            progress.advance(self._rows)
            for text in self._notes:
                progress.note(text)

    def advance(self, rows: int) -> None:
        """Count them, where the work goes on."""
        self.go_on()
        with self._one:
            self._rows += rows
            if self._shown:
                self._shown.advance(rows)

    def note(self, text: str) -> None:
        """Show it, now or later."""
        with self._one:
            if self._shown:
                self._shown.note(text)
            else:
                self._notes.append(text)


class _Peak:
    """Peak resident bytes between its start and :meth:`stop`.

    The kernel's own peak is exact but counts from the start of the process; where a stage stays
    below an earlier one, its peak is the largest of samples taken every 10 ms. (Resetting the
    kernel's counter would be exact too, but hides earlier peaks from whoever watches from outside.)
    """

    def __init__(self) -> None:
        self._before = process_peak()
        self._largest = _resident()
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            with suppress(MemoryError):
                self._largest = max(self._largest, _resident())

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        after = process_peak()
        return after if after > self._before else max(self._largest, _resident())


def _resident() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * mmap.PAGESIZE
    except OSError:  # no /proc: macOS, Windows
        return int(_told_by_psutil().rss)


def process_peak() -> int:
    """Peak resident bytes of this process since it started."""
    if resource is None:
        told = _told_by_psutil()
        return int(getattr(told, "peak_wset", told.rss))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _told_by_psutil() -> Any:
    import psutil

    return psutil.Process().memory_info()
