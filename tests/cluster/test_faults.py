"""What goes wrong on a cluster ends in the result, or in one sentence, and never waits for ever."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.config.sections import ComputeConfig
from engine.data_preparation.reading.files import TextInNumbers, text_in_numbers
from engine.errors import EngineError, MemoryLimitError
from engine.places.runtime import Runtime
from tests.cluster.killing import kill_one, pids

SIZES = (70_000, 3, 1, 66_000, 9, 12, 500, 70)


@pytest.fixture(scope="module")
def faulty() -> Iterator[ClusterRuntime]:
    """Two workers that are ended again and again."""
    with opened(ComputeConfig(cluster="local", workers=2)) as runtime:
        assert isinstance(runtime, ClusterRuntime)
        yield runtime


@pytest.fixture
def notes(faulty: ClusterRuntime) -> Iterator[list[str]]:
    """Collect what is told of the workers; all of them are there when the test begins."""
    faulty.members.client.wait_for_workers(2, timeout=60)
    found: list[str] = []
    faulty.members.watch.tell = found.append
    yield found
    faulty.members.watch.tell = None


def made(number: int, size: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=(size, 3))


def rows(cluster: ClusterRuntime) -> Spread:
    """Rows that tasks make, as they would be read from files."""
    found = Spread(cluster.members, SIZES, np.dtype(np.float64), (3,))
    found.fill(cluster.members.tasks(made, range(len(SIZES)), SIZES))
    return found


def slowly(chunk: np.ndarray) -> np.ndarray:
    time.sleep(0.15)
    return chunk.sum(axis=0)


def expected() -> np.ndarray:
    found = None
    for number, size in enumerate(SIZES):
        part = Runtime().reduce(lambda chunk: chunk.sum(axis=0), made(number, size))
        found = part if found is None else found + part
    return found


def ends(seconds: float) -> float:
    """Say by when a test's wait is over: a machine that others use is slower."""
    return time.monotonic() + 4 * seconds


def test_what_a_task_raises_arrives_as_it_was(cluster):
    def fails(number: int) -> None:
        if number == 2:
            raise text_in_numbers("a.csv", "income", 7, "none")

    members = cluster.members
    for wait in (
        lambda: members.wait(members.tasks(fails, range(4))),
        lambda: members.results(members.tasks(fails, range(4))),
        lambda: members.combined(fails, range(4), combine=min),
    ):
        with pytest.raises(TextInNumbers, match=r"a\.csv: column 'income'") as caught:
            wait()
        assert caught.value.column == "income"


def test_an_error_does_not_wait_for_slow_pieces(cluster):
    def fails(number: int) -> None:
        if number == 0:
            message = "it is wrong."
            raise EngineError(message)
        time.sleep(1.5)

    began = time.monotonic()
    with pytest.raises(EngineError, match=r"it is wrong\."):
        cluster.members.wait(cluster.members.tasks(fails, range(2)))
    assert time.monotonic() - began < 1.5


def test_memory_that_runs_out_in_a_task_is_told(cluster):
    def fails(_: int) -> None:
        message = "Unable to allocate 3.10 GiB for an array"
        raise MemoryError(message)

    with pytest.raises(MemoryLimitError, match="needs more memory than there is"):
        cluster.members.results(cluster.members.tasks(fails, [0]))


def test_pieces_are_told_as_they_are_done(cluster):
    told: list[tuple[int, float]] = []

    def wait(number: int) -> int:
        time.sleep(0.4 * number)
        return number

    members = cluster.members
    members.wait(members.tasks(wait, [0, 3, 0]), lambda i: told.append((i, time.monotonic())))
    assert {i for i, _ in told} == {0, 1, 2}
    assert told[-1][0] == 1
    assert told[-1][1] - told[0][1] > 0.5


def test_bytes_that_pass_are_counted(cluster):
    moved = cluster.members.moved
    sent, received = moved.sent, moved.received
    known = np.zeros(100_000)
    found = cluster.members.combined(
        lambda size: known[:size], [1_000] * 40, combine=lambda a, b: a + b
    )
    assert 1 <= (moved.sent - sent) / known.nbytes < 1.1  # once, not forty times
    assert 1 <= (moved.received - received) / found.nbytes < 1.2


@pytest.mark.filterwarnings("error")
def test_large_functions_go_once_and_without_a_warning(cluster):
    known = np.ones(3 << 20)
    found = cluster.members.combined(lambda _: known.sum(), range(3), combine=lambda a, b: a + b)
    assert found == 3 * (3 << 20)


@pytest.mark.long
def test_a_worker_killed_in_a_pass_changes_no_bit(faulty, notes):
    there = rows(faulty)
    faulty.members.wait(there.pieces)
    done = 0

    def strike(n: int) -> None:
        nonlocal done
        done += 1
        if done == 2:
            kill_one(faulty.members)

    found = replace(faulty, on_rows=strike).reduce(slowly, there)
    assert np.array_equal(found, expected())
    waiting_until(faulty, lambda: any("was lost" in note for note in notes))


@pytest.mark.long
@pytest.mark.faults
def test_all_workers_killed_at_once_change_no_bit(faulty, notes):
    there = rows(faulty)
    out = faulty.beside(there, np.float64)

    def chunk(block: np.ndarray, filled: np.ndarray) -> np.ndarray:
        filled[:] = block[:, 0]
        return block.sum(axis=0)

    faulty.reduce(chunk, there, out=(out,))
    for pid in pids(faulty.members):
        os.kill(pid, signal.SIGKILL)
    assert np.array_equal(faulty.reduce(slowly, there), expected())
    assert np.array_equal(out[:5], made(0, SIZES[0])[:5, 0])


@pytest.mark.long
@pytest.mark.faults
def test_a_piece_that_ends_every_worker_is_named(faulty, notes):
    def dies(number: int) -> None:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    told = ["rows 1 to 5 of a.parquet", "rows 6 to 9 of a.parquet"]
    with pytest.raises(MemoryLimitError, match=r"^rows 6 to 9 of a\.parquet ended 4 workers"):
        faulty.members.wait(faulty.members.tasks(dies, range(2), told=told))


def test_tasks_are_told_by_their_pieces(cluster):
    members = cluster.members
    members.pieces = ["rows 1 to 5 of a.parquet", "rows 6 to 9 of a.parquet"]
    try:
        each = members.tasks(abs, [1, 2])
        other = members.tasks(abs, [1, 2, 3])
        assert members.about(each[1].key) == "rows 6 to 9 of a.parquet"
        assert members.about(other[1].key) == "piece 2 of the step 'abs'"
    finally:
        members.pieces = ()


def waiting_until(cluster: ClusterRuntime, holds) -> None:
    by = ends(15)
    while not holds():
        cluster.members.results(cluster.members.tasks(time.sleep, [0.3]))
        assert time.monotonic() < by
