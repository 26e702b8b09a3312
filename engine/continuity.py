"""Which of today's segments are those of a previous model: numbers and names that stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.continuity_overlap import Overlap, agreement, measure
from engine.utilities.specks import specks

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit
    from engine.clustering.representatives import Representatives
    from engine.data_preparation.identity import Identity
    from engine.data_preparation.sources import Source
    from engine.descriptive_stats.profiles import Profiles
    from engine.model import Model
    from engine.results import Scored
    from engine.runtime import Runtime
    from engine.utilities.progress import Progress

KEPT = 0.5
"""Least agreement beyond chance (Cohen's kappa) of a segment with the previous one it continues.

Half of what could be. Measured at 3 to 8 segments: 1.00 where there are groups, refitted on 90% of
the customers or on others; at most 0.07 for unrelated segments; anything between where there are no
groups. Distance cannot tell there: in 8 columns, centres 0.4 radii apart stood for segments with
nothing in common, and in 2 columns centres 0.8 radii apart for those that agree by 0.6.
"""

REACH = 1.5
"""Most radii that a centre may be from the previous one it continues.

Segments that agree by :data:`KEPT` were up to 1.04 apart where there are no groups. Customers of
another kind, who took a segment's place by outnumbering its own, are 2 or more from its centre.
"""

_NUMBERED = ("segments", "mark_segments", "order")
"""What holds segments' numbers in the representatives of every method: of each representative, of
each of spectral's marks, and of each segment among components."""


@dataclass(frozen=True)
class Continuity:
    """How today's segments continue those of a previous model.

    Attributes
    ----------
    run : str
        Run id of the previous model.
    previous_names : tuple of str
        Names of its segments.
    numbers : int32 array of shape (k,)
        ``numbers[s]`` is the number that segment ``s`` of the fit gets; 0 to k - 1, each once.
    continues : tuple of (int or None)
        By new number: the previous segment that it continues.
    overlap : Overlap
        By new number.
    """

    run: str
    previous_names: tuple[str, ...]
    numbers: np.ndarray
    continues: tuple[int | None, ...]
    overlap: Overlap

    def names(self, fresh: Sequence[str]) -> list[str]:
        """Give the previous name to what continues, and to the rest names nobody had before.

        Parameters
        ----------
        fresh : sequence of str
            Unique names of today's segments, by new number, made without looking back.
        """
        taken = set(self.previous_names)
        names = []
        for name, then in zip(fresh, self.continues, strict=True):
            given = self.previous_names[then] if then is not None else _unused(name, taken)
            taken.add(given)
            names.append(given)
        return names

    def renamed(self, profiles: Profiles) -> Profiles:
        """Give profiles with :meth:`names` in place of their own."""
        names = self.names(profiles.names)
        segments = [
            {**s, "name": name} for s, name in zip(profiles.tree["segments"], names, strict=True)
        ]
        return replace(profiles, tree={**profiles.tree, "segments": segments}, names=names)

    def moved(self) -> np.ndarray:
        """Distance of each centre from the previous one, in that segment's radii.

        Returns
        -------
        moved : float64 array of shape (k,)
            NaN for a segment that continues none.
        """
        moved, moves = np.full(len(self.continues), np.nan), self.overlap.moves
        for now, then in self.pairs():
            moved[now] = moves[now, then]
        return moved

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield ``(new number, previous number)`` of the segments that continue one."""
        for now, then in enumerate(self.continues):
            if then is not None:
                yield now, then


def _unused(name: str, taken: set[str]) -> str:
    choices = (f"{name} ({i})" if i > 1 else name for i in count(1))
    return next(choice for choice in choices if choice not in taken)


def match(
    previous: Model,
    fit: Fit,
    source: Source,
    identity: Identity,
    *,
    runtime: Runtime,
    progress: Progress,
) -> Continuity:
    """Match a fit's segments to those of a previous model.

    Centres are compared in the previous model's space: today's are the means of their customers
    there. Pairs are chosen by the Hungarian method, as many as possible and then the nearest,
    among those that share their customers: today's customers get the previous segments too, and
    the two must agree on who is in by :data:`KEPT`, within :data:`REACH`. So nothing is continued
    by being what is left.

    Parameters
    ----------
    previous : Model
        Of any method.
    fit : Fit
        Of today's customers, as the method numbered it.
    source : Source
        Today's customers: columns of the previous model that this fit does not use count too.
    identity : Identity
    runtime : Runtime
    progress : Progress

    Returns
    -------
    continuity : Continuity

    Raises
    ------
    DataError
        The input lacks columns of the previous model, or holds text where it had numbers.

    Notes
    -----
    One pass over the input at the cost of assigning it, then O(k^3). Nothing is compared with the
    previous run's customers: an old segment is what its model would call so today.

    References
    ----------
    Kuhn (1955), Naval Research Logistics Quarterly 2, doi:10.1002/nav.3800020109, for the
    matching; Spiliopoulou, Ntoutsi, Theodoridis and Schult (2006), MONIC, KDD,
    doi:10.1145/1150402.1150491, for telling what survived, split, merged and vanished.
    """
    k = fit.representatives.n_segments
    overlap = measure(previous, fit.labels, k, source, identity, runtime=runtime, progress=progress)
    return matched(overlap, previous.names, str(previous.info.get("run_id")))


def matched(overlap: Overlap, names: Sequence[str], run: str) -> Continuity:
    """Match by what was measured; O(k^3)."""
    pairs = matches(overlap)
    numbers = numbering(pairs, len(overlap.counts))
    # By new number: the fit's number of each.
    order = np.argsort(numbers)
    sorted_overlap = replace(overlap, counts=overlap.counts[order], centres=overlap.centres[order])
    continues = tuple(pairs.get(int(now)) for now in order)
    return Continuity(run, tuple(names), numbers, continues, sorted_overlap)


def matches(overlap: Overlap) -> dict[int, int]:
    """Give the previous segment of each that continues one, by the Hungarian method."""
    from scipy.optimize import linear_sum_assignment

    # Not "beyond reach", so that where nobody is there is nothing to continue.
    allowed = (agreement(overlap.counts) >= KEPT) & (overlap.moves <= REACH)
    squares = overlap.squares
    # Dearer than all that is allowed together: as many pairs as there can be.
    cost = np.where(allowed, squares, 1 + squares.sum())
    now, then = linear_sum_assignment(cost)
    return {int(i): int(j) for i, j in zip(now, then, strict=True) if allowed[i, j]}


def numbering(continued: Mapping[int, int], k: int) -> np.ndarray:
    """Give segments the numbers 0 to k - 1 so that those that continue one keep its number.

    Parameters
    ----------
    continued : mapping of int to int
        The previous number of each segment that continues one.
    k : int

    Returns
    -------
    numbers : int32 array of shape (k,)
        A previous number that is k or more does not fit: those come first, in their order, in
        what is free, and then the new ones, in the order of the fit (largest first).

    Examples
    --------
    >>> numbering({0: 2, 2: 0}, 3).tolist(), numbering({1: 5, 2: 1}, 3).tolist()
    ([2, 1, 0], [2, 0, 1])
    """
    numbers = np.full(k, -1, np.int32)
    for now, then in continued.items():
        if then < k:
            numbers[now] = then
    free = sorted(set(range(k)) - set(numbers.tolist()))
    late = sorted((now for now, then in continued.items() if then >= k), key=continued.__getitem__)
    numbers[[*late, *(now for now in range(k) if now not in continued)]] = free
    return numbers


def renumbered(scored: Scored, numbers: np.ndarray) -> Scored:
    """Give a scored clustering with other numbers for the same segments.

    Parameters
    ----------
    scored : Scored
    numbers : int32 array of shape (k,)
        ``numbers[s]`` is the new number of segment ``s``; 0 to k - 1, each once.

    Returns
    -------
    scored : Scored
        The model of it assigns as before, by the new numbers. O(n).
    """
    old, trust, order = scored.fit, scored.silhouette, np.argsort(numbers)
    sizes = np.array(scored.scores.sizes)
    stale = specks(sizes)
    notes = (*(note for note in old.notes if note not in stale), *specks(sizes[order]))
    fit = replace(
        old,
        representatives=_renumbered(old.representatives, numbers),
        labels=numbers[old.labels],
        notes=notes,
    )
    scores = replace(
        scored.scores,
        sizes=tuple(sizes[order].tolist()),
        centres=scored.scores.centres[order],
        silhouette_squared_per_segment=_ordered(
            scored.scores.silhouette_squared_per_segment, order
        ),
    )
    anchors = numbers[trust.anchor_labels]
    by_segment = np.argsort(anchors, kind="stable")
    silhouette = replace(
        trust,
        per_segment=_ordered(trust.per_segment, order),
        anchor_rows=trust.anchor_rows[by_segment],
        anchor_labels=anchors[by_segment],
        anchor_values=trust.anchor_values[by_segment],
    )
    return replace(scored, fit=fit, scores=scores, silhouette=silhouette)


def _renumbered(found: Representatives, numbers: np.ndarray) -> Representatives:
    changed: dict[str, Any] = {
        name: numbers[getattr(found, name)] for name in _NUMBERED if hasattr(found, name)
    }
    centres = np.ascontiguousarray(found.centres[np.argsort(numbers)])
    return replace(found, centres=centres, **changed)


def _ordered(values: Sequence[float], order: np.ndarray) -> tuple[float, ...]:
    return tuple(values[int(now)] for now in order)
