"""Sets after those of the Speech and Image Processing Unit, Joensuu; the largest with fewer rows.

Fränti and Sieranoja (2018), K-means properties on six clustering benchmark datasets, Applied
Intelligence 48(12), doi:10.1007/s10489-018-1238-7, and the papers that it names: aggregation
(Gionis 2007), compound (Zahn 1971), pathbased and spiral (Chang and Yeung 2008), d31 and r15
(Veenman 2002), jain (Jain and Law 2005), flame (Fu and Medico 2007), worms (Sieranoja 2019).
"""

from __future__ import annotations

import numpy as np

from shape_sets.pieces import Maker, Rows, ball, box, curve, gauss, joined, ring, turned


def _apart(rng: np.random.Generator, k: int, side: float, least: float) -> np.ndarray:
    """Draw places in a square, no two nearer than ``least``."""
    found: list[np.ndarray] = []
    while len(found) < k:
        one = rng.uniform(0, side, 2)
        if all(np.linalg.norm(one - other) >= least for other in found):
            found.append(one)
    return np.array(found)


def _round(k: int, rows: int, side: float, least: float) -> Maker:
    """Make ``k`` round groups with a standard deviation of 1."""

    def make(rng: np.random.Generator) -> Rows:
        return joined(*(gauss(rng, rows, c, 1) for c in _apart(rng, k, side, least)))

    return make


def _stretched(least: float) -> Maker:
    """Make fifteen groups, some of them oblong, as in s1 to s4."""

    def make(rng: np.random.Generator) -> Rows:
        places = _apart(rng, 15, 4.6 * least, least)
        spreads = rng.uniform(0.7, 1.3, (15, 2))
        groups = (gauss(rng, 333, c, s) for c, s in zip(places, spreads, strict=True))
        return joined(*(turned(x, rng.uniform(0, 180)) for x in groups))

    return make


def aggregation(rng: np.random.Generator) -> Rows:
    """Draw seven groups of different sizes and shapes, two pairs joined by narrow bridges."""
    moon = ring(rng, 170, [9, 21], 3.6, 0.75, (100, 350))
    small, large = ball(rng, 45, [9.5, 22], 1.6), ball(rng, 273, [21, 22.5], 5.0)
    bridge = box(rng, 8, [32.9, 21.6], [33.7, 22.4])
    right = np.concatenate([ball(rng, 94, [32.5, 17.5], 2.9), bridge])
    return joined(
        moon,
        small,
        large,
        right,
        ball(rng, 34, [33.2, 9], 2.0),
        ball(rng, 130, [21.5, 7.5], 3.9),
        ball(rng, 34, [7.2, 11.6], 2.3),
    )


def birch1(rng: np.random.Generator) -> Rows:
    """Draw a hundred groups on a grid, in 10,000 rows."""
    places = [(4 * i, 4 * j) for i in range(10) for j in range(10)]
    return joined(*(gauss(rng, 100, place, 1 / np.sqrt(2)) for place in places))


def birch2(rng: np.random.Generator) -> Rows:
    """Draw a hundred groups along a sine, in 10,000 rows."""
    t = np.linspace(0, 8 * np.pi, 100)
    return joined(*(gauss(rng, 100, [5 * a, 30 * np.sin(a)], 0.25) for a in t))


def compound(rng: np.random.Generator) -> Rows:
    """Draw two touching groups, a disc in a ring, and a dense core in a loose cloud."""
    core = gauss(rng, 16, [33, 18], 0.6)
    cloud = ball(rng, 50, [33.5, 15.5], 6.5)
    return joined(
        gauss(rng, 50, [10, 20], 1.3),
        gauss(rng, 92, [16.5, 19.5], [1.6, 1.2]),
        gauss(rng, 38, [12.5, 8.5], 0.7),
        ring(rng, 158, [12.5, 8.5], 3.9, 0.25),
        cloud,
        core,
    )


def flame(rng: np.random.Generator) -> Rows:
    """Draw a round group in the bend of a wide arc."""
    return joined(
        ball(rng, 87, [7.2, 22.6], 2.7), ring(rng, 153, [7.2, 22.5], 5.6, 0.9, (200, 340))
    )


def jain(rng: np.random.Generator) -> Rows:
    """Draw two half moons, one with a third of the other's rows."""
    return joined(
        ring(rng, 276, [27, 17], 14, 1.3, (190, 355)), ring(rng, 97, [15, 13], 13.5, 1.1, (5, 170))
    )


def pathbased(rng: np.random.Generator) -> Rows:
    """Draw two round groups within an open ring."""
    return joined(
        ring(rng, 110, [19, 14], 13, 0.7, (-40, 220)),
        gauss(rng, 97, [13, 14], 1.7),
        gauss(rng, 93, [25, 14], 1.7),
    )


def r15(rng: np.random.Generator) -> Rows:
    """Draw fifteen groups: one in the middle, seven around it, seven farther out."""
    angle = np.linspace(0, 2 * np.pi, 7, endpoint=False)
    near = [(2.2 * np.cos(a), 2.2 * np.sin(a)) for a in angle]
    far = [(6 * np.cos(a), 6 * np.sin(a)) for a in angle]
    return joined(*(gauss(rng, 40, place, 0.36) for place in [(0.0, 0.0), *near, *far]))


def spiral(rng: np.random.Generator) -> Rows:
    """Draw three arms of a spiral."""

    def arm(turn: float) -> np.ndarray:
        def way(t: np.ndarray) -> list[np.ndarray]:
            return [t * np.cos(t + turn), t * np.sin(t + turn)]

        return curve(rng, 104, way, 1.2, 6.2, 0.05)

    return joined(*(arm(turn) for turn in (0, 2 * np.pi / 3, 4 * np.pi / 3)))


def unbalance(rng: np.random.Generator) -> Rows:
    """Draw three dense groups of 2,000 rows, far from five of 100."""
    dense = [gauss(rng, 2000, place, 1.2) for place in ([0, 0], [8, 6], [8, -6])]
    few = [[70, 0], [84, 12], [84, -12], [97, 0], [84, 0]]
    return joined(*dense, *(gauss(rng, 100, place, 2.6) for place in few))


def worms(rng: np.random.Generator) -> Rows:
    """Draw twenty-five winding tracks of different widths, which may cross, in 10,000 rows."""

    def worm() -> np.ndarray:
        heading = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.09, 100).cumsum()
        steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * 0.9
        track = rng.uniform(0, 220, 2) + steps.cumsum(axis=0)
        return np.repeat(track, 4, axis=0) + rng.normal(0, rng.uniform(0.8, 2.0), (400, 2))

    return joined(*(worm() for _ in range(25)))


SETS: dict[str, Maker] = {
    "sipu/a1": _round(20, 150, 34, 5.2),
    "sipu/a2": _round(35, 150, 45, 5.2),
    "sipu/a3": _round(50, 150, 54, 5.2),
    "sipu/aggregation": aggregation,
    "sipu/birch1": birch1,
    "sipu/birch2": birch2,
    "sipu/compound": compound,
    "sipu/d31": _round(31, 100, 40, 4.6),
    "sipu/flame": flame,
    "sipu/jain": jain,
    "sipu/pathbased": pathbased,
    "sipu/r15": r15,
    "sipu/s1": _stretched(7.0),
    "sipu/s2": _stretched(5.2),
    "sipu/s3": _stretched(4.0),
    "sipu/s4": _stretched(3.4),
    "sipu/spiral": spiral,
    "sipu/unbalance": unbalance,
    "sipu/worms": worms,
}
