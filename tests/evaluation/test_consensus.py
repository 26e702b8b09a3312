"""What methods agree on, by hand: who counts, which number is taken, and what lies within what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.consensus import (
    ALIKE,
    MANY,
    Consensus,
    confirmed,
    consensus,
    standing_out,
    within,
)
from engine.evaluation.division import DOUBTFUL
from engine.evaluation.gaps import APART, PARTLY

HALVES = np.repeat([0, 1], 60)
THIRDS = np.repeat([0, 1, 2], 40)
OTHER_THIRDS = np.tile([0, 1, 2], 40)
QUARTERS = np.repeat([0, 1, 2, 3], 30)
ACROSS = np.tile([0, 1], 60)
ONE_APART = np.where(np.arange(120) == 0, 1 - HALVES, HALVES)  # one customer in the other half


def agreed(
    found: dict[str, dict[int, np.ndarray]],
    shares: dict[int, float] | None = None,
    shapes: tuple[str, ...] = ("spectral",),
    least: float = 0.02,
) -> Consensus | None:
    def gaps(_: Any, k: int) -> float | None:
        return (shares or {}).get(k, 0.0)

    return consensus(found, shapes, gaps, least)


def test_two_methods_that_cut_alike_agree() -> None:
    found = agreed({"kmeans": {2: ACROSS}, "spectral": {2: HALVES}, "trees": {2: 1 - HALVES}})
    assert found is not None
    assert (found.k, set(found.methods), found.agreement) == (2, {"spectral", "trees"}, 1.0)


def test_nearly_alike_is_alike_and_the_least_agreement_is_told() -> None:
    found = agreed({"spectral": {2: HALVES}, "trees": {2: ONE_APART}})
    assert found is not None
    assert ALIKE <= found.agreement < 1


@pytest.mark.parametrize(
    "methods",
    [
        {"spectral": {2: HALVES}, "trees": {2: ACROSS}},
        {"spectral": {2: HALVES}, "trees": {3: THIRDS}},
        {"kmeans": {2: HALVES}, "trees": {2: HALVES}},  # neither sees segments of any shape
        {"spectral": {2: HALVES}},
        {},
    ],
)
def test_nothing_is_agreed_on(methods: dict[str, dict[int, np.ndarray]]) -> None:
    assert agreed(methods) is None


def test_only_what_gaps_part_counts() -> None:
    both = {"spectral": {2: HALVES}, "trees": {2: HALVES}}
    assert agreed(both, {2: PARTLY}) is not None
    assert agreed(both, {2: PARTLY + 0.01}) is None
    assert consensus(both, ["spectral"], lambda *_: None, 0.0) is None


def test_segments_that_are_too_small_do_not_count() -> None:
    few = np.repeat([0, 1], [118, 2])
    both = {"spectral": {2: few}, "trees": {2: few}}
    assert agreed(both, least=2 / 120) is not None
    assert agreed(both, least=0.02) is None


def test_the_most_methods_count_more_than_a_larger_number() -> None:
    three = {m: {2: HALVES, 4: QUARTERS} for m in ("spectral", "trees")}
    found = agreed({**three, "kmeans": {2: HALVES, 4: np.tile(QUARTERS[::40], 30)[:120]}})
    assert found is not None
    assert (found.k, len(found.methods)) == (2, 3)


def test_of_equals_what_gaps_part_everywhere_then_the_largest() -> None:
    both = {m: {2: HALVES, 3: THIRDS, 4: QUARTERS} for m in ("spectral", "trees")}
    everywhere = agreed(both, {3: APART, 4: PARTLY})
    assert everywhere is not None
    assert everywhere.k == 3
    in_places = agreed(both, dict.fromkeys((2, 3, 4), PARTLY))
    assert in_places is not None
    assert in_places.k == 4


def test_a_larger_number_must_be_cut_as_alike() -> None:
    # One customer of 120 in another quarter: alike, but less so than the halves are.
    nearly = np.where(np.arange(120) == 0, 3, QUARTERS)
    found = agreed({"spectral": {2: HALVES, 4: QUARTERS}, "trees": {2: HALVES, 4: nearly}})
    assert found is not None
    assert found.k == 2


def test_others_confirm_a_number_whatever_parts_it() -> None:
    found = {"kmeans": {2: ACROSS, 3: THIRDS}, "trees": {2: HALVES, 3: THIRDS}}
    assert confirmed(3, found)
    assert not confirmed(2, found)
    assert not confirmed(4, found)


def test_finer_segments_lie_within_coarser_ones() -> None:
    assert within(QUARTERS, HALVES)
    assert within(HALVES, HALVES)
    assert not within(THIRDS, HALVES)
    assert not within(HALVES, QUARTERS)
    assert not within(OTHER_THIRDS, HALVES)


def many(
    found: dict[str, dict[int, np.ndarray]], gains: dict[int, float], share: float | None = 0.9
) -> list[Consensus]:
    of_each = {m: {k: gains.get(k, 0.0) for k in cuts} for m, cuts in found.items()}
    return standing_out(found, ["spectral"], of_each, lambda *_: share, 0.02)


def test_many_need_no_gap_where_segments_stand_out() -> None:
    three = {m: {2: HALVES, 3: THIRDS} for m in ("kmeans", "spectral", "trees")}
    found = many(three, {2: DOUBTFUL, 3: DOUBTFUL + 0.1})
    assert {(one.k, len(one.methods), one.gaps) for one in found} == {
        (2, MANY, 0.9),
        (3, MANY, 0.9),
    }
    assert many(three, {2: DOUBTFUL - 0.01}) == []
    assert many({m: three[m] for m in ("kmeans", "spectral")}, {3: 0.5}) == []
    assert {one.gaps for one in many(three, {3: 0.5}, share=None)} == {np.inf}


def test_two_need_gaps_and_to_stand_out() -> None:
    two = {m: {2: HALVES} for m in ("spectral", "trees")}
    assert [one.k for one in many(two, {2: STANDS_OUT}, PARTLY)] == [2]
    assert many(two, {2: STANDS_OUT - 0.01}, PARTLY) == []
    assert many(two, {2: STANDS_OUT}, PARTLY + 0.01) == []


def test_one_of_those_that_agree_must_see_the_gap() -> None:
    def gaps(labels: np.ndarray, _: int) -> float:
        return PARTLY if labels is HALVES else PARTLY + 0.1

    found = consensus({"spectral": {2: HALVES}, "trees": {2: ONE_APART}}, ["spectral"], gaps, 0.0)
    assert found is not None
    assert found.methods == ("spectral", "trees")
    assert (found.gaps, found.widest) == (PARTLY, PARTLY + 0.1)
    nearly = {"spectral": {2: ONE_APART}, "trees": {2: ONE_APART}}
    assert consensus(nearly, ["spectral"], gaps, 0.0) is None
