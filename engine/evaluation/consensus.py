"""A cut that methods of different kinds agree on: evidence that no score of one method gives.

A silhouette prefers round pieces, and gaps see only one cut at a time. Methods that work
differently cut a cloud without groups differently, but along a gap alike. So of the cuts that gaps
part at least in places, those that several methods make alike are real.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from engine.evaluation.division import DOUBTFUL
from engine.evaluation.gaps import APART, PARTLY
from engine.evaluation.stability import agreement

ALIKE = 0.95
"""Adjusted Rand index from which two methods cut alike: hardly any customer is in another segment.
Two methods cut clouds without groups alike at times (0.9 and more for two halves of a long one, two
methods that ask for round pieces anywhere), but never where gaps part the pieces."""

MANY = 3
"""Methods that must agree where no gap is asked for: fewer may all look for round pieces."""

AS_ALIKE = 0.02
"""Agreement by which a larger number of segments may fall short of the best and still be taken:
where methods cut a segment further that is one, they do so a little differently."""

WITHIN = 0.97
"""Share of the customers up to whom finer segments lie within coarser ones."""

Cuts = Mapping[int, np.ndarray]
"""Number of segments to segments, of shape (n,), from 0."""

GapsOf = Callable[[np.ndarray, int], float | None]
"""``gaps(labels, k)``: see :meth:`engine.evaluation.gaps.Gaps.share`."""


@dataclass(frozen=True)
class Consensus:
    """A number of segments at which methods agree.

    Attributes
    ----------
    k : int
    methods : tuple of str
        Those that agree, the one whose segments gaps part best first.
    agreement : float
        Least adjusted Rand index of the first with any other.
    gaps, widest : float
        Of the first's segments, as a share of what chance gives, and the most of all.
    labels : int array of shape (n,)
        The first's segments.
    """

    k: int
    methods: tuple[str, ...]
    agreement: float
    gaps: float
    widest: float
    labels: np.ndarray

    @property
    def weight(self) -> tuple[int, bool]:
        """What speaks for it: how many agree, and whether all of them find gaps everywhere."""
        return len(self.methods), self.widest <= APART


def consensus(
    found: Mapping[str, Cuts], shapes: Sequence[str], gaps: GapsOf, least: float
) -> Consensus | None:
    """Find the number of segments at which most methods agree.

    Of equals one that gaps part everywhere, and of those the largest at which they are as alike.

    Only segments count that gaps part at least in places (:data:`engine.evaluation.gaps.PARTLY`),
    as the methods that agree all see them.

    Parameters
    ----------
    found : mapping of str to mapping of int to int array of shape (n,)
        For each method, of which no two may be of one kind, its segments of the same customers.
    shapes : sequence of str
        Those that find segments of any shape: one of them must be among those that agree.
    gaps : callable
    least : float
        Share of the customers that a segment must hold.

    Returns
    -------
    consensus : Consensus or None
        None where no two methods agree so.

    Notes
    -----
    O(n methods^2) for each number of segments.
    """
    numbers = sorted({k for cuts in found.values() for k in cuts})
    of_each = [_at(k, found, shapes, gaps, least) for k in numbers]
    most = max((one.weight for one in of_each if one), default=None)
    known = [one for one in of_each if one and one.weight == most]
    best = max((one.agreement for one in known), default=1.0)
    return next((one for one in reversed(known) if one.agreement >= best - AS_ALIKE), None)


def standing_out(
    found: Mapping[str, Cuts],
    shapes: Sequence[str],
    gains: Mapping[str, Mapping[int, float]],
    gaps: GapsOf,
    least: float,
) -> Consensus | None:
    """Find the number that stands out most of those at which many methods agree, gaps or not.

    Parameters
    ----------
    found, shapes, gaps, least :
        As in :func:`consensus`.
    gains : mapping of str to mapping of int to float
        By how much each silhouette exceeds that of customers without groups.

    Returns
    -------
    consensus : Consensus or None
        None where no :data:`MANY` agree on what clearly stands out.
    """
    known: list[tuple[float, Consensus]] = []
    for k in sorted({k for cuts in found.values() for k in cuts}):
        large = [m for m, cuts in found.items() if k in cuts and _large(cuts[k], k, least)]
        for one, alike in _agreeing(k, large, found, shapes).items():
            if len(alike) + 1 >= MANY and (gain := gains[one][k]) >= DOUBTFUL:
                share, cut = gaps(found[one][k], k), found[one][k]
                share = np.inf if share is None else share
                who = (one, *alike)
                known.append((gain, Consensus(k, who, min(alike.values()), share, share, cut)))
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _at(
    k: int, found: Mapping[str, Cuts], shapes: Sequence[str], gaps: GapsOf, least: float
) -> Consensus | None:
    """Give what most methods agree on at ``k`` segments; None for no two."""
    parted: dict[str, float] = {}
    for method, cuts in found.items():
        share = gaps(cuts[k], k) if k in cuts and _large(cuts[k], k, least) else None
        if share is not None and share <= PARTLY:
            parted[method] = share
    known: list[Consensus] = []
    for one, alike in _agreeing(k, list(parted), found, shapes).items():
        who, share = (one, *alike), parted[one]
        widest = max(parted[m] for m in who)
        known.append(Consensus(k, who, min(alike.values()), share, widest, found[one][k]))
    return max(known, key=lambda c: (len(c.methods), -c.gaps), default=None)


def _agreeing(
    k: int, methods: Sequence[str], found: Mapping[str, Cuts], shapes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Give for each method those of the others that cut alike, one of which knows shapes."""
    known: dict[str, dict[str, float]] = {}
    for one in methods:
        near = {m: agreement(found[one][k], found[m][k]) for m in methods if m != one}
        alike = {m: value for m, value in near.items() if value >= ALIKE}
        if alike and not {one, *alike}.isdisjoint(shapes):
            known[one] = alike
    return known


def confirmed(k: int, found: Mapping[str, Cuts]) -> bool:
    """Say whether any two methods cut alike at ``k`` segments, whatever parts these."""
    cuts = [of[k] for of in found.values() if k in of]
    return any(agreement(one, other) >= ALIKE for one, other in combinations(cuts, 2))


def _large(labels: np.ndarray, k: int, least: float) -> bool:
    return bool(np.bincount(labels, minlength=k).min() >= least * len(labels))


def within(fine: np.ndarray, coarse: np.ndarray) -> bool:
    """Say whether segments lie within coarser ones, but for few customers.

    Examples
    --------
    >>> import numpy as np
    >>> halves, thirds = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2])
    >>> within(np.arange(6), halves), within(thirds, halves)
    (True, False)
    """
    counts = np.zeros((int(fine.max()) + 1, int(coarse.max()) + 1), dtype=np.int64)
    np.add.at(counts, (fine, coarse), 1)
    return bool(counts.max(axis=1).sum() >= WITHIN * len(fine))
