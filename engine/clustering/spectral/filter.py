"""A block of vectors under a Chebyshev filter, in the array namespace of the place."""

from __future__ import annotations

from typing import Any

MOST_ROUNDS, _TOLERANCE = 32, 1e-6

_FIRST, _MORE, _DEGREE = 20, 10, 60
"""Degree of the first round, what each adds, and the most. Groups take two or three short rounds, a
third less than rounds of 60 from the start; where eigenvalues lie close, long ones are worth it."""


def filtered(
    normal: Any, block: Any, count: int, xp: Any, *, most: int = MOST_ROUNDS
) -> tuple[Any, Any, bool]:
    """Rotate a block of vectors until the wanted ones stand still.

    Parameters
    ----------
    normal : sparse float64 array of shape (n_nodes, n_nodes)
        Symmetric, with eigenvalues of at most 1.
    block : float64 array of shape (n_nodes, n_vectors)
        Where ``normal`` lies; more vectors than ``count`` make it faster.
    count : int
    xp : module
        NumPy, or CuPy where the two lie on a device.
    most : int
        Rounds.

    Returns
    -------
    values : float64 array of shape (count,)
        Largest first.
    vectors : float64 array of shape (n_nodes, count)
    settled : bool
        Whether they stand still.
    """
    cut, settled = 0.9, False
    for round_ in range(most):
        degree = min(_FIRST + _MORE * round_, _DEGREE)
        basis = xp.linalg.qr(_chebyshev(normal, block, cut, degree))[0]
        image = normal @ basis
        values, turn = xp.linalg.eigh(basis.T @ image)
        values, turn = values[::-1], turn[:, ::-1]
        block = basis @ turn
        left = xp.linalg.norm((image @ turn - block * values)[:, :count], axis=0)
        settled = float(left.max()) <= _TOLERANCE
        if settled:
            break
        cut = min(max(float(values[-1]), 0.5), 1 - 1e-9)
    return values[:count], block[:, :count], settled


def _chebyshev(normal: Any, block: Any, cut: float, degree: int) -> Any:
    """Damp everything with an eigenvalue in [-1, cut]."""
    centre, half = (cut - 1) / 2, (cut + 1) / 2

    def step(vectors: Any) -> Any:
        return (normal @ vectors - centre * vectors) / half

    before, now = block, step(block)
    for _ in range(degree - 1):
        before, now = now, 2 * step(now) - before
    return now
