"""What stages took: seconds, rows per second and peak memory, also of those that fail."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event

import numpy as np
import pytest

from engine.errors import MemoryLimitError
from engine.utilities.progress import Progress
from engine.utilities.stages import Stages, process_peak

SEEN = 0.3
"""Seconds in which memory is surely looked at, also on a machine that others use."""


def test_records_come_in_order():
    stages = Stages(Progress())
    with stages("load"):
        time.sleep(0.02)
    with stages("prepare", 1_000, passes=2):
        time.sleep(0.05)
    load, prepare = stages.records
    assert (load["name"], prepare["name"]) == ("load", "prepare")
    assert load["rows_per_second"] is None
    assert load["seconds"] >= 0.02
    assert prepare["rows_per_second"] == pytest.approx(1_000 / prepare["seconds"], rel=0.01)


def test_a_peak_is_seen_although_it_is_over():
    stages = Stages(Progress())
    with stages("calm"):
        pass
    with stages("hungry"):
        block = np.ones(12_500_000)  # 100 MB, all touched
        time.sleep(SEEN)
        del block
    calm, hungry = (r["peak_memory_bytes"] for r in stages.records)
    assert hungry - calm > 80e6
    assert process_peak() >= hungry


def test_a_later_smaller_peak_is_its_own():
    stages = Stages(Progress())
    with stages("hungry"):
        block = np.ones(12_500_000)
        time.sleep(SEEN)
        del block
    with stages("calm"):
        time.sleep(SEEN)
    hungry, calm = (r["peak_memory_bytes"] for r in stages.records)
    assert hungry - calm > 80e6


def test_the_progress_is_told():
    seen = []

    class Noting(Progress):
        def stage(self, name, *, rows=0, total=0):
            seen.append((name, rows, total))
            return super().stage(name, rows=rows, total=total)

    with Stages(Noting())("prepare", 10, passes=2):
        pass
    assert seen == [("prepare", 10, 20)]


def test_a_failed_stage_is_not_recorded():
    stages = Stages(Progress())

    def fail() -> None:
        with stages("cluster"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert stages.records == []


class Listening(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.rows, self.names, self.notes = 0, [], []

    def advance(self, rows: int) -> None:
        self.rows += rows

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def stage(self, name, *, rows=0, total=0, beside=None):
        self.names.append((name, beside is not None))
        yield


def test_a_stage_goes_on_beside_others_and_seconds_add_up():
    stages, go = Stages(Listening()), Event()

    def work(progress: Progress) -> str:
        progress.advance(30)
        progress.note("early")
        go.wait(60)
        progress.advance(70)
        return "done"

    begun = stages.begin("describe", 100, work, passes=1)
    with stages("evaluate"):
        time.sleep(0.05)
        assert (stages.progress.rows, stages.progress.notes) == (0, [])  # that is another stage
    go.set()
    assert stages.finish(begun) == "done"
    assert (stages.progress.rows, stages.progress.notes) == (100, ["early"])
    assert stages.progress.names == [("evaluate", False), ("describe", True)]
    evaluate, describe = stages.records
    assert evaluate["seconds_beside"] == 0
    assert describe["seconds_beside"] >= 0.05
    took = describe["seconds"] + describe["seconds_beside"]
    assert describe["rows_per_second"] == pytest.approx(100 / took, rel=0.01)


def test_the_rest_of_a_stage_that_went_aside_is_in_its_seconds_and_errors():
    stages = Stages(Progress())

    def rest(found: int) -> int:
        time.sleep(0.05)
        return found + 1

    assert stages.finish(stages.begin("describe", 7, lambda _: 1), rest) == 2
    assert stages.records[0]["seconds"] >= 0.05

    def fails(_: int) -> int:
        raise MemoryError("none")

    begun = stages.begin("describe", 7, lambda _: 1)
    with pytest.raises(MemoryLimitError, match="the step 'describe' needs more memory"):
        stages.finish(begun, fails)


def test_a_stage_that_does_not_go_aside_is_done_at_once():
    stages = Stages(Progress())
    begun = stages.begin("describe", 7, lambda progress: progress.advance(7), aside=False)
    assert [record["name"] for record in stages.records] == ["describe"]
    assert stages.finish(begun) is None
    assert stages.records[0]["seconds_beside"] == 0


def test_what_fails_beside_others_is_told_where_it_is_waited_for():
    stages = Stages(Progress())

    def work(_: Progress) -> None:
        raise MemoryError("none")

    begun = stages.begin("describe", 7, work)
    with stages("evaluate"):
        pass
    with pytest.raises(MemoryLimitError, match="the step 'describe' needs more memory"):
        stages.finish(begun)
    assert [record["name"] for record in stages.records] == ["evaluate"]


def test_where_another_stage_fails_nothing_goes_on():
    stages, ended = Stages(Progress()), []

    def work(progress: Progress) -> None:
        try:
            while True:
                progress.advance(1)
        finally:
            ended.append(True)

    def run() -> None:
        with stages.ended():
            stages.begin("describe", 7, work)
            raise KeyError("evaluate")

    with pytest.raises(KeyError, match="evaluate"):
        run()
    assert ended == [True]
