"""Sets after the Chameleon's, squares, those that scikit-learn ships, and none at all.

Karypis, Han and Kumar (1999), Chameleon, IEEE Computer 32(8), doi:10.1109/2.781637; rows of those
are drawn anew, with noise of a tenth as theirs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shape_sets.pieces import Maker, Rows, ball, box, curve, gauss, joined, line, ring


def chameleon(rng: np.random.Generator) -> Rows:
    """Draw six shapes, two of them bent into each other, in noise and under a thin line."""
    wave = curve(rng, 1200, lambda t: [t, 0.6 * np.sin(t)], 0, 9, 0.18) + np.array([0, 5])
    return joined(
        wave,
        ring(rng, 1200, [2, 1.6], 1.3, 0.2, (20, 340)),
        ball(rng, 800, [2, 1.6], 0.5),
        box(rng, 1400, [5, -0.5], [6.4, 3]),
        box(rng, 1400, [7.2, -0.5], [8.6, 3]),
        line(rng, 1200, [[10, -0.5], [11.5, 3], [10, 5.5]], 0.2),
        noise=box(rng, 800, [-1, -1.5], [12.5, 7]),
    )


def bars(rng: np.random.Generator) -> Rows:
    """Draw eight oblong groups in two rows, in noise."""
    places = [(3 * i, 4 * j) for i in range(4) for j in range(2)]
    groups = [box(rng, 900, [x, y], [x + 1.6, y + 3]) for x, y in places]
    return joined(*groups, noise=box(rng, 800, [-1, -1], [12, 8.5]))


def crossing(rng: np.random.Generator) -> Rows:
    """Draw two lines that cross at right angles."""
    return joined(
        line(rng, 500, [[-1, -1], [1, 1]], 0.01), line(rng, 500, [[-1, 1], [1, -1]], 0.01)
    )


def densities(rng: np.random.Generator) -> Rows:
    """Draw half moons and round groups of different density, in noise."""
    return joined(
        ring(rng, 500, [0, 0], 1, 0.05, (0, 180)),
        ring(rng, 500, [1, 0.45], 1, 0.05, (180, 360)),
        gauss(rng, 500, [-1.2, 2], 0.16),
        gauss(rng, 300, [1.5, 2.2], 0.1),
        gauss(rng, 300, [3.2, 1.6], 0.3),
        noise=box(rng, 209, [-2, -1.2], [4.2, 3]),
    )


def square(rng: np.random.Generator) -> Rows:
    """Draw a square in a wide frame."""
    frame = np.concatenate([
        box(rng, 125, low, high)
        for low, high in (([-3, -3], [3, -2.2]), ([-3, 2.2], [3, 3]), ([-3, -2.2], [-2.2, 2.2]),
                          ([2.2, -2.2], [3, 2.2]))
    ])  # fmt: skip
    return joined(frame, box(rng, 500, [-1.2, -1.2], [1.2, 1.2]))


def _shipped(name: str, rows: slice = slice(None)) -> Maker:
    """Give a set that scikit-learn ships, standardised."""

    def make(_: np.random.Generator) -> Rows:
        from sklearn import datasets

        found: Any = getattr(datasets, f"load_{name}")(return_X_y=True)
        x, y = np.asarray(found[0], np.float64)[rows], np.asarray(found[1])[rows]
        spread = x.std(axis=0)
        return (x[:, spread > 0] - x.mean(axis=0)[spread > 0]) / spread[spread > 0], y

    return make


def _cloud(spread: list[float]) -> Maker:
    def make(rng: np.random.Generator) -> Rows:
        return joined(gauss(rng, 2000, [0.0] * len(spread), spread))

    return make


def _even(columns: int) -> Maker:
    def make(rng: np.random.Generator) -> Rows:
        return joined(box(rng, 2000, [0.0] * columns, [1.0] * columns))

    return make


def golfball(rng: np.random.Generator) -> Rows:
    """Draw a sphere, evenly covered: no groups (of the Fundamental Clustering Problem Suite)."""
    return joined(ball(rng, 4002, [0, 0, 0], 1.0, 0.999))


def skewed(rng: np.random.Generator) -> Rows:
    """Draw one cloud of four skewed columns, after the logarithm that skewed columns get."""
    return joined(np.log1p(rng.lognormal(0, 0.8, (2000, 4))))


SETS: dict[str, Maker] = {
    "other/chameleon": chameleon,
    "other/bars": bars,
    "other/crossing": crossing,
    "other/densities": densities,
    "other/square": square,
    "uci/breast_cancer": _shipped("breast_cancer"),
    "uci/digits": _shipped("digits"),
    "uci/iris": _shipped("iris"),
    "uci/iris5": _shipped("iris", slice(45, 150)),
    "uci/wine": _shipped("wine"),
}

NOTHING: dict[str, Maker] = {
    "none/golfball": golfball,
    "none/gauss2": _cloud([1, 1]),
    "none/long4": _cloud([3, 2, 1, 1]),
    "none/gauss8": _cloud([1.0] * 8),
    "none/box2": _even(2),
    "none/box4": _even(4),
    "none/skewed": skewed,
    "none/ellipse": _cloud([5, 1]),
}
"""Customers without groups, where ``k: auto`` must say so."""
