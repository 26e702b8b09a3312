"""Which number of segments a sweep speaks for: by silhouette, by gaps, by what is two groups."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import EngineError
from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, CUT, PARTLY
from engine.evaluation.interval import standard_error
from engine.evaluation.k_rule import (
    Row,
    gain,
    passed_over,
    perfect,
    rule,
    rule_by_gaps,
    rule_by_halves,
    rule_by_inside,
    span,
    stands_out,
    still_two,
)


@dataclass(frozen=True)
class Asked:
    """What can be asked of a candidate's segments, if anything.

    Attributes
    ----------
    halves : callable or None
        Counts those that are two groups themselves.
    inside : callable or None
        Says whether anything stands out within one of them.
    """

    halves: Callable[[Row], int] | None = None
    inside: Callable[[Row], bool] | None = None


def decide(rows: list[Row], smallest: float, chance_error: float, asked: Asked) -> tuple[Row, str]:
    """Choose a candidate, and say why in words.

    Parameters
    ----------
    rows : list of Row
        The sweep, in order of k.
    smallest : float
        Share of the customers below which no segment may be, as long as a candidate is left.
    chance_error : float
        Standard error of what customers without groups give.
    asked : Asked

    Raises
    ------
    EngineError
        No candidate has more than one segment.
    """
    tried = [int(row["k"] or 0) for row in rows]
    large = [row for row in rows if (row["smallest"] or 0.0) >= smallest]
    allowed = large or rows
    best = max(allowed, key=gain)  # the first of equals, which is the smallest k
    if best["silhouette"] is None:
        message = (
            f"k cannot be chosen from {span(tried)}: every fit put all customers into one "
            "segment; set clustering.k to a number."
        )
        raise EngineError(message)
    # Where all customers of a segment are alike there is nothing better, and no error.
    error = 0.0 if perfect(best) else _error(best, chance_error)
    # What differs where nothing stands out is noise.
    clear = stands_out(best)
    chosen = next(r for r in allowed if not clear or gain(r) >= gain(best) - error)
    why = rule(chosen, best, error, tried)
    if apart := _apart(chosen, allowed, clear=clear):
        why, chosen = rule_by_gaps(apart, chosen, tried), apart
    elif clear and (first := _first_empty(chosen, allowed, asked)):
        why, chosen = rule_by_inside(first, chosen), first
    elif asked.halves and clear:
        chosen, why = _whole(chosen, why, allowed, tried, asked.halves)
    passed = [int(row["k"] or 0) for row in rows if row not in large]
    return chosen, why + passed_over(passed, smallest, everything=not large)


def _error(best: Row, chance_error: float) -> float:
    """Give the standard error of a row's silhouette beside chance."""
    own = standard_error(float(best["low"] or 0.0), float(best["high"] or 0.0))
    return math.hypot(own, chance_error)


def _apart(chosen: Row, allowed: list[Row], *, clear: bool) -> Row | None:
    """Give the largest number whose segments are apart, if it is larger, or better than the chosen.

    It is better where the chosen one's segments are not apart, and where no silhouette stands out,
    which is then no reason. Where that one cuts through crowds, nearly apart is better too; where
    nothing stands out, the number that gaps part best, if they do so in places.
    """
    if chosen["gaps"] is None:
        return None
    known = [(row["gaps"], row) for row in allowed if row["gaps"] is not None]
    if clear and chosen["gaps"] <= CUT:
        # Finer ones that are as far apart as it, or apart.
        finest = [row for share, row in known if share <= max(APART, chosen["gaps"])][-1]
        return finest if allowed.index(finest) > allowed.index(chosen) else None
    apart = [row for share, row in known if share <= APART]
    if not apart and (not clear or chosen["gaps"] > PARTLY):
        apart = [row for share, row in known if share <= CUT]
    if not apart and not clear:
        least = min(known, key=lambda pair: pair[0])
        return least[1] if least[0] <= PARTLY else None
    return apart[-1] if apart else None


def _first_empty(chosen: Row, allowed: list[Row], asked: Asked) -> Row | None:
    """Give the smallest number that stands out and within whose segments nothing does."""
    if asked.inside is None or perfect(chosen):
        return None
    before = [row for row in allowed[: allowed.index(chosen)] if stands_out(row)]
    return next((row for row in before if not asked.inside(row)), None)


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
