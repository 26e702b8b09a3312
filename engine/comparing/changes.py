"""How the segments of two periods differ: means in the columns' own units, with effect sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from engine.comparing.periods import Period
from engine.descriptive_stats.kinds import FLAG
from engine.visualization.readable import number

WORDS = ((0.2, "none to speak of"), (0.5, "small"), (0.8, "medium"))
"""Effect sizes below which a change is called so (Cohen, 1988, Statistical Power Analysis)."""

LARGE = "large"
MEAN, SHARE = "mean", "share"


def word(effect: float | None) -> str:
    """Say how large an effect is.

    Examples
    --------
    >>> word(0.1), word(-0.3), word(0.6), word(1.2)
    ('none to speak of', 'small', 'medium', 'large')
    """
    if effect is None:
        return "not known"
    return next((said for below, said in WORDS if abs(effect) < below), LARGE)


def changes(old: Period, new: Period, pairs: Mapping[int, int]) -> list[dict[str, Any]]:
    """Compare the segments that are the same, column by column.

    Parameters
    ----------
    old, new : Period
    pairs : mapping of int to int
        By index: for segments of the later period the one of the earlier.

    Returns
    -------
    changes : list of dict
        ``before`` and ``now`` (indices), ``column``, ``level`` (of a category, else None), ``of``
        (mean or share), ``then``, ``value``, ``difference``, ``effect``; the largest effect of a
        segment first. Of a column that one of the two did not have nothing is said.

    Notes
    -----
    The effect of a mean is its difference by the pooled standard deviation of the customers of both
    periods: the root of their mean variance, each as heavy as it has customers. That of a share is
    Cohen's h, the difference of arcsines of square roots.
    """
    found = []
    for now, before in sorted(pairs.items()):
        one, other = old.of_segment(before), new.of_segment(now)
        if one is None or other is None:
            continue
        rows = [*_means(one, other, old, new), *_shares(one, other)]
        rows.sort(key=lambda row: -abs(row["effect"] or 0.0))
        found += [{"before": before, "now": now, **row} for row in rows]
    return found


def _means(
    one: dict[str, Any], other: dict[str, Any], old: Period, new: Period
) -> Iterator[dict[str, Any]]:
    everyone = old.profiles["overall"], new.profiles["overall"]
    sizes = old.profiles["customers"], new.profiles["customers"]
    for column, figures in other["features"].items():
        then, value = (f.get("mean") for f in (one["features"].get(column) or {}, figures))
        if not (number(then) and number(value)) or not all(column in e for e in everyone):
            continue
        if everyone[0][column].get("kind") == FLAG:
            yield _row(column, None, SHARE, then, value, cohens_h(then, value))
            continue
        spread = pooled([e[column].get("std") for e in everyone], sizes)
        effect = (value - then) / spread if spread else None
        yield _row(column, None, MEAN, then, value, effect)


def _shares(one: dict[str, Any], other: dict[str, Any]) -> Iterator[dict[str, Any]]:
    before, now = _levels(one), _levels(other)
    for (column, level), value in now.items():
        then = before.get((column, level))
        if number(then) and number(value):
            yield _row(column, level, SHARE, then, value, cohens_h(then, value))


def _levels(segment: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Give the shares of levels that were saved: of all, or of those that stand out."""
    found = {(x["column"], x["level"]): x["share"] for x in segment.get("levels") or ()}
    for column, rows in (segment.get("shares") or {}).items():
        found |= {(column, x["level"]): x["share"] for x in rows}
    return found


def _row(
    column: str, level: str | None, of: str, then: float, value: float, effect: float | None
) -> dict[str, Any]:
    return {
        "column": column, "level": level, "of": of, "then": then, "value": value,
        "difference": value - then, "effect": effect,
    }  # fmt: skip


def pooled(spreads: list[float | None], sizes: tuple[int, int]) -> float | None:
    """Pool two standard deviations; None where one is not known, or nothing varies.

    Examples
    --------
    >>> pooled([3.0, 4.0], (100, 100))
    3.5355339059327378
    """
    if not all(number(s) for s in spreads) or not sum(sizes):
        return None
    squares = sum(n * float(s or 0.0) ** 2 for s, n in zip(spreads, sizes, strict=True))
    return math.sqrt(squares / sum(sizes)) or None


def cohens_h(one: float, other: float) -> float:
    """Give the effect size of a difference of two shares.

    Examples
    --------
    >>> round(cohens_h(0.25, 0.5), 3), cohens_h(0.3, 0.3)
    (0.524, 0.0)

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 6.
    """
    angle = [2 * math.asin(math.sqrt(min(max(share, 0.0), 1.0))) for share in (one, other)]
    return angle[1] - angle[0]
