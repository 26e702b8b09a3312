"""Drift on real customers: of policyholders a year later age has moved, and coverage has not."""

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
