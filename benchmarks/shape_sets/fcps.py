"""Sets after the Fundamental Clustering Problem Suite, with its sizes and extents.

Ultsch (2005), Clustering with SOM: U*C, Workshop on Self-Organizing Maps; Thrun and Ultsch (2020),
Clustering benchmark datasets exploiting the fundamental clustering problems, Data in Brief 30,
doi:10.1016/j.dib.2020.105501.
"""

from __future__ import annotations

import numpy as np

from shape_sets.pieces import Maker, Rows, ball, box, gauss, joined


def atom(rng: np.random.Generator) -> Rows:
    """Draw a dense ball in a hollow one."""
    return joined(gauss(rng, 400, [0, 0, 0], 3), ball(rng, 400, [0, 0, 0], 52, 48))


def chainlink(rng: np.random.Generator) -> Rows:
    """Draw two rings of a chain."""

    def loop(turn: list[int], shift: list[float]) -> np.ndarray:
        angle = rng.uniform(0, 2 * np.pi, 500)
        flat = np.stack([np.cos(angle), np.sin(angle), np.zeros(500)], axis=1)
        return flat[:, turn] + shift + rng.uniform(-0.1, 0.1, (500, 3))

    return joined(loop([0, 1, 2], [0, 0, 0]), loop([2, 1, 0], [0, 1, 0]))


def engytime(rng: np.random.Generator) -> Rows:
    """Draw two Gaussians that overlap, one wider than the other."""
    return joined(gauss(rng, 2048, [0.48, 0.44], 0.97), gauss(rng, 2048, [2.06, 2.96], 1.4))


def hepta(rng: np.random.Generator) -> Rows:
    """Draw six balls on three axes around a seventh, which is much denser."""
    places = [(j, sign) for j in range(3) for sign in (-3, 3)]
    balls = [ball(rng, 30, np.eye(3)[j] * sign, 1) for j, sign in places]
    return joined(ball(rng, 32, [0, 0, 0], 0.1), *balls)


def lsun(rng: np.random.Generator) -> Rows:
    """Draw two bars at right angles and a round group between them."""
    return joined(
        box(rng, 200, [0, 0], [3.9, 1]),
        box(rng, 100, [0.5, 1.55], [1.5, 5.4]),
        gauss(rng, 100, [2.93, 2.6], [0.42, 0.35]),
    )


def target(rng: np.random.Generator) -> Rows:
    """Draw a disc in a ring, and four outlying groups of three rows."""
    corners = [ball(rng, 3, [x, y], 0.07) for x in (-3, 3) for y in (-3, 3)]
    return joined(ball(rng, 395, [0, 0], 0.52), ball(rng, 363, [0, 0], 2.04, 1.47), *corners)


def tetra(rng: np.random.Generator) -> Rows:
    """Draw four balls at the corners of a tetrahedron, almost touching."""
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.83
    return joined(*(ball(rng, 100, corner, 1.08) for corner in corners))


def twodiamonds(rng: np.random.Generator) -> Rows:
    """Draw two squares that touch with a corner."""
    half = np.array([[0.5, -0.5], [0.5, 0.5]])
    square = [box(rng, 400, [-0.98, -0.98], [0.98, 0.98]) @ half.T for _ in range(2)]
    return joined(square[0] + [1.02, 0], square[1] + [3.07, 0])


def wingnut(rng: np.random.Generator) -> Rows:
    """Draw two bars, each denser towards the corner that lies near the other one."""
    dense = 1 - np.sqrt(rng.random((508, 2)))
    wing = np.array([0.15, 0.0]) + dense * [2.0, 3.0]
    other = np.array([0.15, 0.0]) + (1 - np.sqrt(rng.random((508, 2)))) * [2.0, 3.0]
    return joined(wing, other * [-1, -1] + [0, 3.0])


SETS: dict[str, Maker] = {
    "fcps/atom": atom,
    "fcps/chainlink": chainlink,
    "fcps/engytime": engytime,
    "fcps/hepta": hepta,
    "fcps/lsun": lsun,
    "fcps/target": target,
    "fcps/tetra": tetra,
    "fcps/twodiamonds": twodiamonds,
    "fcps/wingnut": wingnut,
}
