"""Arrays that came over a network are brought to where kernels read them."""

from __future__ import annotations

import numpy as np

from engine.native.arrays import aligned, fits


def unaligned(values: np.ndarray) -> np.ndarray:
    room = np.zeros(values.nbytes + 1, np.uint8)
    found = room[1:].view(values.dtype).reshape(values.shape)
    found[...] = values
    return found


def test_what_begins_anywhere_is_copied():
    values = np.arange(6, dtype=np.int32).reshape(3, 2)
    given = unaligned(values)
    assert not fits(given, np.int32, 2)
    found = aligned(given)
    assert fits(found, np.int32, 2)
    assert np.array_equal(found, values)


def test_what_lies_well_is_not_copied():
    values = np.arange(6.0)
    assert aligned(values) is values
    assert aligned("text") == "text"


def test_lists_and_tuples_are_gone_through():
    given = unaligned(np.arange(3.0))
    ((found, word), [other]) = aligned(((given, "word"), [given]))
    assert word == "word"
    assert fits(found, np.float64, 1)
    assert fits(other, np.float64, 1)
