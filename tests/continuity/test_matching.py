"""Segments matched to a previous model's: who continues whom, under which number and name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.continuity.matching import Continuity, matched, numbering
from engine.continuity.overlap import Overlap, agreement
from engine.continuity.pairs import SAME, matches
from engine.continuity.told import tell
from engine.descriptive_stats.profiles import Profiles
from engine.utilities.segment_numbers import Numbers
from tests.continuity_cases import A, B, C, D, compare, given, group, named, previous, told


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.parquet"


def test_the_same_groups_in_another_order(file):
    found = compare(previous(A, B, C), [group(C), group(A), group(B)], file)
    assert given(found) == [2, 0, 1]
    assert found.continues == (0, 1, 2)
    assert named(found, ["x", "y", "z"]) == ["Alpha", "Beta", "Gamma"]
    told_now = told(found)
    assert told_now["ari"] == 1
    assert {s["status"] for s in told_now["segments"]} == {"kept"}
    assert [s["share_kept"] for s in told_now["segments"]] == [1, 1, 1]
    assert max(s["moved"] for s in told_now["segments"]) < 1e-6
    assert told_now["gone"] == told_now["split"] == told_now["merged"] == []
    assert told_now["sentences"][0] == (
        "3 of 3 segments continue the 3 of run R1; adjusted Rand index 1.00 of the previous and "
        "the new segments of today's customers"
    )


def test_a_segment_that_moved_keeps_its_name_and_says_how_far(file):
    found = compare(previous(A, B), [group((0.6, 0.8)), group(B)], file)
    first, second = told(found)["segments"]
    assert (first["status"], first["name"]) == ("moved", "Alpha")
    assert first["moved"] == pytest.approx(1.0, abs=1e-6)
    assert (second["status"], second["share_kept"]) == ("kept", 1)
    assert "segment 1 'Alpha' has moved by 1.00 of its radius; 100% of its customers would" in (
        " ".join(told(found)["sentences"])
    )


@pytest.mark.parametrize(("customers", "status"), [(16, "kept"), (400, "moved")])
def test_few_customers_differ_without_having_moved(customers, status, file):
    found = compare(previous(A, B), [group((0.0, 0.5), customers), group(B)], file)
    first = told(found)["segments"][found.places[0]]
    assert first["status"] == status
    assert first["moved"] == pytest.approx(0.5, abs=1e-6)


def test_a_segment_that_moved_into_another_is_not_the_one_it_was(file):
    found = compare(previous(A, B, C), [group((7.0, 0.0)), group(B), group(C, 900)], file)
    # The previous model calls the first two Beta; none of today's customers is an Alpha.
    assert given(found) == [3, 1, 2], "the number of what is gone is not given again"
    assert found.continues == (1, 2, None)
    assert "Alpha" not in named(found, ["x", "y", "z"])
    (gone,) = told(found)["gone"]
    assert (gone["name"], gone["customers"], gone["to"]) == ("Alpha", 0, [])
    assert gone["status"] == "gone"
    assert told(found)["sentences"][-1] == (
        "previous segment 1 'Alpha' is gone: no customer of today would be in it"
    )


@pytest.mark.parametrize(("left", "right", "kept"), [(300, 100, 0), (100, 300, 1)])
def test_a_split(left: int, right: int, kept: int, file):
    """The larger part, which lies nearer, stays what it was."""
    near, far = (-1.0, 0.0), (3.0, 0.0)
    parts = [group(near, left), group(far, right)] if left > right else [
        group(far, left), group(near, right)]  # fmt: skip
    groups = [*parts, group((20.0, 0.0)), group(C, 600)]
    found = compare(previous(A, (20.0, 0.0), C), groups, file)
    assert found.continues[0] == 0
    assert (given(found)[kept], given(found)[1 - kept]) == (0, 3)
    result = told(found)
    assert [s["status"] for s in result["segments"]] == ["moved", "kept", "kept", "split"]
    (split,) = result["split"]
    assert split["name"] == "Alpha"
    assert [(p["name"], p["share"]) for p in split["into"]] == [("Alpha", 0.75), ("Fresh 3", 0.25)]
    assert (
        "previous segment 1 'Alpha' has split into 'Alpha' (75%) and 'Fresh 3' (25%)"
        in (result["sentences"])
    )
    assert not any("is new" in s or "is gone" in s for s in result["sentences"])


def test_a_split_in_three_leaves_no_heir(file):
    parts = [group((x, 0.0), 400) for x in (-3.0, 0.0, 3.0)]
    found = compare(previous(A, D), [*parts, group(D, 800)], file)
    # The middle part lies where Alpha's centre was, and holds a third of its customers.
    assert found.continues.count(0) == 0
    (split,) = told(found)["split"]
    assert [round(p["share"], 3) for p in split["into"]] == [0.333] * 3
    assert given(found) == [2, 3, 4, 1]
    assert [s["status"] for s in told(found)["segments"]] == ["kept", "split", "split", "split"]
    assert [(s["name"], s["status"]) for s in told(found)["gone"]] == [("Alpha", "split")]
    # One of its parts may be called what it was called, with a number of its own.
    assert named(found, ["w", "x", "Alpha", "Alpha"])[1:] == ["x", "Alpha", "Alpha (2)"]
    assert named(found, list("wxyz"))[found.places[3]] == "Beta"


def test_a_merge(file):
    both = np.concatenate([group(A, 500), group((3.0, 0.0), 300)])
    found = compare(previous(A, (3.0, 0.0), C), [both, group(C, 900)], file)
    result = told(found)
    assert found.continues[0] == 0
    (merged,) = result["merged"]
    assert [(p["name"], p["share"]) for p in merged["of"]] == [("Alpha", 0.625), ("Beta", 0.375)]
    (gone,) = result["gone"]
    assert (gone["name"], gone["customers"]) == ("Beta", 300)
    assert gone["to"] == [{"segment": 0, "name": "Alpha", "share": 1.0}]
    assert gone["status"] == "merged"
    text = "'Alpha' (62%) and 'Beta' (38%) merged into segment 1 'Alpha'; customers of 'Beta' count"
    text += " as moved"
    assert text in result["sentences"]
    assert given(found) == [0, 2], "with a gap"
    assert [s["segment"] for s in result["segments"]] == [0, 2]


def test_what_merged_from_far_apart_is_neither(file):
    """Its centre is where none of them was."""
    both = np.concatenate([group(A, 500), group(B, 300)])
    found = compare(previous(A, B, C), [both, group(C, 900)], file)
    assert [s["before"] for s in told(found)["segments"]] == [2, None]
    assert [s["status"] for s in told(found)["segments"]] == ["kept", "merged"]
    # It may have the name of what it is made of, and of nothing else that was there.
    assert [named(found, ["x", name])[1] for name in ("Alpha", "Gamma")] == ["Alpha", "Gamma (2)"]
    text = (
        "'Alpha' (62%) and 'Beta' (38%) merged into segment 4 'Fresh 3', and their customers count "
        "as moved"
    )
    assert told(found)["sentences"][1] == text
    assert not any("is gone" in s or "is new" in s for s in told(found)["sentences"])


def test_a_new_group_far_from_all_is_new(file):
    found = compare(previous(A, B), [group(A), group((30.0, 30.0), 150), group(B)], file)
    new = told(found)["segments"][2]
    assert given(found) == [0, 2, 1]
    assert (new["status"], new["before"], new["moved"]) == ("new", None, None)
    assert new["name"] == "Fresh 2"
    assert new["from"][0] == {"segment": 1, "name": "Beta", "share": 1.0}
    assert any(s.startswith("segment 3 'Fresh 2' is new") for s in told(found)["sentences"])


def test_who_outnumbers_a_segment_does_not_inherit_its_name(file):
    """The previous model, which knows nobody nearer, calls most of them Beta."""
    groups = [group(A, 1_000), group((40.0, 0.0), 900), group(B, 300)]
    found = compare(previous(A, B), groups, file)
    assert 0.7 < agreement(found.overlap.counts)[-2, 1] < 0.8 < SAME
    assert found.continues == (0, None, None)
    assert told(found)["split"] == []


def test_a_gone_group_and_a_new_one_are_not_taken_for_each_other(file):
    """One of each is left over: that alone makes nobody the heir."""
    found = compare(previous(A, B, C), [group(A), group(B), group((30.0, -2.0), 200)], file)
    assert found.continues == (0, 1, None)
    assert [g["name"] for g in told(found)["gone"]] == ["Gamma"]
    # Not even by its name.
    assert named(found, ["x", "y", "Gamma"]) == ["Alpha", "Beta", "Gamma (2)"]


def test_unrelated_segments_continue_nothing(file):
    """Previous left and right, today above and below: with two segments, half is shared."""
    quarters = {p: group(p) for p in (A, B, C, D)}
    today = [np.concatenate([quarters[p] for p in pair]) for pair in ((A, B), (C, D))]
    found = compare(previous((0.0, 5.0), (10.0, 5.0)), today, file)
    assert found.continues == (None, None)
    assert told(found)["ari"] == pytest.approx(0, abs=0.01)
    assert told(found)["n_kept"] == 0


def test_one_segment_before_and_after(file):
    found = compare(previous(A), [group(A)], file)
    assert found.continues == (0,)
    assert told(found)["ari"] == 1


def test_equal_customers_have_not_moved(file):
    """Their radius is rounding alone; so is the distance."""
    same = [np.full((50, 2), 1 / 3), group(B)]
    found = compare(previous((1 / 3, 1 / 3), B), same, file)
    assert found.continues == (0, 1)
    assert max(found.moved()) < 1e-3


def test_fewer_segments_than_a_number_that_stays(file):
    found = compare(previous(A, B, C, D), [group(D, 500), group(A)], file)
    assert given(found) == [3, 0]
    assert found.continues == (0, 3)
    assert named(found, ["x", "y"]) == ["Alpha", "Delta"]
    assert found.numbers == Numbers((0, 3), last=3)


def unrelated() -> Continuity:
    """One segment that goes on, and two that have nothing to do with those that are gone."""
    overlap = Overlap(
        np.diag([5, 5, 5]), np.zeros((3, 2)), np.zeros((3, 2)), np.ones(3), np.zeros(3)
    )
    before, now = Numbers.first(3), Numbers((1, 3, 4), last=4)
    return Continuity(
        "R1", ("High", "Low", "Odd"), before, np.arange(3), now, (1, None, None), overlap
    )


def test_names_stay_unique():
    found = unrelated()
    assert named(found, ["a", "Low", "Low (2)"]) == ["Low", "Low (2)", "Low (2) (2)"]
    choices = [["a"], ["Low", "Low, tall"], ["High", "Low, tall"]]
    assert found.names(choices) == ["Low", "Low, tall", "High (2)"]


def test_profiles_get_numbers_and_names():
    found, level = unrelated(), {"levels": []}
    tall = [{"feature": f, "z": 1.0, "direction": "high"} for f in ("x", "y", "z")]
    segments = [
        {"segment": 0, "name": "a", "distinctive": [], **level},
        {"segment": 1, "name": "High x, high y (2)", "distinctive": tall, **level},
        {"segment": 2, "name": "Average customers", "distinctive": [], **level},
    ]
    profiles = Profiles(
        {"customers": 15, "segments": segments},
        [s["name"] for s in segments],
        (("a",), ("High x, high y", "High x, high y, high z"), ("Average customers",)),
    )
    renamed = found.renamed(profiles)
    # The other one of that name goes on under its own: the number in brackets is not needed.
    assert renamed.names == ["Low", "High x, high y", "Average customers"]
    assert [s["name"] for s in renamed.tree["segments"]] == renamed.names
    assert [s["segment"] for s in renamed.tree["segments"]] == [1, 3, 4]
    assert profiles.tree["segments"] is segments
    assert segments[0]["name"] == "a"


def test_a_name_that_no_longer_fits_is_told(file):
    found = compare(previous(A, B, names=("High x, low y", "Low x")), [group(A), group(B)], file)
    names = named(found, ["", ""])
    sentences = tell(found, names, ["Very low y, high z", "High x (2)"])["sentences"]
    assert sentences[1:] == [
        "segment 2 'Low x' keeps its name; by what it is today it would be called 'High x (2)'"
    ]


def test_as_many_pairs_as_there_can_be():
    """The nearest pair first would leave two segments without a counterpart."""
    counts = np.array([[60, 60, 0], [45, 0, 0], [0, 0, 5_000]])
    centres = np.array([[0.0], [3.0], [9.0]])
    overlap = Overlap(
        counts, centres, np.array([[0.1], [2.0], [9.0]]), np.full(3, 9.0), np.zeros(3)
    )
    assert (agreement(counts)[:2, :2].ravel() >= 0.5).tolist() == [True, True, True, False]
    assert matches(overlap) == {0: 1, 1: 0, 2: 2}


def test_of_equal_parts_the_nearer_one_continues():
    counts = np.array([[50, 0], [50, 0], [0, 900]])
    for centres, heir in [([0.0, 1.0, 9.0], 0), ([1.0, 0.0, 9.0], 1)]:
        overlap = Overlap(
            counts, np.array([centres]).T, np.array([[0.1], [9.0]]), np.ones(2), np.zeros(2)
        )
        assert matches(overlap)[heir] == 0
        assert 0 not in (matched(overlap, ["a", "b"], Numbers.first(2), "R").continues[1:])


@pytest.mark.parametrize("seed", range(20))
def test_numbers_stay_and_are_given_once(seed):
    rng = np.random.default_rng(seed)
    k, before = rng.integers(1, 9, 2)
    public = tuple(np.sort(rng.choice(12, before, replace=False)).tolist())
    earlier = Numbers(public, last=max(public) + int(rng.integers(3)))
    now = rng.permutation(k)[: rng.integers(0, min(k, before) + 1)]
    continued = dict(zip(now.tolist(), rng.permutation(before).tolist(), strict=False))
    numbers = numbering(continued, int(k), earlier)
    assert len(set(numbers.tolist())) == k
    for segment, number in enumerate(numbers.tolist()):
        then = continued.get(segment)
        assert number > earlier.last if then is None else number == public[then]


def test_few_customers_are_not_called_by_what_they_were_and_many_not_by_having_been_few(file):
    found = compare(previous(A, B), [group(A), group(B)], file)
    assert named(found, ["Fewer than 5 customers", "y"]) == ["Fewer than 5 customers", "Beta"]
    before = ("Outliers: fewer than 5 customers", "Beta")
    grown = replace(found, previous_names=before)
    assert named(grown, ["High spend", "y"]) == ["High spend", "Beta"]
    assert named(grown, ["Fewer than 5 customers", "y"]) == [before[0], "Beta"]
