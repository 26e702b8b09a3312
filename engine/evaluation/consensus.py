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

from engine.evaluation.chance import STANDS_OUT
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

Gains = Mapping[str, Mapping[int, float]]
"""Method and number of segments to by how much the silhouette exceeds what chance gives."""

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
    as one of the methods that agree sees them: a few customers whom another one puts elsewhere are
    many of those who stand next to a gap.

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
    gains: Gains,
    gaps: GapsOf,
    least: float,
) -> list[Consensus]:
    """Give all that methods agree on and silhouettes speak for, at any number of segments.

    Parameters
    ----------
    found, shapes, gaps, least :
        As in :func:`consensus`.
    gains : mapping of str to mapping of int to float
        By how much each silhouette exceeds that of customers without groups.

    Returns
    -------
    agreed : list of Consensus
        In order of the number: of two methods or more where gaps part the segments at least in
        places and these stand out; of :data:`MANY`, gaps or not, where they clearly do.
    """
    known: list[Consensus] = []
    for k in sorted({k for cuts in found.values() for k in cuts}):
        parted = _at(k, found, shapes, gaps, least)
        if parted and gains[parted.methods[0]][k] >= STANDS_OUT:
            known.append(parted)
        shares = _shares(k, found, gaps, least)
        many = [c for c in _agreed(k, shares, found, shapes) if len(c.methods) >= MANY]
        known += [c for c in many if gains[c.methods[0]][k] >= DOUBTFUL]
    return known


def _at(
    k: int, found: Mapping[str, Cuts], shapes: Sequence[str], gaps: GapsOf, least: float
) -> Consensus | None:
    """Give what most methods agree on at ``k`` segments, parted by gaps; None for no two."""
    known = _agreed(k, _shares(k, found, gaps, least), found, shapes)
    parted = [c for c in known if c.gaps <= PARTLY]
    return max(parted, key=lambda c: (len(c.methods), -c.gaps), default=None)


def _shares(k: int, found: Mapping[str, Cuts], gaps: GapsOf, least: float) -> dict[str, float]:
    """Give the gaps of each method's segments, none of which is too small."""
    large = {m: cuts[k] for m, cuts in found.items() if k in cuts and _large(cuts[k], k, least)}
    shares = {m: gaps(labels, k) for m, labels in large.items()}
    return {m: np.inf if share is None else share for m, share in shares.items()}


def _agreed(
    k: int, shares: Mapping[str, float], found: Mapping[str, Cuts], shapes: Sequence[str]
) -> list[Consensus]:
    """Give for each method that others cut like what they agree on."""
    known: list[Consensus] = []
    for one, alike in _agreeing(k, list(shares), found, shapes).items():
        who = (one, *alike)
        widest = max(shares[m] for m in who)
        known.append(Consensus(k, who, min(alike.values()), shares[one], widest, found[one][k]))
    return known


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
