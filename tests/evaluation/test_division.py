"""A division: large enough, different enough, found again; and when it is taken."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.division import COMES_BACK, Divider, least_effect
from engine.evaluation.k_division import division_instead, steadier_instead
from engine.evaluation.k_rule import rule_by_division
from engine.evaluation.sweep import Sweep
from engine.places.runtime import Runtime

N = 1_000
X = np.linspace(0, 1, N, dtype=np.float32)[:, None]


def parts(k: int) -> np.ndarray:
    return (np.arange(N) * k // N).astype(np.int32)


def divider(stable: dict[int, float], least: float = 0.0) -> Divider:
    return Divider(lambda: X, lambda k, _: stable.get(k, 0.0), least, np.arange(N))


def sweep(**gains: float) -> Sweep:
    """Silhouettes that exceed chance, of 0.2, by so much: ``k2=0.1``."""
    ks = [int(name[1:]) for name in gains]
    rows = [
        {"k": k, "silhouette": 0.2 + g, "chance": 0.2, "gaps": None, "smallest": 0.1}
        for k, g in zip(ks, gains.values(), strict=True)
    ]
    return Sweep(rows, [parts(k) for k in ks])


def taken(found: Sweep, chosen: int, stable: dict[int, float]):
    row = next(r for r in found.rows if r["k"] == chosen)
    return division_instead(row, found, divider(stable), None, Runtime())


def test_the_largest_number_that_comes_back():
    found = {k: parts(k) for k in range(2, 11)}
    stable = {2: 1.0, 3: 0.99, 4: 0.9, 5: COMES_BACK, 6: 0.7, 9: 1.0, 10: 1.0}
    # Five even parts of a line: means 0.2 apart, of numbers with a deviation of 1 / sqrt(12).
    assert least_effect(X, parts(4), 4) == pytest.approx(0.25 * 12**0.5, rel=1e-3)
    assert least_effect(X, parts(5), 5) == pytest.approx(0.2 * 12**0.5, rel=1e-3)  # 0.69: small
    division = divider(stable).find(found)
    assert division is not None
    assert (division.k, division.stability, division.smallest) == (4, 0.9, 0.25)


def test_none_where_parts_are_small_or_alike_or_change():
    few = parts(3)
    few[20:] = np.where(few[20:] == 0, 1, few[20:])
    assert divider({3: 1.0}).find({3: few}) is None
    assert divider({3: 1.0}, least=0.4).find({3: parts(3)}) is None
    assert divider({}).find({3: parts(3)}) is None
    assert divider({2: 1.0}).find({2: parts(2)}) is None
    same = Divider(lambda: np.ones((N, 2), np.float32), lambda *_: 1.0, 0.0, np.arange(N))
    assert same.find({3: parts(3)}) is None


def test_it_is_taken_where_nothing_stands_out():
    division = taken(sweep(k2=0.01, k3=0.0, k4=0.02), 2, {3: 0.9})
    assert division is not None
    assert (division.k, division.groups) == (3, 0)
    rule = rule_by_division(division, sweep(k2=0.01).rows[0], [2, 3, 4])
    assert "no number of segments tried (2 to 4) stands out" in rule
    assert "3 is the largest number up to 4" in rule


def test_it_is_taken_where_two_alone_stand_out_or_what_barely_does_changes():
    two = taken(sweep(k2=0.1, k3=0.0, k4=0.02), 2, {4: 0.9})
    assert two is not None
    assert (two.k, two.groups) == (4, 2)
    assert "only 2 segments stand out" in rule_by_division(two, sweep(k2=0.1).rows[0], [2, 3, 4])
    unstable = taken(sweep(k2=0.01, k3=0.02, k4=0.1), 4, {4: 0.6, 3: 0.9})
    assert unstable is not None
    assert (unstable.k, unstable.groups, unstable.groups_stability) == (3, 4, 0.6)
    rule = rule_by_division(unstable, sweep(k4=0.1).rows[0], [2, 3, 4])
    assert "4 segments stand out a little" in rule
    assert "do not come back" in rule


def test_it_is_taken_where_gaps_part_two_in_places_that_do_not_come_back():
    partly = sweep(k2=0.0, k3=0.0, k4=0.0)
    partly.rows[0]["gaps"] = 0.2
    assert taken(partly, 2, {2: 0.9, 3: 0.9}) is None
    found = taken(partly, 2, {2: 0.6, 3: 0.9})
    assert found is not None
    assert (found.k, found.groups, found.groups_stability) == (3, 2, 0.6)
    rule = rule_by_division(found, partly.rows[0], [2, 3, 4])
    assert "2 segments are parted by gaps in places, but do not come back" in rule


def test_two_that_barely_stand_out_give_way_where_others_do_too():
    assert taken(sweep(k2=0.06, k3=0.07), 2, {3: 0.9}) is not None
    assert taken(sweep(k2=0.2, k3=0.3), 2, {2: 0.9, 3: 0.9}) is None


def test_groups_win():
    stable = {2: 1.0, 3: 1.0, 4: 1.0}
    assert taken(sweep(k2=0.2, k3=0.1, k4=0.02), 2, stable) is None
    assert taken(sweep(k2=0.0, k3=0.1, k4=0.02), 3, stable) is None
    assert taken(sweep(k2=0.0, k3=0.3, k4=0.02), 3, {3: 0.6, 4: 1.0}) is None
    parted = sweep(k2=0.1, k3=0.0, k4=0.0)
    parted.rows[0]["gaps"] = 0.1
    assert taken(parted, 2, stable) is None
    unknown = sweep(k2=0.01, k3=0.0)
    unknown.rows[0]["chance"] = None
    assert taken(unknown, 2, stable) is None


def test_fewer_that_come_back_go_before_more_that_do_not():
    found = sweep(k2=0.1, k3=0.2, k4=0.3)

    def steadier(stable: dict[int, float], holding: tuple[int, ...] = ()):
        def inside(row):
            return row["k"] in holding

        row = steadier_instead(found.rows[2], found, divider(stable), inside, Runtime())
        return row and row["k"]

    assert steadier({2: 0.9, 3: 0.9, 4: 0.6}) == 2
    assert steadier({2: 0.9, 3: 0.9, 4: 0.6}, holding=(2,)) == 3
    assert steadier({2: 0.6, 3: 0.6, 4: 0.6}) is None
    assert steadier({2: 0.9, 3: 0.9, 4: 0.9}) is None
