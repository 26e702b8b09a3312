"""Works side by side: in order, each on one thread with what it calls, which is left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from threading import current_thread, get_ident

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from engine.places.runtime import Runtime
from engine.places.side_by_side import any_of, side_by_side, streamed
from engine.places.workers import on_a_worker


def _blas_threads() -> set[int]:
    return {int(i["num_threads"]) for i in threadpool_info() if i["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_are_in_order_and_what_works_call_stays_on_their_thread(threads):
    runtime, x = Runtime(threads=threads), np.arange(200_000.0)

    def work(number: int) -> tuple[int, set[int], float]:
        own = {get_ident(), *runtime.map(lambda _: get_ident(), range(3))}
        chunks: list[int] = []

        def chunk(rows: np.ndarray) -> float:
            chunks.append(get_ident())
            return float(rows.sum())

        total = runtime.reduce(chunk, x) if threads > 1 else float(x.sum())
        return number, own | set(chunks) if threads > 1 else {get_ident()}, total

    found = side_by_side(work, range(7), runtime)
    assert [number for number, _, _ in found] == list(range(7))
    assert all(len(own) == 1 for _, own, _ in found)
    assert {total for _, _, total in found} == {float(x.sum())}


@pytest.mark.parametrize("threads", [1, 2])
def test_maps_keep_libraries_to_one_thread_and_leave_them_as_they_were(threads):
    np.ones((2, 2)) @ np.ones((2, 2))
    before = _blas_threads()
    inside = Runtime(threads=threads).map(lambda _: (_blas_threads(), on_a_worker()), [0, 1])
    assert inside == [({1}, True)] * 2
    assert _blas_threads() == before
    assert not on_a_worker()


def test_a_fault_inside_leaves_the_thread_free():
    def fail(_: int) -> None:
        message = "no"
        raise ValueError(message)

    for threads in (1, 2):
        with pytest.raises(ValueError, match="no"):
            Runtime(threads=threads).map(fail, [1, 2])
        assert not on_a_worker()


def test_any_asks_no_more_at_a_time_than_there_are_threads_and_stops():
    asked: list[int] = []

    def is_three(n: int) -> bool:
        asked.append(n)
        return n == 3

    assert any_of(is_three, [1, 2, 3, 4, 5, 6], Runtime(threads=2))
    assert sorted(asked) == [1, 2, 3, 4]
    assert not any_of(is_three, [1, 2], Runtime(threads=1))
    assert not any_of(is_three, [], Runtime(threads=2))
    assert current_thread().name == "MainThread"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_what_comes_is_worked_on_in_order_few_at_a_time(threads):
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    ahead = []
    for number, found in enumerate(
        streamed(lambda n: (n, on_a_worker()), items(), Runtime(threads=threads))
    ):
        assert found == (number, threads > 1)
        ahead.append(len(taken) - number)
    assert len(ahead) == 20
    assert max(ahead) <= threads + 1


def test_what_is_raised_in_a_stream_is_told_and_ends_it():
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1_000):
            taken.append(number)
            yield number

    with pytest.raises(ZeroDivisionError):
        list(streamed(lambda n: 1 / (n - 3), items(), Runtime(threads=2)))
    assert len(taken) < 10
