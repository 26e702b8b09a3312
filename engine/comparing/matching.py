"""Which segments of the later of two periods are those of the earlier, and how that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.comparing.periods import Period
from engine.continuity.pairs import KEPT, in_common


@dataclass(frozen=True)
class Matched:
    """Segments of two periods that are the same.

    Attributes
    ----------
    by : {"model", "numbers", "customers"}
        The same model gave both; the numbers go on; or they share their customers.
    pairs : dict of int to int
        By index: for segments of the later period the one of the earlier.
    sentence : str
        How they were matched, for people.
    """

    by: str
    pairs: Mapping[int, int] = field(repr=False)
    sentence: str


def by_number(old: Period, new: Period) -> Matched | None:
    """Match segments by their numbers where these say who is who; None where they do not.

    They do where one run continues the other, directly or by runs between them, and where one
    model gave both their segments.
    """
    place = {number: i for i, number in enumerate(old.numbers.public)}
    pairs = {j: place[n] for j, n in enumerate(new.numbers.public) if n in place}
    if old.lineage[:1] == new.lineage[:1]:
        said = f"All of these segments are given by the model of run {old.lineage[0]}."
        return Matched("model", pairs, said)
    if old.lineage[0] in new.lineage or new.lineage[0] in old.lineage:
        last, first = (new, old) if old.lineage[0] in new.lineage else (old, new)
        said = (
            f"Run {last.lineage[0]} continues run {first.lineage[0]} (clustering.continue_from), "
            "so that segments with one number are the same."
        )
        return Matched("numbers", pairs, said)
    return None


def by_customers(old: Period, new: Period, counts: np.ndarray) -> Matched:
    """Match segments by the customers whom they share.

    Parameters
    ----------
    old, new : Period
    counts : int array of shape (k_old, k_new)
        Customers of both periods by their segments.

    Notes
    -----
    As a run matches its segments to those it continues, but by the customers who were there in
    both periods: pairs agree on who is in by a Cohen's kappa of 0.5 or more, and the Hungarian
    method chooses among them.
    """
    pairs = in_common(counts.T)
    k = len(new.names)
    said = (
        f"Neither run continues the other, so segments were matched as clustering.continue_from "
        f"does, by the customers in both: {len(pairs)} of {k} agree by {KEPT} or more beyond "
        "chance (Cohen's kappa) with one of before and count as the same."
    )
    if len(pairs) < k:
        said += " A run with clustering.continue_from would keep numbers."
    return Matched("customers", pairs, said)


def matched(old: Period, new: Period, counts: np.ndarray) -> Matched:
    """Match by numbers where these go on, otherwise by customers."""
    return by_number(old, new) or by_customers(old, new, counts)


def tracks(steps: list[Matched], sizes: list[int]) -> list[list[int]]:
    """Give segments that are the same over all periods one number.

    Parameters
    ----------
    steps : list of Matched
        From each period to the next.
    sizes : list of int
        Segments of each period.

    Returns
    -------
    tracks : list of list of int
        For each period one a segment, counted in the order in which they first appear.

    Examples
    --------
    >>> tracks([Matched("numbers", {0: 1, 2: 0}, "")], [2, 3])
    [[0, 1], [1, 2, 0]]
    """
    found = [list(range(sizes[0]))]
    last = sizes[0] - 1
    for step, k in zip(steps, sizes[1:], strict=True):
        here = []
        for index in range(k):
            if (then := step.pairs.get(index)) is not None:
                here.append(found[-1][then])
            else:
                here.append(last := last + 1)
        found.append(here)
    return found
