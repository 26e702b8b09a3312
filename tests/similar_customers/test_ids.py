"""Who is asked about: ids as they are given, in text, numbers and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.errors import DataError
from engine.similar_customers.ids import asked_ids
from tests.similar_customers.asking import (
    ASKED,
    settings,
)

pytest.importorskip("faiss")


def test_text_ids_equal_rows_and_csv(tmp_path: Path):
    table = pl.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(300)],
            "spend": [float(i // 2) for i in range(300)],
            "visits": [float((i // 2 * 7) % 31) for i in range(300)],
            "region": ["north", "south", "east"] * 100,
        }
    ).with_columns(region=pl.col("region").gather(pl.int_range(300) // 2))
    table.write_csv(tmp_path / "c.csv")
    result = engine.segment(settings(tmp_path, tmp_path / "c.csv"))
    found = result.similar(["00010", "00299"], n=1)
    assert found["similar_customer_id"].to_list() == ["00011", "00298"]
    assert found["distance"].to_list() == [0.0, 0.0]
    with pytest.raises(DataError, match="no customer with the id 10"):
        result.similar([10])


def test_unknown_ids_are_named(result: engine.Result):
    with pytest.raises(
        DataError, match=r"^7 of the 8 ids belong .*, such as -1, -2, -3, -4, -5\.$"
    ):
        result.similar([ASKED[0], *range(-1, -8, -1)])
    with pytest.raises(DataError, match=r"^2 of the 2 ids belong .*: 0x1, 007\.$"):
        result.similar("0x1, 007")
    with pytest.raises(DataError, match=r"^run .* clustered no customer with the id 0x1\.$"):
        result.similar("0x1")


@pytest.mark.parametrize("ids", [12353.0, np.float32(12353), 12353, [12353.0, 12353.0]])
def test_whole_numbers_are_ids_without_a_point(ids: Any):
    assert asked_ids(ids, "id").cast(pl.String).to_list() == ["12353"]


@pytest.mark.parametrize(
    ("ids", "n", "words"),
    [
        ([], 1, "no ids"),
        (" , ", 1, "no ids"),
        ([1], 0, r"at least 1; it is 0\.$"),
        ([1], 2.5, r"a whole number, at least 1; it is 2\.5\.$"),
        ([1], True, r"it is True\.$"),
        ([1], "3", r"it is '3'\.$"),
        ([1, {}], 1, "all of one kind"),
        ("none.txt", 1, "does not exist"),
        (Path("none.json"), 1, "does not exist"),
    ],
)
def test_questions_that_cannot_be_asked(result: engine.Result, ids: Any, n: Any, words: str):
    with pytest.raises(DataError, match=words):
        result.similar(ids, n)


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".parquet"])
def test_ids_from_a_file(result: engine.Result, suffix: str, tmp_path: Path):
    file = tmp_path / f"who{suffix}"
    table = pl.DataFrame({"customer_id": [*ASKED, ASKED[0]], "note": ["a", "b", "c", "d"]})
    if suffix == ".txt":
        file.write_text("\n".join(map(str, table["customer_id"])) + "\n\n")
    elif suffix == ".csv":
        table.write_csv(file, separator=";")
    else:
        table.write_parquet(file)
    assert_frame_equal(result.similar(file, 2), result.similar(ASKED, 2), check_exact=True)
    assert_frame_equal(result.similar(str(file), 2), result.similar(ASKED, 2), check_exact=True)


def test_a_file_without_the_column_of_ids(result: engine.Result, tmp_path: Path):
    pl.DataFrame({"who": ASKED}).write_csv(tmp_path / "who.csv")
    with pytest.raises(DataError, match="lacks the column of ids 'customer_id'; it has who"):
        result.similar(tmp_path / "who.csv")
