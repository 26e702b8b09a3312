"""Which of today's segments are those of a previous model: numbers and names that stay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np

from engine.continuity.overlap import Overlap, measure
from engine.continuity.pairs import matches
from engine.continuity.parts import merged_parts, split_parts
from engine.utilities.few import is_few_name
from engine.utilities.segment_numbers import Numbers

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit
    from engine.data_preparation.features.identity import Identity
    from engine.data_preparation.reading.sources import Source
    from engine.descriptive_stats.profiles import Profiles
    from engine.model.model import Model
    from engine.places.runtime import Runtime
    from engine.utilities.progress import Progress


@dataclass(frozen=True)
class Continuity:
    """How today's segments continue those of a previous model.

    Today's segments stand in the order of their numbers, and their places in it are their indices.

    Attributes
    ----------
    run : str
        Run id of the previous model.
    previous_names : tuple of str
        Names of its segments, by index.
    previous_numbers : Numbers
    places : int32 array of shape (k,)
        ``places[s]`` is the index that segment ``s`` of the fit gets; 0 to k - 1, each once.
    numbers : Numbers
        By index: those of the segments that go on are kept, others were never given before.
    continues : tuple of (int or None)
        By index: the index of the previous segment that it continues.
    overlap : Overlap
        By index.
    features_new : tuple of str
        Columns that count today, and did not for the previous segments.
    features_gone : tuple of str
        Columns that counted for the previous segments, and do not today.
    named : frozenset of int
        Indices of the previous segments that people named.
    """

    run: str
    previous_names: tuple[str, ...]
    previous_numbers: Numbers
    places: np.ndarray
    numbers: Numbers
    continues: tuple[int | None, ...]
    overlap: Overlap
    features_new: tuple[str, ...] = ()
    features_gone: tuple[str, ...] = ()
    named: frozenset[int] = frozenset()

    @property
    def split(self) -> np.ndarray:
        """Which of today's segments a previous one has split into: bool (k, k_before)."""
        return split_parts(self.overlap)

    @property
    def merged(self) -> np.ndarray:
        """Which previous segments have merged into one of today's: bool (k, k_before)."""
        return merged_parts(self.overlap, self.continues)

    def names(self, choices: Sequence[Sequence[str]]) -> list[str]:
        """Give the previous name to what continues, and to the rest names of their own.

        Parameters
        ----------
        choices : sequence of k sequences of str
            By index: what the segment may be called by what it is today, the best first.

        Returns
        -------
        names : list of str
            All different. A segment that continues none has no name that a previous one had,
            unless that one is gone and most of its customers would have been in it: the largest
            of those that merged, or the one that split. A number in brackets stands only where
            each choice is the name of another segment.
        """
        before = self.previous_names
        given = {before[then] for _, then in self.pairs()}
        counts = self.overlap.counts
        main = (self.merged | self.split) & (counts == counts.max(axis=1, keepdims=True))
        names = []
        for now, then in enumerate(self.continues):
            # Few customers are not called by what they are, nor many by having been few.
            few = is_few_name(choices[now][0])
            kept = then in self.named or (then is not None and few == is_few_name(before[then]))
            if then is not None and kept:
                names.append(before[then])
                continue
            others = {name for name, part in zip(before, main[now], strict=True) if not part}
            names.append(_unused(choices[now], given | others))
            given.add(names[-1])
        return names

    def renamed(self, profiles: Profiles) -> Profiles:
        """Give profiles with the segments' numbers, and :meth:`names` in place of their own."""
        found = profiles.tree["segments"]
        names = self.names(profiles.choices or [[name] for name in profiles.names])
        called = zip(found, self.numbers.public, names, strict=True)
        segments = [{**s, "segment": number, "name": name} for s, number, name in called]
        for now, then in self.pairs():
            if then in self.named:
                segments[now]["named"] = True
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
        """Yield the indices ``(now, before)`` of the segments that continue one."""
        for now, then in enumerate(self.continues):
            if then is not None:
                yield now, then


def _unused(choices: Sequence[str], taken: Collection[str]) -> str:
    numbered = (f"{choices[0]} ({i})" for i in count(2))
    return next(choice for choice in chain(choices, numbered) if choice not in taken)


def match(
    previous: Model,
    fit: Fit,
    source: Source,
    identity: Identity,
    *,
    runtime: Runtime,
    progress: Progress,
    before: np.ndarray | None = None,
) -> Continuity:
    """Match a fit's segments to those of a previous model.

    Centres are compared in the previous model's space: today's are the means of their customers
    there. Pairs are chosen by the Hungarian method, as many as possible and then the nearest,
    among those that share their customers: today's customers get the previous segments too, and
    the two must agree on who is in (:func:`engine.continuity.pairs.matches`). So nothing is
    continued by being what is left.

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
    before : int32 array of shape (n_customers,), optional
        The previous segments of today's customers, where they are known already.

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
    overlap = measure(
        previous, fit.labels, k, source, identity, runtime=runtime, progress=progress, before=before
    )
    found = matched(overlap, previous.names, previous.numbers, str(previous.info.get("run_id")))
    given = set(previous.info.get("named") or ())
    named = (i for i, number in enumerate(previous.numbers.public) if number in given)
    return replace(found, named=frozenset(named))


def matched(overlap: Overlap, names: Sequence[str], before: Numbers, run: str) -> Continuity:
    """Match by what was measured; O(k^3)."""
    pairs = matches(overlap)
    given = numbering(pairs, len(overlap.counts), before)
    # By index: the fit's number of each.
    order = np.argsort(given)
    places = np.argsort(order).astype(np.int32)
    public = tuple(given[order].tolist())
    return Continuity(
        run,
        tuple(names),
        before,
        places,
        Numbers(public, max(before.last, *public)),
        tuple(pairs.get(int(now)) for now in order),
        replace(overlap, counts=overlap.counts[order], centres=overlap.centres[order]),
    )


def numbering(continued: Mapping[int, int], k: int, before: Numbers) -> np.ndarray:
    """Give segments the numbers of the previous ones they continue, and the rest unused ones.

    Parameters
    ----------
    continued : mapping of int to int
        The index of the previous segment, for each segment that continues one.
    k : int
    before : Numbers
        The previous segments'.

    Returns
    -------
    numbers : int32 array of shape (k,)
        Segments that continue none get, in the order of the fit (largest first), the numbers after
        the last that was ever given: what is known by a number is never taken for something else.

    Examples
    --------
    >>> numbering({0: 2, 2: 0}, 3, Numbers((0, 1, 4), last=6)).tolist()
    [4, 7, 0]
    """
    fresh = count(before.last + 1)
    numbers = (before.public[continued[s]] if s in continued else next(fresh) for s in range(k))
    return np.fromiter(numbers, np.int32, k)
