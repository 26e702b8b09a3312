"""Sets after those of the Warsaw University of Technology in clustering-data-v1, by sight.

Gagolewski (2022), A framework for benchmarking clustering algorithms, SoftwareX 20,
doi:10.1016/j.softx.2022.101270. Their names, numbers of rows and groups; their rows are others.
"""

from __future__ import annotations

import numpy as np

from shape_sets.pieces import Maker, Rows, ball, box, curve, gauss, joined, line, ring, turned


def circles(rng: np.random.Generator) -> Rows:
    """Draw four rings in one another."""
    return joined(*(ring(rng, 1000, [0, 0], radius, 0.05) for radius in (0.4, 0.9, 1.4, 1.9)))


def cross(rng: np.random.Generator) -> Rows:
    """Draw two long clouds that cross."""
    lying, standing = gauss(rng, 1000, [0, 0], [2, 0.06]), gauss(rng, 1000, [0, 0], [0.06, 2])
    return joined(turned(lying, 20), turned(standing, -15))


def graph(rng: np.random.Generator) -> Rows:
    """Draw ten round groups on a circle, neighbours near each other."""
    angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    return joined(*(gauss(rng, 250, [6 * np.cos(a), 6 * np.sin(a)], 0.55) for a in angle))


def isolation(rng: np.random.Generator) -> Rows:
    """Draw three groups, each shut off from the others by a ring."""
    return joined(
        ball(rng, 3000, [0, 0], 1), ball(rng, 3000, [0, 0], 2.2, 1.7), ball(rng, 3000, [5, 0], 1.2)
    )


def labirynth(rng: np.random.Generator) -> Rows:
    """Draw six walls of a maze."""
    walls = [
        [[0, 0], [8, 0], [8, 8]],
        [[0, 2], [0, 8], [6, 8]],
        [[2, 2], [6, 2], [6, 4]],
        [[2, 4], [2, 6], [6, 6]],
        [[4, 4], [4.01, 4]],
        [[10, 0], [10, 8]],
    ]
    return joined(*(line(rng, 590, wall, 0.18) for wall in walls))


def mk1(rng: np.random.Generator) -> Rows:
    """Draw three round groups."""
    return joined(*(gauss(rng, 100, place, 0.7) for place in ([0, 0], [4, 0], [2, 3.5])))


def mk2(rng: np.random.Generator) -> Rows:
    """Draw two half moons."""
    up, down = (
        ring(rng, 500, [0, 0], 1, 0.09, (0, 180)),
        ring(rng, 500, [1, 0.4], 1, 0.09, (180, 360)),
    )
    return joined(up, down)


def mk3(rng: np.random.Generator) -> Rows:
    """Draw three groups of different widths, two of which touch."""
    return joined(
        gauss(rng, 200, [0, 0], 0.5), gauss(rng, 200, [3, 0.5], 0.9), gauss(rng, 200, [-1, 5], 1.2)
    )


def mk4(rng: np.random.Generator) -> Rows:
    """Draw three bent bars side by side in three columns."""

    def way(t: np.ndarray) -> list[np.ndarray]:
        return [t, np.sin(t), np.cos(t)]

    return joined(
        *(curve(rng, 500, way, 0, 3, 0.12) + np.array([0, shift, 0]) for shift in (0, 1.2, 2.4))
    )


def olympic(rng: np.random.Generator) -> Rows:
    """Draw five rings that cross."""
    places = [[0, 0], [2.4, 0], [4.8, 0], [1.2, -1], [3.6, -1]]
    return joined(*(ring(rng, 1000, place, 1, 0.03) for place in places))


def smile(rng: np.random.Generator) -> Rows:
    """Draw a face: an outline, a mouth and two eyes."""
    return joined(
        ring(rng, 400, [0, 0], 2, 0.05),
        ring(rng, 250, [0, 0.1], 1.1, 0.05, (210, 330)),
        ball(rng, 175, [-0.7, 0.6], 0.25),
        ball(rng, 175, [0.7, 0.6], 0.25),
    )


