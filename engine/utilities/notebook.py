"""What a person sees while a run works in a notebook: one cell output that is written again."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from threading import Lock, get_ident
from typing import Any

from engine.utilities.progress import Progress, make_progress, speed, stage_line

_PAUSE = 0.2
"""Seconds between two drawings of a bar."""


def in_notebook() -> bool:
    """Tell whether a kernel of Jupyter runs this, rather than a terminal or a program."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def progress_for(asked: Progress | bool | None) -> Progress:  # noqa: FBT001
    """Give what shows the progress of a function: in a notebook by default, else if asked for.

    Parameters
    ----------
    asked : Progress, bool or None
    """
    if isinstance(asked, Progress):
        return asked
    notebook = in_notebook()
    if not (notebook if asked is None else asked):
        return Progress()
    return NotebookProgress() if notebook else make_progress(quiet=False)


class NotebookProgress(Progress):
    """A bar, the stages that are done and what was noted, in the output of the cell."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._shown: Any = None
        self._drawn, self._home = 0.0, get_ident()
        self._bar, self._one = "", Lock()
        self._count: Any = None

    def note(self, text: str) -> None:
        """Add a line."""
        with self._one:
            self._lines.append(text)
        self._draw()

    def advance(self, rows: int) -> None:
        """Move the bar."""
        if self._count:
            self._count(rows)

    @contextmanager
    def stage(
        self, name: str, *, rows: int = 0, total: int = 0, beside: float | None = None
    ) -> Iterator[None]:
        """Show the stage; a bar that fills where the total is known."""
        start, seen = time.perf_counter(), 0

        def count(n: int) -> None:
            nonlocal seen
            seen += n
            taken = time.perf_counter() - start + (beside or 0.0)
            self._bar = _bar(name, min(seen / total, 1.0) if total else None, seen / taken)
            if time.monotonic() - self._drawn > _PAUSE:
                self._draw()

        self._bar, self._count = _bar(name, 0.0 if total else None, 0.0), count
        self._draw()
        try:
            yield
            self._lines.append(stage_line(name, rows, time.perf_counter() - start, beside))
        finally:
            self._bar, self._count = "", None
            self._draw()

    def _draw(self) -> None:
        """Write the output again, from the thread alone that owns the cell."""
        if get_ident() != self._home:
            return
        from IPython import display

        shows: Any = display

        self._drawn = time.monotonic()
        text = escape("\n".join(self._lines))
        style = "margin:0;white-space:pre-wrap;line-height:1.3;font-size:12px"
        page = shows.HTML(f'{self._bar}<pre style="{style}">{text}</pre>')
        if self._shown is None:
            self._shown = shows.display(page, display_id=True)
        else:
            self._shown.update(page)


def _bar(name: str, share: float | None, rate: float) -> str:
    value = "" if share is None else f' value="{share:.3f}" max="1"'
    told = f" {share:.0%}" * (share is not None) if share else ""
    fast = f", {speed(rate)}" if rate else ""
    return f"<div>{escape(name)} <progress{value}></progress>{told}{fast}</div>"
