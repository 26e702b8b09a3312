"""Numbers as files write them: decimal marks and thousands, found and converted or named."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config import InputConfig, ReadConfig
from engine.data_preparation.numbers import Notation, Seen
from engine.data_preparation.sources import Source, open_source
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
        (["1.234", "950"], False, ""),
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
    (tmp_path / "a.csv").write_text("id;spend\n1;1.234\n2;950\n")
    source = opened(tmp_path / "a.csv")
    assert source.found[1] == (
        "a.csv: values of column 'spend' such as 1.234 were read with a decimal point; set "
        "input.read.thousands to '.' if they are thousands"
    )
    (tmp_path / "b.csv").write_text('id,spend\n1,"1,234"\n2,950\n')
    assert opened(tmp_path / "b.csv").found[1] == (
        "b.csv: values of column 'spend' such as '1,234' were read as thousands; set "
        "input.read.decimal_comma to true if they have decimals"
    )
    assert opened(tmp_path / "b.csv", thousands=",").found == ("b.csv: commas for thousands",)
    told = opened(tmp_path / "a.csv", thousands=".")
    assert next(told.batches(["spend"]))["spend"].to_list() == [1234, 950]
