"""The choice of k: a sweep over candidates on a sample, and the smallest k as good as the best.

A silhouette alone prefers two segments in most clouds, whether they have groups or not; what counts
is by how much it exceeds that of a cloud without groups (:mod:`engine.evaluation.chance`). It takes
two groups near each other for one where others are far away, and long segments with gaps between
them for none: :mod:`engine.evaluation.gaps` sees both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.evaluation.division import Divider, Division
from engine.evaluation.k_decision import Asked, decide
from engine.evaluation.k_division import division_instead, none_instead, steadier_instead
from engine.evaluation.k_rule import (
    Row,
    nothing_to_try,
    rule_by_division,
    rule_by_steadiness,
    silhouette_of,
    stands_out,
)
from engine.evaluation.scores import finite_or_none, internal_scores
from engine.evaluation.silhouette import silhouette
from engine.evaluation.structure import structure
from engine.evaluation.sweep import Ask, Segments, swept

if TYPE_CHECKING:
    from engine.evaluation.chance import Chance
    from engine.evaluation.gaps import Gaps
    from engine.places.runtime import Runtime


@dataclass(frozen=True)
class ChoiceOfK:
    """The chosen number of segments, and what it was chosen from.

    Attributes
    ----------
    k : int
        Number of segments.
    sweep : list of dict
        For each candidate tried ``k``, ``inertia``, ``silhouette``, ``low``, ``high``, ``chance``
        (silhouette of customers without groups), ``smallest`` (share of the smallest segment) and
        ``gaps`` (how often the nearest others leave the worst segment, as a share of what chance
        gives); None for what is undefined or was not asked for.
    rule : str
        Why this k, in one sentence for the report.
    structure : str
        "strong", "reasonable", "weak" or "none": see :func:`structure`.
    division : Division or None
        What was taken because no groups stand out, or only two.
    labels : mapping of int to int32 array of shape (n,)
        For each candidate tried the segments of the sample, in host memory.
    """

    k: int
    sweep: list[Row]
    rule: str
    structure: str
    division: Division | None = None
    labels: Mapping[int, np.ndarray] = field(default_factory=dict, repr=False)


def choose_k(
    X: Any,
    candidates: Iterable[int],
    fit: Callable[[Any, int], Any],
    *,
    priority: np.ndarray,
    runtime: Runtime,
    anchors: int = 2000,
    reference: int = 100_000,
    chance: Chance | None = None,
    smallest: float = 0.0,
    gaps: Gaps | None = None,
    any_shape: bool = False,
    two_groups: Ask | None = None,
    more_inside: Ask | None = None,
    lumpy: bool = False,
    divider: Divider | None = None,
) -> ChoiceOfK:
    """Choose the smallest k whose silhouette stands out as far as any, within a standard error.

    Where no silhouette stands out, or segments may be of any shape and those chosen so are not
    apart, the largest k is taken instead whose segments are (``gaps``). Where a segment is two
    groups itself (``two_groups``), the next k is taken at which none is; where a smaller k stands
    out too and nothing does within its segments (``more_inside``), that one is. Where no number
    stands out, or only two do that no gap parts, or what barely does so does not come back, the
    largest that divides them usefully is taken, if there is one (``divider``).

    Parameters
    ----------
    X : float32 array of shape (n, d)
        A sample in memory, some ten thousands of rows.
    candidates : iterable of int
        Numbers of segments to try; those below 2 or above the number of distinct rows are skipped.
    fit : callable
        ``fit(X, k)`` gives labels of shape (n,) from 0 to k - 1.
    priority : uint64 array of shape (n,)
        Hash of each row, for the silhouette's samples.
    runtime : Runtime
        Where and with how many threads.
    anchors, reference : int
        As in :func:`engine.evaluation.silhouette.silhouette`.
    chance : Chance, optional
        What silhouettes are held against; without it the silhouette itself counts.
    smallest : float
        Share of the customers below which no segment may be, as long as a candidate is left.
    gaps : Gaps, optional
        Of the same rows; looked at where no silhouette stands out, or with ``any_shape``.
    any_shape : bool
        Whether segments may be of any shape, which a silhouette misjudges.
    two_groups : callable, optional
        ``two_groups(rows, least)`` says whether the customers at these positions of ``X``, a
        segment's, are two groups, neither with less than the share ``least`` of them; asked only
        where something stands out.
    more_inside : callable, optional
        The same of whether anything stands out among them from customers without groups.
    lumpy : bool
        Whether columns are lumpy, along which true groups are cut compactly too: only then
        ``more_inside`` is asked.
    divider : Divider, optional
        Looks for a division.

    Returns
    -------
    choice : ChoiceOfK

    Raises
    ------
    EngineError
        If no candidate can be tried.

    Notes
    -----
    The rule of one standard error, of Breiman et al. (1984), Classification and Regression Trees,
    section 3.4.3: a difference that the sample cannot tell from chance is no reason for more
    segments. Where the silhouette is exact the standard error is 0 and the best k is chosen.
    """
    asked = sorted(set(candidates))
    distinct = len(np.unique(runtime.get(X), axis=0))
    tried = [k for k in asked if 2 <= k <= distinct]
    if not tried:
        raise EngineError(nothing_to_try(asked, distinct))

    def scored(k: int, labels: Any) -> Row:
        row = _score(X, k, labels, priority, runtime, anchors=anchors, reference=reference)
        found: Row = {"chance": chance.silhouette(k) if chance else None, "gaps": None}
        return row | found

    if chance:
        chance.know(tried)
    sweep = swept(X, tried, fit, scored, runtime)
    if gaps and (any_shape or not any(stands_out(row) for row in sweep.rows)):
        for row, labels in sweep.pairs():
            row["gaps"] = gaps.share(runtime.get(labels), int(row["k"] or 0))
    halves = Segments(sweep, smallest, two_groups, runtime).of if two_groups and chance else None
    more = Segments(sweep, smallest, more_inside, runtime).any if more_inside and chance else None
    inside = more if lumpy else None
    error = chance.error if chance else 0.0
    chosen, why = decide(sweep.rows, smallest, error, Asked(halves, inside))
    division = None
    if divider and more and (steadier := steadier_instead(chosen, sweep, divider, more, runtime)):
        why, chosen = rule_by_steadiness(steadier, chosen), steadier
    if divider:
        division = division_instead(chosen, sweep, divider, gaps, runtime)
        why += "" if division else none_instead(chosen, sweep, divider)
    if division:
        why = rule_by_division(division, chosen, [int(row["k"] or 0) for row in sweep.rows])
        chosen = next(row for row in sweep.rows if row["k"] == division.k)
    return ChoiceOfK(
        k=int(chosen["k"] or 0),
        sweep=sweep.rows,
        rule=why,
        structure=structure(silhouette_of(chosen), chosen["chance"], chosen["gaps"]),
        division=division,
        labels={int(row["k"] or 0): runtime.get(labels) for row, labels in sweep.pairs()},
    )


def _score(
    X: Any,
    k: int,
    labels: Any,
    priority: np.ndarray,
    runtime: Runtime,
    *,
    anchors: int,
    reference: int,
) -> Row:
    """Score one labelling: a row of the sweep."""
    found = silhouette(
        X, labels, priority=priority, runtime=runtime, anchors=anchors, reference=reference
    )
    internal = internal_scores(X, labels, runtime=runtime, k=k)
    return {
        "k": k,
        "inertia": internal.inertia,
        "smallest": min(internal.sizes) / len(labels),
        "silhouette": finite_or_none(found.value),
        "low": finite_or_none(found.low),
        "high": finite_or_none(found.high),
    }
