"""The choice of k: a sweep over candidates on a sample, and the smallest k as good as the best.

A silhouette alone prefers two segments in most clouds, whether they have groups or not; what counts
is by how much it exceeds that of a cloud without groups (:mod:`engine.evaluation.chance`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError, EngineError
from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.scores import finite_or_none, internal_scores
from engine.evaluation.silhouette import silhouette

if TYPE_CHECKING:
    from engine.evaluation.chance import Chance
    from engine.runtime import Runtime

STRUCTURE = ((0.71, "strong"), (0.51, "reasonable"), (0.26, "weak"))
"""What a silhouette of at least this says of the data (Kaufman and Rousseeuw 1990, table 4)."""

_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class ChoiceOfK:
    """The chosen number of segments, and what it was chosen from.

    Attributes
    ----------
    k : int
        Number of segments.
    sweep : list of dict
        For each candidate tried ``k``, ``inertia``, ``silhouette``, ``low``, ``high``, ``chance``
        (silhouette of customers without groups) and ``smallest`` (share of the smallest segment);
        None for what is undefined.
    rule : str
        Why this k, in one sentence for the report.
    structure : str
        "strong", "reasonable", "weak" or "none": see :func:`structure`.
    """

    k: int
    sweep: list[dict[str, float | int | None]]
    rule: str
    structure: str


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
) -> ChoiceOfK:
    """Choose the smallest k whose silhouette stands out as far as any, within a standard error.

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
        raise EngineError(_nothing_to_try(asked, distinct))
    sweep: list[dict[str, float | int | None]] = []
    for k in tried:
        try:
            labels = fit(X, k)
        except DataError:
            if not sweep:
                raise
            break  # the method can tell no more segments apart
        scored = _score(X, k, labels, priority, runtime, anchors=anchors, reference=reference)
        sweep.append(scored)
    tried = tried[: len(sweep)]
    for row in sweep:
        row["chance"] = chance.silhouette(int(row["k"] or 0)) if chance else None
    allowed = [row for row in sweep if (row["smallest"] or 0.0) >= smallest] or sweep
    best = max(allowed, key=_gain)  # the first of equals, which is the smallest k
    if best["silhouette"] is None:
        message = (
            f"k cannot be chosen from {_span(tried)}: every fit put all customers into one "
            "segment; set clustering.k to a number."
        )
        raise EngineError(message)
    error = (float(best["high"] or 0.0) - float(best["low"] or 0.0)) / (2 * _Z95)
    error = math.hypot(error, chance.error if chance else 0.0)
    if chance and best["chance"] is not None and _gain(best) < STANDS_OUT:
        chosen = allowed[0]  # what differs then is noise
    else:
        chosen = next(row for row in allowed if _gain(row) >= _gain(best) - error)
    passed = [int(row["k"] or 0) for row in sweep if row not in allowed]
    return ChoiceOfK(
        k=int(chosen["k"] or 0),
        sweep=sweep,
        rule=_rule(chosen, best, error, tried) + _passed_over(passed, smallest),
        structure=structure(_silhouette(chosen), chosen["chance"]),
    )


def structure(value: float, chance: float | None = None) -> str:
    """Say in a word how much structure a mean silhouette shows.

    Where it is known what customers without groups would give (``chance``), that decides whether
    there is any: none if it is nearly as much, and otherwise at least weak.

    Kaufman and Rousseeuw (1990), Finding Groups in Data, chapter 2, table 4: from 0.71 strong,
    from 0.51 reasonable, from 0.26 weak (it could be artificial), below that none of substance.

    Examples
    --------
    >>> structure(0.55), structure(0.1)
    ('reasonable', 'none')
    """
    if chance is not None and value - chance < STANDS_OUT:
        return "none"
    if chance is not None:
        return next((word for least, word in STRUCTURE if value >= least), "weak")
    return next((word for least, word in STRUCTURE if value >= least), "none")


def _score(
    X: Any,
    k: int,
    labels: Any,
    priority: np.ndarray,
    runtime: Runtime,
    *,
    anchors: int,
    reference: int,
) -> dict[str, float | int | None]:
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


def _silhouette(row: dict[str, float | int | None]) -> float:
    """Silhouette of a row of the sweep; an undefined one is worse than any."""
    value = row["silhouette"]
    return -math.inf if value is None else float(value)


def _gain(row: dict[str, float | int | None]) -> float:
    """By how much a row's silhouette exceeds what chance gives."""
    return _silhouette(row) - float(row["chance"] or 0.0)


def _passed_over(passed: list[int], smallest: float) -> str:
    if not passed:
        return ""
    return (
        f" {_span(passed)} would leave a segment of less than {smallest:.1%} of the customers "
        "(clustering.smallest_segment)."
    )


def _rule(
    chosen: dict[str, float | int | None],
    best: dict[str, float | int | None],
    error: float,
    tried: list[int],
) -> str:
    if chosen["chance"] is not None:
        return _rule_by_chance(chosen, best, error, tried)
    value, top = _silhouette(chosen), _silhouette(best)
    if chosen is best:
        alone = ""
        if error > 0 and chosen["k"] != tried[0]:
            alone = f", and no smaller number comes within its standard error, {error:.3f}"
        return (
            f"{chosen['k']} segments have the best silhouette, {value:.3f}, of the numbers tried "
            f"({_span(tried)}){alone}.{_edge(chosen, tried)}"
        )
    return (
        f"{chosen['k']} is the smallest number of segments tried ({_span(tried)}) whose "
        f"silhouette, {value:.3f}, is within one standard error, {error:.3f}, of the best, "
        f"{top:.3f} at {best['k']}."
    )


def _edge(chosen: dict[str, float | int | None], tried: list[int]) -> str:
    """Say that more might be better, where the most that was tried was chosen."""
    if len(tried) < 2 or chosen["k"] != tried[-1]:
        return ""
    return " That is the most that was tried: a larger clustering.k_max may be better still."


def _rule_by_chance(
    chosen: dict[str, float | int | None],
    best: dict[str, float | int | None],
    error: float,
    tried: list[int],
) -> str:
    k, value, chance = chosen["k"], _silhouette(chosen), float(chosen["chance"] or 0.0)
    against = f"silhouette {value:.3f} against {chance:.3f} in customers without groups"
    if _gain(best) < STANDS_OUT:
        return (
            f"no number of segments tried ({_span(tried)}) stands out, so the fewest are taken: "
            f"{against}."
        )
    if chosen is best:
        asked = f"of the numbers tried ({_span(tried)})"
        return f"{k} segments stand out most, {asked}: {against}.{_edge(chosen, tried)}"
    return (
        f"{k} is the smallest number of segments tried ({_span(tried)}) that stands out as far as "
        f"any, within one standard error, {error:.3f}: {against}; "
        f"{_silhouette(best):.3f} against {float(best['chance'] or 0.0):.3f} at {best['k']}."
    )


def _span(numbers: list[int]) -> str:
    """Write a list of numbers as people do.

    Examples
    --------
    >>> _span([2, 3, 4]), _span([2, 4, 8]), _span([])
    ('2 to 4', '2, 4, 8', 'none')
    """
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(str(number) for number in numbers) or "none"


def _nothing_to_try(asked: list[int], distinct: int) -> str:
    if distinct < 2:
        return (
            "k cannot be chosen: all customers are alike in the prepared features "
            f"({distinct} distinct row); include a feature that tells customers apart."
        )
    return (
        f"k cannot be chosen: it must be from 2 to {distinct}, the number of distinct customers in "
        f"the prepared features, and the candidates are {_span(asked)}; change the candidates or "
        "include more features."
    )
