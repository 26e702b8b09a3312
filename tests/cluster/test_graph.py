"""What tasks are given: arrays where kernels read them, wherever they came from."""

from __future__ import annotations

import numpy as np

from engine.cluster.graph import _Told


def test_a_task_computes_alike_on_what_came_from_another_worker():
    """Kernels leave what is not aligned to NumPy, whose sums have other last digits."""
    room = np.zeros(81, np.uint8)
    arrived = room[1:].view(np.float64)
    assert not arrived.flags.aligned
    seen = _Told(lambda array, parts: [a.flags.aligned for a in (array, *parts)])
    assert seen(arrived, [arrived, arrived]) == [True, True, True]
