"""What goes on, merges or is gone where customers moved far or many segments became few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.continuity.matching import Continuity, matched
from engine.continuity.overlap import Overlap, agreement
from engine.continuity.pairs import REACH, SAME
from engine.utilities.segment_numbers import Numbers
from engine.visualization.page.continued import continuity_view
from tests.continuity_cases import A, B, C, compare, given, group, named, previous, told

FAR = (-1.8, 0.0)
"""Beyond reach of A, and nearer to it than B is."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.parquet"


def counted(counts: list[list[int]]) -> Continuity:
    """Match by who is where alone: nobody lies within reach of where a segment was."""
    k, before = np.array(counts).shape
    centres = 100.0 + np.arange(k)[:, None]
    overlap = Overlap(
        np.array(counts), centres, np.arange(before, dtype=float)[:, None],
        np.ones(before), np.zeros(before),
    )  # fmt: skip
    return matched(overlap, [f"Old {i}" for i in range(before)], Numbers.first(before), "R1")


def view(found: Continuity) -> dict[str, Any]:
    shown = continuity_view({"continuity": told(found)})
    assert shown is not None
    return shown


def test_the_same_customers_go_on_from_beyond_reach(file):
    found = compare(previous(A, B), [group(FAR), group(B)], file)
    assert (found.continues, given(found)) == ((0, 1), [0, 1])
    assert named(found, ["x", "y"]) == ["Alpha", "Beta"]
    result = told(found)
    assert result["sentences"][1] == (
        "segment 1 'Alpha' has moved by 1.80 of its radius; 100% of its customers would have been "
        "in it before"
    )
    assert result["gone"] == []


def test_beyond_reach_without_nearly_all_customers_it_is_new(file):
    """A fifth of today's would have been in Beta."""
    groups = [np.concatenate([group((-4.0, 0.0), 300), group((6.0, 0.0), 80)]), group(B)]
    found = compare(previous(A, B), groups, file)
    assert 0.7 < agreement(found.overlap.counts)[found.places[0], 0] < SAME
    assert found.continues == (1, None)


def test_others_do_not_take_the_place_where_someone_still_stands(file):
    """They outnumber Alpha's own by 50 to 1, who are where they were."""
    found = compare(previous(A, B), [group(FAR, 1_000), group(B), group(A, 20)], file)
    assert agreement(found.overlap.counts)[found.places[0], 0] > SAME
    assert found.continues[found.places[0]] is None


def test_nor_from_farther_than_the_next_segment_was(file):
    found = compare(previous(A, B), [group((-10.5, 0.0)), group(B)], file)
    assert agreement(found.overlap.counts).max() == 1
    assert found.continues == (1, None)
    assert compare(previous(A, B), [group((-9.5, 0.0)), group(B)], file).continues == (0, 1)


def test_all_that_went_into_one_have_merged_alike():
    sizes = (300, 220, 180, 130, 100, 40)
    taken = [n if i in {0, 1, 2, 5} else 0 for i, n in enumerate(sizes)]
    found = counted([taken, [n - t for n, t in zip(sizes, taken, strict=True)]])
    result = told(found)
    assert [s["status"] for s in result["segments"]] == ["merged", "merged"]
    assert {g["status"] for g in result["gone"]} == {"merged"}
    assert result["sentences"][1:] == [
        "'Old 0' (41%), 'Old 1' (30%), 'Old 2' (24%) and 'Old 5' (5%) merged into segment 7 "
        "'Fresh 6', and their customers count as moved",
        "'Old 3' (57%) and 'Old 4' (43%) merged into segment 8 'Fresh 7', and their "
        "customers count as moved",
    ]
    shown = view(found)
    assert shown["rows"][0]["status"] == "merged from 1 Old 0, 2 Old 1, 3 Old 2 and 6 Old 5"
    assert {g["status"] for g in shown["gone"] if g["segment"] in {0, 1, 2, 5}} == {
        "merged into 7 Fresh 6"
    }


def test_next_to_nobody_is_left_to_merge():
    """Three customers who would have been in a segment are no part of another one."""
    result = told(counted([[900, 3, 500], [100, 0, 0]]))
    assert [g["status"] for g in result["gone"]] == ["merged", "gone", "merged"]


def test_what_goes_on_elsewhere_has_not_merged(file):
    """Most of Beta is in the segment that Alpha is in; the rest is what goes on as Beta."""
    groups = [np.concatenate([group(A, 2_000), group((9.5, 0.0), 250)]), group(B, 230), group(C)]
    found = compare(previous(A, B, C), groups, file)
    assert found.continues == (0, 1, 2)
    assert told(found)["merged"] == []
    assert found.moved().max() < REACH


@pytest.mark.parametrize(("sizes", "heir"), [((300, 200), "Old 0"), ((200, 300), "Old 1")])
def test_what_merged_may_be_called_by_its_largest_part_alone(sizes, heir):
    found = counted([[*sizes, 0, 0], [0, 0, 500, 400]])
    for name in ("Old 0", "Old 1"):
        choices = [[name, "Fresh"], ["Other"]]
        assert found.names(choices) == [name if name == heir else "Fresh", "Other"]
    # Nor by the name of a segment it has nothing of.
    assert found.names([["Old 2", "Fresh"], ["Other"]]) == ["Fresh", "Other"]
