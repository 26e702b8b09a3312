"""What fewer customers have than ``output.smallest_group`` stands in nothing that a run leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.command_line import cli
from engine.data_preparation.generators.shop import generate_transactions

pytestmark = pytest.mark.long

TONY, AMOUNT, VISITS = "Big Tony", 98765.43, 4321
OF_TONY = re.compile(r"Big Tony|TONY|Tony|98,?765\.4|98765|\b4,?321\b|9,87[67]\.54|9876\.54")
"""Whatever is his alone: names, codes and amounts, as they may be written."""


def made(path: Path) -> None:
    """Write 400 customers in three groups, and one who is like nobody."""
    draw, n = np.random.default_rng(3), 400
    group = draw.integers(0, 3, n)
    spend = np.array([100.0, 600.0, 1500.0])[group] + draw.normal(0, 30, n)
    visits = np.array([3, 20, 60])[group] + draw.integers(0, 4, n)
    reps = np.array(["Depot A", "Depot B", "Depot C"], dtype=object)[draw.integers(0, 3, n)]
    likes = np.array(["sport;film", "film", "music;sport", "film;music"], dtype=object)
    likes = likes[draw.integers(0, 4, n)]
    spend[17], visits[17], reps[17], likes[17] = AMOUNT, VISITS, TONY, "sport;Tony club"
    rebate = np.where(np.arange(n) < 3, 9876.54, np.nan)
    frame = {
        "customer_id": [f"K{i:04d}" for i in range(n)],
        "spend": spend.round(2),
        "visits": visits,
        "account_rep": reps.tolist(),
        "likes": likes.tolist(),
        "rebate": rebate,
    }
    pl.DataFrame(frame).with_columns(pl.col("rebate").fill_nan(None)).write_csv(path)


def made_shop(path: Path) -> None:
    """Write a shop's invoices, and one customer's thirty orders of what only he buys."""
    generate_transactions(path, customers=150, seed=1)
    shop = pl.read_csv(path, infer_schema=False)
    his = shop.head(60).with_columns(
        customer_id=pl.lit(shop["customer_id"][0]),
        transaction_id=pl.format("9000000{}", pl.int_range(60) // 2 + 10),
        transaction_date=pl.lit(shop["transaction_date"].max()),
        product_id=pl.format("TONY{}", pl.int_range(60) % 2),
        product_name=pl.format("Big Tony special {}", pl.int_range(60) % 2),
        category=pl.lit("Tony only"),
        quantity=pl.lit("1"),
        unit_price=pl.lit(str(AMOUNT)),
    )
    pl.concat([shop, his.select(shop.columns)]).write_csv(path)


Called = Callable[..., str]


@pytest.fixture
def called(tmp_path, monkeypatch, capfd) -> Called:
    """Give a function that runs a command in an empty folder and returns what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["engine", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = "".join(capfd.readouterr())
        assert not left.value.code, printed
        return printed

    return call


def settings(**given: object) -> list[str]:
    quick = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0, **given}
    return [word for key, value in quick.items() for word in ("--set", f"{key}={value}")]


def left_by(folder: Path, name: str) -> dict[str, str]:
    """Read every file of a run as text: tables as rows, arrays as numbers."""
    found = {}
    every = [p for root in ("models", "reports") for p in (folder / root).rglob("*")]
    for path in every:
        if not path.is_file() or path.is_symlink() or f"/{name}/" not in str(path):
            continue
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            # The customers' own table holds what each of them is.
            found[path.name] = table.select("segment", "segment_name").unique().write_csv()
        elif path.name == "report_data.safetensors":
            from safetensors.numpy import load_file

            numbers = [v for a in load_file(path).values() for v in a.ravel().tolist()]
            found[path.name] = " ".join(f"{v:.2f}" for v in numbers)
        else:
            found[path.name] = path.read_bytes().decode("utf-8", errors="replace")
    return found


OF_CUSTOMERS = {
    "input.path": "given.csv", "clustering.k": 4, "preparation.outliers": "off",
    "preparation.skew": "off", "pca.components": "off",
}  # fmt: skip
"""Under these a customer who is like nobody is a segment of one, and arrays hold values."""


def check_nothing_is_left_by_subtracting(profiles: dict[str, Any]) -> None:
    """Hold everyone's figures to be those of the segments that are told of."""
    told = [s for s in profiles["segments"] if not s["few"]]
    (few,) = [s for s in profiles["segments"] if s["few"]]
    assert few["customers"] == 1
    assert {v for f in few["features"].values() for v in f.values()} == {None}
    shown = sum(s["customers"] for s in told)
    for column in ("spend", "visits"):
        mean = sum(s["customers"] * s["features"][column]["mean"] for s in told) / shown
        assert profiles["overall"][column]["mean"] == pytest.approx(mean, rel=1e-9)
        z = sum(s["customers"] * s["features"][column]["z"] for s in told)
        assert z == pytest.approx(0.0, abs=1e-4)


