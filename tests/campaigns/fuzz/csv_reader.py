"""Fuzz the reader of CSV: bytes that atheris makes become a file, columns of numbers, or dates.

Not collected by pytest; README.md beside it says how it is run.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["engine.data_preparation.reading"]):
    import polars as pl

    from engine.config.input import ReadConfig
    from engine.data_preparation.reading import sources
    from engine.data_preparation.reading.csv_files import open_csv
    from engine.data_preparation.reading.date_format import find_date_format
    from engine.data_preparation.reading.dates import as_datetime
    from engine.data_preparation.reading.files import READ_ERRORS
    from engine.data_preparation.reading.finding import Context, find_numbers
    from engine.data_preparation.reading.finding_lists import Lists, find_lists
    from engine.data_preparation.reading.numbers import PLAIN
    from engine.data_preparation.reading.shapes import Shapes

from engine.config.input import InputConfig
from engine.errors import EngineError
from tests.campaigns.taken_in import CUSTOMERS, TRANSACTIONS, take_in

LONGEST = 1_000
"""Letters of a sentence at most: a value of the file may stand in it."""

FOLDER = Path(tempfile.mkdtemp(prefix="engine-fuzz-", dir=os.environ.get("TMPDIR")))
FOUND = Path(os.environ.get("ENGINE_FUZZ_FOUND", "fuzz-found"))
READ = ReadConfig()
SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {}, {}, {}, {}, {}, {},
    {"separator": ";", "decimal_comma": True}, {"separator": "\t", "thousands": "."},
    {"encoding": "utf8-lossy"}, {"encoding": "cp1250"}, {"encoding": "utf8"}, {"header": False},
    {"description_row": True}, {"skip_rows": 2}, {"date_format": "dmy", "null_values": ["?"]},
)  # fmt: skip
"""How files are read, of four bits of a choice."""

SUFFIXES = (".csv", ".tsv", ".txt")
DATES = ("auto", "ymd", "dmy", "mdy", "%d.%m.%Y", "spreadsheet")


def values(data: bytes) -> pl.Series:
    """Give the lines as a column of text."""
    return pl.Series("amount", data.decode("utf-8", errors="replace").split("\n"), dtype=pl.String)


def opened(data: bytes, choice: int) -> None:
    """Find the layout and the encoding, and the columns, of one file."""
    file = _file(data, choice)
    text = open_csv(file, ReadConfig(**SETTINGS[choice >> 4]))
    with suppress(*READ_ERRORS):  # Who opens files for a run puts them into words.
        text.schema(PLAIN)
    text.estimate_rows()


def read(data: bytes, choice: int) -> None:
    """Read every block of one file, as ids and as numbers."""
    settings = ReadConfig(**SETTINGS[choice >> 4])
    source = sources.open_source(InputConfig(path=str(_file(data, choice)), read=settings))
    source.check_rows()
    for block in source.batches(list(source.schema), whole_lines=True):
        assert list(block.columns) == list(source.schema)
    source.blank_rows()
    source.short_lines()


def run(data: bytes, choice: int) -> None:
    """Take in a file as a run does: customers or transactions."""
    kind = TRANSACTIONS if choice & 8 else CUSTOMERS
    take_in(_file(data, choice), kind, **SETTINGS[choice >> 4])


def numbers(data: bytes, choice: int) -> None:
    """Find what numbers a column of text holds, and read them."""
    text, shapes = values(data), Shapes()
    shapes.look(text)
    context = Context("fuzz.csv", READ, commas_separate=bool(choice & 1))
    for reading in find_numbers("amount", shapes, context).readings.values():
        frame = text.to_frame().select(reading.expression(pl.col("amount"), pl.String()))
        assert frame.height == len(text)
    lists = Lists()
    lists.look(text)
    find_lists("amount", lists, 50, ())


def dates(data: bytes, choice: int) -> None:
    """Find how a column of text writes dates, and read them."""
    text = values(data)
    found = find_date_format([text], column="amount", asked=DATES[choice % len(DATES)])
    read_as = text.to_frame().select(as_datetime("amount", pl.String(), found).alias("moment"))
    assert read_as["moment"].dtype == pl.Datetime("us")
    assert read_as.height == len(text)


WAYS: tuple[Callable[[bytes, int], None], ...] = (opened, read, numbers, dates, opened, run)


def _file(data: bytes, choice: int) -> Path:
    file = FOLDER / f"fuzz{SUFFIXES[choice % len(SUFFIXES)]}"
    file.write_bytes(data)
    return file


def one(data: bytes) -> None:
    """Try one input: read, or one sentence."""
    if len(data) < 3:
        return
    way, choice, rest = WAYS[data[0] % len(WAYS)], data[1], data[2:]
    try:
        way(rest, choice)
    except EngineError as error:
        said = str(error)
        if len(said) > LONGEST or (way in (opened, read, run) and "fuzz." not in said):
            _keep(data, way, f"no sentence: {said[:300]}", said[:40])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)
        ours = [f for f in where if "/engine/" in f.filename][-1:]
        at = f"{type(error).__name__}-" + "-".join(
            f"{Path(f.filename).stem}-{f.lineno}" for f in ours
        )
        _keep(data, way, "".join(traceback.format_exception(error))[-4_000:], at)


def _keep(data: bytes, way: Callable[..., None], said: str, name: str) -> None:
    """Keep the first input of each finding, and go on."""
    place = "".join(c if c.isalnum() or c == "-" else "_" for c in f"{way.__name__}-{name}")
    target = FOUND / place
    if not target.with_suffix(".txt").exists():
        FOUND.mkdir(parents=True, exist_ok=True)
        target.with_suffix(".bin").write_bytes(data)
        target.with_suffix(".txt").write_text(said, encoding="utf-8")
        print(f"found: {target}", flush=True)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
