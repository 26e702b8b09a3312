"""Files that cannot be read, or not together: one sentence names the file and the remedy."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.encodings import HEAD_BYTES
from engine.data_preparation.reading.files import unreadable
from engine.data_preparation.reading.sources import open_source
from engine.model.model import load_model


@pytest.mark.parametrize("path", ["nowhere.csv", "nowhere.parquet", "nowhere/"])
def test_missing(earlier, run, path: str) -> None:
    sentence = f"{path} does not exist; give a file, a folder or a glob."
    earlier.refused(run(path), sentence, code=3)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ""])
def test_a_pipe(earlier, run, suffix: str) -> None:
    os.mkfifo(f"pipe{suffix}")
    earlier.refused(run(f"pipe{suffix}"), f"pipe{suffix} is a pipe, which cannot be read twice; w")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_empty(earlier, run, suffix: str) -> None:
    Path(f"empty.{suffix}").touch()
    sentence = f"empty.{suffix} is empty; give a file with a header and rows."
    earlier.refused(run(f"empty.{suffix}"), sentence)


def test_a_csv_of_empty_lines(earlier, run) -> None:
    for text in ("\n\n\n", "\ufeff"):
        Path("lines.csv").write_text(text)
        sentence = "lines.csv is empty; give a file with a header and rows."
        earlier.refused(run("lines.csv"), sentence)


def test_utf16_that_is_cut_within_a_letter(earlier, run, customers: pl.DataFrame) -> None:
    Path("half.csv").write_bytes(customers.write_csv().encode("utf-16")[:-1])
    earlier.refused(run("half.csv"), "half.csv is in UTF-16 by its first two bytes, but is cut off")


def test_what_a_library_quotes_of_a_file_is_left_out() -> None:
    error = pl.exceptions.ComputeError('could not parse `"C300,105.8,Smith\nC301` as it is')
    told = str(unreadable(Path("a.csv"), "csv", error))
    assert told == "a.csv cannot be read as CSV: could not parse a value; write it again."


def test_a_parquet_file_with_a_name_twice(earlier, run) -> None:
    arrays = [pa.array(range(9))] * 3
    pq.write_table(pa.Table.from_arrays(arrays, names=["id", "x", "x"]), "twice.parquet")
    earlier.refused(run("twice.parquet"), "more than one occurrence; name each column once.")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("k", ["3", "auto"])
def test_header_only(earlier, run, customers: pl.DataFrame, suffix: str, k: str) -> None:
    getattr(customers.head(0), f"write_{suffix}")(f"header.{suffix}")
    sentence = f"header.{suffix} has a header but no rows; give a file with customers in it."
    earlier.refused(run(f"header.{suffix}", f"clustering.k={k}"), sentence)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("magic", [b"", b"PAR1"])
def test_random_bytes(earlier, run, suffix: str, magic: bytes) -> None:
    file = Path(f"random.{suffix}")
    file.write_bytes(magic + np.random.default_rng(1).bytes(5_000) + magic)
    sentence = {
        "csv": "random.csv is a Parquet file by what it holds; give it a name that ends in"
        if magic
        else "random.csv is no text table by what it holds; give a table as CSV, Parquet or ",
        "parquet": "random.parquet cannot be read as Parquet: ",
    }
    earlier.refused(run(str(file)), sentence[suffix])


def test_a_truncated_and_a_damaged_parquet_file(earlier, run) -> None:
    good = Path("good.parquet").read_bytes()
    Path("half.parquet").write_bytes(good[: len(good) // 2])
    damaged = bytearray(good)
    damaged[200:900] = np.random.default_rng(1).bytes(700)
    Path("damaged.parquet").write_bytes(bytes(damaged))
    earlier.refused(run("half.parquet"), "half.parquet cannot be read as Parquet: ")
    earlier.refused(run("damaged.parquet"), "damaged.parquet cannot be read as Parquet: ")


@pytest.mark.parametrize("far", [False, True])
def test_neither_utf8_nor_cp1252(earlier, run, customers: pl.DataFrame, far: bool) -> None:
    header, _, rows = customers.write_csv().encode().partition(b"\n")
    rows *= 300 if far else 1  # beyond the part of the file that is looked at first
    Path("odd.csv").write_bytes(header + b"\n" + rows + b"9999,\x81\xff,1,2\n")
    sentence = (
        "odd.csv is not text in UTF-8; save it as UTF-8, or set input.read.encoding to "
        "what it is in, such as cp1250, or to utf8-lossy if only a few letters are damaged."
    )
    earlier.refused(run("odd.csv", "preparation.duplicates=first"), sentence)


def test_utf8_with_a_damaged_letter_is_not_taken_for_cp1252(
    earlier, run, customers: pl.DataFrame
) -> None:
    good = customers.with_columns(city=pl.lit("Zürich")).write_csv().encode()
    Path("odd.csv").write_bytes(good.replace("ü".encode(), b"\xfc", 1))
    earlier.refused(run("odd.csv"), "odd.csv is not text in UTF-8; save it as UTF-8, or set")
    assert run("odd.csv", "input.read.encoding=utf8-lossy").code == 0


@pytest.fixture
def plans(customers: pl.DataFrame) -> pl.DataFrame:
    """Give every other customer a plan with letters beyond ASCII."""
    odd = pl.int_range(pl.len()) % 2 == 1
    return customers.with_columns(
        plan=pl.when(odd).then(pl.lit("€ été")).otherwise(pl.lit("plain"))
    )


def test_cp1252(earlier, run, plans: pl.DataFrame) -> None:
    Path("latin.csv").write_bytes(plans.write_csv().encode("cp1252"))
    assert run("latin.csv").code == 0
    folder = Path("reports/shop/latest")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["notices"][0].startswith("latin.csv: cp1252 (letters such as é €; ")
    assert summary["n_features"] == 4
    assert sorted(load_model("models/shop").plan.categorical[0].levels) == ["plain", "€ été"]
    latin = pl.read_parquet(folder / "segments.parquet")
    plans.write_csv("utf8.csv")
    assert run("utf8.csv").code == 0
    assert pl.read_parquet(folder / "segments.parquet").equals(latin)


def test_cp1252_beyond_the_beginning(tmp_path: Path, plans: pl.DataFrame) -> None:
    """The letters that tell lie behind the part of the file that is looked at first."""
    text = pl.concat([plans.with_columns(plan=pl.lit("plain"))] * 400 + [plans]).write_csv()
    tables = []
    for encoding in ("cp1252", "utf-8"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes(text.encode(encoding))
        assert file.stat().st_size > HEAD_BYTES + 1_000_000
        source = open_source(InputConfig(path=str(file)))
        assert source.found == ()
        tables.append(pl.concat(source.batches(list(source.schema))))
        told = "cp1252.csv: cp1252 (letters such as é €; input.read.encoding names another)"
        assert source.found == ((told,) if encoding == "cp1252" else ())
    assert tables[0].height == 401 * len(plans)
    assert tables[0].equals(tables[1])
    assert tables[0]["plan"].tail(len(plans)).equals(plans["plan"])


def test_a_folder_of_files_with_different_columns(earlier, run, customers: pl.DataFrame) -> None:
    Path("shops").mkdir()
    customers.write_csv("shops/a.csv")
    customers.drop("score").with_columns(extra=1).write_csv("shops/b.csv")
    sentence = (
        "b.csv lacks score and also has extra, unlike a.csv; files read together must have the "
        "same columns."
    )
    earlier.refused(run("shops"), sentence)


def test_a_folder_of_files_with_different_types(earlier, run, customers: pl.DataFrame) -> None:
    Path("shops").mkdir()
    customers.write_parquet("shops/a.parquet")
    customers.with_columns(income=pl.lit("high")).write_parquet("shops/b.parquet")
    sentence = (
        "b.parquet: the column 'income' holds String, but Float64 in other files; files "
        "read together must have the same types."
    )
    earlier.refused(run("shops", "preparation.duplicates=first"), sentence)


def test_a_folder_of_two_formats(earlier, run, customers: pl.DataFrame) -> None:
    Path("mixed").mkdir()
    customers.write_csv("mixed/a.csv")
    customers.write_parquet("mixed/b.parquet")
    sentence = "mixed holds both CSV and Parquet files; give a glob such as *.parquet."
    earlier.refused(run("mixed"), sentence)
    assert run("mixed/*.csv").code == 0


def test_a_folder_without_data(earlier, run) -> None:
    Path("nothing").mkdir()
    Path("nothing/readme.txt").write_text("hello")
    for path in ("nothing", "nothing/*"):
        sentence = f"{path} names no .csv, .tsv or .parquet file; the engine reads these formats"
        earlier.refused(run(path), sentence)
    earlier.refused(
        run("nothing/readme.txt"), "readme.txt holds one line, without columns: it is no"
    )


def test_files_of_a_folder_in_another_column_order_and_one_without_rows(
    earlier, run, make_customers
) -> None:
    Path("shops").mkdir()
    first, second = make_customers(), make_customers(first_id=5_000)
    first.head(0).write_csv("shops/0.csv")
    first.write_csv("shops/a.csv")
    second.select(second.columns[::-1]).write_csv("shops/b.csv")
    assert run("shops").code == 0
    found = pl.read_parquet("reports/shop/latest/segments.parquet")
    assert found["customer_id"].to_list() == [*first["customer_id"], *second["customer_id"]]
    groups = found["segment"].to_numpy().reshape(2, 100, 3)
    assert (groups == groups[:1, :1]).all(), "the columns were read by name"


def test_customers_are_not_taken_for_transactions(earlier, run) -> None:
    sentence = (
        "good.parquet has no column that is recognised as transaction_date (or year and month)"
    )
    earlier.refused(run("good.parquet", "input.kind=transactions"), sentence)
