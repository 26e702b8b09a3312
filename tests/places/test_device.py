"""The way through a GPU, with NumPy in CuPy's place: order of copies, room that ends, pinning."""

from __future__ import annotations

import pickle
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.errors import MemoryLimitError, PlaceError
from engine.places import device, device_feed, parts
from engine.places.device_feed import Fitting
from engine.places.partial_sums import added
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in
from tests.cupy_by_numpy import DeviceArray


@pytest.fixture
def xp():
    return stand_in.made()


def gpu(xp, memory: int = 1 << 20) -> Runtime:
    return Runtime(Place.GPU, device_memory=memory, xp=xp)


def test_the_stand_in_refuses_what_cupy_refuses(xp):
    on_device, on_host = xp.asarray(np.arange(3.0)), np.arange(3.0)
    for meet in (
        lambda: on_device + on_host,
        lambda: on_host + on_device,
        lambda: np.sqrt(on_device),
        lambda: xp.sqrt(on_host),
        lambda: np.asarray(on_device),
    ):
        with pytest.raises(TypeError):
            meet()
    assert (2 * on_device - 1).get().tolist() == [-1, 1, 3]
    assert xp.einsum("i,i->", on_device, on_device).get() == 5


@pytest.mark.parametrize("n", [0, 1, 1_023, 1_024, 1_025, 5_000])
def test_every_row_passes_once_and_what_is_filled_comes_back(xp, n):
    x = np.arange(2 * n, dtype=np.float32).reshape(n, 2)
    labels, doubled = np.arange(n, dtype=np.int32), np.zeros((n, 2), np.float32)

    def chunk(rows, part, out):
        out[:] = rows * 2
        return rows.sum(axis=0, dtype=np.float64), part.sum(dtype=np.float64)

    found = gpu(xp).reduce(chunk, x, labels, out=(doubled,))
    assert np.array_equal(doubled, x * 2)
    if n:
        assert found[0].tolist() == x.sum(axis=0, dtype=np.float64).tolist()
        assert found[1] == labels.sum()


def test_pinned_rows_are_copied_ahead_and_others_go_through_pinned_room_beside_work(xp):
    """To put rows into the room keeps the thread, so work must be under way before it."""
    x, labels = np.ones((3_000, 2), np.float32), np.zeros(3_000, np.int32)
    stand_in.PINNED.append(x)

    def chunk(rows, part):
        stand_in.LOG.append(("work", len(rows)))
        return rows.sum()

    gpu(xp, 1).reduce(chunk, x, labels)
    told = [(e[0], *e[1:2]) for e in stand_in.LOG if e[0] in ("copy", "work")]
    assert told == [
        ("copy", "float32"),
        ("copy", "int32"),
        ("copy", "float32"),
        ("work", 1_024),
        ("copy", "int32"),
        ("copy", "float32"),
        ("work", 1_024),
        ("copy", "int32"),
        ("work", 952),
    ]


def test_a_slot_is_filled_after_it_was_read_and_read_after_it_was_filled(xp):
    x, labels = np.ones((5_000, 2), np.float32), np.zeros(5_000, np.int32)
    stand_in.PINNED.append(x)
    gpu(xp, 1).reduce(lambda rows, _: rows.sum(), x, labels)
    events = [e for e in stand_in.LOG if e[0] in ("wait", "record")]
    numbers = sorted({e[2] for e in events})
    filled, read = numbers[:2], numbers[2:]
    for slot in (0, 1):
        done = [e for e in events if e[2] in (filled[slot], read[slot])]
        fills = [i for i, e in enumerate(done) if e == ("record", "copies", filled[slot])]
        waits = [i for i, e in enumerate(done) if e == ("wait", "work", filled[slot])]
        reads = [i for i, e in enumerate(done) if e == ("record", "work", read[slot])][1:]
        assert len(fills) == len(waits) == len(reads) >= 2
        for fill, wait, end in zip(fills, waits, reads, strict=True):
            assert fill < wait < end
        assert all(end < fill for end, fill in zip(reads, fills[1:], strict=False))