def check_drawn_again(folder: Path, called: Called) -> None:
    """Draw a run that told of few again, as one of an earlier build: the page does no longer."""
    page = folder / "reports" / "customers" / "latest" / "report.html"
    before = page.read_text(encoding="utf-8")
    assert "Outliers: " in before
    assert OF_TONY.search(before)
    called("report", "customers")
    again = page.read_text(encoding="utf-8")
    assert "Outliers: fewer than 5 customers" in again
    # Warnings, which stand after the segments, are sentences of that run.
    body = again[again.index('id="segments"') : again.index('id="warnings"')]
    assert not OF_TONY.search(body)


@pytest.mark.parametrize("least", [5, 1])
def test_nothing_of_one_customer_is_left(tmp_path, called, least):
    made(tmp_path / "given.csv")
    printed = called("run", *settings(**OF_CUSTOMERS, **{"output.smallest_group": least}))
    files = left_by(tmp_path, "customers") | {"console": printed}
    assert {"model.json", "report.html", "summary.json", "profiles.csv", "sizes.png"} <= set(files)
    told = {name for name, text in files.items() if OF_TONY.search(text)}
    if least == 1:  # Otherwise nothing could be found.
        where = {"model.json", "report.html", "profiles.csv", "profiles.json", "report_data.json"}
        assert where | {"console", "summary.json"} <= told
        check_drawn_again(tmp_path, called)
        return
    assert not told
    assert "Outliers: fewer than 5 customers" in printed
    assert "fewer than 5" in files["report.html"]
    assert "Depot A" in files["model.json"]
    assert "1 column has levels of fewer than 5 customers" in files["summary.json"]
    assert "1 segment holds fewer than 5 customers" in files["summary.json"]
    printed = called("assign", "models/customers", "given.csv", "out.csv")
    assert "not seen in training" not in printed
    assert not OF_TONY.search(printed)
    own = pl.read_parquet("reports/customers/latest/segments.parquet")
    assert pl.read_csv("out.csv")["segment"].to_list() == own["segment"].to_list()
    check_nothing_is_left_by_subtracting(json.loads(files["profiles.json"]))


@pytest.mark.parametrize("least", [5, 1])
def test_nothing_that_one_customer_buys_is_left(tmp_path, called, least):
    made_shop(tmp_path / "given.csv")
    asked = {
        "input.path": "given.csv", "input.kind": "transactions", "clustering.k": 3,
        "cross_sell.min_buyers": 1, "cross_sell.min_baskets": 2, "output.smallest_group": least,
    }  # fmt: skip
    printed = called("run", *settings(**asked))
    files = left_by(tmp_path, "customers") | {"console": printed}
    told = {name for name, text in files.items() if OF_TONY.search(text)}
    tables = {"best_sellers.csv", "best_categories.csv", "cross_sell.csv"}
    assert tables <= set(files)
    if least == 1:
        assert tables | {"model.json", "report.html", "report_data.json"} <= told
        return
    assert not told
    assert re.search(
        r"[0-9]+ products of fewer than 5 buyers are in no table", files["report.html"]
    )
    rfm = pl.read_csv(next((tmp_path / "reports").rglob("rfm_by_segment.csv")))
    counts = [n for row in rfm.drop("rfm_segment").rows() for n in row if n is not None]
    assert not [n for n in counts if 0 < n < 5]
    for table in ("best_sellers.csv", "best_categories.csv"):
        found = pl.read_csv(next((tmp_path / "reports").rglob(table)))
        assert found["buyers"].min() >= 5


def test_no_sum_gives_away_the_segment_of_one(tmp_path, called):
    draw = np.random.default_rng(2)
    orders = [
        (f"C{c}", f"I{c}-{o}", f"2024-0{draw.integers(1, 10)}-11", "ABCD"[draw.integers(4)], 2, 3.5)
        for c in range(60)
        for o in range(int(draw.choice([1, 3, 6])))
    ]
    his = [("WHALE", f"W{o}", "2024-05-05", "A", 50, 99.99) for o in range(37)]
    names = ["customer_id", "invoice", "date", "product", "quantity", "price"]
    pl.DataFrame(orders + his, schema=names, orient="row").write_csv(tmp_path / "given.csv")
    apart = OF_CUSTOMERS | {"clustering.k": 2, "clustering.methods": "agglomerative"}
    single = {"clustering.agglomerative.linkage": "single", "input.kind": "transactions"}
    called("run", *settings(**apart, **single))
    files = left_by(tmp_path, "customers")
    facts = json.loads(files["summary.json"])["transactions"]
    worth = pl.read_csv(next((tmp_path / "reports").rglob("segment_worth.csv")))
    assert sorted(worth["customers"].to_list()) == [1, 60]
    others = len(orders) * 7.0
    assert (float(facts["gross"]), facts["n_transactions"]) == (others, len(orders))
    assert (worth["gross"].sum(), worth["orders"].sum()) == (others, len(orders))
    sold = pl.read_csv(next((tmp_path / "reports").rglob("best_sellers.csv")))
    everyone = sold.filter(pl.col("segment").is_null(), ranked_by="revenue")
    assert everyone["revenue_gross"].sum() == others
    exact = others + 37 * 50 * 99.99
    for name in ("summary.json", "report.html", "report_data.json"):
        assert not re.search(f"{exact:.2f}|{exact:,.2f}|{exact:,.0f}", files[name]), name
    assert "without segments of fewer than 5 customers" in files["report.html"]
