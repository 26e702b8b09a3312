"""Queries of SQLite and PostgreSQL: types kept, nothing changed, one sentence where it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from engine.data_preparation.fetching.databases import in_time
from engine.errors import ConfigError, DataError, EngineError, InputMissingError

pytest.importorskip("adbc_driver_sqlite", reason="no ADBC: it comes with the extra database")


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "my shop.db"
    with closing(sqlite3.connect(file)) as connection:
        rows = [(f"c{i}", i * 0.5, i, "2026-12-01", None, None) for i in range(5000)]
        rows[4998] = (*rows[4998][:4], "late", "text")
        rows[4999] = (*rows[4999][:5], 7)
        connection.execute("CREATE TABLE t (id text, spent decimal(10, 2), n int, day date, a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
    return f"sqlite:///{file}"


def test_sqlite_s_columns_are_what_all_of_their_values_are(shop, read) -> None:
    rows = read(sql="SELECT * FROM t ORDER BY n -- all", connection=shop)
    assert dict(rows.schema) == {
        "id": pl.String, "spent": pl.Float64, "n": pl.Int64, "day": pl.String, "a": pl.String,
        "b": pl.String,
    }  # fmt: skip
    assert rows.height == 5000
    assert rows["spent"].to_list() == [i * 0.5 for i in range(5000)]
    assert rows[4998, "a"] == "late"
    assert rows["b"].drop_nulls().to_list() == ["text", "7"]


@pytest.mark.parametrize(
    ("sql", "kind", "sentence"),
    [
        ("SELECT * FROM none", ConfigError, r"input.sql: .* refuses it \(no such table: none"),
        ("SELECT id, n AS id FROM t", ConfigError, "two columns are called 'id'; give each its o"),
        ("DELETE FROM t", ConfigError, "refuses it"),
        ("SELECT * FROM t WHERE 0", DataError, "gives no rows"),
        ("SELECT abs(-9223372036854775807 - (n > 3000)) AS x FROM t", EngineError, "overflow"),
    ],
)
def test_queries_that_fail(shop, fetch_to, tmp_path, sql, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        fetch_to(sql=sql, connection=shop)
    assert len(str(caught.value).splitlines()) <= 2
    assert not list((tmp_path / "fetched").iterdir())
    with closing(sqlite3.connect(shop.removeprefix("sqlite:///"))) as there:
        assert there.execute("SELECT count(*) FROM t").fetchone() == (5000,)


def test_a_database_that_is_not_there(fetch_to, tmp_path) -> None:
    with pytest.raises(InputMissingError, match=r"none.db is not there; correct the path"):
        fetch_to(sql="SELECT 1", connection=f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("end", ["; -- all", " -- a;\n;\n", " /* all\n; */ ;"])
def test_comments_behind_a_query_are_no_part_of_it(shop, read, end) -> None:
    assert read(sql=f"SELECT id, n, '-- ;' AS a FROM t{end}", connection=shop).height == 5000


def test_a_table_of_sqlite_may_be_wide(tmp_path, read) -> None:
    with closing(sqlite3.connect(tmp_path / "wide.db")) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'c{i}' for i in range(1_500))})")
        connection.execute(f"INSERT INTO t VALUES ({', '.join(['1'] * 1_499)}, 'x')")
        connection.commit()
    rows = read(sql="SELECT * FROM t", connection=f"sqlite:///{tmp_path}/wide.db")
    assert (rows.shape, rows[0, 0], rows[0, -1]) == ((1, 1_500), 1, "x")


def test_a_server_that_does_not_answer_is_given_up(monkeypatch) -> None:
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    assert in_time("postgresql://u@/d?host=%2Ftmp").endswith("&connect_timeout=15")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "60")
    assert in_time("postgresql://db/shop") == "postgresql://db/shop"


@pytest.mark.long
def test_postgresql_s_types(postgres, fetch_to) -> None:
    made = """
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE t AS SELECT g AS id, g::numeric(12, 2) / 4 AS quarter,
      (g + 0.25)::numeric(12, 2) AS spent, g::text::money AS worth,
      ('0000000000000000000000000000000' || g)::uuid AS who, 'ab'::char(5) AS padded,
      TIMESTAMPTZ '2026-12-01 10:00+02' AS at, DATE '2026-12-01' AS day, g > 1 AS yes,
      'good'::mood AS mood, '{"a": 1}'::jsonb AS more, INTERVAL '1 day' AS since,
      g::numeric AS whole FROM generate_series(1, 3) AS g;
    INSERT INTO t (id, spent, quarter) VALUES (4, 'NaN', NULL);
    """
    with postgres.database() as name:
        postgres.sql(made, name)
        found = fetch_to(sql="SELECT * FROM t ORDER BY id", connection=postgres.uri(name))
    rows = pl.read_parquet(found.settings.path)
    assert rows.row(0, named=True) == {
        "id": 1, "quarter": Decimal("0.25"), "spent": Decimal("1.25"), "worth": Decimal(1),
        "who": "00000000-0000-0000-0000-000000000001", "padded": "ab",
        "at": datetime(2026, 12, 1, 8, tzinfo=UTC), "day": date(2026, 12, 1), "yes": False,
        "mood": "good", "more": '{"a": 1}', "since": "1 day", "whole": 1,
    }  # fmt: skip
    assert rows.schema["spent"] == pl.Decimal(12, 2)
    assert rows.schema["whole"] == pl.Int64
    assert rows[3, "spent"] is None


@pytest.mark.long
def test_postgresql_refuses_and_breaks_off(postgres, monkeypatch, fetch_to) -> None:
    postgres.sql("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right'")
    wrong = postgres.uri(user="guarded", password="hunter2%geheim")
    monkeypatch.setenv("SHOP_DB", wrong)
    many = "SELECT 1 / (150000 - g) AS x FROM generate_series(1, 200000) AS g"
    ended = "SELECT pg_terminate_backend(pg_backend_pid()) AS x"
    own = postgres.uri()
    for sql, connection, kind, sentence in [
        ("SELECT 1 AS x", "env:SHOP_DB", InputMissingError, "env:SHOP_DB cannot be reached (pass"),
        ("SELECT 1 AS x", postgres.uri("none"), InputMissingError, 'database "none" does not ex'),
        ("SELECT nope", own, ConfigError, 'refuses it (column "nope" does not exist)'),
        ("SELECT nope -- why", own, ConfigError, "does not exist"),
        ("CREATE TABLE x (a int)", own, EngineError, "input.sql"),
        ("SELECT 1 AS a, 2 AS a", own, ConfigError, "two columns are called 'a'"),
        (many, own, InputMissingError, "stopped in the middle of input.sql (division by zero)"),
        (ended, own, InputMissingError, "terminating connection due to administrator command"),
    ]:
        with pytest.raises(kind) as caught:
            fetch_to(sql=sql, connection=connection)
        assert sentence in str(caught.value)
        assert "geheim" not in str(caught.value)
