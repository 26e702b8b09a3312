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
    before = segments()
    european = write(text.replace(",", ";").replace(".", ","))
    assert run(european).code == 0
    assert segments().equals(before)
    assert summary()["notices"][0] == "new.csv: separator ';', decimal comma"
    for setting in ("input.read.separator=;", "input.read.decimal_comma=true"):
        assert run(european, setting).code == 0
        assert segments().equals(before)


def test_explicit_settings_win_over_what_is_found(earlier, run, text: str) -> None:
    european = write(text.replace(",", ";").replace(".", ","))
    earlier.refused(
        run(european, "input.read.decimal_comma=false", "input.read.thousands=off"),
        "(income is text; score is text; visits is text); name columns in features.include or "
        "features.categorical. Column 'income' is not read as numbers: values such as ",
    )
    earlier.refused(
        run(european, "input.read.decimal_comma=false", "input.read.thousands=off"),
        " are not written as input.read.decimal_comma and input.read.thousands say; leave both at "
        "auto.",
    )
    earlier.refused(
        run(european, 'input.read.separator="|"'),
        "new.csv has no numeric column to segment by (customer_id;income;score;visits is text); "
        "name columns in features.include or features.categorical. Is input.read.separator right?",
    )
    earlier.refused(
        run(european, "input.read.decimal_comma=true", 'input.read.separator=","'),
        "new.csv: a comma cannot be both the decimal mark and the separator; set "
        "input.read.separator, such as ';'.",
    )


def test_numbers_that_may_mean_two_things_are_asked_about(
    earlier, run, customers: pl.DataFrame
) -> None:
    thousands = (pl.col("income") * 100).round(0).cast(pl.Int64).cast(pl.String)
    grouped = thousands.str.replace(r"(\d{3})$", ",${1}")
    whole = pl.col("score", "visits").round(0).cast(pl.Int64)
    customers.with_columns(whole, income=grouped).write_csv("new.csv", separator=";")
    example = customers.select(grouped)["income"][0]
    earlier.refused(
        run("new.csv"),
        f"new.csv: column 'income' holds numbers such as {example!r}, which may be thousands or "
        "have three decimals; set input.read.decimal_comma to true, or input.read.thousands to "
        "','.",
    )
    for setting, unit in (("decimal_comma=true", 1000), ('thousands=","', 1)):
        assert run("new.csv", f"input.read.{setting}").code == 0
        means = pl.read_csv("reports/shop/latest/profiles.csv")["income_mean"]
        assert 2_000 < means.mean() * unit < 9_000


def test_thousands_below_many_small_numbers_are_asked_about(
    earlier, run, cli, customers: pl.DataFrame
) -> None:
    """Sorted by an amount, a file begins with 12,000 of them that have no mark at all."""
    many = pl.concat([customers] * 50).with_columns(
        customer_id=pl.int_range(pl.len()),
        income=pl.int_range(pl.len()) // 15 + 1,
        score=pl.col("score").round(0).cast(pl.Int64),
        visits=pl.col("visits").round(0).cast(pl.Int64),
    )
    amount = pl.col("income") + pl.when(pl.col("income") > 900).then(500).otherwise(0)
    grouped = amount.cast(pl.String).str.replace(r"^(\d)(\d{3})$", "${1}.${2}")
    many.with_columns(income=grouped).write_csv("new.csv", separator=";")
    assert cli("plan", "--set", "input.path=new.csv").code == 0
    earlier.refused(
        run("new.csv"),
        "new.csv: column 'income' holds numbers such as '1.401', which may be thousands or have "
        "three decimals; set input.read.decimal_comma to false, or input.read.thousands to '.'.",
    )
    assert run("new.csv", "input.read.thousands=.").code == 0
    means = pl.read_csv("reports/shop/latest/profiles.csv")
    assert (means["income_mean"] * means["customers"]).sum() / many.height == pytest.approx(
        many.select(amount)["income"].mean(), rel=1e-3
    )


