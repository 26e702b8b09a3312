"""Generated dirty tables: what is read is what was written, or a sentence says otherwise."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from engine.config.input import InputConfig
from engine.config.loading import load_config
from engine.config.sections import Config
from engine.data_preparation import prepare
from engine.data_preparation.reading import csv_files
from engine.data_preparation.reading.sources import open_source
from engine.errors import EngineError
from engine.places.runtime import local_runtime
from engine.utilities.progress import Progress
from tests.examples import at_most

LETTERS = st.text("abcdefgäöüéñXYZ ,;|'\"\t€", min_size=1, max_size=8).filter(str.strip)
MARKS = [(".", ""), (".", ","), (".", " "), (".", "'"), (",", ""), (",", "."), (",", "\u00a0")]


@dataclass(frozen=True)
class Dirty:
    """Bytes of a file and the sums of its columns of numbers."""

    data: bytes
    columns: dict[str, list[float | None]]


def number(value: float, places: int, decimal: str, thousands: str) -> str:
    text = f"{value:,.{places}f}"
    return text.translate({ord(","): thousands, ord("."): decimal})


@st.composite
def dirty_tables(draw: st.DrawFn) -> Dirty:
    """Draw a table with numbers and words, written in one of many ways."""
    n = draw(st.integers(2, 25))
    decimal, thousands = draw(st.sampled_from(MARKS))
    columns: dict[str, list[float | None]] = {}
    texts: dict[str, list[str]] = {"id": [f"k{i}" for i in range(n)]}
    for i in range(draw(st.integers(1, 3))):
        places = draw(st.sampled_from([0, 0, 1, 2, 3]))
        size = draw(st.sampled_from([9, 9_999, 99_999_999]))
        digits = st.integers(-draw(st.sampled_from([0, size])), size)
        written = st.one_of(digits, st.integers(0, 9)).map(lambda v, p=places: v / 10**p)
        cell = st.one_of(written, st.none())
        values = draw(st.lists(cell, min_size=n, max_size=n))
        name = f"x{i}"
        columns[name] = [None if v is None else float(v) for v in values]
        texts[name] = ["" if v is None else number(v, places, decimal, thousands) for v in values]
    texts["words"] = draw(st.lists(LETTERS, min_size=n, max_size=n))
    rows = [list(texts), *map(list, zip(*texts.values(), strict=True))]
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
    )
    writer.writerows(rows)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))
    return Dirty(buffer.getvalue().encode(encoding), columns)


def read(data: bytes, folder: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    path = Path(folder) / "a.csv"
    path.write_bytes(data)
    source = open_source(InputConfig(path=str(path)), ("id", "words"))
    table = pl.concat(source.batches(list(source.schema), whole_lines=True))
    return table, source.found


@at_most(120, suppress_health_check=[HealthCheck.too_slow])
@given(dirty_tables(), st.sampled_from([1, 3, 10_000]))
@example(Dirty(b"id,x\nk0,0\nk1,1.000\n", {"x": [0.0, 1000.0]}), 1)
def test_numbers_are_those_written_or_something_is_said(dirty, first_rows):
    """However few of the rows are looked at before all are read."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(csv_files, "_INFER_ROWS", first_rows)
        try:
            table, found = read(dirty.data, folder)
        except EngineError:
            return
    doubted = any(" were read " in sentence for sentence in found)
    for name, values in dirty.columns.items():
        got = table[name]
        # Text is met by the survey, which refuses or warns of numbers in it.
        if got.dtype == pl.Float64 and not doubted:
            assert got.to_list() == values, (name, found)


def prepared(config: Config) -> list[str]:
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    found = prepare.learn(loaded, identity, config, local_runtime(), Progress())
    return [*identity.notices, *found[3].warnings]


JUNK = st.one_of(
    st.binary(max_size=300),
    st.text("0123456789.,;'\" \n\t|-abcé€\r", max_size=400).map(str.encode),
    st.text("0123456789.,;'\" \n\t|-abcé€\r", max_size=400).map(lambda t: t.encode("cp1252")),
)


@at_most(120, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(JUNK, dirty_tables().map(lambda d: d.data)), st.data())
def test_nothing_but_sentences(data: bytes, more: Any):
    """Cut and spoil any bytes: an error is one of the engine's own, in one line."""
    if data and more.draw(st.booleans()):
        cut = more.draw(st.integers(0, len(data)))
        data = data[:cut] + more.draw(st.binary(max_size=3)) + data[cut + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        try:
            said = prepared(load_config({"input": {"path": str(path)}}))
        except EngineError as error:
            said = [str(error)]
        assert said
        assert all("Error(" not in sentence for sentence in said)
