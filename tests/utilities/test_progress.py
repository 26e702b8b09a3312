"""What people see: a live bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import re

import pytest

from engine.utilities.progress import (
    LiveProgress,
    PlainProgress,
    Progress,
    make_progress,
    speed,
    stage_line,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(progress: Progress) -> None:
    with progress.stage("prepare", rows=1_000, total=2_000):
        progress.advance(1_000)
        progress.advance(1_000)
    with progress.stage("draw"):
        pass
    progress.note("done [with brackets]")


def test_plain_lines():
    stream = io.StringIO()
    show(PlainProgress(stream))
    lines = stream.getvalue().splitlines()
    assert re.fullmatch(r"prepare +\d+\.\d s +[\d.]+[kMG]? rows/s", lines[0])
    assert re.fullmatch(r"draw +\d+\.\d s", lines[1])
    assert lines[2:] == ["done [with brackets]"]
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_a_bar_and_then_the_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    show(LiveProgress(stream))
    text = stream.getvalue()
    assert "100%" in text
    assert "\x1b[" in text  # it moves
    assert re.search(r"prepare +\d+\.\d s +[\d.]+[kMG]? rows/s", text)
    assert "done [with brackets]" in text


def test_quiet_says_nothing(capfd):
    show(make_progress(quiet=True))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("make", [PlainProgress, LiveProgress, lambda _: Progress()])
def test_a_stage_that_fails_has_no_line_and_the_next_one_works(make):
    stream = Terminal()
    progress = make(stream)

    def fail() -> None:
        with progress.stage("cluster", rows=10):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not re.search(r"cluster +\d+\.\d s", stream.getvalue())
    show(progress)


def test_the_stream_decides():
    assert type(make_progress(quiet=False, stream=io.StringIO())) is PlainProgress
    assert type(make_progress(quiet=False, stream=Terminal())) is LiveProgress
    assert type(make_progress(quiet=True, stream=Terminal())) is Progress


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0 rows/s"), (999, "999 rows/s"), (1_000, "1.0k rows/s"), (2.5e9, "2.5G rows/s")],
)
def test_speed(rate, text):
    assert speed(rate) == text


def test_a_stage_too_short_to_time():
    assert stage_line("load", 10, 0.0).startswith("load                    0.0 s")