def test_the_line_that_tells_excel_the_separator(earlier, run, cli, text: str) -> None:
    before = segments()
    file = write("sep=;\n" + text.replace(",", ";"))
    assert run(file).code == 0
    assert segments().equals(before)
    assert cli("assign", "models/shop", file, "again.parquet", "--quiet").code == 0
    assert pl.read_parquet("again.parquet").equals(before)
    assert cli("assign", "models/shop", write(text), "plain.parquet", "--quiet").code == 0
    assert pl.read_parquet("plain.parquet").equals(before)


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
            "new.csv: line 302 has a quotation mark that is opened but never closed; correct that "
            "line.",
        ),
        (
            '"9999,1,2,3',
            "new.csv: line 302 has a quotation mark that is opened but never closed; correct that "
            "line.",
        ),
        (
            '"9999,1,2,3\n9998,1,2,3\n9997,1,2,3',
            "new.csv: line 302 has a quotation mark that is opened but never closed; correct that "
            "line.",
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
    before = segments()
    file = write(text.partition("\n")[2])
    assert run(file, "input.id=column_1").code == 0
    found = segments()
    assert found.columns[0] == "column_1"
    assert found["column_1"].to_list() == before["customer_id"].to_list()
    assert found["segment"].equals(before["segment"])
    notice = "new.csv: no header, columns are called column_1 to column_4"
    assert summary()["notices"][0] == notice


def test_a_header_that_does_not_name_every_column(earlier, run, text: str) -> None:
    before = segments()
    assert run(write(text.replace("visits", "", 1))).code == 0
    assert summary()["notices"][0] == "new.csv: columns without a name are called column_4"
    assert summary()["n_features"] == 3
    assert segments()["segment"].equals(before["segment"])


def test_the_row_numbers_that_data_frames_write_are_no_feature(earlier, run, text: str) -> None:
    before = segments()
    lines = text.splitlines()
    numbered = [f",{lines[0]}", *(f"{i},{line}" for i, line in enumerate(lines[1:]))]
    assert run(write("\n".join(numbered))).code == 0
    assert segments().equals(before)
    told = {entry["column"]: entry["what"] for entry in summary()["preparation"]}
    assert told["row_id"] == "looks like an identifier"


def test_a_row_under_the_header_that_describes_the_columns(earlier, run, cli, text: str) -> None:
    before = segments()
    header, _, rows = text.partition("\n")
    words = 'the number,"thousands, a year",points,'
    file = write("\n".join([header, words, rows]))
    assert run(file).code == 0
    assert segments().equals(before)
    assert summary()["notices"][0] == (
        "new.csv: the row under the header describes the columns and was skipped"
    )
    assert cli("assign", "models/shop", file, "again.parquet", "--quiet").code == 0
    assert pl.read_parquet("again.parquet").equals(before)
    answer = run(file, "input.read.description_row=false")
    assert answer.code == 4
    assert "holds numbers but also the text" in answer.err


def test_lines_with_too_few_fields_are_counted(earlier, run, text: str) -> None:
    lines = text.splitlines()
    lines[5] = lines[5].rpartition(",")[0]
    lines[9] = lines[9].rsplit(",", 2)[0]
    assert run(write("\n".join(lines))).code == 0
    assert summary()["warnings"][0] == (
        "new.csv: 2 lines have fewer fields than the header; what is not there is missing"
    )
    lines[5] += ","
    lines[9] += ',"",'
    assert run(write("\n".join(lines))).code == 0
    assert not [w for w in summary()["warnings"] if "fewer fields" in w]


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
    assert run(file).code == 0
    assert segments().equals(before)
    assert summary()["notices"][0] == (
        "new.csv: 2 lines above the header were skipped, such as 'exported by a shop' "
        "(input.read.skip_rows)"
    )
    assert run(file, "input.read.skip_rows=2").code == 0
    assert segments().equals(before)


def test_numbers_with_signs_are_read_and_told(earlier, run, customers: pl.DataFrame) -> None:
    whole = pl.col("income").round(0).cast(pl.Int64).cast(pl.String)
    priced = customers.with_columns(
        income=pl.lit("€ ") + whole, rate=pl.col("visits").abs().round(1).cast(pl.String) + "%"
    )
    priced.write_csv("new.csv")
    assert run("new.csv").code == 0
    for column, unit in (("income", "€"), ("rate", "%")):
        said = f"column '{column}' is read as numbers in {unit}: 300 values such as "
        assert any(notice.startswith(said) for notice in summary()["notices"])
    assert summary()["n_features"] == 4
