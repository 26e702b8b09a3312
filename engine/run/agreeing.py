"""What methods agree on, and whether it is shown in place of what one method alone speaks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.algorithm import algorithm
from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.consensus import (
    ALIKE,
    MANY,
    Consensus,
    Cuts,
    Gains,
    confirmed,
    consensus,
    standing_out,
    within,
)
from engine.evaluation.division import DOUBTFUL
from engine.evaluation.gaps import APART, CUT, PARTLY
from engine.evaluation.k_rule import gain, silhouette_of
from engine.evaluation.slices import THIN
from engine.evaluation.stability import agreement
from engine.evaluation.structure import structure
from engine.run.choosing import CLOSE, best_of
from engine.run.dividing import looking_inside
from engine.run.methods import run_method
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.scored import Scored
    from engine.evaluation.choose_k import ChoiceOfK
    from engine.evaluation.gaps import Gaps
    from engine.run.customers import Customers


_JOIN = "join some that stand out more apart"
_NOTHING = "cut them further, although nothing stands out within them"
_BORDERS = "join some between which there are few customers"
_STAND_OUT = "the segments stand out from those of customers without groups"


def shown_of(
    scored: Sequence[Scored], customers: Customers
) -> tuple[tuple[Scored, ...], Scored, str | None]:
    """Choose the method that is shown: by scores, unless methods agree on what is better.

    What methods agree on (:mod:`engine.evaluation.consensus`) is better than what scores speak for
    where that crosses it and has no smaller gaps; where that only cuts it finer, without standing
    out clearly, without others that do so alike, or although nothing stands out within it; and
    where it is finer than that and stands out more. Of either, what is agreed on as well and
    divides it where customers are few (:mod:`engine.evaluation.slices`) is better still, unless it
    stands out less.

    Parameters
    ----------
    scored : sequence of Scored
        Each with its own number of segments.
    customers : Customers

    Returns
    -------
    scored : tuple of Scored
        Those given; one that is shown for what methods agree on, at that number.
    best : Scored
        The one that is shown.
    rule : str or None
        Why, in one sentence; None for one method alone.

    Notes
    -----
    At most one more fit, with its scores and resamples.
    """
    settings, given = customers.config.clustering, tuple(scored)
    best, rule = best_of(given, 0.0 if isinstance(settings.k, int) else settings.smallest_segment)
    cuts, shapes = _cuts(given, customers)
    if len(cuts) < 2 or not shapes or customers.gaps is None:
        return given, best, rule
    if not (better := _better(best, cuts, shapes, customers, given)):
        return given, best, rule
    found, reason = better
    shown = next((s for m in found.methods for s in given if _at(s, m, found.k)), None)
    if shown is None:
        method = found.methods[0]
        choice = _choice(next(s for s in given if s.method == method), found)
        shown = run_method(method, customers, choice)
    k = best.fit.representatives.n_segments
    why = f"{shown.method} is shown: {_alike(found)}; scores alone speak for {k} segments by "
    why += f"{best.method}, which {reason}."
    return tuple(shown if s.method == shown.method else s for s in given), shown, why


def _better(
    best: Scored,
    cuts: dict[str, Cuts],
    shapes: list[str],
    customers: Customers,
    scored: Sequence[Scored],
) -> tuple[Consensus, str] | None:
    """Give what methods agree on that is better than what has the best scores, and why."""
    assert customers.gaps is not None
    rows = draw(customers.priority, customers.config.clustering.k_sample_rows)
    least, labels = customers.config.clustering.smallest_segment, best.fit.labels[rows]
    gains = {
        s.method: {int(row["k"] or 0): gain(row) for row in s.choice.sweep}
        for s in scored
        if s.choice
    }
    better = _instead(best, labels, cuts, shapes, gains, customers)
    coarse, gained = labels, best.gain
    if better:
        coarse, gained = better[0].labels, _gain(better[0], gains)
    agreed = standing_out(cuts, shapes, gains, customers.gaps.share, least)
    able = [one for one in agreed if _may_divide(one, gains, coarse, gained)]
    finer = _largest([one for one in able if _between(one, cuts, coarse, customers.gaps)], gains)
    if finer is None:
        return better
    same = finer.k == best.fit.representatives.n_segments
    return None if same and agreement(labels, finer.labels) >= ALIKE else (finer, _BORDERS)


def _instead(
    best: Scored,
    labels: np.ndarray,
    cuts: dict[str, Cuts],
    shapes: list[str],
    gains: Gains,
    customers: Customers,
) -> tuple[Consensus, str] | None:
    """Give what most methods agree on, parted by gaps, if it is better, and why."""
    assert customers.gaps is not None
    rows = draw(customers.priority, customers.config.clustering.k_sample_rows)
    least = customers.config.clustering.smallest_segment
    parted = consensus(cuts, shapes, customers.gaps.share, least)
    # Along a lump, such as those who never bought, any method finds a gap.
    if parted is None or (customers.lumpy and _gain(parted, gains) < STANDS_OUT):
        return None
    confirms = confirmed(best.fit.representatives.n_segments, cuts)
    inside = partial(_more_inside, rows=rows, customers=customers)
    gained = _gain(parted, gains)
    reason = _reason(parted, gained, best, labels, confirms=confirms, more_inside=inside)
    return (parted, reason) if reason else None


def _gain(found: Consensus, gains: Gains) -> float:
    return gains[found.methods[0]][found.k]


def _may_divide(finer: Consensus, gains: Gains, coarse: np.ndarray, gained: float) -> bool:
    """Whether an agreed cut divides coarser segments and stands out as far as these.

    Two methods may both slice, so that many must agree where the coarser ones stand out already,
    unless gaps part the finer ones nearly everywhere.
    """
    more = _gain(finer, gains)
    many = len(finer.methods) >= MANY and more >= DOUBTFUL
    if not (many or gained < STANDS_OUT or finer.widest <= CUT):
        return False
    larger = finer.k > int(coarse.max()) + 1
    least = gained - CLOSE if finer.widest <= CUT else gained
    return larger and more >= least and within(finer.labels, coarse)


def _between(finer: Consensus, cuts: dict[str, Cuts], coarse: np.ndarray, gaps: Gaps) -> bool:
    """Whether the methods that agree cut coarse segments where customers are few, in the median."""
    of_each = (gaps.beside_slices(cuts[method][finer.k], coarse) for method in finer.methods)
    crossed = [share for share in of_each if share is not None]
    return bool(crossed) and float(np.median(crossed)) <= THIN


def _largest(known: Sequence[Consensus], gains: Gains) -> Consensus | None:
    """Give what stands out most, or the largest number that does about as far and is agreed on so.

    That is by as many methods, who are as alike.
    """
    if not known:
        return None
    most = max(known, key=lambda one: _gain(one, gains))
    near = [one for one in known if _gain(one, gains) >= _gain(most, gains) - CLOSE]
    agreed = [one for one in near if len(one.methods) >= len(most.methods)]
    alike = [one for one in agreed if one.agreement >= most.agreement]
    return max(alike, key=lambda one: (one.k, _gain(one, gains)))


def _cuts(scored: Sequence[Scored], customers: Customers) -> tuple[dict[str, Cuts], list[str]]:
    """Give what each method found for each number, of a kind the first, and who knows shapes."""
    cuts: dict[str, Cuts] = {}
    kinds: set[str] = set()
    shapes: list[str] = []
    for one in scored:
        row, params = algorithm(one.method), customers.config.clustering.params(one.method)
        kind = row.kind(params)
        if one.choice is None or kind in kinds:
            continue  # two of a kind agree for that
        kinds.add(kind)
        cuts[one.method] = one.choice.labels
        shapes += [one.method] * row.any_shape(params)
    return cuts, shapes


def _reason(
    found: Consensus,
    gained: float,
    best: Scored,
    labels: np.ndarray,
    *,
    confirms: bool,
    more_inside: Callable[[np.ndarray, np.ndarray], bool],
) -> str | None:
    """Say what is wrong with the segments of the best scores; None if nothing is.

    ``confirms`` says whether methods agree at that number of segments, too; ``more_inside`` whether
    any of some segments stands out where others cut it.
    """
    k = best.fit.representatives.n_segments
    apart = best.gaps is not None and best.gaps <= found.gaps
    if k == found.k and agreement(labels, found.labels) >= ALIKE:
        return None
    if found.k <= k and within(labels, found.labels):
        if best.gain < DOUBTFUL:
            clear = best.gain >= STANDS_OUT and best.gaps is not None and best.gaps <= CUT
            kept = apart or (clear and confirms)
            return None if kept else "cut them further, where gaps part less"
        if not confirms:
            return "cut them further, as no two methods do alike"
        return None if more_inside(found.labels, labels) else _NOTHING
    if found.k > k and within(found.labels, labels):
        return _JOIN if _finer(found, gained, best, labels) else None
    return None if apart else "cut through what these agree on"


def _finer(found: Consensus, gained: float, best: Scored, labels: np.ndarray) -> bool:
    """Whether what was agreed on divides the segments of the best scores, and stands out more."""
    finer = found.k > best.fit.representatives.n_segments and within(found.labels, labels)
    return finer and gained > best.gain + CLOSE


def _more_inside(
    coarse: np.ndarray, fine: np.ndarray, rows: np.ndarray, customers: Customers
) -> bool:
    """Whether a coarse segment stands out where it is cut into as many as the fine ones in it."""
    inside = looking_inside(customers, rows)
    least = customers.config.clustering.smallest_segment * len(rows)
    lies_in = [int(np.bincount(coarse[fine == s]).argmax()) for s in np.unique(fine)]
    for s in np.bincount(coarse).argsort(kind="stable")[::-1]:
        part, pieces = np.flatnonzero(coarse == s), lies_in.count(int(s))
        if pieces > 1 and inside(part, least / len(part)).may_hold_more((pieces,)):
            return True
    return False


def _at(scored: Scored, method: str, k: int) -> bool:
    return scored.method == method and scored.choice is not None and scored.choice.k == k


def _choice(scored: Scored, found: Consensus) -> ChoiceOfK:
    """Give a method's choice with the number that was agreed on."""
    assert scored.choice is not None
    row = next(row for row in scored.choice.sweep if row["k"] == found.k)
    row["gaps"] = found.gaps if np.isfinite(found.gaps) else None
    rule = (
        f"{found.k} is the number of segments at which {_alike(found)}; by its own scores this "
        f"method would make {scored.choice.k}."
    )
    word = structure(silhouette_of(row), row["chance"], row["gaps"])
    return replace(scored.choice, k=found.k, rule=rule, structure=word, division=None)


def _alike(found: Consensus) -> str:
    """Say who agrees, and how far."""
    *others, last = found.methods
    more = " or more" if len(others) > 1 else ""
    gaps = "gaps part the segments" + ("" if found.gaps <= APART else " in places")
    return (
        f"{', '.join(others)} and {last} cut the customers alike (agreement "
        f"{found.agreement:.2f}{more}), and {gaps if found.gaps <= PARTLY else _STAND_OUT}"
    )
