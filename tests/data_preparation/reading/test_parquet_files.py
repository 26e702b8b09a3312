"""Parquet of every type that Arrow has: read as meant, or refused by the column's name."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.parquet_files import far_days, scan_parquet, zones_in_utc
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError
from tests.campaigns.taken_in import CUSTOMERS, TRANSACTIONS, take_in

ROWS = 40
NOON = datetime(2024, 1, 31, 12)


def repeated(values: list[Any], dtype: pa.DataType) -> pa.Array:
    return pa.array([values[i % len(values)] for i in range(ROWS)], dtype)


def extended(dtype: pa.BaseExtensionType, storage: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(dtype, storage)


COLUMNS = {
    "decimal": repeated([Decimal("1.50"), Decimal("2.25"), None], pa.decimal128(10, 2)),
    "wide decimal": repeated([Decimal("1.5"), Decimal("123456789.5")], pa.decimal128(38, 9)),
    "decimal256": repeated([Decimal("1.5"), None], pa.decimal256(20, 3)),
    "duration": repeated([timedelta(1), None], pa.duration("ns")),
    "time": repeated([time(1, 2), None], pa.time64("ns")),
    "map": repeated([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "list": repeated([["a", "b"], None, []], pa.list_(pa.string())),
    "list of lists": repeated([[[1, 2]], None], pa.list_(pa.list_(pa.int64()))),
    "list of times": repeated([[NOON], None], pa.list_(pa.timestamp("us", "+05:30"))),
    "list of nothing": repeated([[None], None], pa.list_(pa.null())),
    "array": repeated([[1, 2], None], pa.list_(pa.int64(), 2)),
    "struct": repeated([{"a": NOON}, None], pa.struct([("a", pa.timestamp("us", "UTC+1"))])),
    "binary": repeated([b"a\xff", None], pa.binary()),
    "fixed binary": repeated([b"abcd", None], pa.binary(4)),
    "view of text": repeated(["a", "b", None], pa.string_view()),
    "dictionary of numbers": repeated([1, 2, None], pa.int64()).dictionary_encode(),
    "dictionary of times": repeated([NOON, None], pa.timestamp("us")).dictionary_encode(),
    "nothing": pa.nulls(ROWS),
    "half": pa.array(np.arange(ROWS).astype(np.float16)),
    "uint64": repeated([2**64 - 1, 2**63, 1, None], pa.uint64()),
    "date64": repeated([date(2024, 1, 1), None], pa.date64()),
    "uuid": extended(pa.uuid(), repeated([b"abcdefghabcdefgh"], pa.binary(16))),
    "json": extended(pa.json_(), repeated(['{"a": 1}'], pa.string())),
    "opaque": extended(pa.opaque(pa.int64(), "t", "v"), pa.array(range(ROWS), pa.int64())),
    "bool8": extended(pa.bool8(), repeated([0, 1], pa.int8())),
    "tensor": extended(
        pa.fixed_shape_tensor(pa.int64(), [2]), repeated([[1, 2]], pa.list_(pa.int64(), 2))
    ),
    **{f"zone {z}": repeated([NOON, None], pa.timestamp("us", z)) for z in (
        "UTC", "+05:30", "-0030", "UTC+1", "GMT+3", "US/Nowhere", "PST", "Europe/Berlin", "+25:00",
        "Central Europe Standard Time", "Z",
    )},
}  # fmt: skip


def table(name: str, column: pa.Array) -> pa.Table:
    return pa.table(
        {
            "customer_id": range(ROWS),
            "income": [float(i * i % 17) for i in range(ROWS)],
            "score": [float(i * 7 % 11) for i in range(ROWS)],
            name: column,
        }
    )


@pytest.fixture
def written(tmp_path):
    def write(held: pa.Table, **how: Any):
        pq.write_table(held, tmp_path / "a.parquet", **how)
        return tmp_path / "a.parquet"

    return write


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_any_type_stands_in_the_way_of_none(written, name):
    file = written(table("x", COLUMNS[name]))
    assert take_in(file) == ROWS
    schema = open_source(InputConfig(path=str(file))).schema
    assert not isinstance(schema["x"], pl.BaseExtension)


def test_times_of_spark(written):
    file = written(table("x", COLUMNS["zone UTC"]), use_deprecated_int96_timestamps=True)
    assert take_in(file) == ROWS


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("UTC", NOON),
        ("Europe/Berlin", datetime(2024, 1, 31, 13)),
        ("+05:30", datetime(2024, 1, 31, 17, 30)),
        ("-0030", datetime(2024, 1, 31, 11, 30)),
        ("US/Nowhere", NOON),
        ("GMT+3", NOON),
    ],
)
def test_times_are_what_the_clock_showed_where_it_is_known(written, zone, clock):
    file = written(table("x", COLUMNS.get(f"zone {zone}")))
    read = scan_parquet(file).select("x").collect()["x"]
    assert read[0].replace(tzinfo=None) == clock
    assert read[1] is None
    assert zones_in_utc(file) == ({"x": zone} if zone in ("US/Nowhere", "GMT+3") else {})


def test_that_a_zone_is_not_known_is_told(written):
    file = written(table("x", COLUMNS["zone US/Nowhere"]))
    assert open_source(InputConfig(path=str(file))).found == (
        "a.parquet: the zone 'US/Nowhere' of column 'x' is not known, so its times are read in UTC",
    )


def test_purchases_at_times_in_a_zone_that_is_not_known(written):
    lines = pa.table(
        {
            "customer_id": [i % 9 for i in range(ROWS)],
            "transaction_date": repeated([NOON, NOON - timedelta(40)], pa.timestamp("us", "UTC+1")),
            "amount": [i * i % 13 + 1.0 for i in range(ROWS)],
        }
    )
    assert take_in(written(lines), TRANSACTIONS) == 9


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (repeated([Decimal("1.5")], pa.decimal256(60, 3)), "decimals of 60 digits, more than 38"),
        (repeated([[1, 2]], pa.list_view(pa.int64())), "views of lists"),
        (repeated([[[1, 2]]], pa.list_(pa.list_view(pa.int64()))), "views of lists"),
    ],
)
def test_what_cannot_be_read_is_named_before_rows_are(written, capfd, column, what):
    file = written(table("x", column))
    for kind in (CUSTOMERS, TRANSACTIONS):
        with pytest.raises(DataError) as refused:
            take_in(file, kind)
        assert str(refused.value) == (
            f"{file}: the column 'x' holds {what}, which cannot be read; write the file without "
            "it, or with numbers or text in it."
        )
    assert "panicked" not in capfd.readouterr().err
    pq.write_table(pq.read_table(file).drop_columns("x"), file)
    assert take_in(file) == ROWS


@pytest.mark.parametrize("names", [["", " "], ["^x", "a*"], ["{x}", "{0}"], ["a\nb", "a\x1b[1m"]])
def test_columns_of_odd_names(written, names):
    held = table("x", pa.array(np.arange(ROWS) % 5 * 1.0))
    assert take_in(written(held.rename_columns(["customer_id", *names, "x"]))) == ROWS


@pytest.mark.parametrize("name", ["*", "^x.*$", "^$"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_named_like_a_pattern(tmp_path, suffix, name):
    held = pl.DataFrame(table("x", COLUMNS["half"])).rename({"income": name})
    file = tmp_path / f"a.{suffix}"
    getattr(held, f"write_{suffix}")(file)
    with pytest.raises(DataError) as refused:
        take_in(file)
    assert f"{refused.value}" == (
        f"a.{suffix} has a column called {name!r}, which dataframes take for a pattern of names; "
        "call it otherwise."
    )


def test_a_column_name_given_twice(written):
    held = table("x", COLUMNS["half"]).rename_columns(["customer_id", "income", "income", "x"])
    with pytest.raises(DataError, match=r"a\.parquet"):
        take_in(written(held))


@pytest.mark.parametrize("held", [table("x", COLUMNS["half"]).slice(0, 0), pa.table({})])
def test_no_rows_and_no_columns(written, held):
    with pytest.raises(DataError, match=r"a\.parquet"):
        take_in(written(held))


def test_groups_without_rows(tmp_path):
    held = table("x", COLUMNS["half"])
    with pq.ParquetWriter(tmp_path / "a.parquet", held.schema) as writer:
        for part in (held.slice(0, 0), held, held.slice(0, 0)):
            writer.write_table(part)
    assert take_in(tmp_path / "a.parquet") == ROWS


def test_an_encrypted_file(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PARE" + bytes(200) + b"PARE")
    with pytest.raises(DataError, match=r"a\.parquet cannot be read as Parquet: "):
        take_in(tmp_path / "a.parquet")


def test_files_of_different_types_in_a_folder(tmp_path):
    held = table("x", COLUMNS["half"])
    pq.write_table(held, tmp_path / "a.parquet")
    later = pa.array(range(ROWS, 2 * ROWS))
    text = held.set_column(0, "customer_id", later)
    text = text.set_column(3, "x", repeated(["a", "b"], pa.string()))
    pq.write_table(text, tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: the column 'x' holds String, but Float16"):
        take_in(tmp_path)


@pytest.mark.parametrize(
    ("kind", "far"),
    [
        (pa.date32(), 2**31 - 1),
        (pa.date32(), -(2**31)),
        (pa.timestamp("ms"), 2**60),
        (pa.timestamp("us", "UTC"), 2**62),
        (pa.timestamp("us", "+05:30"), -(2**62)),
    ],
)
def test_days_beyond_all_years_are_missing_and_counted(written, kind, far):
    held = pa.array(
        [far, 0] + [None] * (ROWS - 2), pa.int32() if kind == pa.date32() else pa.int64()
    )
    file = written(table("x", held.cast(kind)))
    column = scan_parquet(file).select("x").collect()["x"]
    assert column.null_count() == ROWS - 1
    assert column.max().year == 1970
    assert far_days([file], "x") == 1
    assert far_days([file], "income") == 0
