"""What gathering takes stays below what is said before it starts, and grows with the work."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from engine.data_preparation.transactions.memory import gathering_bytes

MEASURE = """
import sys, threading, time
from pathlib import Path
from engine.config import InputConfig, TransactionsConfig
from engine.data_preparation.sources import open_source
from engine.data_preparation.transactions.gather import gather

def own():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(l for l in lines if l.startswith("RssAnon")).split()[1]) * 1024

before, peak, done = own(), [0], threading.Event()
def watch():
    while not done.wait(0.01):
        peak[0] = max(peak[0], own())
thread = threading.Thread(target=watch)
thread.start()
settings = InputConfig(path=sys.argv[1], kind="transactions")
found = gather(open_source(settings), settings, TransactionsConfig(), Path(sys.argv[2]))
done.set()
thread.join()
print(peak[0] - before, found.facts["n_customers"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_million_lines_take_less_than_was_said(tmp_path):
    n = 1_000_000
    numbers = pl.DataFrame({"n": pl.int_range(n, eager=True)})
    invoice = pl.col("n") // 5
    numbers.select(
        customer_id=pl.format("customer-{}", invoice % 100_000),
        invoice=pl.format("invoice-{}", invoice),
        date=pl.date(2024, 1, 1) + pl.duration(days=invoice % 300),
        product_id=pl.format("a product of some length, {}", pl.col("n") % 5_003),
        category=pl.format("category {}", pl.col("n") % 17),
        amount=(pl.col("n") % 9_973 + 1) / 100,
    ).write_parquet(tmp_path / "shop.parquet")
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "shop.parquet"), str(tmp_path / "out")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peak, customers = map(int, said.split())
    assert customers == 100_000
    assert gathering_bytes(n, customers) // 5 < peak < gathering_bytes(n, customers)


def test_lines_are_bounded_and_customers_are_not():
    assert gathering_bytes(10**9, 10**6) == gathering_bytes(10**8, 10**6)
    assert gathering_bytes(10**8, 10**7) > gathering_bytes(10**8, 10**6)
    table = {"name": pl.String(), "age": pl.Int64()}
    assert gathering_bytes(100, 10**6, table) > gathering_bytes(100, 10**6)
