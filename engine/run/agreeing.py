"""What methods agree on, and whether it is shown in place of what one method alone speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.algorithm import algorithm
from engine.evaluation.consensus import ALIKE, Consensus, Cuts, confirmed, consensus, within
from engine.evaluation.division import DOUBTFUL
from engine.evaluation.gaps import CUT
from engine.evaluation.k_rule import Row, gain, silhouette_of
from engine.evaluation.stability import agreement
from engine.evaluation.structure import structure
from engine.run.choosing import CLOSE, best_of
from engine.run.dividing import looking_inside
from engine.run.methods import run_method
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.scored import Scored
    from engine.evaluation.choose_k import ChoiceOfK
    from engine.run.customers import Customers


def shown_of(
    scored: Sequence[Scored], customers: Customers
) -> tuple[tuple[Scored, ...], Scored, str | None]:
    """Choose the method that is shown: by scores, unless methods agree on what is better.

    What methods agree on is better than what scores speak for where that crosses it and has no
    smaller gaps; where that only cuts it finer, although nothing stands out within it; and where it
    is finer than that and stands out more.

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
    best, rule = best_of(given, settings.smallest_segment if settings.k == "auto" else 0.0)
    cuts, shapes = _cuts(given, customers)
    if len(cuts) < 2 or not shapes or customers.gaps is None:
        return given, best, rule
    found = consensus(cuts, shapes, customers.gaps.share, settings.smallest_segment)
    if found is None:
        return given, best, rule
    first, choices = found.methods[0], {s.method: s.choice for s in given if s.choice}
    row = _row(choices[first], found)
    confirms = confirmed(best.fit.representatives.n_segments, cuts)
    if not (reason := _reason(found, row, best, customers, confirms=confirms)):
        return given, best, rule
    shown = next((s for m in found.methods for s in given if _at(s, m, found.k)), None)
    if shown is None:
        shown = run_method(first, customers, _agreed_choice(choices[first], row, found))
    why = (
        f"{shown.method} is shown: {_alike(found)}; scores alone speak for "
        f"{best.fit.representatives.n_segments} segments by {best.method}, which {reason}."
    )
    return tuple(shown if s.method == shown.method else s for s in given), shown, why


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
    found: Consensus, row: Row, best: Scored, customers: Customers, *, confirms: bool
) -> str | None:
    """Say why what was agreed on is shown in place of what has the best scores; None if not.

    ``confirms`` says whether methods agree at the number of segments of that one, too.
    """
    rows = draw(customers.priority, customers.config.clustering.k_sample_rows)
    labels, k = best.fit.labels[rows], best.fit.representatives.n_segments
    apart = best.gaps is not None and best.gaps <= found.gaps
    if k == found.k and agreement(labels, found.labels) >= ALIKE:
        return None
    if found.k <= k and within(labels, found.labels):
        if best.gain < DOUBTFUL:
            return None if apart else "cut them further, where gaps part less"
        if not confirms:
            return "cut them further, as no two methods do alike"
        if _more_inside(found, rows, customers):
            return None
        return "cut them further, although nothing stands out within them"
    if found.k > k and within(found.labels, labels):
        more = gain(row) > best.gain + CLOSE
        return "join some that stand out more apart" if more else None
    return None if apart else "cut through what these agree on"


def _more_inside(found: Consensus, rows: np.ndarray, customers: Customers) -> bool:
    """Whether anything stands out within a segment that was agreed on; the largest first."""
    inside = looking_inside(customers, rows)
    least = customers.config.clustering.smallest_segment * len(rows)
    parts = [np.flatnonzero(found.labels == s) for s in range(found.k)]
    parts.sort(key=len, reverse=True)
    return any(inside(part, least / len(part)).may_hold_more() for part in parts)


def _at(scored: Scored, method: str, k: int) -> bool:
    return scored.method == method and scored.choice is not None and scored.choice.k == k


def _row(choice: ChoiceOfK, found: Consensus) -> Row:
    """Give the line of the sweep that was agreed on, with its gaps."""
    row = next(row for row in choice.sweep if row["k"] == found.k)
    row["gaps"] = found.gaps
    return row


def _agreed_choice(choice: ChoiceOfK, row: Row, found: Consensus) -> ChoiceOfK:
    word = structure(silhouette_of(row), row["chance"], row["gaps"])
    rule = (
        f"{found.k} is the number of segments at which {_alike(found)}; by its own scores this "
        f"method would make {choice.k}."
    )
    return replace(choice, k=found.k, rule=rule, structure=word, division=None)


def _alike(found: Consensus) -> str:
    """Say who agrees, and how far."""
    *others, last = found.methods
    more = " or more" if len(others) > 1 else ""
    where = "" if found.gaps <= CUT else " in places"
    return (
        f"{', '.join(others)} and {last} cut the customers alike (agreement "
        f"{found.agreement:.2f}{more}), and gaps part the segments{where}"
    )
