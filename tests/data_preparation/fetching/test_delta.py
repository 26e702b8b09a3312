"""Delta tables: partitions, renamed columns, deleted rows, later versions; here and on S3."""

from __future__ import annotations

import base64
import json
import struct
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.errors import InputMissingError

deltalake = pytest.importorskip("deltalake", reason="no deltalake: it comes with the extra delta")

ROWS = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d"], "spent": [Decimal("1.10"), None, Decimal("3.30"), Decimal(4)],
        "n": [1, 2, 3, None], "day": [date(2026, 12, 1)] * 4, "region": ["x", "y", "x", "y"],
    },
    schema_overrides={"spent": pl.Decimal(12, 2)},
)  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    deltalake.write_deltalake(tmp_path / "shop", ROWS.to_arrow(), partition_by=["region"])
    return tmp_path / "shop"


def rewritten(table: Path, kind: str, change: Any) -> None:
    """Change the actions of a kind in the log, as another writer would have written them."""
    (log,) = (table / "_delta_log").glob("*0.json")
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if kind in action:
            change(action[kind])
    log.write_text("\n".join(map(json.dumps, actions)))


def protocol(table: Path, reader: int, writer: int, *features: str) -> None:
    new = {"minReaderVersion": reader, "minWriterVersion": writer}
    if features:
        new |= {"readerFeatures": list(features), "writerFeatures": list(features)}
    rewritten(table, "protocol", lambda p: (p.clear(), p.update(new)))


def test_a_table_is_read_with_its_partitions_and_exact_money(table, read) -> None:
    assert read(path=str(table)).sort("id").select(ROWS.columns).equals(ROWS)


def test_the_latest_version_is_read_and_told(table, fetch_to, read) -> None:
    deltalake.DeltaTable(table).delete("id = 'a'")  # its file stays where it is
    found = fetch_to(path=str(table))
    assert (found.facts[0]["version"], found.facts[0]["rows"]) == (1, 3)
    assert pl.read_parquet(found.settings.path)["id"].sort().to_list() == ["b", "c", "d"]


def test_renamed_columns_are_read_by_what_they_are_called_now(table, read) -> None:
    own = {"id": "col-1", "spent": "col-2", "n": "col-3", "day": "col-4"}

    def mapped(meta: Any) -> None:
        schema = json.loads(meta["schemaString"])
        for i, field in enumerate(schema["fields"], 1):
            physical = own.get(field["name"], field["name"])
            key = "delta.columnMapping"
            field["metadata"] = {f"{key}.id": i, f"{key}.physicalName": physical}
        meta["schemaString"] = json.dumps(schema)
        meta["configuration"] = {
            "delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "5",
        }  # fmt: skip

    def moved(add: Any) -> None:
        file = table / add["path"]
        pl.read_parquet(file, hive_partitioning=False).rename(own).write_parquet(file)
        add["size"] = file.stat().st_size
        add.pop("stats", None)

    protocol(table, 2, 5)
    rewritten(table, "metaData", mapped)
    rewritten(table, "add", moved)
    assert read(path=str(table)).sort("id").select(ROWS.columns).equals(ROWS)


def test_deleted_rows_stay_deleted(tmp_path, read) -> None:
    table = tmp_path / "shop"
    deltalake.write_deltalake(table, ROWS.drop("region").to_arrow())
    roaring = struct.pack("<IIHHIHH", 12346, 1, 0, 1, 16, 0, 2)  # rows 0 and 2
    held = struct.pack("<IQI", 1681511377, 1, 0) + roaring
    vector = {"storageType": "i", "pathOrInlineDv": z85(held), "sizeInBytes": len(held)}
    protocol(table, 3, 7, "deletionVectors")
    rewritten(table, "add", lambda a: a.update(deletionVector={**vector, "cardinality": 2}))
    assert read(path=str(table))["id"].to_list() == ["b", "d"]


def z85(data: bytes) -> str:
    """Write bytes in the letters of ZeroMQ's base 85."""
    own = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    python = "".join(map(chr, [*range(48, 58), *range(65, 91), *range(97, 123)]))
    python += "!#$%&()*+-;<=>?@^_`{|}~"
    text = base64.b85encode(data + b"\0" * (-len(data) % 4)).decode()
    return text.translate(str.maketrans(python, own))


def test_a_table_that_is_damaged_is_one_sentence(table, fetch_to) -> None:
    for file in table.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(
        InputMissingError, match=r"shop cannot be read as a Delta table \("
    ) as caught:
        fetch_to(path=str(table))
    assert len(str(caught.value).splitlines()) == 1
    protocol(table, 9, 9)
    with pytest.raises(InputMissingError, match=r"shop cannot be read as a Delta table \("):
        fetch_to(path=str(table))


@pytest.mark.long
def test_a_table_on_s3(s3, read) -> None:
    deltalake.write_deltalake(
        "s3://shop/lake/t", ROWS.to_arrow(), storage_options={"allow_http": "true"}
    )
    assert read(path="s3://shop/lake/t").sort("id").equals(ROWS)
