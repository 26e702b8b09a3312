"""Why a number of segments is taken, in words: the three rules by silhouette, by hand."""

from __future__ import annotations

import pytest

from engine.evaluation.k_rule import Row, rule, span


def row(k: int, silhouette: float, chance: float = 0.2) -> Row:
    return {"k": k, "silhouette": silhouette, "chance": chance}


THREE = row(3, 0.41)
SIX = row(6, 0.43)


@pytest.mark.parametrize(
    ("chosen", "best", "said"),
    [
        (
            row(2, 0.21),
            row(2, 0.21),
            "no number of segments tried (2 to 7) stands out, so the fewest are taken: silhouette "
            "0.210 against 0.200 in customers without groups.",
        ),
        (
            SIX,
            SIX,
            "6 segments stand out most, of the numbers tried (2 to 7): silhouette 0.430 against "
            "0.200 in customers without groups.",
        ),
        (
            THREE,
            SIX,
            "3 is the smallest number of segments tried (2 to 7) that stands out as far as any, "
            "within one standard error, 0.030: silhouette 0.410 against 0.200 in customers without "
            "groups; 0.430 against 0.200 at 6.",
        ),
    ],
)
def test_the_rule_in_words(chosen: Row, best: Row, said: str) -> None:
    assert rule(chosen, best, 0.03, list(range(2, 8))) == said


def test_numbers_with_gaps_are_listed() -> None:
    assert span([2, 3, 5]) == "2, 3, 5"


def test_more_segments_are_advised_only_where_there_may_be_more() -> None:
    more = "a larger clustering.k_max may be better still"
    assert more in rule(last := row(4, 0.9), last, 0.01, [2, 3, 4])
    assert more not in rule(last := row(4, 1.0), last, 0.01, [2, 3, 4])
    alike = row(4, 0.9) | {"inertia": 0.0}
    assert more not in rule(alike, alike, 0.01, [2, 3, 4])
    assert more not in rule(first := row(3, 0.9), first, 0.01, [2, 3, 4])
