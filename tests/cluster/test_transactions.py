"""Transactions on a cluster: the same customers, facts and sales as on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.config.cross_sell import CrossSellConfig
from engine.config.input import InputConfig
from engine.config.loading import load_config
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading import cuts
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.transactions import partitions
from engine.data_preparation.transactions.gather import gather
from engine.data_preparation.transactions.purchases import Purchases
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.run.sales import describe_sales
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from tests.drawing import undrawn


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut 3,000 lines into several pieces and partitions."""
    monkeypatch.setattr(cuts, "PIECE_ROWS", 700)
    monkeypatch.setattr(cuts, "PIECE_BYTES", 30_000, raising=False)
    monkeypatch.setattr(partitions, "PARTITION_LINES", 800)


def shop(seed: int = 4, n: int = 3_000) -> pl.DataFrame:
    """Make lines with copies, returns, lines of nobody, and products and ids in two writings."""
    rng = np.random.default_rng(seed)
    invoice = rng.integers(0, 900, n)
    returned = rng.random(900) < 0.05
    frame = pl.DataFrame({
        "customer_id": invoice % 211, "invoice": invoice + 500_000,
        "date": pl.Series((invoice * 37) % 365).cast(pl.Int64),
        "product": rng.integers(0, 60, n), "quantity": rng.integers(1, 9, n),
        "price": rng.integers(0, 5_000, n) / 1_000, "category": rng.integers(0, 7, n),
        "returned": returned[invoice], "odd": rng.random(n) < 0.1,
    })  # fmt: skip
    writing = {
        kind: pl.when("odd").then(pl.lit(kind.lower())).otherwise(pl.lit(kind)) for kind in "CT"
    }
    frame = frame.with_columns(
        pl.when(pl.col("customer_id") > 5)
        .then(pl.format("{}{}", writing["C"], "customer_id")).alias("customer_id"),
        pl.when("returned").then(-pl.col("quantity")).otherwise("quantity").alias("quantity"),
        pl.when("returned").then(pl.format("C{}", "invoice"))
        .otherwise(pl.col("invoice").cast(pl.String)).alias("invoice"),
        (pl.date(2024, 1, 1) + pl.duration(days="date")).alias("date"),
        pl.format("{}ea {}", writing["T"], "product").alias("product"),
        pl.format("k{}", "category").alias("category"),
    ).drop("returned", "odd")  # fmt: skip
    return pl.concat([frame, frame.sample(100, seed=1)])


def written(frames: list[pl.DataFrame], folder: Path, suffix: str = "parquet") -> Path:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        path = folder / f"{number}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    return folder


def both(
    path: Path, folder: Path, cluster: ClusterRuntime, table: Path | None = None,
    describe: Sequence[str] = (), **policies: Any,
) -> tuple[Purchases, Purchases]:  # fmt: skip
    settings = InputConfig(path=str(path), kind="transactions")

    def run(name: str, **where: Any) -> Purchases:
        customers = open_source(InputConfig(path=str(table))) if table else None
        asked = open_source(settings), settings, TransactionsConfig(**policies), folder / name
        return gather(*asked, customers=customers, describe=describe, **where)

    return run("here"), run("there", runtime=cluster)


def same(one: Purchases, other: Purchases) -> None:
    assert_frame_equal(
        pl.read_parquet(one.customers), pl.read_parquet(other.customers), check_exact=True
    )
    assert_frame_equal(one.products, other.products)
    assert_frame_equal(one.apart, other.apart)
    assert one.facts == other.facts
    assert len(one.lines) == len(other.lines)
    for mine, theirs in zip(one.lines, other.lines, strict=True):
        assert_frame_equal(pl.read_parquet(mine), pl.read_parquet(theirs), check_exact=True)


def test_customers_facts_and_lines_are_those_of_one_machine(tmp_path, cluster):
    lines = shop()
    path = written([lines.head(2_000), lines.tail(1_300)], tmp_path / "in")
    one, other = both(path, tmp_path, cluster)
    assert len(one.lines) > 3
    assert one.facts["leading_categories"]
    assert any("written" in n for n in one.facts["notices"])
    same(one, other)


