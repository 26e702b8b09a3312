"""What each stage of a run took: seconds, rows per second, peak memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from engine.errors import in_sentences
from engine.utilities.allocators import release
from engine.utilities.progress import Progress
from engine.utilities.stopping import check

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
        name, seconds, rows_per_second (None without rows), peak_memory_bytes (resident).
    """

    progress: Progress
    records: list[dict[str, Any]] = field(default_factory=list)

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
        seconds = time.perf_counter() - start
        self.records.append(
            {
                "name": name,
                "seconds": round(seconds, 4),
                "rows_per_second": round(stage.rows / seconds) if stage.rows and seconds else None,
                "peak_memory_bytes": peak_bytes,
            }
        )


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
            self._largest = max(self._largest, _resident())

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        after = process_peak()
        return after if after > self._before else max(self._largest, _resident())


def _resident() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:  # no /proc: the process's peak is all there is
        return process_peak()


def process_peak() -> int:
    """Peak resident bytes of this process since it started."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
