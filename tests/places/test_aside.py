"""Work beside what follows: what it gives and raises, and that it ends where nobody waits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from engine.places.aside import Aside, Left, go_on
from engine.places.runtime import Runtime, libraries


def blas_threads() -> list[int]:
    return [i["num_threads"] for i in libraries().info() if i["user_api"] == "blas"]


def test_it_gives_what_its_work_gives_on_a_thread_of_its_own():
    aside = Aside(lambda _: threading.current_thread())
    assert aside.result() is not threading.current_thread()
    assert aside.begun <= aside.ended < float("inf")


def test_it_raises_what_its_work_raises():
    def work(_: Aside[None]) -> None:
        raise KeyError("gone")

    aside = Aside(work)
    with pytest.raises(KeyError, match="gone"):
        aside.result()
    aside.leave()


def test_passes_inside_keep_to_its_thread_and_give_the_same():
    rows, seen = np.arange(200_000.0), set()

    def add_up(chunk: np.ndarray) -> float:
        seen.add(threading.get_ident())
        return float(np.sqrt(chunk).sum())

    found = Aside(lambda _: Runtime(threads=2).reduce(add_up, rows)).result()
    assert len(seen) == 1
    assert found == Runtime(threads=2).reduce(add_up, rows)


def test_blas_has_one_thread_until_it_is_over():
    before, go = blas_threads(), threading.Event()
    aside = Aside(lambda _: go.wait())
    assert set(blas_threads()) == {1}
    go.set()
    aside.result()
    assert blas_threads() == before


def test_left_work_ends_where_it_looks():
    looked = []

    def work(aside: Aside[None]) -> None:
        try:
            while True:
                aside.go_on()
        except Left:
            looked.append(True)
            raise

    before = blas_threads()
    Aside(work).leave()
    assert looked == [True]
    assert blas_threads() == before


def test_what_waits_for_others_asks_without_knowing_the_work():
    looked = []

    def work(_: Aside[None]) -> None:
        end = time.monotonic() + 60
        try:
            while time.monotonic() < end:
                go_on()
        except Left:
            looked.append(True)
            raise

    Aside(work).leave()
    assert looked == [True]
    go_on()  # of no such thread: nobody can have left it
