"""Lists in cells: which columns hold some, and a flag for each member."""

from __future__ import annotations

import polars as pl
import pytest

from engine.data_preparation.reading.finding import NOTHING, Finding
from engine.data_preparation.reading.finding_lists import Lists, find_lists
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.readings import count_lost, read_columns, reading_from_json


def found(cells: list[object], most: int = 12, taken: tuple[str, ...] = ()) -> Finding:
    lists = Lists()
    lists.look(pl.Series("c", cells))
    return find_lists("c", lists, most, taken)


def flags(finding: Finding, cells: list[object]) -> dict[str, list[float | None]]:
    frame = pl.DataFrame({"c": cells})
    columns = frame.select(read_columns(finding.readings, frame.schema))
    return {name: columns[name].to_list() for name in sorted(columns.columns)}


SETS = [["men", "kids"], ["men"], ["kids"], [], ["kids", "men"]] * 10
HAS = {"c: kids": [1.0, 0.0, 1.0, 0.0, 1.0] * 10, "c: men": [1.0, 1.0, 0.0, 0.0, 1.0] * 10}


def bracketed(begin: str, between: str, end: str, quote: str = "") -> list[object]:
    return [begin + between.join(f"{quote}{m}{quote}" for m in s) + end for s in SETS]


@pytest.mark.parametrize(
    "cells",
    [
        bracketed("[", ", ", "]"),
        bracketed("[", ",", "]", '"'),
        bracketed("['"[:1], ", ", "]", "'"),
        bracketed("{", ",", "}"),
        bracketed("(", ", ", ")"),
        bracketed("[", ";", "]"),
        bracketed("[", " | ", "]"),
        SETS,
    ],
)
def test_brackets_and_columns_of_lists(cells: list[object]) -> None:
    assert flags(found(cells), cells) == HAS


@pytest.mark.parametrize("separator", [";", "|", ", ", " ; "])
def test_separators_alone(separator: str) -> None:
    cells: list[object] = [separator.join(s) for s in SETS if s]
    wanted = [{m: float(m in s) for m in ("kids", "men")} for s in SETS if s]
    assert flags(found(cells), cells) == {
        f"c: {m}": [w[m] for w in wanted] for m in ("kids", "men")
    }


@pytest.mark.parametrize(
    "cells",
    [
        ["Smith, John", "Smith, Ann", "Jones, John", "Jones, Ann"] * 10,
        ["Paris, France", "Lyon, France", "Rome, Italy"] * 10,
        ["Married, civil partnership", "Single", "Divorced, separated"] * 10,
        ["a", "b", "c"] * 10,
        ["[a]", "[b]"] * 10,
        ["1,5", "2,5", "1,2"] * 10,
        ["12.5;48.1", "12.6;48.2", "12.5;48.2"] * 10,
        [f"{i} High Street, {'Bath' if i % 2 else 'York'}" for i in range(60)],
        ["it is good, but", "no, never", "yes"] * 10,
        [None] * 5,
    ],
)
def test_no_lists(cells: list[object]) -> None:
    assert found(cells) == NOTHING


def test_told_with_counts_and_an_example():
    cells = ["[men, kids]"] * 60 + ["[men]"] * 40 + ["[kids]"] * 20 + ["[rare, men]", "n/a"]
    finding = found(list(cells))
    assert finding.notice == (
        "column 'c' holds 121 lists such as '[men, kids]': taken apart into 2 flags, 'men' (101), "
        "'kids' (80); 1 other member, 'xxxx', has none; 1 cell has no list"
    )
    assert set(finding.readings) == {"c: men", "c: kids"}


def test_no_list_is_missing_and_an_empty_one_is_not():
    finding = found(list(SETS))
    assert flags(finding, [None, [], ["men"]])["c: men"] == [None, 0.0, 1.0]
    texts = found(bracketed("[", ", ", "]"))
    assert flags(texts, [None, "[]", "[men]", "n/a"])["c: men"] == [None, 0.0, 1.0, None]


def test_members_that_were_not_known_are_counted():
    finding = found(bracketed("[", ", ", "]"))
    cells = pl.DataFrame({"c": ["[men, pets]", "[men]", "[]", None, "[pets]"]})
    assert count_lost(cells, finding.readings) == {"c": (2, "[men, pets]")}
    typed = pl.DataFrame({"c": [["men", "pets"], ["men"], [], None]})
    assert count_lost(typed, found(list(SETS)).readings)["c"][0] == 1


def test_a_name_that_is_taken_gets_another():
    assert set(found(list(SETS), taken=("c: men",)).readings) == {"c: men_", "c: kids"}


def test_no_more_flags_than_asked_for():
    assert set(found(list(SETS), most=1).readings) == {"c: kids"}


def test_a_member_is_no_part_of_another():
    cells: list[object] = ["men;women", "women", "men", "women;kids"] * 10
    assert flags(found(cells), cells)["c: men"] == [1.0, 0.0, 1.0, 0.0] * 10


def test_a_reading_survives_json():
    reading = MemberReading("c", "men", ("kids", "men"), ";", 0.5)
    assert reading_from_json(reading.to_json()) == reading
