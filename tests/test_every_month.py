"""The example of a job that runs every month: on made data, and on cuts of the real files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.data_preparation.generators.shop import generate_transactions
from examples.every_month import main, run
from tests.drawing import undrawn

pytestmark = pytest.mark.long

QUICK: dict[str, Any] = {
    "clustering__kmeans__n_init": 2, "evaluation__resamples": 0, "clustering__k_max": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give files with the columns of the real ones, of few customers."""
    folder = tmp_path_factory.mktemp("made")
    generate_transactions(folder / "shop.parquet", customers=250, seed=2)
    lines = pl.read_parquet(folder / "shop.parquet").sort("transaction_date")
    lines.select(
        pl.col("transaction_id").alias("InvoiceNo"),
        pl.col("product_id").alias("StockCode"),
        pl.col("product_name").alias("Description"),
        pl.col("quantity").alias("Quantity"),
        pl.col("transaction_date").dt.strftime("%Y-%m-%d %H:%M:%S").alias("InvoiceDate"),
        pl.col("unit_price").alias("UnitPrice"),
        pl.col("customer_id").cast(pl.Float64).alias("CustomerID"),
    ).filter(pl.col("InvoiceDate") < "2025-05").write_parquet(folder / "online_retail.parquet")
    rng, n = np.random.default_rng(0), 600
    kind = rng.integers(0, 3, n)
    age = 30 + 15 * kind + rng.integers(-3, 4, n)
    coverage = np.array(["Mini", "Median", "Maxi"])[(kind + (rng.random(n) < 0.1)) % 3]
    ids = [f"A{i:08d}-V01" for i in range(n)]
    for year in (0, 1):
        pl.DataFrame({
            "id_policy": ids,
            "id_client": [i[:9] for i in ids],
            "id_vehicle": ["V01"] * n,
            "pol_insee_code": ["75056"] * n,
            "pol_coverage": coverage,
            "drv_age1": age + 4 * year,
            "vh_value": 8_000 + 9_000 * kind + rng.integers(-900, 900, n),
        }).write_parquet(folder / f"policyholders_year{year}.parquet")  # fmt: skip
    months = []
    for month in range(1, 10):
        flown = np.where(rng.random(n) < 0.1, 0, 3 + 9 * kind)
        months.append(pl.DataFrame({
            "loyalty_number": range(100_000, 100_000 + n),
            "year": [2017] * n,
            "month": [month] * n,
            "total_flights": flown,
            "distance": flown * rng.integers(500, 900, n),
            "points_accumulated": flown * 70.0,
            "points_redeemed": rng.integers(0, 50, n) * (kind == 2),
        }))  # fmt: skip
    pl.concat(months).write_parquet(folder / "airline_flight_activity.parquet")
    return folder


def check(name: str, out: Path, data: Path, cut: int | None = None) -> list[Any]:
    """Run a job and look over what holds of all of them; give its periods."""
    with undrawn():
        done, comparison = run(name, data, out, cut, **QUICK)
    assert not done[0].continuity
    for before, now in pairwise(done):
        assert now.continuity["run"] == before.result.summary["run_id"]
        table = pl.read_csv(now.result.report_path.parent / "migration.csv")
        people = table.filter(
            pl.col("customers").is_not_null() & (pl.col("previous_segment_name") != "customers")
        )
        counts = people.select(pl.exclude("^previous.*$", "customers"))
        assert counts.sum_horizontal().equals(people["customers"], check_names=False)
        left = people["left"].sum() + (people["pooled"].sum() and 0)
        assert left <= now.continuity["migration"]["left"]
        came = now.result.summary["n_customers"] + now.result.summary["n_apart"]
        assert people["customers"].sum() == came + now.continuity["migration"]["left"]
        segments = now.result.segments
        known = segments["previous_segment_name"].drop_nulls().unique().to_list()
        assert set(known) <= set(before.result.model.names)
    steps = comparison.summary["steps"]
    assert len(steps) == len(done) - 1
    assert (out / f"{name}-compared").is_dir()
    history = engine.history(name, {f"output.{f}": str(out / f) for f in ("models", "reports")})
    assert history["customers"].to_list() == [d.result.summary["n_customers"] for d in done]
    return done


def names_kept(done: list[Any]) -> float:
    """Give the share of names that the next run has, too, over all periods."""
    pairs = list(pairwise(done))
    both = [len({*a.result.model.names} & {*b.result.model.names}) for a, b in pairs]
    return sum(both) / sum(len(a.result.model.names) for a, _ in pairs)


def test_invoices_month_after_month(made, tmp_path):
    done = check("shop", tmp_path, made)
    assert [d.label for d in done] == [f"2025-0{m}" for m in range(1, 5)]
    assert names_kept(done) >= 0.5


def test_policies_year_after_year(made, tmp_path):
    done = check("policies", tmp_path, made)
    assert names_kept(done) == 1
    shifted = done[1].drift.shifted
    assert "drv_age1" in shifted
    assert "pol_coverage" not in shifted


def test_flights_by_quarters_as_people_start_it(made, tmp_path, capsys):
    with undrawn():
        main(["flights", "--data", str(made), "--out", str(tmp_path), "--cut", "300"])
    out = capsys.readouterr().out
    assert "2017 Q3" in out
    assert "first run" in out
    assert list((tmp_path / "flights-compared").glob("*.html"))
    with pytest.raises(SystemExit, match="does not hold"):
        main(["shop", "--data", str(tmp_path), "--out", str(tmp_path)])


def test_a_year_of_a_real_shop_keeps_its_names(real_data, tmp_path):
    done = check("shop", tmp_path, real_data, 400)
    assert len(done) == 12
    assert names_kept(done) >= 0.6


def test_real_policies_are_a_year_older_and_covered_as_before(real_data, tmp_path):
    done = check("policies", tmp_path, real_data, 4_000)
    assert names_kept(done) >= 0.6
    drift = done[1].drift
    assert "vh_age" in drift.shifted
    assert "pol_coverage" not in drift.shifted
    # Everyone is a year older; of all 100,000 the driver is named, too, of a few thousand not yet.
    features = {row["column"]: row for row in drift.features.iter_rows(named=True)}
    assert features["drv_age1"]["distance"] == pytest.approx(1, abs=0.1)
    assert features["pol_coverage"]["effect"] < 0.01


def test_members_of_a_real_airline_flow_between_quarters(real_data, tmp_path):
    done = check("flights", tmp_path, real_data, 500)
    assert len(done) == 8
