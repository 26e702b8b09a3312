"""Rows in pieces: drawn, taken, mapped and added up as an array's are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.places.runtime import Runtime
from engine.utilities.rows import counted, mapped, smallest_within
from engine.utilities.sampling import draw, mix, row_priority

SIZES = (70_000, 1, 30_000)


def spread(array: np.ndarray, cluster: ClusterRuntime) -> Spread:
    found = Spread(cluster.members, SIZES, array.dtype, array.shape[1:])
    found.fill(cluster.members.tasks(np.asarray, np.split(array, np.cumsum(SIZES)[:-1])))
    return found


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(sum(SIZES), 3)).astype(np.float32)


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 4, sum(SIZES)).astype(np.int32)


def test_rows_are_taken_in_the_order_asked_for(cluster, x):
    rows = np.random.default_rng(0).permutation(len(x))[:5_000]
    assert np.array_equal(cluster.take(spread(x, cluster), rows), x[rows])
    assert np.array_equal(spread(x, cluster)[:7], x[:7])


def test_the_same_rows_are_drawn(cluster, labels):
    priority = row_priority(len(labels), 5)
    there = spread(priority, cluster)
    assert np.array_equal(draw(there, 1_000), draw(priority, 1_000))
    assert np.array_equal(draw(mix(there, 7), 50), draw(mix(priority, 7), 50))
    counts = np.array([10, 0, 10**6, 3])
    for one, other in zip(
        smallest_within(there, spread(labels, cluster), counts),
        smallest_within(priority, labels, counts),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_values_are_mapped_counted_and_cut_by_columns(cluster, x, labels):
    there = mapped(lambda part: part * 2, spread(labels, cluster))
    assert np.array_equal(counted(there, 7), counted(labels * 2, 7))
    assert np.array_equal(spread(x, cluster)[:, 1:][:9], x[:9, 1:])


@pytest.fixture
def own(cluster: ClusterRuntime) -> Members:
    """Members of a test's own, whose workers it may make up."""
    return Members(cluster.members.client)


@pytest.fixture
def asked(own, monkeypatch) -> list[tuple[Any, list[int]]]:
    """List for each message the worker it is for, and the positions of its tasks."""
    found, get = [], own.client.get

    def recorded(tasks: Any, keys: Any, **more: Any) -> Any:
        found.append((more.get("workers"), [i for _, i in keys]))
        return get(tasks, keys, **more)

    monkeypatch.setattr(own.client, "get", recorded)
    return found


@pytest.mark.parametrize(("n", "shares"), [(1, [0, 1]), (2, [1, 1]), (7, [3, 4]), (40, [20, 20])])
def test_first_tasks_go_to_workers_in_even_shares(own, asked, n, shares):
    futures = own.spread(np.arange, list(range(n)))
    assert [len(part) for part in own.results(futures)] == list(range(n))
    assert [i for _, positions in asked for i in positions] == list(range(n))
    names = [[address] for address in own.watch.workers]
    expected = [(name, size) for name, size in zip(names, shares, strict=True) if size]
    assert [(name, len(positions)) for name, positions in asked] == expected


def test_shares_are_as_the_threads_are(own, asked):
    threads = zip(own.watch.workers, (3, 1), strict=True)
    own.watch.workers = {address: {"nthreads": n} for address, n in threads}
    own.results(own.spread(np.arange, list(range(12))))
    assert [len(positions) for _, positions in asked] == [9, 3]


def test_a_large_function_and_all_its_messages_are_counted(own, asked):
    values = np.arange(100_000.0)  # travels by itself, once a message
    found = own.results(own.spread(lambda i: values[i], [3, 1, 4, 1]))
    assert found == [3, 1, 4, 1]
    assert len(asked) == 2
    assert 2 * values.nbytes < own.moved.sent < 2 * values.nbytes + 10_000


def test_a_worker_that_is_gone_is_done_without(own):
    there = own.watch.workers
    own.watch.workers = {a: {"nthreads": 1} for a in ("tcp://127.0.0.1:1", *there)}
    found = own.results(own.spread(np.arange, list(range(6))))
    assert [len(part) for part in found] == list(range(6))
    own.watch.workers = {}
    assert len(own.results(own.spread(np.arange, [3]))[0]) == 3


def test_passes_add_up_and_fill(cluster, x):
    there = spread(x, cluster)
    out = cluster.beside(there, np.float32)

    def chunk(rows, filled):
        filled[:] = rows[:, 0]
        return rows.sum(axis=0, dtype=np.float64), len(rows)

    sums, n = cluster.reduce(chunk, there, out=(out,))
    assert n == len(x)
    here = Runtime().reduce(lambda rows: rows.sum(axis=0, dtype=np.float64), x)
    np.testing.assert_allclose(sums, here, rtol=1e-12)
    assert np.array_equal(out[:20], x[:20, 0])


def test_rows_are_never_brought_here_as_a_whole(cluster, x):
    with pytest.raises(TypeError, match="not brought here"):
        np.asarray(spread(x, cluster))
