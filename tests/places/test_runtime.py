"""The runtime on a CPU: sums in chunk order at any number of threads, rows in and out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.places import runtime
from engine.places.runtime import CHUNK_ROWS, Runtime, chunk_bounds


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_sums_have_the_same_bits_at_any_number_of_threads(threads: int) -> None:
    x = np.random.default_rng(0).random((3 * CHUNK_ROWS + 7, 2))
    total, count = Runtime(threads=threads).reduce(lambda c: (c.sum(axis=0), len(c)), x)
    parts = [x[a:b].sum(axis=0) for a, b in chunk_bounds(len(x))]
    expected = parts[0]
    for part in parts[1:]:
        expected = expected + part
    assert total.tobytes() == expected.tobytes()
    assert count == len(x)


def test_what_is_filled_is_filled_everywhere_and_rows_are_told() -> None:
    x, told = np.arange(CHUNK_ROWS + 5.0), []
    doubled = np.empty_like(x)

    def fill(chunk: np.ndarray, out: np.ndarray) -> None:
        out[:] = 2 * chunk

    assert Runtime(threads=2, on_rows=told.append).reduce(fill, x, out=(doubled,)) is None
    assert np.array_equal(doubled, 2 * x)
    assert told == [CHUNK_ROWS, 5]


def test_an_error_in_a_chunk_is_raised() -> None:
    def refuse(_: np.ndarray) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Runtime(threads=2).reduce(refuse, np.zeros(3 * CHUNK_ROWS))


def test_rows_that_a_gpu_has_no_room_for_lie_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(runtime, "pinned_room", lambda shape, _: asked.append(shape))
    on_gpu = Runtime(device_memory=3_000)
    assert on_gpu.empty((50, 5)).shape == (50, 5)
    on_gpu.empty((51, 5))
    assert asked == [(51, 5)], "more than a third of its memory"
