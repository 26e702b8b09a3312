"""PostgreSQL: its types as a table has them, numeric as exact decimals, by its own query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from engine.data_preparation.fetching.answers import QUERY, Answer, quoted
from engine.data_preparation.fetching.staging import as_decimal

_AS_IS = {
    "bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric", "text", "varchar",
    "name", "date", "time", "timestamp", "timestamptz", "bytea",
}  # fmt: skip
_ARRAYS = {"_bool", "_int2", "_int4", "_int8", "_float4", "_float8", "_text", "_varchar"}
_MOST = 38


def read_postgres(cursor: Any, sql: str) -> tuple[Answer, list[str]]:
    """Ask, within a transaction that changes nothing.

    What no table holds, such as ``jsonb``, ``interval`` and ``inet``, is read as PostgreSQL writes
    it; ``uuid`` and the blanks of ``char(n)``, too; ``money`` as the number that it is.

    Returns
    -------
    answer : Answer
    texts : list of str
        Columns of numbers of no declared scale, which come as text.
    """
    cursor.execute("SET TRANSACTION READ ONLY")
    schema = cursor.adbc_execute_schema(sql)
    names = list(schema.names)
    if len(set(names)) != len(names):
        return Answer(names, lambda: iter(())), []
    types = {f.name: _type(f) for f in schema}
    casts = {n: _cast(t) for n, t in types.items()}
    decimals, texts = {}, []
    for field in schema:
        if types[field.name] in ("numeric", "money"):
            declared = _declared(field) if types[field.name] == "numeric" else None
            if declared:
                decimals[field.name] = declared
            else:
                texts.append(field.name)
    if any(casts.values()):
        columns = ", ".join(f"{quoted(n)}{c} AS {quoted(n)}" for n, c in casts.items())
        sql = f"SELECT {columns} FROM (\n{sql}\n) AS {QUERY}"

    def frames() -> Iterator[pl.DataFrame]:
        cursor.execute(sql)
        for batch in cursor.fetch_record_batch():
            frame = pl.DataFrame(_bare(batch))
            yield frame.with_columns(as_decimal(c, *form) for c, form in decimals.items())

    return Answer(names, frames), texts


def _type(field: Any) -> str:
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b"").decode())


def _cast(kind: str) -> str:
    """Give what makes of a type one that can be read; nothing where it can be."""
    if kind == "money":
        return "::numeric"
    return "" if kind in _AS_IS or kind in _ARRAYS else "::text"


def _declared(field: Any) -> tuple[int, int] | None:
    """Give digits and scale of ``numeric(digits, scale)``; None where they are not declared."""
    said = (field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1").decode()
    if not re.fullmatch(r"\d+", said) or int(said) < 4:  # 4 bytes of a header
        return None
    form = int(said) - 4
    digits, scale = form >> 16 & 0xFFFF, ((form & 0x7FF) ^ 1024) - 1024
    return (digits, scale) if digits <= _MOST and 0 <= scale <= digits else None


def _bare(arrived: Any) -> Any:
    """Give a batch without types that only the driver knows: what lies below them."""
    import pyarrow as pa

    columns = [c.storage if isinstance(c, pa.ExtensionArray) else c for c in arrived.columns]
    return pa.RecordBatch.from_arrays(columns, names=arrived.schema.names)
