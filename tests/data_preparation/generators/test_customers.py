"""The synthetic customers: repeatable, a prefix of any longer file, and with segments to find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.data_preparation.generators.customers import (
    CHUNK_ROWS,
    MISSING,
    SCHEMA,
    SEGMENTS,
    customer_batches,
    generate,
)
from engine.errors import EngineError

SAMPLE = Path(__file__).parents[3] / "data" / "external" / "customers.parquet"
NUMERIC = [name for name, dtype in SCHEMA.items() if dtype.is_numeric() and name != "customer_id"]
MONEY = ["income", "spend", "average_basket"]
SHARES = ["discount_share", "return_share", "weekend_share"]
COUNTS = ["orders", "web_visits", "app_sessions", "email_opens", "support_contacts"]


def frame_of(customers: int, seed: int = 20) -> pl.DataFrame:
    return pl.concat(customer_batches(customers, seed))


@pytest.fixture(scope="module")
def customers() -> pl.DataFrame:
    return frame_of(20_000)


def test_the_shipped_sample_is_what_the_generator_makes(customers: pl.DataFrame) -> None:
    assert_frame_equal(pl.read_parquet(SAMPLE), customers, check_exact=True)
    assert SAMPLE.stat().st_size < 2_000_000


@pytest.mark.parametrize("fewer", [1, 1000, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_fewer_customers_are_the_first_of_more(fewer: int) -> None:
    more = frame_of(CHUNK_ROWS + 500)
    assert_frame_equal(frame_of(fewer), more.head(fewer), check_exact=True)


def test_another_seed_gives_other_customers(customers: pl.DataFrame) -> None:
    other = frame_of(20_000, seed=21)
    assert (other["spend"] == customers["spend"]).mean() < 0.01
    # The streams of two chunks differ as well, not only those of two seeds.
    later = frame_of(2 * CHUNK_ROWS)
    halves = later["spend"].head(CHUNK_ROWS), later["spend"].tail(CHUNK_ROWS)
    assert (halves[0] == halves[1]).mean() < 0.01


def test_schema_and_rows_of_every_frame() -> None:
    frames = list(customer_batches(CHUNK_ROWS + 7, seed=1))
    assert [frame.height for frame in frames] == [CHUNK_ROWS, 7]
    assert all(frame.schema == SCHEMA for frame in frames)
    assert len(NUMERIC) == 16


def test_ids_are_unique_and_say_nothing_of_the_segment() -> None:
    frame = frame_of(CHUNK_ROWS + 5000)
    assert frame["customer_id"].n_unique() == frame.height
    assert frame["customer_id"].null_count() == 0
    firsts = frame.sort("customer_id").head(200)["true_segment"]
    assert firsts.n_unique() == len(SEGMENTS)


def test_segments_have_the_stated_shares() -> None:
    frame = frame_of(60_000)
    for name, share in SEGMENTS.items():
        error = 4 * np.sqrt(share * (1 - share) / frame.height)
        assert (frame["true_segment"] == name).mean() == pytest.approx(share, abs=error)
    assert sum(SEGMENTS.values()) == pytest.approx(1.0)


def test_values_are_in_the_units_they_claim(customers: pl.DataFrame) -> None:
    for name in SHARES:
        assert customers[name].is_between(0, 1).all()
    for name in MONEY:
        assert (customers[name].drop_nulls() > 0).all()
        assert (customers[name].drop_nulls().round(2) == customers[name].drop_nulls()).all()
    for name in COUNTS:
        assert (customers[name] >= 0).all()
    assert (customers["orders"] >= 1).all()
    assert (customers["recency_days"] <= 30 * (customers["tenure_months"] + 1)).all()
    net = customers["orders"] * customers["average_basket"] * (1 - customers["return_share"])
    assert (net - customers["spend"]).abs().max() < 0.01


def test_spend_orders_and_income_have_heavy_tails(customers: pl.DataFrame) -> None:
    for name in ("spend", "orders", "income"):
        values = customers[name].drop_nulls()
        assert values.mean() > 1.1 * values.median()
    assert customers["spend"].max() > 100 * customers["spend"].median()


def test_missing_values_stay_within_the_stated_columns(customers: pl.DataFrame) -> None:
    for name in customers.columns:
        share = customers[name].null_count() / customers.height
        assert share == pytest.approx(MISSING.get(name, 0.0), abs=0.006)


def test_outliers_are_few_and_there(customers: pl.DataFrame) -> None:
    assert 0 < (customers["income"] == 666_666).sum() < 60
    assert 0 < (customers["age"] == 133).sum() < 40


def test_features_are_correlated_within_a_segment(customers: pl.DataFrame) -> None:
    families = customers.filter(pl.col("true_segment") == "Loyal families")
    assert families.select(pl.corr("orders", "web_visits", method="spearman")).item() > 0.3
    assert families.select(pl.corr("orders", "recency_days", method="spearman")).item() < -0.2


def test_categories_tell_segments_apart(customers: pl.DataFrame) -> None:
    everyone = (customers["channel"] == "app").mean()
    young = customers.filter(pl.col("true_segment") == "Young app users")
    assert (young["channel"] == "app").mean() > 2 * everyone
    office = customers.filter(pl.col("favourite_category") == "office")["true_segment"]
    assert office.unique().to_list() == ["Small businesses"]


def test_a_competent_pipeline_finds_the_segments(customers: pl.DataFrame) -> None:
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.metrics import adjusted_rand_score
    from sklearn.preprocessing import StandardScaler

    raw = customers.select(pl.col(NUMERIC).fill_null(pl.col(NUMERIC).median())).to_numpy()
    skewed = np.abs(((raw - raw.mean(0)) ** 3).mean(0) / raw.std(0) ** 3) > 1
    logged = np.where(skewed, np.sign(raw) * np.log1p(np.abs(raw)), raw)
    clipped = np.clip(logged, *np.quantile(logged, [0.005, 0.995], axis=0))
    reduced = PCA(0.9).fit_transform(StandardScaler().fit_transform(clipped))
    found = KMeans(8, n_init=10, random_state=0).fit_predict(reduced)
    agreement = adjusted_rand_score(customers["true_segment"].to_numpy(), found)
    assert 0.9 <= agreement < 0.9999


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_generate_writes_what_the_batches_hold(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"customers.{suffix}"
    assert generate(path, customers=3000, seed=3) == 3000
    read = pl.read_parquet(path) if suffix == "parquet" else pl.read_csv(path, schema=SCHEMA)
    assert_frame_equal(read, frame_of(3000, seed=3), check_exact=True)


@pytest.mark.parametrize("customers", [0, -3, 2.5, True])
def test_a_wrong_number_of_customers_is_named(tmp_path: Path, customers: object) -> None:
    path = tmp_path / "customers.parquet"
    with pytest.raises(EngineError, match=rf"^customers is {customers}; give .* 1 or more\.$"):
        generate(path, customers=customers, seed=0)  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize("seed", [-1, "20", None])
def test_a_wrong_seed_is_named(seed: object) -> None:
    with pytest.raises(EngineError, match=rf"^seed is {seed!r}; give a whole number of 0 or more"):
        customer_batches(5, seed)  # type: ignore[arg-type]
