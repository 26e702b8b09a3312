"""Files damaged in every way that a seed draws; as a program: takes them in, one number a line."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import EngineError, in_sentences
from tests.campaigns.taken_in import CUSTOMERS, TRANSACTIONS, take_in
from tests.data_preparation.reading.workbook import write_workbook

LONGEST = 500
"""Letters of a sentence at most, beside the names of files and columns that it repeats."""

INTERNAL = ("customers.parquet", "/proc/self", "engine-campaign", "Exception", "panicked", "\n")
"""What no sentence holds: names that nobody gave, and what libraries say to programmers."""

Rng = random.Random


def customers(rng: Rng) -> pl.DataFrame:
    n = rng.randint(20, 80)
    numbers = np.random.default_rng(rng.getrandbits(32))
    return pl.DataFrame(
        {
            "customer_id": np.arange(n) + 1000,
            "city": [rng.choice(["Köln", "Łódź", "São Paulo", "Rome", "Oslo"]) for _ in range(n)],
            "income": numbers.normal(50, 9, n).round(2),
            "visits": numbers.integers(0, 40, n),
            "since": [str(datetime(2020, 1, 1) + timedelta(days=i * 9))[:10] for i in range(n)],
        }
    )


def transactions(rng: Rng) -> pl.DataFrame:
    n = rng.randint(40, 120)
    day = datetime(2024, 1, 1)
    return pl.DataFrame(
        {
            "invoice": [536000 + i // 3 for i in range(n)],
            "customer_id": [17000 + rng.randrange(12) for _ in range(n)],
            "product": [f"{8000 + rng.randrange(9)}A" for _ in range(n)],
            "quantity": [rng.choice([1, 2, 3, -1]) for _ in range(n)],
            "unit_price": [rng.choice([1.25, 2.5, 9.99]) for _ in range(n)],
            "date": [str(day + timedelta(days=i // 3, minutes=i)) for i in range(n)],
        }
    )


def as_csv(table: pl.DataFrame, rng: Rng) -> bytes:
    separator = rng.choice(",,,;\t|")
    text = table.write_csv(separator=separator, quote_style=rng.choice(["necessary", "always"]))
    if separator == ";":
        text = text.replace(".", ",")
    text = text.replace("\n", rng.choice(["\n", "\n", "\r\n", "\r"]))
    return text.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "cp1250", "utf-16"]), "replace")


def as_parquet(table: pl.DataFrame, rng: Rng) -> bytes:
    held = table.to_arrow()
    zone = rng.choice(["UTC", "+05:30", "Mars/Olympus", "Europe/Berlin"])
    moments = pa.array([datetime(2024, 1, 1)] * table.height, pa.timestamp("us", tz=zone))
    if rng.random() < 0.5:
        held = held.append_column("seen", moments)
    target = io.BytesIO()
    compression = rng.choice(["none", "snappy", "zstd", "gzip"])
    pq.write_table(held, target, compression=compression, row_group_size=rng.choice([7, 1000]))
    return target.getvalue()


def as_zip(text: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", text)
    return target.getvalue()


def as_workbook(table: pl.DataFrame, folder: Path) -> bytes:
    rows = [table.columns, *map(list, table.rows())]
    return write_workbook(folder / "whole.xlsx", {"Sheet1": rows}).read_bytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".csv.gz": gzip.compress, ".csv.bz2": bz2.compress, ".csv.xz": lzma.compress, ".zip": as_zip,
}  # fmt: skip


def cut(data: bytes, rng: Rng) -> bytes:
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: Rng) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice([1, 3, 30])):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def swapped(data: bytes, rng: Rng) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice([1, 10])):
        a, b = rng.randrange(len(found)), rng.randrange(len(found))
        found[a], found[b] = found[b], found[a]
    return bytes(found)


def without_a_piece(data: bytes, rng: Rng) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 200) :]


def with_a_piece_twice(data: bytes, rng: Rng) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 300)]
    return data[:start] + piece + data[start:]


def with_noise(data: bytes, rng: Rng) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + rng.randbytes(rng.randrange(1, 300)) + data[start:]


def damaged_at_the_end(data: bytes, rng: Rng) -> bytes:
    """Parquet and archives say at their end what they hold."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 4, 20])):
        found[-rng.randrange(1, min(len(found), 600))] = rng.randrange(256)
    return bytes(found)


def between_lines(data: bytes, rng: Rng, *pieces: bytes) -> bytes:
    lines = data.split(b"\n")
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(pieces))
    return b"\n".join(lines)


