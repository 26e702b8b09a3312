"""What sets of the suite are put together from: discs, balls, boxes, rings and curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]
"""float64 (n, d), and group (n,) int; -1 is noise."""

Maker = Callable[[np.random.Generator], Rows]


def joined(*groups: np.ndarray, noise: np.ndarray | None = None) -> Rows:
    """Give rows of several groups, in this order, and noise after them."""
    parts, numbers = list(groups), list(range(len(groups)))
    if noise is not None:
        parts, numbers = [*parts, noise], [*numbers, -1]
    sizes = [len(part) for part in parts]
    return np.concatenate(parts).astype(np.float64), np.repeat(numbers, sizes)


def gauss(
    rng: np.random.Generator, n: int, centre: Sequence[float], spread: float | Sequence[float]
) -> np.ndarray:
    """Draw a Gaussian with a standard deviation, or one a column."""
    return np.asarray(centre) + rng.standard_normal((n, len(centre))) * np.asarray(spread)


def turned(x: np.ndarray, degrees: float) -> np.ndarray:
    """Turn rows of two columns around their mean."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = x.mean(axis=0)
    return middle + (x - middle) @ turn


def ball(
    rng: np.random.Generator, n: int, centre: Sequence[float], radius: float, inner: float = 0.0
) -> np.ndarray:
    """Draw evenly from a disc, a ball, or what lies between two radii."""
    d = len(centre)
    way = rng.standard_normal((n, d))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return np.asarray(centre) + way * rng.uniform(inner**d, radius**d, (n, 1)) ** (1 / d)


def box(
    rng: np.random.Generator, n: int, low: Sequence[float], high: Sequence[float]
) -> np.ndarray:
    """Draw evenly from a box."""
    return rng.uniform(low, high, (n, len(low)))


def curve(
    rng: np.random.Generator,
    n: int,
    way: Callable[[np.ndarray], Sequence[np.ndarray]],
    start: float,
    stop: float,
    spread: float,
) -> np.ndarray:
    """Draw along a curve of a parameter, evenly by its length, with Gaussian noise."""
    fine = np.linspace(start, stop, 2_000)
    points = np.stack(way(fine), axis=1)
    length = np.concatenate([[0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    at = np.interp(rng.uniform(0, length[-1], n), length, fine)
    x = np.stack(way(at), axis=1)
    return x + rng.standard_normal(x.shape) * spread


def line(
    rng: np.random.Generator, n: int, points: Sequence[Sequence[float]], spread: float
) -> np.ndarray:
    """Draw along straight pieces from point to point."""
    corners = np.asarray(points, np.float64)
    steps = np.arange(len(corners))

    def way(t: np.ndarray) -> list[np.ndarray]:
        return [np.interp(t, steps, column) for column in corners.T]

    return curve(rng, n, way, 0, len(corners) - 1, spread)


def ring(
    rng: np.random.Generator,
    n: int,
    centre: Sequence[float],
    radius: float,
    spread: float,
    degrees: tuple[float, float] = (0, 360),
) -> np.ndarray:
    """Draw a ring, or an arc of it from one angle to another."""
    low, high = np.deg2rad(degrees)

    def way(t: np.ndarray) -> list[np.ndarray]:
        return [centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]

    return curve(rng, n, way, low, high, spread)
