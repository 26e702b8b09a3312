"""Customers with odd columns, and the engines in which a model scores them."""

from __future__ import annotations

import sqlite3
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import onnxruntime
import polars as pl

from engine.model.model import Model

ID, SPEND, BALANCE = 'Kunde "Nr"', "Sp end €", "BALANCE"


def customers(n: int, seed: int = 0) -> pl.DataFrame:
    """Give customers whose columns have odd names; some values are missing."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    gone = np.arange(n) % 29 == 7
    days = [date(2020, 1, 1) + timedelta(int(d)) for d in rng.integers(0, 400, n) + 200 * group]
    places = np.array(["O'Brien", "b\\x", 'Łódź; "ü"', "1"])
    return pl.DataFrame(
        {
            ID: [f"C{i}" for i in range(n)],
            SPEND: pl.Series(rng.lognormal(3 + group, 0.4)).set(pl.Series(gone), None),
            BALANCE: rng.normal(0, 1, n) ** 3 * 1000 + 2000 * (group == 1),
            "select": rng.integers(0, 9, n) + 3 * group,
            "a'flag": rng.random(n) < 0.2 + 0.3 * group,
            "since": pl.Series(days).set(pl.Series(gone[::-1].copy()), None),
            "City": pl.Series(places[(group + (rng.random(n) < 0.2)) % 4]).set(
                pl.Series(np.roll(gone, 3)), None
            ),
        }
    )


def unlike(frame: pl.DataFrame) -> pl.DataFrame:
    """Put into some rows what was not there in training."""
    spend, balance = frame[SPEND].to_list(), frame[BALANCE].to_list()
    spend[:4] = [float("inf"), float("-inf"), float("nan"), 1e300]
    balance[:4] = [None, -1e12, 0.0, float("nan")]
    return frame.with_columns(
        pl.Series(SPEND, spend),
        pl.Series(BALANCE, balance),
        pl.Series("City", ["Atlantis", "City", "TRUE", None, *frame["City"].to_list()[4:]]),
        pl.Series("since", [date(1, 1, 2), date(2999, 1, 1), *frame["since"].to_list()[2:]]),
    )


def in_duckdb(model: Model, frame: pl.DataFrame, table: str = "customers") -> pl.DataFrame:
    with duckdb.connect() as there:
        there.register("given", frame.to_arrow())
        there.sql(f"CREATE TABLE {table} AS SELECT * FROM given")
        return there.sql(model.to_sql("duckdb", table=table)).pl()


def in_sqlite(model: Model, frame: pl.DataFrame) -> pl.DataFrame:
    there = sqlite3.connect(":memory:")
    days = [c for c, t in frame.schema.items() if t == pl.Date]
    rows = frame.with_columns(pl.col(days).cast(pl.String)).rows()
    names = ", ".join('"' + c.replace('"', '""') + '"' for c in frame.columns)
    there.execute(f"CREATE TABLE customers ({names})")
    there.executemany(f"INSERT INTO customers VALUES ({', '.join('?' * frame.width)})", rows)
    found = there.execute(model.to_sql("sqlite"))
    called = [d[0] for d in found.description]
    return pl.DataFrame(found.fetchall(), called, orient="row", infer_schema_length=None)


def in_postgres(model: Model, frame: pl.DataFrame, address: str) -> pl.DataFrame:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as there, there.cursor() as cursor:
        cursor.adbc_ingest("customers", frame.to_arrow(), mode="replace")
        cursor.execute(model.to_sql("postgres"))
        return pl.DataFrame(cursor.fetch_arrow_table())


def in_onnxruntime(model: Model, frame: pl.DataFrame, folder: Path) -> pl.DataFrame:
    session = onnxruntime.InferenceSession(
        model.to_onnx(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    given = {i.name: fed(frame[i.name], i.type) for i in session.get_inputs()}
    parts = [
        session.run(["segment", "distance"], {n: x[s : s + 1000] for n, x in given.items()})
        for s in range(0, len(frame), 1000)
    ]
    segment, distance = (np.concatenate(p) for p in zip(*parts, strict=True))
    names = dict(zip(model.numbers.public, model.names, strict=True))
    return pl.DataFrame(
        {
            model.id_name: frame[model.id_name],
            "segment": segment,
            "segment_name": [names[s] for s in segment.tolist()],
            "distance": distance,
        }
    )


def fed(values: pl.Series, kind: str) -> np.ndarray:
    """Give a column as an input of a graph."""
    if kind == "tensor(string)":
        return values.cast(pl.String).fill_null("").to_numpy().astype(object).reshape(-1, 1)
    if values.dtype == pl.Date:
        values = values.cast(pl.Int32)
    numbers = values.cast(pl.Float64).fill_null(float("nan"))
    return np.ascontiguousarray(numbers.to_numpy()).reshape(-1, 1)


def differ(model: Model, frame: pl.DataFrame, found: pl.DataFrame, data: Any = None) -> int:
    """Count the customers of another segment, or name, than the engine gives; check distances.

    The engine reads ``data``, such as the file that the frame was made of.
    """
    with warnings.catch_warnings(action="ignore"):  # of what was not seen in training
        expected = model.assign(frame if data is None else data)
    assert len(found) == len(frame)
    assert found.columns == [model.id_name, "segment", "segment_name", "distance"]
    both = expected.join(found, on=model.id_name, suffix=" there", validate="1:1")
    assert len(both) == len(frame)
    other = both.filter(
        (pl.col("segment") != pl.col("segment there"))
        | (pl.col("segment_name") != pl.col("segment_name there"))
    )
    same = both.join(other, on=model.id_name, how="anti")
    ours, theirs = same["distance"].to_numpy(), same["distance there"].to_numpy()
    # A distance is a number of single precision; SQLite and others give it before it is rounded.
    np.testing.assert_allclose(theirs, ours, rtol=2e-7, atol=1e-12)
    return len(other)
