"""The types in a footer: those that cannot be read are found, and damage is no error."""

from __future__ import annotations

import base64
import random

import pyarrow as pa

from engine.data_preparation.reading.arrow_schema import unread_columns

FIELDS = {
    "good": pa.string(),
    "wide": pa.decimal256(76, 2),
    "fits": pa.decimal256(38, 2),
    "views": pa.list_view(pa.int8()),
    "within": pa.struct([("a", pa.list_(pa.large_list_view(pa.int8())))]),
    "runs": pa.run_end_encoded(pa.int32(), pa.int64()),
    "union": pa.sparse_union([pa.field("a", pa.int8())]),
    "months": pa.month_day_nano_interval(),
    "Köln": pa.map_(pa.string(), pa.timestamp("us", "Mars/Olympus")),
}


def written(**fields: pa.DataType) -> bytes:
    return pa.schema(fields).serialize().to_pybytes()


def test_every_kind_of_type_is_found():
    assert unread_columns(base64.b64encode(written(**FIELDS)).decode()) == {
        "wide": "decimals of 76 digits, more than 38",
        "views": "views of lists",
        "within": "views of lists",
        "runs": "runs of equal values",
        "union": "unions",
        "months": "intervals",
    }


def test_the_message_as_it_was_before_arrow_0_15():
    old = written(**FIELDS)[4:]
    assert "wide" in unread_columns(base64.b64encode(old).decode())


def test_damage_finds_nothing_or_something_and_ends():
    rng, whole = random.Random(3), written(**FIELDS)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 5, 50])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        found = unread_columns(base64.b64encode(data[: rng.randrange(len(data))]).decode())
        assert len(found) <= len(whole)
    for text in ("", "=", "ä", "AAAA", "////////"):
        assert unread_columns(text) == {}


def test_types_nested_too_deep_are_refused():
    deep = pa.int8()
    for _ in range(40):
        deep = pa.list_(deep)
    found = unread_columns(base64.b64encode(written(x=deep)).decode())
    assert found == {"x": "values nested more than 32 deep"}
