"""Room for rows: as NumPy gives it, of any size."""

from __future__ import annotations

import numpy as np
import pytest

from engine.places.pages import room


@pytest.mark.parametrize("shape", [(0, 3), (5, 3), (600_000, 16), (600_000, 0)])
def test_it_is_an_array_like_any_other(shape):
    one, other = room(shape), room(shape)
    one[:], other[:] = 1.5, 2.5
    assert one.shape == shape
    assert one.dtype == np.float32
    assert one.flags.c_contiguous
    assert one.flags.aligned
    assert (one == 1.5).all()
    assert (other == 2.5).all()


@pytest.mark.parametrize("rows", [1 << 44, 1 << 61])
def test_more_than_there_is_is_refused_as_numpy_refuses_it(rows):
    with pytest.raises((MemoryError, ValueError)):
        room((rows, 16))