def odd_lines(data: bytes, rng: Rng) -> bytes:
    return between_lines(
        data, rng, b"1,2,3,4,5,6,7,8,9", b"1", b"", b",,,,", b'9,"never closed,1', b"\r\r\r",
        "9,Žižkov,1,2".encode("cp1250"), "9,Ψ,1".encode("utf-16-le"), b"9,\0\0,1", b"9,\xff\xfe,2",
        b"9," + b"x" * 200_000 + b",1,2,2024-01-01", b"9,1e999,-1e999,nan,inf", b"=1+1,@x,-y",
        b"customer_id,city,income,visits,since", b"# a note", b"Total;;1.234.567,89;;",
    )  # fmt: skip


def odd_bytes(data: bytes, rng: Rng) -> bytes:
    """Put one kind of byte in the place of another, everywhere or here and there."""
    ways = (
        (b"\n", b"\r"), (b"\n", b"\r\r\n"), (b"\n", b"\n\n"), (b",", b";"), (b",", b", "),
        (b"0", b"\0"), (b'"', b"'"), (b".", b","), (b"2", b"\xd9\xa2"), (b"1", b"O"), (b",", b",,"),
        (b"a", b'"'), (b"-", b"/"), (b"1", b"\x01"), (b"\n", b"\x0c\n"), (b"e", b"\xe9"),
    )  # fmt: skip
    old, new = rng.choice(ways)
    return data.replace(old, new, rng.choice([1, 3, -1]))


def headless(data: bytes, rng: Rng) -> bytes:
    first, *rest = data.split(b"\n")
    odd = (b"a,a,b", b",,,", b"x" * 70_000, b"a{b},^c$,*,d")
    return b"\n".join(
        rng.choice([rest, [first], [first, first, *rest], *([line, *rest] for line in odd)])
    )


def emptied(data: bytes, rng: Rng) -> bytes:
    return rng.choice([b"", b"\n", b"\0", b"\xef\xbb\xbf", b"PAR1", b"PAR1PAR1", b"PK\3\4", b'"'])


OF_BYTES = (
    cut, flipped, swapped, without_a_piece, with_a_piece_twice, with_noise, damaged_at_the_end,
)  # fmt: skip
OF_TEXT = (*OF_BYTES, odd_lines, odd_lines, odd_lines, odd_bytes, odd_bytes, odd_bytes, headless)


def damaged(number: int, folder: Path) -> tuple[Path, str]:
    """Write a file of its number, the same each time, and say of what it is."""
    rng = Rng(number)
    kind = rng.choice([CUSTOMERS, CUSTOMERS, TRANSACTIONS])
    table = customers(rng) if kind == CUSTOMERS else transactions(rng)
    form = rng.choice(["csv", "csv", "csv", "parquet", "parquet", "packed", "packed text", "xlsx"])
    suffix, data = ".csv", b""
    if form == "parquet":
        suffix, data = ".parquet", as_parquet(table, rng)
    elif form == "xlsx":
        suffix, data = ".xlsx", as_workbook(table, folder)
    else:
        data = as_csv(table, rng)
    if form == "packed text":
        data = rng.choice(OF_TEXT)(data, rng)
    if form.startswith("packed"):
        suffix = rng.choice(list(PACKERS))
        data = PACKERS[suffix](data)
    if form != "packed text":
        for _ in range(rng.choice([1, 1, 2])):
            if data:
                data = rng.choice(OF_TEXT if form == "csv" else OF_BYTES)(data, rng)
    if rng.random() < 0.03:
        data = emptied(data, rng)
    if rng.random() < 0.05:
        suffix = rng.choice([".csv", ".parquet", ".csv.gz", ".xlsx", ".zip", ".txt", ".csv.zst"])
    file = folder / f"case{number}{suffix}"
    file.write_bytes(data)
    return file, kind


def answer(number: int, folder: Path) -> dict[str, str]:
    """Take one in: what came of it."""
    file, kind = damaged(number, folder)
    try:
        with in_sentences(f"reading {file}"):
            take_in(file, kind)
    except EngineError as error:
        return {"said": str(error)}
    except Exception as error:
        return {"unforeseen": f"{type(error).__name__}: {error}"[:2_000]}
    finally:
        file.unlink()
    return {}


def wrong(number: int, found: dict[str, str]) -> str:
    """Say what is wrong with an answer; empty where it holds."""
    if "unforeseen" in found:
        return found["unforeseen"]
    said = found.get("said")
    if said is None:
        return ""
    if f"case{number}" not in said:
        return f"does not name the file: {said}"
    if inside := [word for word in INTERNAL if word in said]:
        return f"holds {inside[0]!r}: {said}"
    return f"is too long: {said}" if len(said) > LONGEST else ""


if __name__ == "__main__":
    place = Path(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(answer(int(line), place)), flush=True)
