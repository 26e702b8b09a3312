"""What stages took: seconds, rows per second and peak memory, also of those that fail."""

from __future__ import annotations

import time

import numpy as np
import pytest

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
