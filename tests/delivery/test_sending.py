"""Segments sent elsewhere: all rows in one step, or the sentence and what was there before."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from engine.delivery.sending import DeliveryError, deliver, sent
from engine.errors import EngineError
from engine.utilities.tables import write_table
from tests.children import PATIENCE

pytest.importorskip("adbc_driver_sqlite", reason="no ADBC: it comes with the extra database")

ROWS = pl.DataFrame(
    {"id": ["a", "b", "c"], "segment": [0, 1, None], "distance": [0.5, 1.5, None]},
    schema_overrides={"segment": pl.UInt16, "distance": pl.Float32},
)
NEWER = ROWS.with_columns(id=pl.Series(["x", "y", "z"]))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    ROWS.write_parquet(tmp_path / "segments.parquet")
    return tmp_path / "segments.parquet"


def rows_of(file: Path, name: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as there:
        return there.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()


def test_a_table_of_sqlite_is_made_and_then_filled_anew(table, tmp_path) -> None:
    told: list[str] = []
    target = f"sqlite:///{tmp_path}/crm.db?table=my segments"
    deliver(table, [target], "private", told.append)
    assert rows_of(tmp_path / "crm.db", '"my segments"') == ROWS.rows()
    NEWER.write_parquet(table)
    deliver(table, [target], "private", told.append)
    assert rows_of(tmp_path / "crm.db", '"my segments"') == NEWER.rows()
    with closing(sqlite3.connect(tmp_path / "crm.db")) as there:
        assert there.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    assert told == [f"segments written: {target}"] * 2


def test_one_that_fails_leaves_what_was_there_and_lets_others_be_written(table, tmp_path) -> None:
    with closing(sqlite3.connect(tmp_path / "crm.db")) as there:
        there.execute("CREATE TABLE segments (id text, other int)")
        there.execute("INSERT INTO segments VALUES ('old', 1)")
        there.commit()
    targets = [f"sqlite:///{tmp_path}/crm.db", "env:NO_SUCH_CRM", str(tmp_path / "copy.csv")]
    with pytest.raises(EngineError, match=r"^the run is done and saved, but its segments are") as e:
        deliver(table, targets, "private", lambda _: None)
    assert "NO_SUCH_CRM, which is not set" in str(e.value)
    assert rows_of(tmp_path / "crm.db", "segments") == [("old", 1)]
    assert pl.read_csv(tmp_path / "copy.csv").height == 3


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("https://shop/a.csv", r"of a kind \(https\) that is not written"),
        ("s3://shop/a.xlsx", "must end in .parquet or .csv"),
        ("postgresql://u:geheim@h/db", "holds a password"),
    ],
)
def test_what_cannot_be_a_target(target, sentence) -> None:
    with pytest.raises(EngineError, match=sentence) as caught, sent(target):
        pass
    assert "geheim" not in str(caught.value)


@pytest.mark.long
def test_a_table_of_postgresql_keeps_its_views_and_readers_see_old_or_new(
    table, postgres, monkeypatch
) -> None:
    with postgres.database() as name:
        postgres.sql("CREATE SCHEMA crm", name)
        monkeypatch.setenv("CRM", postgres.uri(name, password="hunter2-geheim") + "&table=crm.seg")
        deliver(table, ["env:CRM"], "private", lambda _: None)
        assert postgres.sql("SELECT * FROM crm.seg ORDER BY id", name) == "a|0|0.5\nb|1|1.5\nc||"
        postgres.sql("CREATE VIEW v AS SELECT id FROM crm.seg", name)
        NEWER.write_parquet(table)
        deliver(table, ["env:CRM"], "private", lambda _: None)
        assert postgres.sql("SELECT string_agg(id, ' ' ORDER BY id) FROM v", name) == "x y z"
        NEWER.with_columns(more=1).write_parquet(table)
        with pytest.raises(EngineError, match=r'writing the table crm.seg .*column "more"') as e:
            deliver(table, ["env:CRM"], "private", lambda _: None)
        assert "geheim" not in str(e.value)
        assert postgres.sql("SELECT count(*) FROM crm.seg", name) == "3"


@pytest.mark.long
def test_an_object_of_s3(table, s3, tmp_path) -> None:
    targets = ["s3://shop/out/seg.parquet", "s3://shop/out/seg.csv"]
    deliver(table, targets, "private", lambda _: None)
    for target in targets:
        key = target.removeprefix("s3://shop/")
        s3.download_file("shop", key, str(tmp_path / "back"))
        read = pl.read_parquet if target.endswith("t") else pl.read_csv
        assert read(tmp_path / "back")["id"].to_list() == ["a", "b", "c"]
    raised = pytest.raises(EngineError, match=r"s3://no-such-bucket/a.csv is not there")
    with raised, sent("s3://no-such-bucket/a.csv") as file:
        write_table(iter([ROWS]), ROWS.schema, file)


def test_a_table_of_segments_gets_the_columns_that_it_lacks_and_keeps_others(tmp_path) -> None:
    first = ROWS.with_columns(segment_name=pl.lit("Big"))
    before = pl.Series(["Big", None, "Small"])
    file, target = tmp_path / "s.parquet", f"sqlite:///{tmp_path}/crm.db"
    more = first.with_columns(previous_segment=pl.lit(1, pl.Int32), previous_segment_name=before)
    for frame in (first, more, first):
        frame.write_parquet(file)
        deliver(file, [target], "private", lambda _: None)
        with closing(sqlite3.connect(tmp_path / "crm.db")) as there:
            found = there.execute("SELECT * FROM segments ORDER BY id")
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        assert [{c: r[c] for c in frame.columns} for r in rows] == frame.to_dicts()
    assert names == [*first.columns, *names[4:]]
    assert {r["previous_segment_name"] for r in rows} == {None}


@pytest.mark.parametrize(("permissions", "mode"), [("private", 0o600), ("group", 0o660)])
def test_a_new_file_of_sqlite_is_as_private_as_all_others(
    table, tmp_path, permissions, mode
) -> None:
    file = tmp_path / "crm.db"
    before = os.umask(0)
    try:
        deliver(table, [f"sqlite:///{file}"], permissions, lambda _: None)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == mode


def test_a_failed_delivery_ends_with_the_code_of_its_cause(table, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WEB", "https://u:geheim@shop/a.csv")
    for targets, code in [
        (["env:NO_SUCH_CRM"], 3),
        ([str(tmp_path / "none" / "a.csv")], 3),
        (["/proc/a.csv", f"sqlite:///{tmp_path}/none/a.db"], 3),
        (["env:NO_SUCH_CRM", str(tmp_path / "none" / "a.csv")], 3),
        (["env:WEB"], 2),
        (["env:WEB", "env:NO_SUCH_CRM"], 1),
    ]:
        with pytest.raises(DeliveryError) as caught:
            deliver(table, targets, "private", lambda _: None)
        assert caught.value.exit_code == code


@pytest.mark.long
def test_who_sends_to_postgresql_waits_for_those_who_send(table, postgres) -> None:
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with postgres.database() as name:
        uri = postgres.uri(name)
        deliver(table, [f"{uri}&table=seg"], "private", lambda _: None)
        sender = threading.Thread(
            target=deliver, args=(table, [f"{uri}&table=seg"], "private", lambda _: None)
        )
        with closing(dbapi.connect(uri)) as other, other.cursor() as cursor:
            cursor.execute("DELETE FROM seg")
            cursor.execute("INSERT INTO seg (id) VALUES ('x'), ('y')")
            sender.start()
            until = time.monotonic() + PATIENCE
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while postgres.sql(waits, name) == "0" and time.monotonic() < until:
                time.sleep(0.02)
            assert postgres.sql("SELECT count(*) FROM seg", name) == "3"  # readers do not wait
            other.commit()
        sender.join()
        assert postgres.sql("SELECT string_agg(id, '' ORDER BY id) FROM seg", name) == "abc"
