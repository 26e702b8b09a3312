"""Signals that end a command: where they may break in, where not, and what is said of it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.utilities import stopping
from engine.utilities.stopping import (
    Command,
    Stopped,
    check,
    deaf,
    listening,
    tell_done,
    whole,
    writes,
)

ALL = pytest.mark.parametrize("number", stopping.ENDING, ids=lambda n: signal.Signals(n).name)
UNCHANGED = "earlier results are as they were"


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Let every test find and leave handlers that are not those of the test runner."""
    before = {n: signal.signal(n, signal.SIG_DFL) for n in stopping.ENDING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def code(work: Callable[[Command], object]) -> int:
    """Let a command work until a signal ends it; give its exit code."""

    def listened() -> None:
        with listening() as command:
            work(command)

    with pytest.raises(Stopped) as stopped:
        listened()
    return int(str(stopped.value.code))


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in stopping.ENDING]


@ALL
def test_a_signal_ends_what_listens(number: int) -> None:
    before = handlers()
    assert code(lambda _: signal.raise_signal(number)) == 128 + number
    assert handlers() == before
    check()  # asks nothing of what comes next


@ALL
def test_what_is_ignored_stays_ignored(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)
    with listening() as command, whole():
        signal.raise_signal(number)
        check()
    assert not command.asked
    assert signal.getsignal(number) is signal.SIG_IGN


@ALL
def test_what_is_whole_comes_to_its_end(number: int) -> None:
    done = []

    def work(_: Command) -> None:
        with whole():
            signal.raise_signal(number)
            with whole():
                signal.raise_signal(signal.SIGTERM)
            done.append("all")
        done.append("after")

    assert code(work) == 128 + number
    assert done == ["all"]


def test_without_a_command_line_an_interrupt_is_held_back_too() -> None:
    before, done = handlers(), []

    def work() -> None:
        with whole():
            signal.raise_signal(signal.SIGINT)
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all"]
    assert handlers() == before


def test_handlers_that_python_does_not_know_of_stay() -> None:
    """Polars ends a query by an interrupt; in a notebook it does so after a run too."""
    libc = ctypes.CDLL(None)
    own, kept, found = (ctypes.create_string_buffer(1024) for _ in range(3))
    libc.sigaction(signal.SIGINT, None, kept)
    library = ctypes.CFUNCTYPE(None, ctypes.c_int)
    called, size = library(lambda number: None), ctypes.sizeof(library)
    ctypes.memmove(own, kept, 1024)
    ctypes.memmove(own, ctypes.byref(ctypes.cast(called, ctypes.c_void_p)), size)
    try:
        libc.sigaction(signal.SIGINT, own, None)
        libc.sigaction(signal.SIGINT, None, own)
        with whole():
            libc.sigaction(signal.SIGINT, None, found)
            assert found.raw[:size] != own.raw[:size]
        libc.sigaction(signal.SIGINT, None, found)
        assert found.raw[:size] == own.raw[:size]
    finally:
        libc.sigaction(signal.SIGINT, kept, None)


def test_what_failed_is_told_where_nothing_asked_for_the_end() -> None:
    before = handlers()
    with pytest.raises(ZeroDivisionError), whole():
        raise ZeroDivisionError
    assert handlers() == before


def test_outside_the_main_thread_nothing_is_held_back() -> None:
    before, found = handlers(), []

    def work() -> None:
        with whole():
            found.extend(handlers())
        check()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == before


def test_a_swallowed_signal_counts_at_the_next_check() -> None:
    def work(command: Command) -> None:
        with suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        assert command.asked == signal.SIGTERM
        check()

    assert code(work) == 128 + signal.SIGTERM


def test_a_signal_inside_polars_waits_for_its_end() -> None:
    """Python that Polars calls must not raise: its report of the panic fills the screen."""
    inside: dict[str, object] = {"__name__": "polars.expr.whatever"}
    text = "import signal\ndef call(number):\n signal.raise_signal(number)\n return 'whole'\n"
    exec(text, inside)
    answers = []

    def work(_: Command) -> None:
        answers.append(inside["call"](signal.SIGHUP))  # type: ignore[operator]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(0.01)
        pytest.fail("it was forgotten")

    assert code(work) == 128 + signal.SIGHUP
    assert answers == ["whole"]


def test_a_signal_that_is_ignored_is_so_whatever_a_library_set() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with listening():
        check()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)


def test_in_the_end_nothing_breaks_in() -> None:
    with listening() as command:
        deaf()
        for number in stopping.ENDING:
            signal.raise_signal(number)
    assert not command.asked


def test_what_is_left_is_told(tmp_path: Path) -> None:
    with listening() as command:
        assert command.outcome() == UNCHANGED
        file = tmp_path / "out.csv"
        writes(file)
        assert command.outcome() == UNCHANGED
        file.write_text("rows")
        assert command.outcome() == f"{file} is written"
        writes(file)
        assert command.outcome() == UNCHANGED
        (tmp_path / "next").write_text("rows")
        (tmp_path / "next").replace(file)
        assert command.outcome() == f"{file} is written"
        tell_done("the run is done")
        assert command.outcome() == "the run is done"
    with listening() as another:
        assert another.outcome() == UNCHANGED


class Late:
    """Raises while it is collected, where Python can only tell of it."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_where_python_cannot_raise_shows_no_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    hook = sys.unraisablehook

    def work(_: Command) -> None:
        Late()
        check()

    assert code(work) == 128 + signal.SIGTERM
    assert capfd.readouterr().err == ""
    assert sys.unraisablehook is hook