def stripes(rng: np.random.Generator) -> Rows:
    """Draw two long bars side by side."""
    return joined(box(rng, 2500, [0, 0], [10, 0.5]), box(rng, 2500, [0, 0.9], [10, 1.4]))


def trajectories(rng: np.random.Generator) -> Rows:
    """Draw four bent tracks that run near each other."""

    def way(t: np.ndarray) -> list[np.ndarray]:
        return [t, np.sin(t)]

    return joined(
        *(curve(rng, 2500, way, 0, 9, 0.08) + np.array([0, shift]) for shift in (0, 0.9, 1.8, 2.7))
    )


def trapped_lovers(rng: np.random.Generator) -> Rows:
    """Draw two round groups within an outline."""
    outline = line(rng, 3000, [[0, 0], [8, 0], [8, 5], [0, 5], [0, 0]], 0.12)
    return joined(outline, gauss(rng, 1000, [2.6, 2.5], 0.45), gauss(rng, 1000, [5.4, 2.5], 0.45))


def twosplashes(rng: np.random.Generator) -> Rows:
    """Draw two clouds, both densest at the side where they meet."""
    left = np.stack([-rng.exponential(0.8, 200) - 0.2, rng.normal(0, 1, 200)], axis=1)
    right = np.stack([rng.exponential(0.8, 200) + 0.2, rng.normal(0, 1, 200)], axis=1)
    return joined(left, right)


def windows(rng: np.random.Generator) -> Rows:
    """Draw four squares of different sizes in a frame."""
    frame = line(rng, 1500, [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], 0.12)
    panes = [(2, 2, 2.6), (6.4, 2, 1.6), (2, 6.6, 1.4), (5.6, 5.6, 3.0)]
    return joined(frame, *(box(rng, 369, [x, y], [x + w, y + w]) for x, y, w in panes))


def x1(rng: np.random.Generator) -> Rows:
    """Draw three small round groups."""
    return joined(*(gauss(rng, 40, place, 0.5) for place in ([0, 0], [3, 1], [1, 4])))


def x2(rng: np.random.Generator) -> Rows:
    """Draw three small groups, two of which are long."""
    long = turned(gauss(rng, 40, [0, 2.2], [1.6, 0.25]), 25)
    return joined(gauss(rng, 40, [0, 0], [1.6, 0.25]), long, gauss(rng, 40, [6, 1], 0.6))


def x3(rng: np.random.Generator) -> Rows:
    """Draw four groups of 20 to 80."""
    cases = [(80, [0, 0], 0.8), (50, [4, 0], 0.6), (35, [0, 4], 0.5), (20, [4, 4], 0.4)]
    return joined(*(gauss(rng, *case) for case in cases))


def z1(rng: np.random.Generator) -> Rows:
    """Draw three arcs back to back."""
    arcs = [([0, 0], (90, 270)), ([1.4, 0], (-90, 90)), ([0.7, 2.6], (0, 180))]
    return joined(*(ring(rng, 64, place, 1, 0.08, degrees) for place, degrees in arcs))


def z2(rng: np.random.Generator) -> Rows:
    """Draw five groups of different density."""
    cases = [(300, [0, 0], 0.35), (300, [2.5, 0], 0.35), (100, [0, 3], 0.7), (100, [4, 4], 0.7)]
    return joined(*(gauss(rng, *case) for case in cases), gauss(rng, 100, [8, 1], 1.2))


def z3(rng: np.random.Generator) -> Rows:
    """Draw a ring, two round groups in it, and a bar below."""
    return joined(
        ring(rng, 400, [0, 0], 2.5, 0.1),
        gauss(rng, 200, [-0.9, 0], 0.28),
        gauss(rng, 200, [0.9, 0], 0.28),
        box(rng, 200, [-2.5, -4.2], [2.5, -3.6]),
    )


SETS: dict[str, Maker] = {
    f"wut/{make.__name__}": make
    for make in (
        circles, cross, graph, isolation, labirynth, mk1, mk2, mk3, mk4, olympic, smile, stripes,
        trajectories, trapped_lovers, twosplashes, windows, x1, x2, x3, z1, z2, z3,
    )
}  # fmt: skip
