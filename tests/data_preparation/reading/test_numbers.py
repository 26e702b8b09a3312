"""Numbers as files write them: decimal marks and thousands, found and converted or named."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading import csv_files
from engine.data_preparation.reading.csv_files import open_csv
from engine.data_preparation.reading.numbers import Notation, Seen
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError


def notation(*columns: list[str], commas_separate: bool = False, **read: object) -> Notation:
    seen = Seen()
    seen.look(pl.DataFrame({f"c{i}": values for i, values in enumerate(columns)}))
    return seen.notation(ReadConfig(**read), "a.csv", commas_separate=commas_separate)


@pytest.mark.parametrize(
    ("values", "comma", "thousands"),
    [
        (["1,5", "12"], True, ""),
        (["1.5", "12"], False, ""),
        (["0,125", "1,250"], True, ""),
        (["1234,567"], True, ""),
        (["1.234,5", "950"], True, "."),
        (["1,234.5", "950"], False, ","),
        (["1.234.567", "5.000"], True, "."),
        (["1,234,567", "5,000"], False, ","),
        (["1 234,5"], True, " "),
        (["1\u202f234,5", "7"], True, " "),
        (["1\u00a0234", "7"], False, " "),
        (["1'234.50"], False, "'"),
        (["10", "-3"], False, ""),
        (["Smith", "1,5"], False, ""),
        (["192.168.0.1"], False, ""),
    ],
)
def test_evidence_of_one_column(values, comma, thousands):
    assert notation(values) == Notation(comma, thousands)


def test_evidence_of_another_column_decides():
    assert notation(["1,234"], ["2,5"]) == Notation(decimal_comma=True)
    assert notation(["1,234"], ["2.5"]) == Notation(thousands=",")
    assert notation(["1.234"], ["2,5"]) == Notation(decimal_comma=True, thousands=".")
    assert notation(["1,5"], ["2.5"]) == Notation(), "no guess where columns differ"


def test_what_may_mean_two_things_is_asked_for():
    with pytest.raises(DataError, match="numbers such as '1,234', which may be thousands or have"):
        notation(["1,234", "950"])
    assert notation(["1,234"], commas_separate=True) == Notation(thousands=",")
    assert notation(["1,234"], decimal_comma=True) == Notation(decimal_comma=True)
    assert notation(["1,234"], thousands="off") == Notation(decimal_comma=True)
    assert notation(["1,234"], decimal_comma=False) == Notation(thousands=",")
    assert notation(["1.234"], thousands=".") == Notation(decimal_comma=True, thousands=".")


def test_points_are_asked_about_as_commas_are():
    with pytest.raises(DataError) as caught:
        notation(["1.234", "950"])
    assert str(caught.value) == (
        "a.csv: column 'c0' holds numbers such as '1.234', which may be thousands or have three "
        "decimals; set input.read.decimal_comma to false, or input.read.thousands to '.'."
    )
    assert notation(["1.234"], ["2.5"]) == Notation()
    assert notation(["1.234"], commas_separate=True) == Notation()
    assert notation(["1.234"], decimal_comma=False) == Notation()
    assert notation(["1.234"], thousands="off") == Notation()


@pytest.mark.parametrize(
    ("found", "good", "bad"),
    [
        (Notation(), {"1.5": 1.5, "-2": -2, "1e3": 1000}, ["1,5", "1,234", "x"]),
        (Notation(decimal_comma=True), {"1,5": 1.5, "12": 12}, ["1.5", "1.234", "1,2,3"]),
        (Notation(thousands=","), {"1,234.5": 1234.5, "-1,234": -1234}, ["1,23", "12,34,567"]),
        (
            Notation(decimal_comma=True, thousands="."),
            {"1.234,5": 1234.5, "1234,5": 1234.5, "0,5": 0.5},
            ["1.5", "1.2345", "1,234.5", "0.123"],
        ),
        (
            Notation(decimal_comma=True, thousands=" "),
            {"1 234,5": 1234.5, "1\u00a0234": 1234, "1\u202f234": 1234},
            ["1 23", "1.5"],
        ),
        (Notation(thousands="'"), {"1'234.5": 1234.5, "1\u2019234": 1234}, ["1'2"]),
    ],
)
def test_conversion(found, good, bad):
    texts = pl.DataFrame({"v": [*good, *bad, None]})
    number = found.number(pl.col("v")).cast(pl.Float64, strict=False)
    assert texts.select(number)["v"].to_list() == [*good.values(), *[None] * (len(bad) + 1)]
    assert found.not_numbers(texts["v"]).to_list() == bad


def opened(path, **read: object) -> Source:
    return open_source(InputConfig(path=str(path), read=ReadConfig(**read)))


def test_thousands_in_quotes(tmp_path):
    (tmp_path / "a.csv").write_text('id,spend\n1,"1,234.50"\n2,"950"\n3,"12,345,678"\n')
    source = opened(tmp_path / "a.csv")
    assert source.found == ("a.csv: commas for thousands",)
    assert source.schema["spend"] == pl.Float64
    [block] = source.batches(["spend"])
    assert block["spend"].to_list() == [1234.5, 950, 12_345_678]


def test_a_value_in_another_notation_far_below_is_named(tmp_path):
    rows = "".join(f"{i};{i % 900 + 1},5\n" for i in range(500_000))
    (tmp_path / "a.csv").write_text(f"id;spend\n{rows}7;2.5\n")
    source = opened(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"also the text '2\.5' \(data row 500,001\)"):
        list(source.batches(["spend"]))


def test_marks_that_may_mean_another_thing_are_told(tmp_path):
    (tmp_path / "a.csv").write_text("id,spend\n1,1.234\n2,950\n")
    source = opened(tmp_path / "a.csv")
    assert source.found == (
        "a.csv: values of column 'spend' such as 1.234 were read with a decimal point; set "
        "input.read.thousands to '.' if they are thousands",
    )
    (tmp_path / "b.csv").write_text('id,spend\n1,"1,234"\n2,950\n')
    assert opened(tmp_path / "b.csv").found[1] == (
        "b.csv: values of column 'spend' such as '1,234' were read as thousands; set "
        "input.read.decimal_comma to true if they have decimals"
    )
    assert opened(tmp_path / "b.csv", thousands=",").found == ("b.csv: commas for thousands",)
    told = opened(tmp_path / "a.csv", thousands=".")
    assert next(told.batches(["spend"]))["spend"].to_list() == [1234, 950]


@pytest.fixture
def amounts(tmp_path):
    """Write a file of 12,000 small whole numbers above some others, and open it."""

    def write(*far: str, separator: str = ";", name: str = "a.csv", **read: object) -> Source:
        rows = [f"{i}{separator}{i % 900 + 1}" for i in range(12_000)]
        rows += [f"{i}{separator}{number}" for i, number in enumerate(far)]
        (tmp_path / name).write_text("\n".join([f"id{separator}spend", *rows]) + "\n")
        return opened(tmp_path / name, **read)

    return write


def total(source: Source) -> float:
    return sum(block["spend"].sum() for block in source.batches(["spend"]))


SMALL = sum(i % 900 + 1 for i in range(12_000))


def test_thousands_far_below_small_amounts_are_asked_about(amounts):
    """Amounts that grow: what begins as 1 to 900 goes on as 1.234, which is no 1.234."""
    far = [f"{1 + i % 9}.{100 + i % 900}" for i in range(3_000)]
    source = amounts(*far)
    assert source.schema["spend"] == pl.Float64
    with pytest.raises(DataError) as caught:
        next(source.batches(["id"]))
    assert str(caught.value) == (
        "a.csv: column 'spend' holds numbers such as '1.100', which may be thousands or have three "
        "decimals; set input.read.decimal_comma to false, or input.read.thousands to '.'."
    )
    with pytest.raises(DataError, match="which may be thousands"):
        next(source.batches(["spend"]))
    thousands = sum(float(number.replace(".", "")) for number in far)
    assert total(amounts(*far, thousands=".")) == SMALL + thousands
    read = total(amounts(*far, decimal_comma=False))
    assert read == pytest.approx(SMALL + thousands / 1000)


def test_one_number_is_enough_even_without_an_end_of_line(amounts, tmp_path):
    amounts("1.000")
    file = tmp_path / "a.csv"
    for end in ("", "\r\n"):
        file.write_bytes(file.read_bytes().rstrip() + end.encode())
        with pytest.raises(DataError, match=r"such as '1\.000'"):
            next(opened(file).batches(["spend"]))


@pytest.mark.parametrize("telling", ["0.5", "1234.5", "2.25", "1.2345"])
def test_a_decimal_point_anywhere_answers(amounts, telling):
    source = amounts("1.234", "7", telling)
    assert total(source) == pytest.approx(SMALL + 1.234 + 7 + float(telling))
    assert source.found == ("a.csv: separator ';'",)


def test_where_commas_separate_far_points_are_decimal_and_told(amounts):
    source = amounts("1.234", separator=",")
    assert source.found == ()
    assert total(source) == pytest.approx(SMALL + 1.234)
    assert source.found == (
        "a.csv: values of column 'spend' such as 1.234 were read with a decimal point; set "
        "input.read.thousands to '.' if they are thousands",
    )


def test_one_file_of_several_answers(amounts, tmp_path):
    amounts("1.234")
    amounts("0.5", name="b.csv")
    source = opened(tmp_path)
    assert total(source) == pytest.approx(2 * SMALL + 1.234 + 0.5)
    amounts("7", name="b.csv")
    with pytest.raises(DataError, match=r"2 files in .* holds numbers such as '1\.234'"):
        next(opened(tmp_path).batches(["id"]))


def test_rows_are_looked_at_once_and_only_where_it_is_open(amounts, monkeypatch):
    looks = []

    def look(file):
        looks.append(file.path.name)
        return True

    monkeypatch.setattr(csv_files.CsvFile, "may_hold_points", look)
    source = amounts("9")
    for columns in (["id"], ["spend"]):
        for again in (source, source.with_types({"id": pl.String()})):
            assert sum(block.height for block in again.batches(columns)) == 12_001
    assert looks == ["a.csv"]
    for told in ({"decimal_comma": False}, {"thousands": "off"}):
        total(amounts("9", **told))
    (first := amounts("9")).points.seen.look(pl.DataFrame({"spend": ["0.5"]}))
    total(first)
    assert looks == ["a.csv"]


def test_points_in_other_columns_are_no_numbers(tmp_path):
    rows = "".join(f"{i};{i % 900};24.12.2024;v1.234\n" for i in range(11_000))
    (tmp_path / "a.csv").write_text(f"id;spend;day;version\n{rows}7;8;1.234;2.345\n")
    source = opened(tmp_path / "a.csv")
    assert sum(block.height for block in source.batches(["spend"])) == 11_001
    assert source.found == ("a.csv: separator ';'",)


def test_a_column_that_becomes_one_of_numbers_later_is_looked_at_then(tmp_path):
    rows = "".join(f"{i};{i % 900};\n" for i in range(11_000))
    (tmp_path / "a.csv").write_text(f"id;spend;late\n{rows}7;8;1.234\n")
    source = opened(tmp_path / "a.csv")
    assert sum(block.height for block in source.batches(["late"])) == 11_001
    with pytest.raises(DataError, match="column 'late' holds numbers such as"):
        next(source.with_types({"late": pl.Float64()}).batches(["spend"]))


def test_what_was_not_seen_is_not_settled_for_other_files(amounts):
    assert amounts("9").read.thousands == amounts("9").read.decimal_comma == "auto"
    assert amounts("9", separator=",").plainly_written
    assert amounts("9", thousands="off").read.thousands == "off"


def test_bytes_are_looked_at_across_the_ends_of_blocks(monkeypatch, tmp_path):
    for size in (1, 2, 3, 5, 7, 1_000):
        monkeypatch.setattr(csv_files, "_BLOCK", size)
        for text, expected in (("7;1.234", True), ("1;1.2345\n1.23\n.123\n24.12.2024;", False)):
            (tmp_path / "b.csv").write_text(text)
            assert open_csv(tmp_path / "b.csv", ReadConfig()).may_hold_points() is expected
