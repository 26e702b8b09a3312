"""Files found, opened and read in blocks, and the sentences for those that cannot be."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading import sources
from engine.data_preparation.reading.sources import Source, find_files, open_source
from engine.errors import DataError

TABLE = pl.DataFrame({"id": [3, 1, 2], "spend": [1.5, None, -2.0], "city": ["x", "", "z"]})


def opened(path: Path | str, text: tuple[str, ...] = (), **read: object) -> Source:
    return open_source(InputConfig(path=str(path), read=ReadConfig(**read)), text)


def rows(source: Source, columns: list[str] | None = None) -> pl.DataFrame:
    return pl.concat(source.batches(columns or list(source.schema)))


def fails(path: Path | str, **read: object) -> str:
    with pytest.raises(DataError) as caught:
        rows(opened(path, **read))
    return str(caught.value)


def test_parquet_keeps_types_and_order(tmp_path):
    TABLE.write_parquet(tmp_path / "a.parquet")
    source = opened(tmp_path / "a.parquet")
    assert source.kind == "parquet"
    assert source.schema == TABLE.schema
    assert source.count_rows() == source.estimate_rows() == 3
    assert_frame_equal(rows(source), TABLE)
    assert_frame_equal(rows(source, ["city", "id"]), TABLE.select("city", "id"))


def test_csv_reads_numbers_as_float_and_all_else_as_text(tmp_path):
    TABLE.write_csv(tmp_path / "a.csv")
    source = opened(tmp_path / "a.csv")
    assert source.schema == {"id": pl.Float64(), "spend": pl.Float64(), "city": pl.String()}
    assert source.count_rows() is None
    assert source.estimate_rows() == 3
    expected = TABLE.with_columns(pl.col("id").cast(float), city=pl.Series(["x", None, "z"]))
    assert_frame_equal(rows(source), expected)


def test_csv_columns_that_are_text_by_order(tmp_path):
    (tmp_path / "a.csv").write_text("id,code\n007,01\n010,02\n")
    assert rows(opened(tmp_path / "a.csv", ("id",)))["id"].to_list() == ["007", "010"]
    assert rows(opened(tmp_path / "a.csv"))["id"].to_list() == [7, 10]


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("a.csv", "a;b\n1,5;x\n-2,0;y\n", {"separator": ";", "decimal_comma": True}),
        ("a.tsv", "a\tb\n1.5\tx\n-2\ty\n", {}),
        ("a.csv", "made by a till\n\na|b\n1.5|x\n-2|y\n", {"separator": "|", "skip_rows": 2}),
        ("a.csv", "\ufeffa,b\r\n1.5,x\r\n-2,y\r\n", {}),
        ("a.CSV", 'a,b\n1.5,"x"\n"-2",y', {}),
    ],
    ids=["comma", "tabs", "skip", "bom", "quotes"],
)
def test_dialects(tmp_path, name, text, read):
    (tmp_path / name).write_bytes(text.encode())
    table = rows(opened(tmp_path / name, **read))
    assert table.to_dict(as_series=False) == {"a": [1.5, -2.0], "b": ["x", "y"]}


def test_words_for_missing(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,NA\nN/A,x\nnull,\n-,y\n")
    table = rows(opened(tmp_path / "a.csv", null_values=["NA", "N/A", "null", "", "-"]))
    assert table.to_dict(as_series=False) == {"a": [1.0] + [None] * 3, "b": [None, "x", None, "y"]}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_blocks_are_small_in_order_and_complete(tmp_path, suffix, monkeypatch):
    table = pl.DataFrame({"a": range(1_000)}).cast(float)
    path = tmp_path / f"a.{suffix}"
    table.write_csv(path) if suffix == "csv" else table.write_parquet(path, row_group_size=300)
    monkeypatch.setattr(sources, "BATCH_ROWS", 64)
    blocks = list(opened(path).batches(["a"]))
    assert len(blocks) > 5
    assert_frame_equal(pl.concat(blocks), table)


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    for name, value in [("b", 2), ("a", 1), ("c", 3)]:
        pl.DataFrame({"v": [value]}).write_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "_SUCCESS.parquet").write_text("not data")
    (tmp_path / ".hidden.parquet").write_text("not data")
    (tmp_path / "notes.txt").write_text("not data")
    assert rows(opened(tmp_path))["v"].to_list() == [1, 2, 3]
    assert rows(opened(f"{tmp_path}/[ac].parquet"))["v"].to_list() == [1, 3]
    assert opened(tmp_path).label == f"3 files in {tmp_path.name}"


def test_a_file_whose_name_looks_like_a_glob(tmp_path):
    TABLE.write_csv(tmp_path / "a[1].csv")
    assert [f.name for f in find_files(f"{tmp_path}/a[1].csv")] == ["a[1].csv"]
    assert rows(opened(tmp_path / "a[1].csv")).height == 3


def test_columns_of_later_files_may_stand_in_another_order(tmp_path):
    TABLE.write_parquet(tmp_path / "a.parquet")
    TABLE.select("city", "spend", "id").write_parquet(tmp_path / "b.parquet")
    assert rows(opened(tmp_path))["id"].to_list() == [3, 1, 2, 3, 1, 2]


def test_files_whose_numbers_differ_in_type_lose_nothing(tmp_path):
    pl.DataFrame({"v": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"v": [0.25, None]}).write_parquet(tmp_path / "b.parquet")
    assert rows(opened(tmp_path))["v"].to_list() == [1, 2, 0.25, None]


def test_missing_files(tmp_path):
    assert fails(tmp_path / "no.csv") == (
        f"{tmp_path}/no.csv does not exist; give a file, a folder or a glob."
    )
    for path in (tmp_path, f"{tmp_path}/*.parquet"):
        assert fails(path) == (
            f"{path} names no .csv, .tsv or .parquet file; the engine reads these formats, as "
            "well as "
            ".tab, .txt, .xlsx, .xlsm, .xlsb, .xls, .ods, and text that is packed (.gz, .bz2, .xz, "
            ".zst, .zip)."
        )


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_empty_file(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.touch()
    assert fails(path) == f"{path} is empty; give a file with a header and rows."


def test_random_bytes(tmp_path):
    for suffix in ("csv", "parquet"):
        (tmp_path / f"a.{suffix}").write_bytes(bytes(range(256)) * 50)
    assert fails(tmp_path / "a.csv").startswith(f"{tmp_path}/a.csv is no text table ")
    parquet = fails(tmp_path / "a.parquet")
    assert parquet.startswith(f"{tmp_path}/a.parquet cannot be read as Parquet: ")
    assert "\n" not in parquet


def test_a_parquet_file_cut_short(tmp_path):
    pl.DataFrame({"a": range(10_000)}).write_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    assert fails(tmp_path / "a.parquet").startswith(f"{tmp_path}/a.parquet cannot be read as")


def test_both_formats_in_a_folder(tmp_path):
    TABLE.write_csv(tmp_path / "a.csv")
    TABLE.write_parquet(tmp_path / "b.parquet")
    assert fails(tmp_path) == (
        f"{tmp_path} holds both CSV and Parquet files; give a glob such as *.parquet."
    )


def test_different_columns(tmp_path):
    TABLE.write_csv(tmp_path / "a.csv")
    TABLE.rename({"city": "town"}).write_csv(tmp_path / "b.csv")
    assert fails(tmp_path) == (
        "b.csv lacks city and also has town, unlike a.csv; "
        "files read together must have the same columns."
    )


def test_text_among_numbers_is_named_with_its_row(tmp_path):
    values = [str(i) for i in range(12_000)]
    values[11_000] = "eleven"  # beyond the rows that the type was guessed from
    (tmp_path / "a.csv").write_text(
        "\n".join(["id,v", *(f"{i},{v}" for i, v in enumerate(values))])
    )
    assert fails(tmp_path / "a.csv").startswith(
        "a.csv: column 'v' holds numbers but also the text 'eleven' (data row 11,001); "
    )


def test_csv_rows_are_estimated_from_the_first_thousand(tmp_path):
    (tmp_path / "a.csv").write_text("v\n" + "123456\n" * 50_000)
    assert opened(tmp_path / "a.csv").estimate_rows() == pytest.approx(50_000, rel=0.01)
