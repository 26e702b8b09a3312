"""Generated dirty shops: sums equal an independent reckoning in Decimal; never a traceback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.transactions.gather import gather
from engine.data_preparation.transactions.purchases import Purchases
from engine.errors import EngineError
from tests.examples import at_most

SCHEMA = {
    "customer_id": pl.String, "invoice": pl.String, "date": pl.String,
    "sku": pl.String, "quantity": pl.Int64, "price": pl.Float64,
}  # fmt: skip

CENTS = st.one_of(
    st.integers(1, 100_000).map(lambda c: c / 100),
    st.integers(-200, -1).map(lambda c: c / 100),
    st.integers(0, 99_999).map(lambda c: c / 10_000),
    st.sampled_from([0.0, 0.1, 0.29, 1.005, 38970.0, None]),
)
ROW = st.tuples(
    st.sampled_from(["a", "b", "c", " a ", None, ""]),
    st.sampled_from(["1", "2", "3", "4", "5", "C6", "C7", "X8", None]),
    st.sampled_from(["2024-01-01", "2024-01-09 10:00:00", "2024-02-30", None]),
    st.sampled_from(["p", "q", "POST", None]),
    st.one_of(st.integers(-5, 20), st.none()),
    CENTS,
)
ROWS = st.lists(ROW, min_size=1, max_size=40).flatmap(
    lambda rows: st.lists(st.sampled_from(rows), max_size=15).map(lambda more: rows + more)
)
POLICIES = st.fixed_dictionaries({
    "duplicates": st.sampled_from(["drop", "keep"]),
    "repeated_invoices": st.sampled_from(["merge", "keep"]),
    "zero_prices": st.sampled_from(["drop", "keep"]),
    "negative_prices": st.sampled_from(["drop", "keep"]),
    "returns": st.sampled_from(["net", "ignore"]),
    "cancellations": st.sampled_from(["auto", "always", "never"]),
    "non_products": st.sampled_from(["money_only", "drop", "keep"]),
})  # fmt: skip


def run(files: list[list[tuple[Any, ...]]], policies: dict[str, str], folder: Path) -> Purchases:
    (folder / "in").mkdir()
    for number, rows in enumerate(files):
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        frame.write_parquet(folder / "in" / f"{number}.parquet")
    config = InputConfig(path=str(folder / "in"), kind="transactions")
    return gather(open_source(config), config, TransactionsConfig(**policies), folder / "out")


def attempt(work: Callable[[], Purchases]) -> Purchases | str:
    """Do it, or give the sentence that says why not; anything else is a traceback."""
    try:
        return work()
    except EngineError as error:
        return str(error)


def without_copies(files: list[list[tuple[Any, ...]]], policies: dict[str, str]) -> Counter[Any]:
    """Rows and how often each counts."""
    counts = [Counter(rows) for rows in files]
    if policies["duplicates"] == "drop":
        counts = [Counter(dict.fromkeys(c, 1)) for c in counts]
    kept: Counter[Any] = Counter()
    for count in counts:
        kept = kept | count if policies["repeated_invoices"] == "merge" else kept + count
    return kept


def cancelled(files: list[list[tuple[Any, ...]]], policy: str) -> bool:
    numbers = [row[1] for rows in files for row in rows if row[1]]
    digits = sum(n.isdigit() for n in numbers)
    return digits > len(numbers) - digits if policy == "auto" else policy == "always"


def reckon(
    files: list[list[tuple[Any, ...]]], policies: dict[str, str]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Gross and net of each customer with a line, in Decimal."""
    mark = cancelled(files, policies["cancellations"])
    sums: dict[str, tuple[Decimal, Decimal, int]] = {}
    for (who, invoice, day, sku, pieces, price), times in without_copies(files, policies).items():
        name = (who or "").strip()
        if not name or day in (None, "2024-02-30") or pieces is None or price is None:
            continue
        money = Decimal(repr(price)) * pieces
        zero, below = not money, price < 0
        if (zero and policies["zero_prices"] == "drop") or (
            sku == "POST" and policies["non_products"] == "drop"
        ):
            continue
        if below and policies["negative_prices"] == "drop":
            continue
        back = pieces < 0 or money < 0 or (mark and (invoice or "").startswith("C"))
        if back and policies["returns"] == "ignore":
            continue
        gross, net, bought = sums.get(name, (Decimal(0), Decimal(0), 0))
        signed = -abs(money) if back else money
        gross += 0 if back else money * times
        sums[name] = (gross, net + signed * times, bought + (not back))
    return {name: (gross, net) for name, (gross, net, bought) in sums.items() if bought}


@at_most(30)
@given(st.lists(ROWS, min_size=1, max_size=3), POLICIES)
def test_sums_are_exact(files, policies):
    expected = reckon(files, policies)
    with TemporaryDirectory() as folder:
        found = attempt(lambda: run(files, policies, Path(folder)))
        if isinstance(found, str):
            assert "which is no date" in found or ("no purchase" in found and not expected)
            return
        table = pl.read_parquet(found.customers)
    columns = table.select("customer_id", "monetary_gross", "monetary").rows()
    assert [c for c, _, _ in columns] == sorted(expected)
    for customer, gross, net in columns:
        assert (gross, net) == tuple(float(m) for m in expected[customer])
    cent = Decimal("0.01")
    total = sum((g for g, _ in expected.values()), Decimal(0))
    net = sum((n for _, n in expected.values()), Decimal(0))
    assert found.facts["gross"] == str(total.quantize(cent))
    assert found.facts["net"] == str(net.quantize(cent))


WILD = st.one_of(
    st.none(), st.integers(-(2**62), 2**62), st.floats(), st.text(max_size=8), st.booleans(),
    st.dates(), st.datetimes(),
)  # fmt: skip
TYPES = st.sampled_from([
    pl.String, pl.Int64, pl.Float64, pl.Boolean, pl.Date, pl.Datetime("us"), pl.UInt64, pl.Null,
    pl.Int8, pl.Categorical, pl.Datetime("ns", "UTC"), pl.Duration, pl.List(pl.Int64), pl.Binary,
])  # fmt: skip


@at_most(80)
@given(st.data())
def test_never_a_traceback(data):
    names = ["customer_id", "invoice", "date", "sku", "quantity", "price", "category", "amount"]
    height = data.draw(st.integers(0, 6))
    columns = {}
    for name in data.draw(st.permutations(names))[: data.draw(st.integers(1, 8))]:
        values = data.draw(st.lists(WILD, min_size=height, max_size=height))
        texts = pl.Series(name, [None if v is None else str(v) for v in values], pl.String)
        dtype = data.draw(TYPES)
        try:
            columns[name] = texts.cast(dtype, strict=False)
        except pl.exceptions.PolarsError:
            columns[name] = texts
    with TemporaryDirectory() as folder:
        path = Path(folder) / "wild.parquet"
        pl.DataFrame(columns).write_parquet(path)
        config = InputConfig(path=str(path), kind="transactions")
        found = attempt(
            lambda: gather(open_source(config), config, TransactionsConfig(), Path(folder) / "out")
        )
        if isinstance(found, str):
            assert "\n" not in found
        else:
            assert pl.read_parquet(found.customers).height == found.facts["n_customers"] > 0
