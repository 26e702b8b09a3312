"""How far centres go towards the means of their rows in an iteration.

They go beyond the mean by a factor below 2, which cannot raise the inertia: at a fixed assignment
it is the scatter about the mean and ``n (c - mean)^2``. Almost twice as far in the first iterations
leads out of poor starts, and half as far again later saves a third of the iterations.
"""

from __future__ import annotations

import math

_FAR, _BEYOND = 1.95, 1.5
"""How far a centre goes towards the mean of its rows, in the first iterations and later."""

_SLOW = 0.6
"""Squared movement, as a share of the one before, above which centres go beyond the mean."""

_STILL = 0.005
"""Share of rows that change below which nothing is left of the first iterations."""

_STIRRED = 0.02
"""Share of rows that the first iteration must change for others to go far."""


CONSTANTS = (_FAR, _BEYOND, _SLOW, _STILL, _STIRRED)
"""As the kernel takes them (``engine/native/src/descent.cpp``), which goes at the same pace."""


class Pace:
    """The factor of each iteration.

    Parameters
    ----------
    far : int
        First iterations that go almost twice as far as the mean.
    max_iter : int
        The last one goes to the mean.
    """

    def __init__(self, far: int, max_iter: int) -> None:
        self.far, self._max_iter = far, max_iter
        self._before = math.inf

    def factor(self, n_iter: int, moved: float, changed: float) -> float:
        """Say how far to go.

        Parameters
        ----------
        n_iter : int
            1 in the first iteration.
        moved : float
            Squared distance to the means, of all centres.
        changed : float
            Share of rows that have another centre than in the iteration before.
        """
        if self.far and n_iter > 1 and changed <= (_STILL if n_iter > 2 else _STIRRED):
            self.far = 0
        slow, self._before = moved > _SLOW * self._before, moved
        if n_iter == self._max_iter or not changed:
            return 1.0
        if 1 < n_iter <= self.far:
            return _FAR
        return _BEYOND if slow else 1.0
