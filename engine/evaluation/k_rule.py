"""Why a number of segments was chosen, or cannot be, in one sentence for people."""

from __future__ import annotations

import math

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.division import FEWEST, MOST, Division
from engine.evaluation.gaps import CUT
from engine.evaluation.stability import RETURNS

Row = dict[str, float | int | None]
"""A candidate of the sweep: see :class:`engine.evaluation.choose_k.ChoiceOfK`."""


MORE_MAY_BE_BETTER = (
    " That is the most that was tried: a larger clustering.k_max may be better still."
)


def silhouette_of(row: Row) -> float:
    """Silhouette of a row of the sweep; an undefined one is worse than any."""
    value = row["silhouette"]
    return -math.inf if value is None else float(value)


def gain(row: Row) -> float:
    """By how much a row's silhouette exceeds what chance gives."""
    return silhouette_of(row) - float(row["chance"] or 0.0)


def stands_out(row: Row) -> bool:
    """Whether a row's silhouette says that there are groups; as far as is known."""
    return row["chance"] is None or gain(row) >= STANDS_OUT


def passed_over(passed: list[int], smallest: float, *, everything: bool) -> str:
    """Say which numbers were not considered, for a segment too small; empty for none."""
    if not passed:
        return ""
    if everything:
        return (
            f" Every number tried leaves a segment of less than {smallest:.1%} of the customers "
            "(clustering.smallest_segment)."
        )
    return (
        f" {span(passed)} would leave a segment of less than {smallest:.1%} of the customers "
        "(clustering.smallest_segment)."
    )


def rule(chosen: Row, best: Row, error: float, tried: list[int]) -> str:
    """Say why the silhouette chose as it did."""
    if len(tried) == 1:
        return f"{chosen['k']} is the only number of segments that was tried."
    if chosen["chance"] is not None:
        return _rule_by_chance(chosen, best, error, tried)
    value, top = silhouette_of(chosen), silhouette_of(best)
    if chosen is best:
        alone = ""
        if error > 0 and chosen["k"] != tried[0]:
            alone = f", and no smaller number comes within its standard error, {error:.3f}"
        return (
            f"{chosen['k']} segments have the best silhouette, {value:.3f}, of the numbers tried "
            f"({span(tried)}){alone}.{_edge(chosen, tried)}"
        )
    return (
        f"{chosen['k']} is the smallest number of segments tried ({span(tried)}) whose "
        f"silhouette, {value:.3f}, is within one standard error, {error:.3f}, of the best, "
        f"{top:.3f} at {best['k']}."
    )


def rule_by_gaps(apart: Row, chosen: Row, tried: list[int]) -> str:
    """Say why segments with gaps between them were preferred to rounder ones, or to the fewest."""
    if float(apart["gaps"] or 0.0) > CUT:
        return (
            f"{apart['k']} is the number of segments tried ({span(tried)}) that gaps part best, "
            "though only in places; no silhouette stands out from those of customers without "
            "groups."
        )
    why = (
        f"{apart['k']} is the largest number of segments tried ({span(tried)}) that gaps part: the "
        "customers most like each other are in the same segment"
    )
    if not stands_out(chosen):
        return f"{why}; no silhouette stands out from those of customers without groups."
    finer = int(apart["k"] or 0) > int(chosen["k"] or 0)
    but = "join groups that gaps part" if finer else "cut through crowds"
    round_one, other = silhouette_of(chosen), silhouette_of(apart)
    return (
        f"{why}; {chosen['k']} would be rounder (silhouette {round_one:.3f} instead of "
        f"{other:.3f}), but {but}."
    )


def _against(row: Row) -> str:
    """Give a row's silhouette beside what chance gives, in words."""
    value, chance = silhouette_of(row), float(row["chance"] or 0.0)
    return f"silhouette {value:.3f} against {chance:.3f} in customers without groups"


def rule_by_halves(whole: Row, chosen: Row, count: int) -> str:
    """Say why more segments than the silhouette asks for are taken."""
    one = f"one of {chosen['k']}" if count == 1 else f"{count} of {chosen['k']}"
    return (
        f"{whole['k']} is the smallest number of segments none of which is two groups itself, as "
        f"{one} would be: {_against(whole)}."
    )


def rule_by_inside(first: Row, chosen: Row) -> str:
    """Say why fewer segments are taken than the silhouette asks for."""
    return (
        f"{first['k']} is the smallest number of segments that stands out ({_against(first)}) and "
        "within which nothing does: "
        f"{chosen['k']} would cut them further along flags, counts or categories."
    )