def test_columns_of_lines_describe_customers_as_on_one_machine(tmp_path, cluster):
    lines = shop()
    land = np.array(["Spain", "SPAIN", None, "Peru"], dtype=object)
    drawn = np.random.default_rng(3).integers(0, 4, lines.height)
    lines = lines.with_columns(
        pl.Series("Country", land[drawn].tolist(), dtype=pl.String), pl.Series("Store", drawn)
    )
    path = written([lines.head(2_000), lines.tail(1_300)], tmp_path / "in", "csv")
    one, other = both(path, tmp_path, cluster, describe=["Country", "Store"])
    assert one.facts["carried"] == {"Country": "text", "Store": "code"}
    assert pl.read_parquet(one.customers)["Country"].n_unique() == 3
    same(one, other)


@pytest.mark.parametrize("least", [1, pytest.param(10, marks=pytest.mark.long)])
def test_what_sells_is_what_sells_on_one_machine(tmp_path, cluster, least):
    found = both(written([shop()], tmp_path / "in"), tmp_path, cluster)
    n = pl.read_parquet(found[0].customers).height
    labels = np.random.default_rng(2).integers(0, 3, n).astype(np.int32)
    labels[:4] = 3
    there = spread(labels, cluster, (90, 1, n - 91))
    easy = CrossSellConfig(min_support=1e-9, min_baskets=1, min_buyers=1, min_confidence=0.0)
    config = load_config({"output": {"smallest_group": least}})
    config = config.model_copy(update={"cross_sell": easy})
    names, numbers = list("abcd"), Numbers((1, 2, 3, 7), last=7)
    one, other = (
        describe_sales(gathered, of, names, config, where, Progress(), numbers)
        for gathered, of, where in zip(found, (labels, there), (Runtime(), cluster), strict=True)
    )
    assert_frame_equal(one.rfm, other.rfm)
    assert one.segments == other.segments
    assert one.cross_sell
    assert other.cross_sell
    assert one.cross_sell.offers.height or least > 1
    for table in ("best_sellers", "categories", "pairs", "offers"):
        assert_frame_equal(getattr(one.cross_sell, table), getattr(other.cross_sell, table))
    assert one.tree() == other.tree()
    assert_frame_equal(one.of_customers(80, 95), other.of_customers(80, 95))


def test_a_run_finds_the_same_segments_and_what_they_buy(tmp_path, cluster):
    path = written([shop()], tmp_path / "in")
    there = {"cluster": cluster.members.client.scheduler.address}
    results = []
    for name, compute in {"here": {}, "there": there}.items():
        folders = {f: str(tmp_path / name / f) for f in ("models", "reports", "processed")}
        tree = {
            "input": {"path": str(path), "kind": "transactions"}, "compute": compute,
            "clustering": {"k": 3, "kmeans": {"n_init": 2}}, "evaluation": {"resamples": 2},
            "output": {**folders, "smallest_group": 1},
        }  # fmt: skip
        with undrawn():
            results.append(engine.segment(tree))
    one, other = results
    assert_frame_equal(one.segments, other.segments)
    assert one.summary["transactions"] == other.summary["transactions"]
    assert one.cross_sell
    assert other.cross_sell
    assert_frame_equal(one.cross_sell.best_sellers, other.cross_sell.best_sellers)
    assert_frame_equal(one.cross_sell.offers, other.cross_sell.offers)
    assert not list((tmp_path / "there" / "processed").rglob("*.parquet"))


def spread(labels: np.ndarray, cluster: ClusterRuntime, sizes: tuple[int, ...]) -> Spread:
    found = Spread(cluster.members, sizes, labels.dtype)
    found.fill(cluster.members.tasks(np.asarray, np.split(labels, np.cumsum(sizes)[:-1])))
    return found


