"""Which number of segments a sweep speaks for: by silhouette, by gaps, by what is two groups."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from engine.errors import EngineError
from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, CUT
from engine.evaluation.k_rule import (
    Row,
    gain,
    passed_over,
    rule,
    rule_by_gaps,
    rule_by_halves,
    span,
    still_two,
)

_Z95 = NormalDist().inv_cdf(0.975)


def decide(
    rows: list[Row],
    smallest: float,
    chance_error: float,
    halves: Callable[[Row], int] | None,
) -> tuple[Row, str]:
    """Choose a candidate, and say why in words.

    Parameters
    ----------
    rows : list of Row
        The sweep, in order of k.
    smallest : float
        Share of the customers below which no segment may be, as long as a candidate is left.
    chance_error : float
        Standard error of what customers without groups give.
    halves : callable or None
        Counts the segments of a candidate that are two groups themselves.

    Raises
    ------
    EngineError
        No candidate has more than one segment.
    """
    tried = [int(row["k"] or 0) for row in rows]
    allowed = [row for row in rows if (row["smallest"] or 0.0) >= smallest] or rows
    best = max(allowed, key=gain)  # the first of equals, which is the smallest k
    if best["silhouette"] is None:
        message = (
            f"k cannot be chosen from {span(tried)}: every fit put all customers into one "
            "segment; set clustering.k to a number."
        )
        raise EngineError(message)
    error = _error(best, chance_error)
    stands_out = best["chance"] is None or gain(best) >= STANDS_OUT
    # What differs where nothing stands out is noise.
    chosen = next(r for r in allowed if not stands_out or gain(r) >= gain(best) - error)
    why = rule(chosen, best, error, tried)
    if (apart := _apart(chosen, allowed, stands_out=stands_out)) is not chosen:
        why, chosen = rule_by_gaps(apart, chosen, tried), apart
    elif halves and stands_out:
        chosen, why = _whole(chosen, why, allowed, tried, halves)
    passed = [int(row["k"] or 0) for row in rows if row not in allowed]
    return chosen, why + passed_over(passed, smallest)


def _error(best: Row, chance_error: float) -> float:
    """Give the standard error of a row's silhouette beside chance."""
    half = (float(best["high"] or 0.0) - float(best["low"] or 0.0)) / 2
    return math.hypot(half / _Z95, chance_error)


def _apart(chosen: Row, allowed: list[Row], *, stands_out: bool) -> Row:
    """Give the largest number whose segments are apart, where those of the chosen one are not.

    Also where no silhouette stands out, which is then no reason for the chosen one.
    """
    if chosen["gaps"] is None or (stands_out and chosen["gaps"] <= CUT):
        return chosen
    apart = [row for row in allowed if row["gaps"] is not None and row["gaps"] <= APART]
    return apart[-1] if apart else chosen


def _whole(
    chosen: Row, why: str, allowed: list[Row], tried: list[int], halves: Callable[[Row], int]
) -> tuple[Row, str]:
    """Take the first number from the chosen one on at which no segment is two groups."""
    later = [r for r in allowed[allowed.index(chosen) :] if gain(r) >= STANDS_OUT]
    whole = next((row for row in later if not halves(row)), None)
    if whole is None:
        return chosen, why + still_two(halves(chosen), tried)
    if whole is not chosen:
        why = rule_by_halves(whole, chosen, halves(chosen))
    return whole, why
