"""Sets after Graves and Pedrycz: lines, rings, parabolas and clouds that cross.

Graves and Pedrycz (2010), Kernel-based fuzzy clustering and fuzzy clustering, Fuzzy Sets and
Systems 161(4), doi:10.1016/j.fss.2009.10.021.
"""

from __future__ import annotations

import numpy as np

from shape_sets.pieces import Maker, Rows, ball, box, curve, gauss, joined, line, ring, turned


def dense(rng: np.random.Generator) -> Rows:
    """Draw a dense group beside a loose one."""
    return joined(gauss(rng, 100, [0.5, 0.5], 0.1), gauss(rng, 100, [-0.4, -0.4], 0.3))


def fuzzyx(rng: np.random.Generator) -> Rows:
    """Draw four arms of an X around its middle."""
    arms = [(1, 45), (1, 135), (1, 225), (1, 315)]

    def arm(far: float, degrees: float) -> np.ndarray:
        angle = np.deg2rad(degrees)
        lying = gauss(rng, 200, [far * np.cos(angle), far * np.sin(angle)], [0.22, 0.08])
        return turned(lying, degrees)

    return joined(gauss(rng, 200, [0, 0], 0.09), *(arm(*a) for a in arms))


def line_and_ball(rng: np.random.Generator) -> Rows:
    """Draw a round group beside the middle of a line."""
    return joined(box(rng, 100, [-0.05, -2], [0.05, 2]), gauss(rng, 150, [0.75, 0], 0.15))


def parabolic(rng: np.random.Generator) -> Rows:
    """Draw two parabolas, each with its tip between the arms of the other."""

    def way(t: np.ndarray) -> list[np.ndarray]:
        return [t, t**2]

    up = curve(rng, 500, way, -1.2, 1.2, 0.12)
    down = curve(rng, 500, way, -1.2, 1.2, 0.12) * [1, -1] + [1.2, 1.6]
    return joined(up, down)


def _circle_in_ring(rng: np.random.Generator) -> list[np.ndarray]:
    return [gauss(rng, 500, [0, 0], 0.18), ring(rng, 500, [0, 0], 1, 0.06)]


def ring_alone(rng: np.random.Generator) -> Rows:
    """Draw a round group in a ring."""
    return joined(*_circle_in_ring(rng))


def ring_noisy(rng: np.random.Generator) -> Rows:
    """Draw the same with noise."""
    return joined(*_circle_in_ring(rng), noise=box(rng, 50, [-1.5, -1.5], [1.5, 1.5]))


def ring_outliers(rng: np.random.Generator) -> Rows:
    """Draw the same with three small groups far off."""
    far = [ball(rng, 10, place, 0.05) for place in ([2, 2], [-2, 1.5], [1.5, -2])]
    return joined(*_circle_in_ring(rng), *far)


def _zigzag(rng: np.random.Generator) -> list[np.ndarray]:
    corners = [[0, 0], [0.5, 0.8], [1, 0], [1.5, 0.8]]
    return [
        line(rng, 100, corners, 0.04),
        gauss(rng, 75, [0.0, 0.75], 0.08),
        gauss(rng, 75, [1.6, 0.1], 0.08),
    ]


def zigzag(rng: np.random.Generator) -> Rows:
    """Draw a bent line between two round groups."""
    return joined(*_zigzag(rng))


def zigzag_noisy(rng: np.random.Generator) -> Rows:
    """Draw the same with noise."""
    return joined(*_zigzag(rng), noise=box(rng, 50, [-0.4, -0.4], [2, 1.2]))


def zigzag_outliers(rng: np.random.Generator) -> Rows:
    """Draw the same with far rows."""
    return joined(*_zigzag(rng), noise=ball(rng, 30, [0.8, 0.4], 2.5, 1.8))


SETS: dict[str, Maker] = {
    "graves/dense": dense,
    "graves/fuzzyx": fuzzyx,
    "graves/line": line_and_ball,
    "graves/parabolic": parabolic,
    "graves/ring": ring_alone,
    "graves/ring_noisy": ring_noisy,
    "graves/ring_outliers": ring_outliers,
    "graves/zigzag": zigzag,
    "graves/zigzag_noisy": zigzag_noisy,
    "graves/zigzag_outliers": zigzag_outliers,
}