@pytest.mark.parametrize("pieces", [1, 3])
def test_rows_of_a_file_go_through_two_pinned_rooms(xp, tmp_path, monkeypatch, pieces):
    x = np.memmap(tmp_path / "rows", np.float32, "w+", shape=(3_072, 2))
    x[:] = np.arange(6_144, dtype=np.float32).reshape(-1, 2)
    flags = np.arange(3_072, dtype=np.int8)
    monkeypatch.setattr(device_feed, "_PIECE", -(-1_024 // pieces) * 8)
    places, held = [], DeviceArray.set

    def noting(self, source, stream=None):
        places.append([a.ctypes.data for a in stand_in.PINNED if np.shares_memory(a, source)])
        held(self, source, stream)

    monkeypatch.setattr(DeviceArray, "set", noting)

    def chunk(rows, part):
        stand_in.LOG.append(("work", len(rows)))
        return rows.sum(dtype=np.float64), part.sum(dtype=np.int64)

    found = gpu(xp, 1).reduce(chunk, x, flags)
    assert found == (x.sum(dtype=np.float64), flags.sum(dtype=np.int64))
    assert len(places) == 3 * (pieces + 1)
    assert all(len(rooms) == 1 for rooms in places)
    assert places[0] != places[1]
    assert places[2:] == places[:-2]
    # A room's copy is done before rows go into it again, beside work that was handed over.
    told = [e[0] for e in stand_in.LOG if e[0] in ("copy", "work", "done")]
    turn = ["done", "copy"] * (pieces + 1)
    assert told == ["copy", "copy", *turn[4:], "work", *turn, "work", *turn, "work"]


def test_passes_leave_their_pinned_rooms_to_each_other(xp):
    runtime = gpu(xp, 1)
    x = np.arange(6_144, dtype=np.float32).reshape(-1, 2)
    for _ in range(3):
        assert runtime.reduce(lambda rows: rows.sum(dtype=np.float64), x) == x.sum(dtype=float)
    assert len(stand_in.PINNED) == 2
    flags = np.ones(3_072, np.int8)  # a smaller pass takes larger rooms
    assert runtime.reduce(lambda rows: rows.sum(dtype=np.int64), flags) == 3_072
    assert len(stand_in.PINNED) == 2
    wide = np.ones((3_072, 5), np.float32)  # a larger one pins anew
    assert runtime.reduce(lambda rows: rows.sum(dtype=np.float64), wide) == 5 * 3_072
    assert len(stand_in.PINNED) == 4
    assert [len(room) for room in runtime.rooms._kept] == [1_024 * 20] * 2
    runtime.leave()
    assert not runtime.rooms._kept


def test_a_pass_that_fails_leaves_its_rooms_and_other_processes_have_none(xp):
    runtime, x = gpu(xp, 1), np.ones((3_000, 2), np.float32)

    def refuse(_: Any) -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            runtime.reduce(refuse, x)
    assert len(stand_in.PINNED) == len(runtime.rooms._kept) == 2
    assert not pickle.loads(pickle.dumps(runtime.rooms))._kept
    assert replace(runtime, threads=2).rooms is runtime.rooms


def test_passes_of_several_threads_never_share_a_room(xp):
    runtime, inside = gpu(xp, 1), threading.Barrier(4, timeout=60)
    rows = [np.full((3_000, 2), number, np.float32) for number in range(4)]

    def summed(x: np.ndarray) -> float:
        def chunk(part: Any) -> Any:
            inside.wait()  # each pass is under way
            return part.sum(dtype=np.float64)

        return float(runtime.reduce(chunk, x))

    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(summed, rows)) == [0, 6_000, 12_000, 18_000]
        assert len(runtime.rooms._kept) == 2
    assert len(stand_in.PINNED) <= 8 + 6 + 6


class Small:
    """A function that finds no room for more than so many rows."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sizes: list[int] = []

    def __call__(self, rows, out=None):
        self.sizes.append(len(rows))
        if len(rows) > self.most:
            message = "std::bad_alloc: out_of_memory\nmore"
            raise MemoryError(message)
        if out is not None:
            out[:] = rows[:, 0] * 2
        return rows.sum(axis=0, dtype=np.float64), rows.sum(dtype=np.float64)


def test_a_chunk_without_room_is_halved_until_it_fits_and_so_are_the_next(xp):
    x = np.random.default_rng(0).random((20_000, 3), np.float32)
    fn, out = Small(3_000), np.zeros(20_000, np.float32)
    runtime = gpu(xp, 10_000 * 4 * (4 * 64 + 512))
    with pytest.warns(RuntimeWarning, match=r"blocks of \d+,\d+ rows; blocks of 2,\d+ fit") as told:
        sums, total = runtime.reduce(fn, x, out=(out,))
    assert sums == pytest.approx(x.sum(axis=0, dtype=np.float64), rel=1e-12)
    assert total == pytest.approx(x.sum(dtype=np.float64), rel=1e-12)
    assert np.array_equal(out, x[:, 0] * 2)
    assert sum(s > 3_000 for s in fn.sizes) == 2, "the size that fitted is remembered"
    assert len(told) == 1


def test_memory_that_ends_at_the_least_block_is_one_sentence_with_its_rows(xp):
    for n, words in ((20_000, "blocks of 1,"), (3, "blocks of 3 rows"), (1, "blocks of 1 row ")):
        with pytest.raises(MemoryLimitError) as caught:
            gpu(xp).reduce(Small(0), np.ones((n, 2), np.float32))
        sentence = str(caught.value)
        assert sentence.startswith("the GPU's memory is exhausted even at blocks of ")
        assert words in sentence
        assert "(std::bad_alloc: out_of_memory)" in sentence
        assert "set compute.device to cpu" in sentence
        assert "\n" not in sentence


@pytest.mark.parametrize("what", ["slots", "results"])
def test_room_for_the_chunks_themselves_is_halved_too(xp, what):
    def empty(shape, dtype):
        asked.append(shape[0])
        if shape[0] > 1_500 and len(shape) == (2 if what == "slots" else 1):
            raise MemoryError
        return stand_in.DeviceArray(np.zeros(shape, dtype))

    asked: list[int] = []
    xp.empty = empty
    x, out = np.ones((9_000, 2), np.float32), np.zeros(9_000, np.float32)

    def chunk(rows, part):
        part[:] = rows[:, 0]
        return rows.sum(dtype=np.float64)

    assert gpu(xp, 64 << 20).reduce(chunk, x, out=(out,)) == 18_000
    assert out.all()
    assert min(asked) <= 1_500


def test_no_room_for_the_least_chunk_is_one_sentence(xp):
    def empty(shape, dtype):
        raise MemoryError

    xp.empty = empty
    with pytest.raises(MemoryLimitError, match="even at blocks of 1,024 rows"):
        gpu(xp).reduce(lambda rows: rows.sum(), np.ones((9_000, 2), np.float32))


def test_pieces_add_up_to_the_same_structure():
    parts = Fitting(lambda rows: (rows.sum(), None, len(rows)), added)
    parts._most = 1_024
    found = parts(3_000, (np.ones(3_000),))
    assert found == (3_000, None, 3_000)


def no_more(size, flags):
    message = "cudaErrorMemoryAllocation: out of memory"
    raise RuntimeError(message)


def test_memory_that_cannot_be_pinned_is_ordinary_memory(monkeypatch):
    cuda = SimpleNamespace(PinnedMemory=no_more)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    with pytest.warns(RuntimeWarning, match=r"could not be pinned \(cudaErrorMemoryAllocation"):
        rows = device.empty_on_host((1_000, 3))
    assert (rows.shape, rows.dtype) == ((1_000, 3), np.float32)
    rows[:] = 1


class Pool:
    """CuPy's own pool, as far as its limit goes."""

    limit = 0

    def set_limit(self, *, size: int) -> None:
        self.limit = size


@pytest.fixture
def opening(monkeypatch):
    """Give CuPy, and rmm where it is wanted, as far as opening the device goes."""

    def made(free: int, error: Exception | None = None, *, rmm: bool = True) -> Pool:
        def reinitialize(**asked: int) -> None:
            if error:
                raise error
            pool.limit = asked["maximum_pool_size"]

        def own() -> Pool:
            if error:
                raise error
            return pool

        pool = Pool()
        runtime = SimpleNamespace(
            memGetInfo=lambda: (free, 80 << 30),
            getDeviceProperties=lambda _: {"name": b"NVIDIA H100"},
        )
        cuda = SimpleNamespace(runtime=runtime, set_allocator=lambda _: None)
        cupy = SimpleNamespace(cuda=cuda, get_default_memory_pool=own)
        monkeypatch.setitem(sys.modules, "cupy", cupy)
        monkeypatch.setattr(parts, "why_no", lambda _: None if rmm else "RMM is not installed")
        monkeypatch.setattr(parts, "found", lambda: parts.ALONE)
        monkeypatch.setitem(sys.modules, "rmm", SimpleNamespace(reinitialize=reinitialize))
        monkeypatch.setitem(sys.modules, "rmm.allocators", SimpleNamespace())
        allocators = SimpleNamespace(rmm_cupy_allocator=None)
        monkeypatch.setitem(sys.modules, "rmm.allocators.cupy", allocators)
        return pool

    device._open_pool.cache_clear()
    yield made
    device._open_pool.cache_clear()


@pytest.mark.parametrize("rmm", [True, False])
def test_the_pool_is_what_is_told(opening, rmm):
    pool = opening(60 << 30, rmm=rmm)
    found = device.open_device(spill=True)
    assert found.total == 80 << 30
    assert found.pool == pool.limit == int((60 << 30) * device.POOL_SHARE) // 256 * 256


def test_what_faiss_takes_lies_beside_the_pool(opening, monkeypatch):
    opening(60 << 30, rmm=False)
    faiss = replace(parts.ALONE, search=parts.Part("Faiss", "it is there"))
    monkeypatch.setattr(parts, "found", lambda: faiss)
    least = int(((60 << 30) - device.FAISS_TEMPORARY) * device.POOL_SHARE)
    assert device.open_device().pool == least // 256 * 256


@pytest.mark.parametrize("rmm", [True, False])
@pytest.mark.parametrize(
    ("free", "error", "words"),
    [
        (int(0.9 * 2**30), None, "the GPU has only 0.9 GiB of memory free"),
        (60 << 30, MemoryError("std::bad_alloc\nmore"), r"cannot be taken \(std::bad_alloc; "),
        (60 << 30, RuntimeError("cudaErrorDevicesUnavailable"), "cudaErrorDevicesUnavailable"),
    ],
)
def test_memory_that_cannot_be_had_is_a_clause(opening, free, error, words, rmm):
    opening(free, error, rmm=rmm)
    with pytest.raises(PlaceError, match=words) as caught:
        device.open_device()
    assert not str(caught.value).endswith(".")


def test_nothing_warns_where_all_fits(xp):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gpu(xp).reduce(Small(1 << 30), np.ones((5_000, 2), np.float32))
