"""What is written as SQL, in every dialect, for any table; or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import sqlglot

from engine.data_preparation.reading.date_format import DateFormat
from engine.data_preparation.reading.date_readings import DateReading
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.written_numbers import NumberReading
from engine.errors import ConfigError, DataError
from engine.portable import sql_nearest
from engine.portable.sql_nodes import DIALECTS
from tests.portable.engines import ID, SPEND, customers, differ, in_duckdb, in_sqlite


@pytest.fixture(scope="module")
def model(fitted):
    return fitted("kmeans")


def read_by(model, reading):
    """Give the model with its first column of numbers read in another way."""
    first, *others = model.plan.numeric
    plan = replace(model.plan, numeric=(replace(first, reading=reading), *others))
    return replace(model, plan=plan)


@pytest.mark.parametrize("method", ["kmeans", pytest.param("spectral", marks=pytest.mark.long)])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_reads_what_is_written_in_it(fitted, method, dialect):
    statement = fitted(method).to_sql(dialect)
    read = sqlglot.parse_one(statement, dialect=dialect)
    assert read.named_selects == [ID, "segment", "segment_name", "distance"]
    texts = {x.this for x in read.find_all(sqlglot.exp.Literal) if x.is_string}
    assert {"O'Brien", "b\\x", 'Łódź; "ü"'} <= texts
    columns = {c.name for c in read.find_all(sqlglot.exp.Column)}
    assert set(fitted(method).plan.file_columns) <= columns


def test_every_column_is_read(model):
    assert {SPEND, "BALANCE", "select", "a'flag", "since", "City"} == set(model.plan.file_columns)


def test_columns_that_the_model_does_not_read_may_be_absent_or_there(model):
    frame = customers(50, seed=2)
    assert differ(model, frame.with_columns(other=pl.lit(1)), in_duckdb(model, frame)) == 0


@pytest.mark.parametrize("table", ["taken", "main.points", '"a b; --"', '"Nearest"'])
def test_any_table(model, fitted, table):
    frame = customers(50, seed=2)
    assert differ(model, frame, in_duckdb(model, frame, table)) == 0
    many = fitted("spectral")  # which holds its landmarks in a table of its own
    assert differ(many, frame, in_duckdb(many, frame, table)) == 0


@pytest.mark.parametrize("table", ["", "a b", "x; DROP TABLE y", "(SELECT 1)", "a AS b", "a, b"])
def test_what_is_no_table(model, table):
    with pytest.raises(ConfigError, match="is no name of a table"):
        model.to_sql("duckdb", table=table)


def test_no_such_dialect(model):
    with pytest.raises(ConfigError, match="none of duckdb, sqlite"):
        model.to_sql("oracle")


def test_customers_without_an_id_need_a_column(model):
    numbered = replace(model, plan=replace(model.plan, id_column=None))
    with pytest.raises(ConfigError, match="--id"):
        numbered.to_sql("duckdb")
    assert f'"{SPEND}" AS "id"' in numbered.to_sql("duckdb", id_column=SPEND)


def test_numbers_of_a_continued_segmentation(model):
    public = replace(model.numbers, public=(1, 4, 7), last=7)
    continued = replace(model, numbers=public)
    frame = customers(60, seed=3)
    for scored in (in_duckdb(continued, frame), in_sqlite(continued, frame)):
        assert set(scored["segment"].to_list()) <= {1, 4, 7}
        assert differ(continued, frame, scored) == 0


def test_lists_in_cells_are_refused(model, tmp_path):
    lists = read_by(model, MemberReading("likes", "sport", ("sport",), ";", 0.5))
    with pytest.raises(DataError, match="lists in the cells of the column 'likes'"):
        lists.to_sql("duckdb")
    with pytest.raises(DataError, match="lists in the cells of the column 'likes'"):
        lists.to_onnx(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_text_that_sqlite_would_misread_is_refused(model):
    money = read_by(model, NumberReading("income", "$", ("$",), thousands=","))
    dates = read_by(model, DateReading("day", "2020-01-01", DateFormat("dmy", "")))
    for wrong in (money, dates):
        with pytest.raises(DataError, match="SQLite, whose columns have no types"):
            wrong.to_sql("sqlite")
        assert "must be of a type of" in wrong.to_sql("postgres")
    digits = read_by(model, DateReading("day", "2020-01-01", DateFormat("ymd", "", unit="ymd")))
    with pytest.raises(DataError, match="dates from plain numbers"):
        digits.to_sql("duckdb")


def test_too_many_points_are_refused(fitted, monkeypatch):
    monkeypatch.setattr(sql_nearest, "MOST", 1_000)
    with pytest.raises(DataError, match=r"against 300 points, .* write it as ONNX"):
        fitted("agglomerative").to_sql("duckdb")


def test_without_sqlglot(model, monkeypatch):
    monkeypatch.setattr("engine.portable.writing.missing", lambda _: ["sqlglot"])
    with pytest.raises(Exception, match=r"pip install 'engine-segments\[sql\]'"):
        model.to_sql("duckdb")


@pytest.mark.parametrize("method", ["kmeans", "ann_methods"])
def test_of_equals_the_first(fitted, method):
    """Points stand twice, each time with another segment: as the engine says, the first wins."""
    model, frame = fitted(method), customers(60, seed=6)
    own = model.representatives
    points = np.concatenate([own.points, own.points])
    segments = np.concatenate([own.segments, (own.segments + 1) % 3]).astype(np.int32)
    twice = replace(model, representatives=replace(own, points=points, segments=segments))
    for scored in (in_duckdb(twice, frame), in_sqlite(twice, frame)):
        assert differ(model, frame, scored) == 0
