"""What a sentence advises is done, and then the command succeeds."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError
from tests.bad_input.conftest import Answer, run_command

Ask = Callable[..., Answer]
ENDS = ("\r", "\n", "\r\n") * 200


@pytest.fixture
def ask(tmp_path, monkeypatch) -> Ask:
    """Plan and read a file in an empty folder, as far as ids are written for its rows."""
    monkeypatch.chdir(tmp_path)
    return lambda file, *set_: run_command(
        "plan", *(w for s in (f"input.path={file}", *set_) for w in ("--set", s))
    )


def refused(answer: Answer, sentence: str) -> str:
    assert answer.code == 4
    assert answer.err.startswith(f"engine: {sentence}"), answer.err
    assert answer.err.count("\n") == 1
    return answer.err


@pytest.fixture
def text(customers: pl.DataFrame) -> str:
    return customers.with_columns(city=pl.lit("Köln")).write_csv()


def test_nul_bytes(ask: Ask, text: str) -> None:
    Path("a.csv").write_bytes(text.encode().replace(b"\n1007,", b"\n\x001007\0,"))
    said = refused(ask("a.csv"), "a.csv is not text in UTF-8: it holds NUL bytes (the first in ")
    assert "(the first in line 9)" in said
    assert "input.read.encoding to utf8-lossy" in said
    assert ask("a.csv", "input.read.encoding=utf8-lossy").code == 0


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_every_second_byte_is_nul(ask: Ask, text: str, encoding: str) -> None:
    """As a program writes UTF-16 that leaves the mark at the beginning out."""
    Path("a.csv").write_bytes(("Ω,Ω\n" * 3 + text).encode(encoding))
    answer = ask("a.csv", "input.read.encoding=utf8")
    assert encoding in refused(answer, "a.csv is not text in UTF-8: it holds NUL bytes")
    Path("a.csv").write_bytes(text.encode(encoding))
    assert ask("a.csv", f"input.read.encoding={encoding}").code == 0


def test_what_text_is_in(ask: Ask, text: str) -> None:
    Path("a.csv").write_bytes(text.encode("cp1250"))
    sentence = "a.csv is not text in UTF-8; save it as UTF-8, or set input.read.encoding to what"
    assert "such as cp1250" in refused(ask("a.csv", "input.read.encoding=utf8"), sentence)
    assert ask("a.csv", "input.read.encoding=cp1250").code == 0
    assert ask("a.csv", "input.read.encoding=utf8-lossy").code == 0


@pytest.mark.parametrize(
    ("suffix", "what", "advised"),
    [
        ("csv", "a Parquet file", ".parquet"),
        ("zip", "a Parquet file", ".parquet"),
        ("parquet", "text", ".csv"),
        ("csv.gz", "text", ".csv"),
        ("xlsx", "text", ".csv"),
        ("csv", "an archive", ".zip"),
        ("parquet", "packed with gzip", ".csv.gz"),
        ("csv", "packed with xz", ".csv.xz"),
    ],
)
def test_another_name(
    ask: Ask, customers: pl.DataFrame, text: str, suffix: str, what: str, advised: str
) -> None:
    import gzip
    import lzma

    file = Path(f"a.{suffix}")
    if what == "a Parquet file":
        customers.write_parquet(file)
    elif what == "an archive":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("data.csv", text)
    else:
        pack = {"text": bytes, "packed with gzip": gzip.compress, "packed with xz": lzma.compress}
        file.write_bytes(pack[what](text.encode()))
    said = refused(ask(file), f"{file} is {what} by what it holds; give it a name that ends in ")
    assert said.endswith(f" ends in {advised}.\n")
    file.rename(f"b{advised}")
    assert ask(f"b{advised}").code == 0


def test_carriage_returns_at_the_beginning_are_read(ask: Ask, text: str) -> None:
    lines = text.splitlines()
    mixed = "".join(f"{line}{end}" for line, end in zip(lines, ENDS, strict=False))
    for written in (text.replace("\n", "\r"), mixed):
        Path("a.csv").write_bytes(written.encode())
        answer = ask("a.csv")
        assert answer.code == 0, answer.err


def test_carriage_returns_far_down(ask: Ask, customers: pl.DataFrame) -> None:
    many = pl.concat([customers] * 500).with_columns(customer_id=pl.int_range(pl.len()))
    text = many.write_csv()
    assert len(text) > 5 << 20
    Path("a.csv").write_bytes(text[:-2_000].encode() + text[-2_000:].replace("\n", "\r").encode())
    source = open_source(InputConfig(path="a.csv"))
    with pytest.raises(DataError, match=r"a\.csv: line 149,9") as error:
        list(source.batches(list(source.schema), whole_lines=True))
    advised = re.search(r"(tr .*) < it > new\.csv\.", str(error.value))
    assert advised
    subprocess.run(f"{advised[1]} < a.csv > new.csv", shell=True, check=True)
    source = open_source(InputConfig(path="new.csv"))
    assert sum(b.height for b in source.batches(["customer_id"], whole_lines=True)) == many.height


def test_text_behind_a_quotation_mark(ask: Ask, text: str) -> None:
    Path("a.csv").write_text(text.replace("\n1007,", '\n"10"07,', 1).replace("Köln", '"Köln"'))
    source = open_source(InputConfig(path="a.csv"), ["customer_id"])
    with pytest.raises(DataError, match=r"a\.csv: line 9 has text behind a closing quotation mark"):
        list(source.batches(list(source.schema), whole_lines=True))


def test_lists_seen_through_a_view(ask: Ask, customers: pl.DataFrame) -> None:
    held = customers.to_arrow()
    views = pa.array([[1]] * customers.height, pa.list_view(pa.int8()))
    pq.write_table(held.append_column("odd", views), "a.parquet")
    refused(ask("a.parquet"), "a.parquet: the column 'odd' holds views of lists, which cannot be")
    pq.write_table(pq.read_table("a.parquet").drop_columns("odd"), "a.parquet")
    assert ask("a.parquet").code == 0
