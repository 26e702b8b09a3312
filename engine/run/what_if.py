"""What if there were more segments, or fewer: several numbers beside each other, and the flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.scores import finite_or_none
from engine.run.methods import score
from engine.utilities.few import enough
from engine.utilities.rows import crossed
from engine.utilities.segment_numbers import Numbers
from engine.visualization.verdict import verdict_of

if TYPE_CHECKING:
    from engine.clustering.scored import Scored
    from engine.descriptive_stats.profiles import Profiles
    from engine.run.customers import Customers
    from engine.run.describing import Describing


@dataclass(frozen=True)
class View:
    """The customers in one number of segments.

    Attributes
    ----------
    scored : Scored
    profiles : Profiles
    numbers : Numbers
        What its segments are called.
    """

    scored: Scored
    profiles: Profiles
    numbers: Numbers

    @property
    def k(self) -> int:
        """How many segments there are."""
        return len(self.numbers.public)


def beside(
    best: Scored,
    profiles: Profiles,
    numbers: Numbers,
    customers: Customers,
    describing: Describing,
) -> list[dict[str, Any]] | None:
    """Put the numbers of segments that were asked for beside each other.

    Parameters
    ----------
    best : Scored
        The segments that are described and saved: one of the numbers.
    profiles : Profiles
    numbers : Numbers
    customers : Customers
    describing : Describing

    Returns
    -------
    views : list of dict or None
        By number of segments, plain data: ``k``, ``described``, ``structure`` (the verdict that a
        run of this number would give), ``silhouette`` with ``chance``, ``stability``, ``segments``
        and ``flows``: customers of each segment (row) by segment of the next number (column), None
        for the last. None where one number was asked for.

    Notes
    -----
    Every other number is fitted, scored and described as a run of it alone would, from the same
    prepared customers; where one fit serves all numbers (a tree, a graph) that is not done again.
    """
    several = customers.config.clustering.several
    if not several:
        return None
    shown = View(best, profiles, numbers)

    def view(k: int) -> View:
        fit = customers.others[best.method](k)
        scored = score(best.method, fit, customers, seconds=0.0, shown=False)
        found = describing.beside(scored)
        return View(scored, found, Numbers.first(len(found.names)))

    views = [shown if k == shown.k else view(k) for k in several]
    least = customers.config.output.smallest_group
    told = [_told(one, shown) for one in views]
    return [{**here, "flows": flow} for here, flow in zip(told, _flows(views, least), strict=True)]


def _told(view: View, shown: View) -> dict[str, Any]:
    """Say what one number of segments gives; of each segment its name and size alone."""
    scored = view.scored
    measured, back = scored.to_json(), scored.stability
    segments = zip(view.profiles.tree["segments"], view.numbers.public, strict=True)
    return {
        "k": view.k,
        "described": view is shown,
        "structure": verdict_of(measured).to_json(),
        "silhouette": finite_or_none(scored.silhouette.value),
        "chance": scored.chance,
        "stability": back.mean if back else None,
        "segments": [
            {key: s[key] for key in ("name", "customers", "share", "few")} | {"segment": number}
            for s, number in segments
        ],
    }


def _flows(views: Sequence[View], least: int) -> list[list[list[int | None]] | None]:
    """Count who is where at one number and at the next, and tell of enough customers only."""
    found: list[list[list[int | None]] | None] = []
    for one, other in pairwise(views):
        counts = crossed(one.scored.fit.labels, other.scored.fit.labels, (one.k, other.k))
        found.append(told_flow(np.asarray(counts).tolist(), least))
    return [*found, None]


def told_flow(counts: list[list[int]], least: int) -> list[list[int | None]]:
    """Give a flow without what is of too few, and nothing that could be had by subtracting.

    Examples
    --------
    >>> told_flow([[12, 0], [8, 20]], 5), told_flow([[12, 2], [0, 9]], 5)
    ([[12, 0], [8, 20]], [[10, None], [0, 10]])
    """
    return [row[:-1] for row in enough(counts, [sum(row) for row in counts], least)]
