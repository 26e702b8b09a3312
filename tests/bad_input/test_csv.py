"""CSV as people's programs write it: read as meant, or refused with the line or the column."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

SEGMENTS = "reports/shop/latest/segments.parquet"


def segments() -> pl.DataFrame:
    return pl.read_parquet(SEGMENTS)


def summary() -> dict:
    return json.loads(Path("reports/shop/latest/summary.json").read_text())


@pytest.fixture
def text(customers: pl.DataFrame) -> str:
    return customers.write_csv()


def write(text: str, encoding: str = "utf-8") -> str:
    Path("new.csv").write_bytes(text.encode(encoding))
    return "new.csv"


def test_a_byte_order_mark_and_windows_line_ends(earlier, run, text: str) -> None:
    before = segments()
    assert run(write(text.replace("\n", "\r\n"), "utf-8-sig")).code == 0
    assert segments().equals(before)


def test_quoted_numbers_are_numbers(earlier, run, text: str) -> None:
    quoted = "\n".join(
        ",".join(f'"{field}"' for field in line.split(",")) for line in text.splitlines()
    )
    before = segments()
    assert run(write(quoted)).code == 0
    assert segments().equals(before)


def test_a_decimal_comma(earlier, run, text: str) -> None:
    european = text.replace(",", ";").replace(".", ",")
    before = segments()
    settings = ("input.read.separator=;", "input.read.decimal_comma=true")
    assert run(write(european), *settings).code == 0
    assert segments().equals(before)


def test_a_decimal_comma_that_nobody_mentioned(earlier, run, text: str) -> None:
    european = write(text.replace(",", ";").replace(".", ","))
    earlier.refused(
        run(european),
        "new.csv has no numeric column to segment by (customer_id;income;score;visits is text); "
        "name columns in features.include or features.categorical. Is input.read.separator right?",
    )
    earlier.refused(
        run(european, "input.read.separator=;"),
        "(income is text; score is text; visits is text); name columns in features.include or "
        "features.categorical. Numbers written as 1,5 need input.read.decimal_comma.",
    )
    earlier.refused(
        run(european, "input.read.decimal_comma=true"),
        "new.csv: a comma cannot be both the decimal mark and the separator; set "
        "input.read.separator, such as ';'.",
    )


@pytest.mark.parametrize(("before", "dtype"), [("0", pl.String), ("C-", pl.String)])
def test_ids_that_are_no_numbers_stay_as_written(
    earlier, run, cli, text: str, before: str, dtype: pl.DataType
) -> None:
    header, *rows = text.splitlines()
    file = write("\n".join([header, *(before + row for row in rows)]))
    assert run(file).code == 0
    found = segments()
    assert found.schema["customer_id"] == dtype
    assert found["customer_id"].to_list() == [before + row.split(",")[0] for row in rows]
    assert cli("assign", "models/shop", file, "again.parquet", "--quiet").code == 0
    assert pl.read_parquet("again.parquet").equals(found)


@pytest.mark.parametrize("with_id", [True, False])
def test_empty_lines_are_no_customers(earlier, run, cli, text: str, with_id: bool) -> None:
    text = text.replace("\n1100,", "\n\n1100,") + "\n\n"
    file = write(text if with_id else text.replace("customer_id", "tenure"))
    assert run(file).code == 0
    assert "3 empty lines were skipped" in summary()["notices"]
    found = segments()
    assert found.height == summary()["n_customers"] == 300
    assert found.to_series(0)[[99, 100]].to_list() == ([1099, 1100] if with_id else [99, 101])
    assert cli("assign", "models/shop", file, "again.parquet", "--quiet").code == 0
    assert pl.read_parquet("again.parquet").equals(found)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "9999,1,2,3,4,5",
            "new.csv: line 302 has more fields than the header, which has 4; put quotation marks "
            "around values that contain ','.",
        ),
        (
            '9999,"1,2,3',
            "new.csv has a quotation mark that is opened but never closed; correct that line.",
        ),
        (
            "9999,Smith, John,3",
            "new.csv: column 'income' holds numbers but also the text 'Smith' (data row 301); "
            "correct the value, or for a run add it to input.read.null_values or list the column "
            "under features.categorical or features.exclude.",
        ),
    ],
)
def test_a_broken_line(earlier, run, text: str, line: str, sentence: str) -> None:
    earlier.refused(run(write(text + line + "\n")), sentence)


def test_no_header(earlier, run, text: str) -> None:
    file = write(text.partition("\n")[2])
    sentence = "new.csv has no header: its first line holds numbers (1000, "
    earlier.refused(run(file), sentence)


def test_a_column_name_given_twice(earlier, run, text: str) -> None:
    file = write(text.replace("score", "income", 1))
    sentence = "new.csv has more than one column named 'income'; rename one of them."
    earlier.refused(run(file), sentence)


def test_a_column_that_only_sounds_renamed(earlier, cli, text: str) -> None:
    file = write(text.replace("score", "income_duplicated_0", 1))
    assert cli("plan", "--set", f"input.path={file}").code == 0


def test_lines_above_the_header(earlier, run, text: str) -> None:
    before = segments()
    file = write("exported by a shop\non a Monday\n" + text)
    earlier.refused(run(file), "new.csv has no numeric column to segment by")
    assert run(file, "input.read.skip_rows=2").code == 0
    assert segments().equals(before)


def test_numbers_with_signs_are_warned_about(earlier, run, customers: pl.DataFrame) -> None:
    whole = pl.col("income").round(0).cast(pl.Int64).cast(pl.String)
    priced = customers.with_columns(
        income=pl.lit("€ ") + whole, rate=pl.col("visits").abs().round(1).cast(pl.String) + "%"
    )
    priced.write_csv("new.csv")
    assert run("new.csv").code == 0
    for column in ("income", "rate"):
        assert any(
            f"column '{column}' holds numbers written as text (such as " in warning
            for warning in summary()["warnings"]
        )
