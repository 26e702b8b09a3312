"""The way through a device: blocks, their overlap with work, and what happens when memory ends."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MemoryLimitError
from engine.places.device_sizes import chunk_rows
from engine.places.place import Place
from engine.places.runtime import Runtime

CPU = Runtime(Place.CPU, "to compare with", threads=1)
GIB = 1 << 30


@given(st.integers(1, 500), st.integers(0, 200 * GIB))
def test_a_blocks_copies_fit(width, free):
    rows = chunk_rows((np.zeros((1, width), np.float32),), free)
    assert 1_024 <= rows <= 1 << 22
    # Eight copies in float64 take a quarter of the memory, unless that would be too few rows.
    assert rows == 1_024 or rows * width * 8 * 8 <= free / 4


def test_blocks_shrink_with_width_and_memory():
    thin, wide = np.zeros((1, 4), np.float32), np.zeros((1, 64), np.float32)
    labels = np.zeros(1, np.int32)
    assert chunk_rows((wide,), 2 * GIB) < chunk_rows((thin,), 2 * GIB)
    assert chunk_rows((thin,), GIB) < chunk_rows((thin,), 2 * GIB)
    assert chunk_rows((wide, wide), GIB) < chunk_rows((wide,), GIB)
    assert chunk_rows((wide, labels), GIB) < chunk_rows((wide,), GIB)


def test_arrays_live_in_the_place(runtime):
    library = "cupy" if runtime.place == Place.GPU else "numpy"
    moved = runtime.put(np.arange(3.0))
    assert type(moved).__module__.partition(".")[0] == library
    assert type(runtime.empty((10, 2))).__module__.partition(".")[0] == library
    back = runtime.get(moved)
    assert isinstance(back, np.ndarray)
    assert back.tolist() == [0, 1, 2]
    if runtime.place == Place.GPU:
        assert runtime.xp.__name__ == "cupy"
        assert runtime.device_memory > 0
        assert {"cupy", "rmm"} <= set(sys.modules)


@pytest.mark.parametrize("n", [0, 1, 1_023, 1_024, 1_025, 5_000])
def test_every_row_passes_once(in_blocks, n):
    x = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    seen: list[int] = []
    runtime = replace(in_blocks, on_rows=seen.append)
    total = runtime.reduce(lambda rows: rows.sum(axis=0, dtype=np.float64), x)
    assert sum(seen) == n
    if n:
        assert total.tolist() == x.sum(axis=0, dtype=np.float64).tolist()
        assert isinstance(total, np.ndarray)
    else:
        assert total is None


def test_what_is_filled_comes_back(in_blocks, crowd):
    labels = np.arange(len(crowd), dtype=np.int32)
    doubled, moved = np.zeros_like(crowd), np.zeros(len(crowd), np.int32)

    def chunk(rows, part, out, other):
        out[:] = rows * 2
        other[:] = part + 1

    assert in_blocks.reduce(chunk, crowd, labels, out=(doubled, moved)) is None
    assert np.array_equal(doubled, crowd * 2)
    assert np.array_equal(moved, labels + 1)


def test_rows_in_a_file(in_blocks, crowd, tmp_path):
    np.save(tmp_path / "x.npy", crowd)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    total = in_blocks.reduce(lambda rows: rows.T @ rows, mapped)
    assert total == pytest.approx(crowd.T @ crowd, rel=1e-4)


def test_rows_are_stored_and_taken(rows_of, crowd):
    runtime, where = rows_of
    target = where(np.zeros_like(crowd))
    for start in range(0, len(crowd), 7_000):
        runtime.store(target, start, runtime.put(crowd[start : start + 7_000]))
    assert np.array_equal(runtime.get(target), crowd)
    some = np.random.default_rng(0).permutation(len(crowd))[:500]
    assert np.array_equal(runtime.take(target, some), crowd[some])


def test_copies_wait_for_memory_that_is_still_in_use(gpu):
    """A freed array's last kernels may still run when the pool hands its memory to a copy."""
    xp, small = gpu.xp, replace(gpu, device_memory=1 << 28)
    x = small.empty((4_000_000, 16))
    if not isinstance(x, np.ndarray):
        pytest.fail("a matrix of 256 MB was to stay in host memory")
    x[:] = 1.0
    for _ in range(10):
        busy = xp.zeros(1 << 27, xp.float32)
        for _ in range(40):
            busy += 7.0
        del busy
        total = small.reduce(lambda rows: rows.sum(axis=0, dtype=xp.float64), x)
        assert total.tolist() == [len(x)] * 16


def test_blocks_may_change_while_work_goes_on(gpu):
    """A slot is filled again only when the slow work that reads it is done."""
    xp, small = gpu.xp, replace(gpu, device_memory=1 << 24)
    x = small.empty((200_000, 16))
    x[:] = np.arange(len(x), dtype=np.float32)[:, None]

    def slow(rows):
        for _ in range(30):
            xp.linalg.norm(rows.astype(xp.float64) @ rows.T[:, :512].astype(xp.float64))
        return rows.sum(axis=0, dtype=xp.float64)

    expected = float(np.arange(len(x), dtype=np.float64).sum())
    assert small.reduce(slow, x).tolist() == [expected] * 16


def test_exhausted_memory_is_one_sentence(gpu, crowd):
    xp = gpu.xp
    with pytest.raises(MemoryLimitError) as caught:
        gpu.reduce(lambda rows: xp.empty(1 << 50, xp.uint8).sum(), crowd)
    sentence = str(caught.value)
    assert sentence.startswith("the GPU's memory is exhausted even at blocks of 1,024 rows (")
    assert "set compute.device to cpu" in sentence
    assert "\n" not in sentence


def test_a_block_that_finds_no_room_is_halved(gpu, crowd):
    def wide(rows):
        if len(rows) > 5_000:
            gpu.xp.empty(1 << 50, gpu.xp.uint8)
        return rows.sum(axis=0, dtype=np.float64)

    with pytest.warns(RuntimeWarning, match="blocks of 5,000 fit"):
        total = gpu.reduce(wide, crowd)
    assert total == pytest.approx(crowd.sum(axis=0, dtype=np.float64), rel=1e-12)


def test_room_on_the_host_is_pinned(gpu):
    from engine.places.device import empty_on_host
    from engine.places.device_feed import _is_pinned

    assert _is_pinned(gpu.xp, empty_on_host((1_000, 3)))
    assert not _is_pinned(gpu.xp, np.empty((1_000, 3), np.float32))


def test_the_device_goes_on_after_that(gpu, crowd):
    with pytest.raises(MemoryLimitError):
        gpu.reduce(lambda rows: gpu.xp.empty(1 << 50, gpu.xp.uint8), crowd)
    total = gpu.reduce(lambda rows: rows.sum(axis=0, dtype=np.float64), crowd)
    assert total == pytest.approx(crowd.sum(axis=0, dtype=np.float64), rel=1e-12)
