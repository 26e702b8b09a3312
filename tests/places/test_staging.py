"""Rows on their way to a GPU: what is copied when, and that no slot is filled too early."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.places.staging import staged
from tests import cupy_by_numpy as stand_in


@pytest.fixture
def place() -> Runtime:
    return Runtime(Place.GPU, device_memory=1 << 20, xp=stand_in.made())


def filling(value: float, seen: list[np.ndarray]):
    """Make rows in the room that is given, and note which that was."""

    def make(room):
        stand_in.LOG.append(("made", value))
        seen.append(room)
        room[:] = value
        return room

    return make


SIZES = [3, 5, 5, 2, 7, 1]


def written(place: Runtime, matrix, sizes=SIZES) -> list[np.ndarray]:
    seen: list[np.ndarray] = []
    with staged(matrix, place) as target:
        start = 0
        for number, size in enumerate(sizes):
            target.write(start, size, filling(number, seen), here=True)
            start += size
    return seen


def expected(sizes=SIZES) -> np.ndarray:
    return np.repeat(np.arange(len(sizes), dtype=np.float32), sizes)[:, None] * np.ones(2)


def test_blocks_of_any_size_arrive(place):
    matrix = place.empty((sum(SIZES), 2))
    written(place, matrix)
    assert isinstance(matrix, stand_in.DeviceArray)
    assert np.array_equal(matrix.held, expected())


def test_copies_are_from_pinned_slots_and_the_last_is_waited_for(place):
    seen = written(place, place.empty((sum(SIZES), 2)))
    pinned = {a.ctypes.data for a in stand_in.PINNED}
    assert {room.ctypes.data for room in seen} <= pinned
    assert stand_in.LOG[-1] == ("synchronize", "copies")
    assert stand_in.LOG[1][:2] == ("wait", "copies"), "the matrix may be memory still in use"


def test_the_next_block_is_made_while_one_is_copied_and_a_slot_waits_for_its_copy(place):
    written(place, place.empty((12, 2)), [3, 3, 3, 3])
    told = [e for e in stand_in.LOG if e[0] in ("made", "copy", "done", "record")][1:]
    order = [e[0] for e in told]
    assert order[:6] == ["made", "copy", "record", "made", "copy", "record"], "two in flight"
    assert order[6:] == ["done", "made", "copy", "record"] * 2
    sent = [e[2] for e in told if e[0] == "record"]
    waited = [e[1] for e in told if e[0] == "done"]
    assert waited == sent[:2], "each for the copy that last read its slot"
    assert all(a != b for a, b in pairwise(sent))


def test_copies_are_waited_for_where_a_block_fails(place):
    def fails(_):
        message = "no such level"
        raise ValueError(message)

    def write():
        with staged(place.empty((4, 2)), place) as to:
            to.write(0, 2, filling(1, []), here=True)
            to.write(2, 2, fails, here=True)

    with pytest.raises(ValueError, match="no such level"):
        write()
    assert stand_in.LOG[-1] == ("synchronize", "copies")


@pytest.mark.parametrize("where", ["host", "device"])
def test_rows_of_their_own_memory_are_stored(place, where):
    matrix = place.empty((4, 2)) if where == "device" else np.zeros((4, 2), np.float32)
    for rows in (np.full((2, 2), 7, np.float32), stand_in.DeviceArray(np.full((2, 2), 8.0))):
        with staged(matrix, place) as target:
            target.write(1, 2, lambda _, rows=rows: rows, here=False)
        assert (place.get(matrix)[1:3] == place.get(rows)).all()


def test_a_matrix_in_host_memory_is_written_in_place(place):
    matrix = np.zeros((sum(SIZES), 2), np.float32)
    seen = written(place, matrix)
    assert all(np.shares_memory(room, matrix) for room in seen)
    assert np.array_equal(matrix, expected())
    assert {e[0] for e in stand_in.LOG} == {"made"}
