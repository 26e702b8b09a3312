"""Streaming tables to a file: order, atomicity, and the sentences when it cannot be done."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.errors import EngineError
from engine.utilities.tables import write_table
from tests.children import finished

SCHEMA = pl.Schema({"number": pl.Int64, "value": pl.Float64, "word": pl.String})
SUFFIXES = pytest.mark.parametrize("suffix", ["parquet", "csv"])


def frames(sizes: list[int], fail_at: int | None = None) -> Iterator[pl.DataFrame]:
    rng = np.random.default_rng(0)
    start = 0
    for position, size in enumerate(sizes):
        if position == fail_at:
            message = "customers.csv: row 7 is not a number; correct it."
            raise EngineError(message)
        numbers = np.arange(start, start + size)
        words = pl.Series(['quoted "word", with comma', None, "ä"]).gather(numbers % 3)
        yield pl.DataFrame(
            {"number": numbers, "value": rng.standard_normal(size), "word": words}, schema=SCHEMA
        )
        start += size


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, schema=SCHEMA)


@SUFFIXES
def test_rows_come_back_in_their_order(tmp_path: Path, suffix: str) -> None:
    sizes = [70_000, 1, 0, 300_000, 17, 90_000]
    path = tmp_path / f"table.{suffix}"
    assert write_table(frames(sizes), SCHEMA, path).rows == sum(sizes)
    assert_frame_equal(read(path), pl.concat(frames(sizes)), check_exact=True)
    assert os.listdir(tmp_path) == [path.name]


@SUFFIXES
def test_no_frames_make_a_file_with_columns_and_no_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table.{suffix}"
    assert write_table(iter([]), dict(SCHEMA), path).rows == 0
    assert read(path).schema == SCHEMA
    assert read(path).is_empty()


@SUFFIXES
def test_the_frames_are_read_once(tmp_path: Path, suffix: str) -> None:
    source = frames([5, 5])
    write_table(source, SCHEMA, tmp_path / f"table.{suffix}")
    assert next(source, None) is None


def test_the_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    write_table(frames([3]), SCHEMA, tmp_path / "table.csv")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "table.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "table.csv")
    write_table(frames([3]), SCHEMA, tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert read(tmp_path / "table.csv").height == 3


@SUFFIXES
@pytest.mark.parametrize("fail_at", [0, 2])
def test_a_failure_of_the_frames_comes_out_as_it_is(
    tmp_path: Path, suffix: str, fail_at: int
) -> None:
    path = tmp_path / f"table.{suffix}"
    path.write_text("the older table")
    with pytest.raises(EngineError) as caught:
        write_table(frames([100_000] * 4, fail_at), SCHEMA, path)
    assert str(caught.value) == "customers.csv: row 7 is not a number; correct it."
    assert path.read_text() == "the older table"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("error", [OSError("disk gone"), pl.exceptions.ComputeError("bad cast")])
def test_a_failed_read_is_not_taken_for_a_failed_write(tmp_path: Path, error: Exception) -> None:
    def failing() -> Iterator[pl.DataFrame]:
        yield from frames([10])
        raise error

    with pytest.raises(type(error), match=str(error)):
        write_table(failing(), SCHEMA, tmp_path / "table.parquet")
    assert os.listdir(tmp_path) == []


@SUFFIXES
@pytest.mark.parametrize("order", [["value", "number", "word"], ["number", "value"]])
def test_frames_that_differ_from_the_schema_are_refused(
    tmp_path: Path, suffix: str, order: list[str]
) -> None:
    wrong = next(frames([4])).select(order)
    with pytest.raises(TypeError, match="the table is to hold"):
        write_table(iter([wrong]), SCHEMA, tmp_path / f"table.{suffix}")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["table.xlsx", "table", "table.csv.gz"])
def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(EngineError, match=r"ends in \.parquet or \.csv\.$"):
        write_table(frames([3]), SCHEMA, tmp_path / name)
    assert os.listdir(tmp_path) == []


@SUFFIXES
def test_a_missing_folder_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "none" / f"table.{suffix}"
    with pytest.raises(EngineError, match=r"its folder does not exist; create .*none\.$"):
        write_table(frames([3]), SCHEMA, path)


def test_a_folder_of_that_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(EngineError, match="a folder has this name"):
        write_table(frames([3]), SCHEMA, tmp_path / "table.csv")
    assert os.listdir(tmp_path) == ["table.csv"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is Linux's")
@SUFFIXES
def test_an_unwritable_folder_is_one_sentence(suffix: str) -> None:
    # /proc refuses new files even to root, which a folder's mode does not.
    with pytest.raises(EngineError, match=r"^/proc/table\.\w+: cannot be written, /proc holds no"):
        write_table(frames([3]), SCHEMA, f"/proc/table.{suffix}")


FULL_DISK = """
import sys
import numpy as np, polars as pl
from engine.errors import EngineError
from engine.utilities.tables import write_table
rows = (pl.DataFrame({"x": np.random.default_rng(i).random(65_536)}) for i in range(60))
try:
    write_table(rows, {"x": pl.Float64}, sys.argv[1])
except EngineError as error:
    print(error)
"""


@SUFFIXES
def test_a_full_disk_leaves_the_older_table(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table.{suffix}"
    path.write_text("the older table")
    limit = 4_000_000  # bytes a file may have: fails in the middle, after several row groups
    done = finished(
        [sys.executable, "-c", FULL_DISK, path],
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    sentence = f"{path}: could not be written (File too large (os error 27)); free space"
    assert done.stdout.startswith(sentence)
    assert path.read_text() == "the older table"
    assert os.listdir(tmp_path) == [path.name]
