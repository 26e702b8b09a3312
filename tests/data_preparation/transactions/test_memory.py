"""What gathering takes stays below what is said before it starts, and grows with the work."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.data_preparation.transactions.memory import gathering_bytes
from tests.children import finished

MEASURE = """
import sys, threading
from pathlib import Path
from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.reading import sources
from engine.data_preparation.transactions import partitions
from engine.data_preparation.transactions.gather import gather

if sys.argv[3] != "0":
    sources.BATCH_ROWS = partitions.PARTITION_LINES = int(sys.argv[3])

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


N, CUSTOMERS = 300_000, 20_000


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    invoice = pl.col("n") // 5
    pl.DataFrame({"n": pl.int_range(N, eager=True)}).select(
        customer_id=pl.format("customer-{}", invoice % CUSTOMERS),
        invoice=pl.format("invoice-{}", invoice),
        date=pl.date(2024, 1, 1) + pl.duration(days=invoice % 300),
        product_id=pl.format("a product of some length, {}", pl.col("n") % 5_003),
        category=pl.format("category {}", pl.col("n") % 17),
        amount=(pl.col("n") % 9_973 + 1) / 100,
    ).write_parquet(path)
    return path


def peak(shop: Path, out: Path, lines_at_once: int) -> int:
    command = [sys.executable, "-c", MEASURE, str(shop), str(out), str(lines_at_once)]
    said = finished(command, check=True).stdout
    most, customers = map(int, said.split())
    assert customers == CUSTOMERS
    return most


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_gathering_takes_less_than_was_said_and_follows_the_partition(shop, tmp_path):
    whole, parted = (peak(shop, tmp_path / str(n), n) for n in (0, 20_000))
    planned = engine.plan({"input": {"path": str(shop), "kind": "transactions"}}).steps[0].bytes
    assert planned // 5 < whole < planned
    assert parted < 0.7 * whole


def test_lines_are_bounded_and_customers_are_not():
    assert gathering_bytes(10**9, 10**6) == gathering_bytes(10**8, 10**6)
    assert gathering_bytes(10**8, 10**7) > gathering_bytes(10**8, 10**6)
    table = {"name": pl.String(), "age": pl.Int64()}
    assert gathering_bytes(100, 10**6, table) > gathering_bytes(100, 10**6)
