"""CSV for a GPU: the pieces are whole lines, and what might be read differently goes to the CPU.

Where there is no GPU, pandas reads the pieces: its ``read_csv`` takes the same arguments.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.loading import load_config
from engine.data_preparation.reading.device_csv import (
    LARGEST_PIECE,
    LEAST_PIECE,
    csv_frames,
    cudf_reads,
    header,
    parts_told,
    piece_bytes,
    pieces,
)
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError
from engine.places.parts import ALONE, Part


def opened(path, **read) -> Source:
    tree = {"input": {"path": str(path), "read": read}, "features": {"categorical": ["town"]}}
    found = open_source(load_config(tree).input, ("town",))
    return found.with_types({"town": pl.String()}) if "town" in found.schema else found


def by_pandas(text, **how) -> pd.DataFrame:
    """Read a piece; pandas takes no text that is all empty lines, which are rows of nothing."""
    piece = text.getvalue()
    if piece.strip():
        return pd.read_csv(text, index_col=False, **how)
    return pd.DataFrame(np.nan, range(piece.count(b"\n") or 1), how["usecols"])


@pytest.fixture
def stand_in(monkeypatch):
    """Pandas in the place of cuDF."""
    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(read_csv=by_pandas))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("id,spend,town\n1,2.5,Bonn\n2,,Köln\n3,NA,\n", encoding="utf-8")
    return path


cells = st.sampled_from(["", "NA", "1", "-2.5", "1e3", "+4", ".5", "inf", "1234567.25"])
words = st.sampled_from(["", "NA", "Bonn", "x y", "Köln", "null", "#", "#N/A", "<NA>", "'a'", "7"])
lines = st.lists(
    st.one_of(st.just(""), st.tuples(cells, words, cells).map(lambda c: ",".join(c))), min_size=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=lines,
    size=st.integers(1, 80),
    end=st.sampled_from(["\n", "\r\n"]),
    closed=st.booleans(),
    mark=st.booleans(),
)
def test_pieces_give_what_the_cpus_parser_gives(stand_in, tmp_path, rows, size, end, closed, mark):
    text = end.join(["spend,town,age", "1,a,2", *rows]) + end * closed
    path = tmp_path / "customers.csv"
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    types = {"spend": pl.Float64(), "town": pl.String(), "age": pl.Float64()}
    source = replace(opened(path), schema=types)
    assert cudf_reads(source) is None
    columns = ["town", "spend"]
    expected = pl.concat(source.batches(columns))
    found = pd.concat(csv_frames(source, columns, size), ignore_index=True)
    assert list(found.columns) == columns
    np.testing.assert_array_equal(
        found["spend"].to_numpy(np.float64, na_value=np.nan),
        expected["spend"].fill_null(float("nan")).to_numpy(),
    )
    town = found["town"].astype(object)
    assert town.where(town.notna(), None).to_list() == expected["town"].to_list()


@given(
    text=st.text("ab,\n\r1", min_size=1).filter(lambda t: t.strip("\n\r")), size=st.integers(1, 9)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_pieces_are_the_file_in_whole_lines(tmp_path, text, size):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    cut = list(pieces(path, 0, size))
    assert b"".join(cut) == text.encode()
    assert all(piece.endswith(b"\n") for piece in cut[:-1])
    for piece in cut:
        assert len(piece) < size + 1 or b"\n" not in piece[size - 1 : -1]


def test_several_files_with_other_orders_of_columns(stand_in, tmp_path):
    (tmp_path / "a.csv").write_text("id,spend\n1,2.5\n")
    (tmp_path / "b.csv").write_text("spend,id\n7.5,3\n8.5,4\n")
    source = opened(tmp_path)
    assert cudf_reads(source) is None
    found = pd.concat(csv_frames(source, ["id", "spend"], 1 << 20))
    assert found.to_numpy().tolist() == [[1, 2.5], [3, 7.5], [4, 8.5]]


def test_separators_and_lines_above_the_header(stand_in, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("made 2024\nby us\nid;spend;town\n1;2.5;a\n2;;b,c\n")
    source = opened(path, separator=";", skip_rows=2)
    assert cudf_reads(source) is None
    (found,) = csv_frames(source, ["spend", "town"], 1 << 20)
    assert found["spend"].to_list()[0] == 2.5
    assert np.isnan(found["spend"].to_list()[1])
    assert found["town"].to_list() == ["a", "b,c"]
    (tmp_path / "tabs.tsv").write_text("id\tspend\n1\t2\n")
    tabs = opened(tmp_path / "tabs.tsv")
    assert cudf_reads(tabs) is None
    assert header(tabs.files[0], tabs.read) == (["id", "spend"], 9)


@pytest.mark.parametrize(
    "text",
    [
        "id;spend\n1;2,5\n2;3,25\n",
        "id;spend\n1;1 250\n2;13 900\n",
        "1,2.5\n2,3.5\n3,4.5\n",
        "id,spend,age\nkey,euros,years\n1,2,3\n2,3,4\n3,4,5\n",
        "id,spend,\n1,2.5,x\n2,2.5,y\n",
        "id,town\n1,K\xf6ln\n2,M\xfcnster\n",
    ],
    ids=["decimal comma", "thousands", "no header", "description", "nameless", "cp1252"],
)
def test_what_is_not_written_plainly_goes_to_the_cpu(tmp_path, text):
    path = tmp_path / "customers.csv"
    path.write_bytes(text.encode("cp1252"))
    assert cudf_reads(opened(path)) == "the files are not written plainly"


def test_files_with_other_separators_go_to_the_cpu(tmp_path):
    (tmp_path / "a.csv").write_text("id,spend\n1,2.5\n2,3.5\n")
    (tmp_path / "b.csv").write_text("id;spend\n3;2.5\n4;3.5\n")
    assert cudf_reads(opened(tmp_path)) == "the files are not written plainly"


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ({"encoding": "utf8-lossy"}, "input.read.encoding is utf8-lossy"),
        ({"null_values": ["NA"]}, "input.read.null_values lacks the empty text"),
    ],
)
def test_settings_that_go_to_the_cpu(file, read, reason):
    assert cudf_reads(opened(file)) is None
    assert cudf_reads(opened(file, **read)) == reason


def test_settings_that_nobody_has_thought_of_go_to_the_cpu(file):
    class Later(type(opened(file).read)):
        comment: str | None = None
        footer: int = 0

    source = opened(file)
    told = dict(source.read)
    assert cudf_reads(replace(source, read=Later(**told))) is None
    later = Later(**told, comment="#"), Later(**told, footer=2), Later(**told | {"header": False})
    assert [cudf_reads(replace(source, read=read)) for read in later] == [
        "input.read.comment is #",
        "input.read.footer is 2",
        "input.read.header is False",
    ]


def test_types_that_go_to_the_cpu(file):
    source = opened(file).with_types({"spend": pl.Date()})
    assert cudf_reads(source) == "the column 'spend' is read as Date"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('id,spend,town\n1,2,"Bonn"\n', "customers.csv holds quotation marks"),
        ('id,spend,town\n1,2,"a\nb"\n', "customers.csv holds quotation marks"),
        ("\nid,spend,town\n1,2,x\n", "has another header than one plain name for each column"),
    ],
)
def test_files_that_go_to_the_cpu(file, text, reason):
    file.write_text(text)
    assert reason in str(cudf_reads(opened(file)))


def test_a_quotation_mark_far_into_a_file_is_found_and_a_changed_file_looked_at_again(file):
    file.write_text("id,spend,town\n" + "1,2,a\n" * 3_000_000)
    assert cudf_reads(opened(file)) is None
    with file.open("a") as handle:
        handle.write('3,4,"b"\n')
    assert cudf_reads(opened(file)) == "customers.csv holds quotation marks"


def test_another_number_of_rows_names_the_parser_and_the_remedy(file, monkeypatch):
    def too_few(*given, **named):
        return pd.read_csv(*given, **named)[1:]

    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(read_csv=too_few))
    with pytest.raises(DataError) as caught:
        list(csv_frames(opened(file), ["spend"], 1 << 20))
    assert str(caught.value) == (
        "customers.csv: cuDF's parser reads 2 rows where the file has 3 lines; convert the file to "
        "Parquet, or set compute.device to cpu."
    )


def test_pieces_are_small_beside_the_pool():
    assert piece_bytes(64 << 30) == LARGEST_PIECE
    assert piece_bytes(1 << 30) == 1 << 24
    assert piece_bytes(0) == LEAST_PIECE


@pytest.mark.parametrize(
    ("text", "device_memory", "why"),
    [
        ("age,town\n30,a\n", 1 << 30, None),
        ('age,town\n30,"a"\n', 1 << 30, "people.csv holds quotation marks"),
        ("age,town\n30,a\n", 0, "a cluster parses text on its CPUs"),
    ],
)
def test_what_reads_is_told_of_the_source_at_hand(tmp_path, text, device_memory, why):
    path = tmp_path / "people.csv"
    path.write_text(text)
    parts = replace(ALONE, reader=Part("cuDF", "it is installed and works"))
    runtime = SimpleNamespace(device_memory=device_memory, parts_told=parts.told)
    told = parts_told(opened(path), runtime)
    reader = parts.told()["reader"] if why is None else {"by": "Polars", "why": why}
    assert told == {**parts.told(), "reader": reader}


def test_what_reads_a_parquet_file_is_the_place_s(tmp_path):
    path = tmp_path / "people.parquet"
    pl.DataFrame({"age": [30.0], "town": ["a"]}).write_parquet(path)
    parts = replace(ALONE, reader=Part("cuDF", "it is installed and works"))
    runtime = SimpleNamespace(device_memory=0, parts_told=parts.told)
    assert parts_told(opened(path), runtime) == parts.told()
    assert parts_told(opened(path), SimpleNamespace(parts_told=lambda: None)) is None
