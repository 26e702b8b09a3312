"""Drift on real customers: of policyholders a year later age has moved; invoices of a shop."""

from __future__ import annotations

import polars as pl
import pytest

import engine
from tests.drawing import undrawn


@pytest.mark.long
def test_a_year_later_age_is_named_and_coverage_is_not(real_data):
    columns = ["id_policy", "drv_age1", "pol_coverage", "vh_value", "vh_speed", "pol_usage"]
    then, now = (
        pl.read_parquet(real_data / f"policyholders_year{year}.parquet", columns=columns).head(n)
        for year, n in ((0, 30_000), (1, 30_000))
    )
    with undrawn():
        result = engine.segment(then, {"evaluation.resamples": 0}, k=4, ephemeral=True)
    found = engine.drift(result, now)
    assert "drv_age1" in found.shifted
    assert "pol_coverage" not in found.shifted
    age = next(c for c in found.columns if c.column == "drv_age1")
    assert age.distance == pytest.approx(1.0, abs=0.05)


@pytest.mark.long
def test_invoices_become_customers_by_the_rules_of_the_fit(real_data, tmp_path):
    """The same invoices have not shifted; at three times the price what people spend has."""
    lines = pl.read_parquet(real_data / "online_retail.parquet").filter(
        pl.col("CustomerID").is_not_null(), pl.col("CustomerID") % 4 == 0
    )
    lines.write_parquet(tmp_path / "lines.parquet")
    dearer = lines.with_columns(pl.col("UnitPrice") * 3)
    dearer.write_parquet(tmp_path / "dearer.parquet")
    settings = {"evaluation.resamples": 0, "input.kind": "transactions"}
    with undrawn():
        result = engine.segment(str(tmp_path / "lines.parquet"), settings, k=4, ephemeral=True)
    same = engine.drift(result, tmp_path / "lines.parquet")
    assert (same.verdict, same.shifted) == ("stable", [])
    assert same.customers == result.summary["n_customers"]
    assert max(c.psi for c in same.columns) == 0.0
    assert {c.column for c in same.columns} >= {"recency", "frequency", "monetary"}
    found = engine.drift(result, tmp_path / "dearer.parquet")
    by = {c.column: c for c in found.columns}
    assert by["monetary"].level == "large"
    assert by["monetary"].mean_now == pytest.approx(3 * by["monetary"].mean_then, rel=0.02)
    assert {"recency", "frequency"}.isdisjoint(found.shifted)
    assert found.verdict == "drifted: fit again"
