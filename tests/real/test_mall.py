"""200 mall visitors: income and spending score hold five clusters, known to the last customer."""

from __future__ import annotations

import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

pytestmark = pytest.mark.long

TWO_RAW_COLUMNS = """
features: {include: ["Annual Income (k$)", "Spending Score (1-100)"]}
preparation: {scaling: none, skew: off, outliers: off}
pca: {components: off}
"""


@pytest.fixture(scope="module")
def five(segment):
    return segment("mall_customers.csv", TWO_RAW_COLUMNS, clustering={"k": 5}, drawn=True)


def test_the_known_scores(five):
    scores = five.scores
    assert scores["silhouette"]["value"] == pytest.approx(0.5539, abs=5e-5)
    assert scores["inertia"] == pytest.approx(44_448.46, abs=5e-3)
    assert sorted(scores["sizes"]) == [22, 23, 35, 39, 81]
    assert scores["sizes"] == [81, 39, 35, 23, 22]


def test_scores_and_segments_are_scikit_learns(five, real_data):
    table = pl.read_csv(real_data / "mall_customers.csv")
    x = table.select("Annual Income (k$)", "Spending Score (1-100)").to_numpy().astype(float)
    theirs = KMeans(5, n_init=10, random_state=0).fit(x)
    pairs = set(zip(five.segments["segment"], theirs.labels_.tolist(), strict=True))
    assert len(pairs) == 5
    assert five.scores["inertia"] == pytest.approx(theirs.inertia_, rel=1e-9)
    silhouette = silhouette_score(x, five.segments["segment"].to_numpy())
    assert five.scores["silhouette"]["value"] == pytest.approx(silhouette, abs=1e-9)


def test_profiles_are_in_the_files_units(five, real_data):
    table = pl.read_csv(real_data / "mall_customers.csv")
    joined = table.join(five.segments, on="CustomerID")
    expected = joined.group_by("segment").agg(pl.mean("Annual Income (k$)")).sort("segment")
    means = five.profiles["Annual Income (k$)_mean"].to_list()
    assert means == pytest.approx(expected["Annual Income (k$)"].to_list(), rel=1e-12)
    assert five.profiles["segment_name"].to_list() == [
        "Average customers",
        "High-income big spenders",
        "High income, spend little",
        "Low-income small spenders",
        "Low income, spend a lot",
    ]


def test_auto_finds_five(segment, five):
    result = segment("mall_customers.csv", TWO_RAW_COLUMNS)
    assert result.scores["k"] == 5
    assert result.summary["k_rule"].startswith("5 segments stand out most")
    assert "silhouette 0.554 against 0.4" in result.summary["k_rule"]
    assert result.segments.equals(five.segments)


def test_with_nothing_but_the_path(segment):
    result = segment("mall_customers.csv")
    assert result.summary["notices"] == ["customers are identified by the column 'CustomerID'"]
    assert result.summary["n_features"] == 4
    assert result.scores["silhouette"]["value"] > 0.35
