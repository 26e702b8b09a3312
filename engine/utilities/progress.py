"""What a person sees while a run works: a live bar on a terminal, plain lines elsewhere.

A stage that knows its rows shows a bar with rows per second; a library call that cannot report
shows a spinner with the elapsed time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any


class Progress:
    """Says nothing; the base of what says something, and what ``--quiet`` uses."""

    def advance(self, rows: int) -> None:
        """Count rows of the current stage as done."""

    def note(self, text: str) -> None:
        """Print a line between stages."""

    @contextmanager
    def stage(
        self, name: str, *, rows: int = 0, total: int = 0, beside: float | None = None
    ) -> Iterator[None]:
        """Show a stage while its block runs.

        Parameters
        ----------
        name : str
        rows : int
            Customers the stage handles, for its rows per second; 0 where that means nothing.
        total : int
            Rows it will report by :meth:`advance`, over all its passes; 0 when unknown.
        beside : float, optional
            Seconds that it went on for beside others until now.
        """
        yield


class PlainProgress(Progress):
    """One line when a stage ends: its name, seconds and rows per second."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr

    def note(self, text: str) -> None:
        """Print the line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def stage(
        self, name: str, *, rows: int = 0, total: int = 0, beside: float | None = None
    ) -> Iterator[None]:
        """Time the stage and print a line."""
        start = time.perf_counter()
        yield
        self.note(stage_line(name, rows, time.perf_counter() - start, beside))


class LiveProgress(Progress):
    """A bar or a spinner while a stage runs, then its line."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        from rich.console import Console

        self._console = Console(file=stream or sys.stderr)
        self._advance: Any = None

    def note(self, text: str) -> None:
        """Print the line above the bar."""
        self._console.print(text, highlight=False, markup=False)

    def advance(self, rows: int) -> None:
        """Move the bar."""
        if self._advance:
            self._advance(rows)

    @contextmanager
    def stage(
        self, name: str, *, rows: int = 0, total: int = 0, beside: float | None = None
    ) -> Iterator[None]:
        """Show the stage; a bar where the total is known, a spinner elsewhere."""
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns: list[Any] = [SpinnerColumn(), TextColumn("{task.description:<20}")]
        if total:
            columns += [BarColumn(), TextColumn("{task.percentage:>3.0f}%")]
        columns += [TimeElapsedColumn(), TextColumn("{task.fields[speed]}")]
        start = time.perf_counter()
        with RichProgress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(name, total=total or None, speed="")
            seen = 0

            def advance(n: int) -> None:
                nonlocal seen
                seen += n
                taken = time.perf_counter() - start + (beside or 0.0)
                rate = speed(seen / max(taken, 1e-9))
                bar.update(task, advance=n, speed=rate)

            self._advance = advance
            try:
                yield
            finally:
                self._advance = None
        self.note(stage_line(name, rows, time.perf_counter() - start, beside))


def stage_line(name: str, rows: int, seconds: float, beside: float | None = None) -> str:
    """Describe a finished stage, which may have gone on for a while beside others.

    Examples
    --------
    >>> stage_line("survey", 1_000_000, 0.5)
    'survey                  0.5 s   2.0M rows/s'
    >>> stage_line("describe", 1_000_000, 0.1, 0.4)
    'describe                0.5 s   2.0M rows/s  (0.4 s of it beside others)'
    """
    whole = seconds + (beside or 0.0)
    tail = f"  {speed(rows / whole) if whole > 0 else '':>12}" if rows else ""
    aside = "" if beside is None else f"  ({beside:.1f} s of it beside others)"
    return f"{name:<20}{whole:7.1f} s{tail}{aside}"


def speed(rows_per_second: float) -> str:
    """Write rows per second in a few characters.

    Examples
    --------
    >>> speed(950), speed(1_234_567)
    ('950 rows/s', '1.2M rows/s')
    """
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rows_per_second >= bound:
            return f"{rows_per_second / bound:.1f}{unit} rows/s"
    return f"{rows_per_second:.0f} rows/s"


def make_progress(*, quiet: bool, stream: IO[str] | None = None) -> Progress:
    """Choose by ``--quiet`` and whether the stream is a terminal."""
    stream = stream or sys.stderr
    if quiet:
        return Progress()
    return LiveProgress(stream) if stream.isatty() else PlainProgress(stream)