@pytest.mark.long
def test_nothing_lies_between_in_the_end(tmp_path, cluster):
    _, other = both(written([shop()], tmp_path / "in"), tmp_path, cluster)
    left = {f for f in (tmp_path / "there").rglob("*") if f.is_file()}
    assert left == {other.customers, other.apart_file, *other.lines}


@pytest.mark.long
@pytest.mark.parametrize("european", [False, True])
def test_csv_is_taken_in_piece_by_piece(tmp_path, cluster, european):
    lines = shop().with_columns(pl.col("date").dt.strftime("%d.%m.%Y"))
    folder = tmp_path / "in"
    folder.mkdir()
    for number, part in enumerate((lines.head(1_900), lines.tail(1_400))):
        if european:
            part = part.with_columns(pl.format("kä{}", "category").alias("category"))
            text = part.write_csv(separator=";", decimal_comma=True)
            (folder / f"{number}.csv").write_text(text, encoding="latin-1")
        else:
            part.write_csv(folder / f"{number}.csv")
    settings = InputConfig(path=str(folder), kind="transactions")
    assert len(Workers(cluster.members).cuts(open_source(settings))) > 3
    one, other = both(folder, tmp_path, cluster)
    assert one.facts["date_format"].startswith("day/month/year")
    same(one, other)


@pytest.mark.long
def test_text_far_down_among_numbers_is_met_as_on_one_machine(tmp_path, cluster):
    lines = shop().with_columns(
        price=pl.when(pl.int_range(pl.len()) == 2_900)
        .then(pl.lit("4,50 EUR"))
        .otherwise(pl.format("{}", "price"))
    )
    path = written([lines], tmp_path / "in", "csv")
    said = []
    for runtime in (None, cluster):
        settings = InputConfig(path=str(path), kind="transactions")
        try:
            found = gather(
                open_source(settings), settings, TransactionsConfig(),
                tmp_path / f"{runtime is None}", runtime=runtime,
            )  # fmt: skip
            said.append((found.facts["notices"], found.facts["warnings"], found.facts["gross"]))
        except DataError as error:
            said.append(str(error))
    assert said[0] == said[1]


@pytest.mark.long
def test_a_table_of_customers_is_joined(tmp_path, cluster):
    table = pl.DataFrame({"customer_id": [f"C{i}" for i in range(3, 260)], "age": range(257)})
    lines = written([shop()], tmp_path / "in")
    one, other = both(lines, tmp_path, cluster, written([table], tmp_path / "table"))
    assert "no transactions" in one.facts["apart"]
    same(one, other)


@pytest.mark.long
def test_lines_without_products_have_no_sales(tmp_path, cluster):
    lines = shop().drop("product", "category")
    one, other = both(written([lines], tmp_path / "in"), tmp_path, cluster)
    assert not one.lines
    same(one, other)


@pytest.mark.long
def test_an_order_told_on_its_first_line_is_not_cut(tmp_path, cluster):
    lines = shop().sort("invoice", maintain_order=True)
    first = pl.col("invoice") != pl.col("invoice").shift().fill_null("")
    status = pl.when(first).then(
        pl.when(pl.col("price") > 4).then(pl.lit("cancelled")).otherwise(pl.lit("completed"))
    )
    lines = lines.with_columns(order_status=status)
    path = written([lines.head(1_500), lines.tail(1_600)], tmp_path / "in")
    one, other = both(path, tmp_path, cluster)
    assert any("first line of an order" in n for n in one.facts["notices"])
    same(one, other)


@pytest.mark.long
@pytest.mark.parametrize("policies", [{"returns": "error"}, {"snapshot": "2001-01-01"}])
def test_what_is_refused_is_refused_in_the_same_sentence(tmp_path, cluster, policies):
    path = written([shop()], tmp_path / "in")
    said = []
    for runtime in (None, cluster):
        settings = InputConfig(path=str(path), kind="transactions")
        with pytest.raises(DataError) as error:
            gather(
                open_source(settings), settings, TransactionsConfig(**policies),
                tmp_path / f"{runtime is None}", runtime=runtime,
            )  # fmt: skip
        said.append(str(error.value))
    assert said[0] == said[1]