def rule_by_steadiness(steadier: Row, chosen: Row) -> str:
    """Say why fewer segments are taken than stand out most."""
    return (
        f"{steadier['k']} is the smallest number of segments that stands out "
        f"({_against(steadier)}), comes back when customers are drawn anew, and within which "
        f"nothing stands out; {chosen['k']} stand out more, but "
        "do not come back."
    )


def rule_by_division(division: Division, chosen: Row, tried: list[int]) -> str:
    """Say why a division was taken, and what stands out by itself."""
    at = _against(chosen)
    changes = division.groups_stability
    if changes is not None:
        why = f"stand out a little ({at})" if stands_out(chosen) else "are parted by gaps in places"
        groups = (
            f"{division.groups} segments {why}, but do not come back when customers are drawn anew "
            f"(agreement {changes:.2f} at most)"
        )
    elif division.groups:
        groups = f"only {division.groups} segments stand out ({at}), and no gap parts them"
    else:
        groups = (
            f"no number of segments tried ({span(tried)}) stands out: customers form no groups by "
            f"themselves ({at} at {chosen['k']})"
        )
    come_back = "come back" if division.stability >= RETURNS else "mostly come back"
    return (
        f"{groups}; {division.k} is the largest number up to {min(MOST, tried[-1])} that divides "
        "them stably: "
        f"segments that {come_back} when customers are drawn anew (agreement "
        f"{division.stability:.2f}), hold about {division.smallest:.0%} or more each, and differ "
        f"from each other by {division.effect:.1f} standard deviations or more in some feature."
    )


def no_division(resamples: int) -> str:
    """Say that nothing divides customers who form no groups, or that it was not looked for."""
    if not resamples:
        return " No division was looked for, as evaluation.resamples is 0."
    return (
        f" No number from {FEWEST} to {MOST} divides them so that segments are large enough, "
        "differ and come back when customers are drawn anew."
    )


def still_two(halves: int, tried: list[int]) -> str:
    """Say that segments are two groups themselves, at every number."""
    which = "One of its segments is two groups itself"
    if halves > 1:
        which = f"{halves} of its segments are two groups themselves"
    return f" {which}, and no number up to {tried[-1]} keeps all apart."


def _edge(chosen: Row, tried: list[int]) -> str:
    """Say that more might be better, where the most that was tried was chosen for being best.

    Not where customers of a segment are all alike, so that no more segments can be told apart.
    """
    if len(tried) < 2 or chosen["k"] != tried[-1] or perfect(chosen):
        return ""
    return MORE_MAY_BE_BETTER


def perfect(row: Row) -> bool:
    """Whether customers of a segment are all alike."""
    inertia = row.get("inertia")
    return silhouette_of(row) >= 0.9995 or (inertia is not None and inertia <= 1e-6)


def _rule_by_chance(
    chosen: Row,
    best: Row,
    error: float,
    tried: list[int],
) -> str:
    k, against = chosen["k"], _against(chosen)
    if gain(best) < STANDS_OUT:
        return (
            f"no number of segments tried ({span(tried)}) stands out, so the fewest are taken: "
            f"{against}."
        )
    if chosen is best:
        asked = f"of the numbers tried ({span(tried)})"
        return f"{k} segments stand out most, {asked}: {against}.{_edge(chosen, tried)}"
    return (
        f"{k} is the smallest number of segments tried ({span(tried)}) that stands out as far as "
        f"any, within one standard error, {error:.3f}: {against}; "
        f"{silhouette_of(best):.3f} against {float(best['chance'] or 0.0):.3f} at {best['k']}."
    )


def span(numbers: list[int]) -> str:
    """Write an ascending list of numbers as people do.

    Examples
    --------
    >>> span([2, 3, 4]), span([2, 4, 6, 7, 8]), span([])
    ('2 to 4', '2, 4, 6 to 8', 'none')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = (f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)
    return ", ".join(told) or "none"


def nothing_to_try(asked: list[int], distinct: int) -> str:
    """Say why none of the numbers asked for can be tried."""
    if distinct < 2:
        return (
            "k cannot be chosen: all customers are alike in the prepared features "
            f"({distinct} distinct row); include a feature that tells customers apart."
        )
    return (
        f"k cannot be chosen: it must be from 2 to {distinct}, the number of distinct customers in "
        f"the prepared features, and the candidates are {span(asked)}; change the candidates or "
        "include more features."
    )
