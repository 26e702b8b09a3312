"""Columns that describe segments and never form them, and what segments are worth; whole runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.generators.shop import transaction_batches
from engine.errors import ConfigError, DataError
from tests.drawing import undrawn

N = 600
DESCRIBE = ["gender", "country", "score", "joined", "paid"]


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """Three groups by spend and visits; what describes them is known by group."""
    rng = np.random.default_rng(8)
    group = np.arange(N) % 3
    days = pl.Series(rng.integers(0, 900, N)).cast(pl.Int32)
    return pl.DataFrame(
        {
            "customer_id": np.arange(N) + 1_000,
            "spend": np.round(rng.lognormal(3 + group, 0.1), 2),
            "visits": rng.poisson(5 + 60 * group),
            "gender": rng.choice(["f", "m"], N),
            "country": np.where(group == 2, "ES", rng.choice(["DE", "FR"], N)),
            "score": np.where(rng.random(N) < 0.1, np.nan, group * 10 + rng.normal(size=N)),
            "joined": (18_000 + days).cast(pl.Date).cast(pl.String),
            "paid": [f"€ {x:,.2f}" for x in 1_000 + 500.0 * group],
            "email": [f"u{i}@example.com" for i in range(N)],
        }
    ).with_columns(pl.col("score").fill_nan(None))


@pytest.fixture(scope="module")
def path(table: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "customers.csv"
    table.write_csv(file)
    return file


def run(folder: Path, path: Path, **overrides: Any) -> engine.Result:
    quick = {"clustering.k": 3, "clustering.kmeans.n_init": 2, "evaluation.resamples": 2}
    quick |= {f"output.{f}": str(folder / f) for f in ("models", "reports", "processed")}
    keys = {k.replace("__", "."): v for k, v in overrides.items()}
    with undrawn():
        return engine.segment({"input": {"path": str(path)}}, {**quick, **keys})


def tree_of(result: engine.Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((result.report_path.parent / "profiles.json").read_text())
    return found


@pytest.fixture(scope="module")
def result(path: Path, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    folder = tmp_path_factory.mktemp("described")
    return run(folder, path, features__describe=DESCRIBE, features__value="paid")


def test_segments_are_as_without_the_columns(result, path, tmp_path):
    without = run(tmp_path, path, features__exclude=DESCRIBE)
    assert_frame_equal(result.segments, without.segments, check_exact=True)
    assert result.model.plan.to_json() == without.model.plan.to_json()
    worth = "value_total", "value_share", "value_mean", "distinctive_categories"
    own = without.profiles.drop(worth)
    assert_frame_equal(result.profiles.select(own.columns), own, check_exact=True)
    assert not {"gender", "country"} & set(result.model.plan.file_columns)


def test_figures_by_hand(result, table):
    joined = table.join(result.segments, on="customer_id")
    tree = tree_of(result)
    assert tree["describing"] == ["score", "paid", "joined (days ago)", "gender", "country"]
    assert tree["features"] == ["spend", "visits"]
    assert tree["categories"] == []
    for segment in tree["segments"]:
        own = joined.filter(pl.col("segment") == segment["segment"])
        score = segment["features"]["score"]
        assert score["mean"] == pytest.approx(own["score"].mean(), rel=1e-12)
        assert score["median"] == pytest.approx(own["score"].median(), rel=1e-12)
        women = (own["gender"] == "f").mean()
        told = {x["level"]: x for x in segment["shares"]["gender"]}
        assert told["f"]["share"] == pytest.approx(women)
        everyone = (table["gender"] == "f").mean()
        assert told["f"]["lift"] == pytest.approx(women / everyone)
    levels = [x for s in tree["segments"] for x in s["levels"]]
    assert {x["column"] for x in levels} >= {"country"}
    assert all(x["describes"] for x in levels)


@pytest.mark.long
def test_z_scores_are_those_the_column_would_have_as_a_feature(result, path, tmp_path):
    formed = run(tmp_path, path, features__include=["spend", "visits", "paid"])
    pairs = result.segments.join(formed.segments, on="customer_id")
    assert pairs.select(pl.struct("segment", "segment_right").n_unique()).item() == 3
    of = dict(pairs.select("segment", "segment_right").unique().iter_rows())
    for segment, other in of.items():
        z = formed.profiles["paid_z"][other]
        assert result.profiles["paid_z"][segment] == pytest.approx(z, rel=1e-5, abs=1e-6)


def test_what_describes_is_marked_and_in_no_name(result):
    tree = tree_of(result)
    found = [x for s in tree["segments"] for x in s["distinctive"]]
    marked = {x["feature"] for x in found if x.get("describes")}
    assert "score" in marked
    assert not {"spend", "visits"} & marked
    for name in result.profiles["segment_name"]:
        assert not any(c in name.lower() for c in ("score", "country", "gender", "paid", "joined"))


def test_profiles_have_their_columns_after_the_others(result):
    columns = result.profiles.columns
    at = columns.index("distinctive_categories")
    assert columns[at + 1 : at + 4] == ["value_total", "value_share", "value_mean"]
    assert not [c for c in columns[:at] if c.startswith(("score", "gender", "country", "paid"))]
    assert {"score_mean", "score_z", "gender=f_share", "country=ES_share"} <= {*columns[at + 4 :]}
    saved = pl.read_csv(result.report_path.parent / "profiles.csv")
    assert saved.columns == columns


def test_a_new_file_may_lack_them(result, table, tmp_path):
    new = table.select("customer_id", "spend", "visits")
    assigned = result.model.assign(new)
    assert assigned["segment"].equals(result.segments["segment"])


def test_the_summary_says_what_became_of_them(result):
    roles = {c["column"]: c["role"] for c in result.summary["preparation"]}
    assert roles["gender"] == roles["score"] == roles["paid"] == "describes"
    assert roles["spend"] == "numeric"
    assert len([c for c in result.summary["preparation"] if c["column"] == "gender"]) == 1
    assert result.summary["n_features"] == 2


def test_an_id_and_what_is_no_category_are_left_out_in_a_sentence(path, tmp_path):
    found = run(tmp_path, path, features__describe=["email"])
    told = [w for w in found.summary["warnings"] if "'email'" in w]
    assert len(told) == 1
    assert "features.describe but was left out" in told[0]
    assert tree_of(found)["describing"] == []
    with pytest.raises(DataError, match=r"features\.describe names 'customer_id', the id"):
        run(tmp_path, path, features__describe=["customer_id"])
    with pytest.raises(DataError, match=r"features\.describe names the column 'gendr'.*gender"):
        run(tmp_path, path, features__describe=["gendr"])
    with pytest.raises(ConfigError, match="include and describe both name 'spend'"):
        run(tmp_path, path, features__describe=["spend"], features__include=["spend", "visits"])


def test_value_is_the_sum_of_a_column(result, table):
    paid = 1_000 + 500.0 * (np.arange(N) % 3)
    joined = table.with_columns(worth=pl.Series(paid)).join(result.segments, on="customer_id")
    tree = tree_of(result)
    assert tree["value"]["column"] == "paid"
    assert tree["value"]["total"] == paid.sum()
    for segment in tree["segments"]:
        own = joined.filter(pl.col("segment") == segment["segment"])["worth"]
        expected = {"total": own.sum(), "share": own.sum() / paid.sum(), "mean": own.mean()}
        assert segment["value"] == pytest.approx(expected)


@pytest.mark.long
def test_value_of_a_plain_name_is_taken_and_said(path, tmp_path):
    found = run(tmp_path, path)
    assert tree_of(found)["value"]["column"] == "spend"
    assert any("told by the column 'spend'" in n for n in found.summary["notices"])
    off = run(tmp_path, path, features__value="off")
    assert "value" not in tree_of(off)
    assert "value_total" not in off.profiles.columns
    assert all(s["value"] is None for s in tree_of(off)["segments"])


@pytest.mark.long
def test_value_that_is_no_number_is_refused(path, tmp_path):
    with pytest.raises(DataError, match=r"features\.value names the column 'gender'"):
        run(tmp_path, path, features__value="gender")
    with pytest.raises(DataError, match=r"features\.value names the column 'spent'"):
        run(tmp_path, path, features__value="spent")


@pytest.mark.long
def test_value_not_known_counts_as_nothing_and_is_said(path, tmp_path, table):
    found = run(tmp_path, path, features__value="score", features__exclude=["score"])
    tree = tree_of(found)
    missing = table["score"].null_count()
    assert tree["value"]["missing"] == missing
    assert tree["value"]["total"] == pytest.approx(table["score"].sum())
    assert any(f"{missing:,} customers" in n for n in found.summary["notices"])


@pytest.mark.long
def test_a_cluster_gives_the_same(result, path, tmp_path):
    there = run(
        tmp_path, path, features__describe=DESCRIBE, features__value="paid",
        compute__cluster="local", compute__workers=2,
    )  # fmt: skip
    assert_frame_equal(there.segments, result.segments, check_exact=True)
    assert_frame_equal(there.profiles, result.profiles, rel_tol=1e-9)
    assert tree_of(there)["shares"] == tree_of(result)["shares"]


@pytest.mark.long
def test_a_tree_cut_again_is_described_so_too(path, tmp_path):
    keys = {"features__describe": DESCRIBE, "clustering__methods": ["agglomerative"]}
    first = run(tmp_path, path, **keys)
    folders = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        cut = engine.recut("customers", {"clustering.k": 4}, folders_of(folders))
        again = engine.recut("customers", {"clustering.k": 3}, folders_of(folders))
    assert tree_of(cut)["describing"] == tree_of(first)["describing"]
    assert len(tree_of(cut)["segments"]) == 4
    assert_frame_equal(again.profiles, first.profiles, check_exact=True)


def folders_of(keys: dict[str, str]) -> dict[str, Any]:
    return {"output": {k.removeprefix("output."): v for k, v in keys.items()}}


@pytest.mark.long
def test_a_run_that_goes_on_describes_too(result, path, tmp_path):
    model = result.report_path.parents[3] / "models" / "customers"
    found = run(
        tmp_path, path, features__describe=DESCRIBE[:4], clustering__continue_from=str(model)
    )
    assert found.profiles["segment_name"].equals(result.profiles["segment_name"])
    assert "paid" not in tree_of(found)["describing"]


@pytest.mark.long
def test_few_are_told_nothing_of(tmp_path):
    rng = np.random.default_rng(1)
    far = np.r_[rng.normal(0, 1, 300), rng.normal(60, 1, 3)]
    frame = pl.DataFrame({
        "id": range(303), "x": far, "y": far + rng.normal(size=303),
        "kind": ["a"] * 298 + ["b"] * 2 + ["a"] * 3, "revenue": 2.0,
    }).with_columns(pl.col("revenue") + pl.col("id") % 2)  # fmt: skip
    frame.write_parquet(tmp_path / "few.parquet")
    keys = {"features__describe": ["kind"], "features__exclude": ["revenue"], "clustering__k": 2}
    keys |= {"features__value": "revenue", "preparation__outliers": "off"}
    found = run(tmp_path, tmp_path / "few.parquet", **keys)
    tree = tree_of(found)
    few, others = sorted(tree["segments"], key=lambda s: s["customers"])
    assert few["customers"] == 3
    assert few["value"] is None
    assert few["shares"] == {}
    assert others["value"]["share"] == 1.0
    assert tree["value"]["total"] == frame["revenue"][:300].sum()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("shop")
    lines = pl.concat(transaction_batches(400, 5))
    lines.write_parquet(folder / "lines.parquet")
    ids = lines["customer_id"].unique().sort()
    country = ["ES" if i % 3 else "DE" for i in range(len(ids))]
    pl.DataFrame({"customer_id": ids, "country": country}).write_csv(folder / "who.csv")
    return folder / "lines.parquet", folder / "who.csv"


@pytest.mark.long
def test_customers_of_invoices_are_described(shop, tmp_path):
    lines, who = shop
    keys = {"input__kind": "transactions", "input__customers": str(who)}
    described = ["country", "rfm_segment", "monetary_gross", "r_score"]
    found = run(tmp_path, lines, **keys, features__describe=described)
    without = run(tmp_path, lines, **keys, features__exclude=["country"])
    assert_frame_equal(found.segments, without.segments, check_exact=True)
    tree = tree_of(found)
    assert set(tree["describing"]) == set(described)
    assert tree["value"]["column"] == "monetary"
    worth = pl.read_csv(found.report_path.parent / "segment_worth.csv")
    assert [s["value"]["total"] for s in tree["segments"]] == worth["net"].to_list()
    own = found.segments.drop_nulls("segment").group_by("segment").agg(
        pl.col("monetary_gross").mean()
    ).sort("segment")  # fmt: skip
    assert found.profiles["monetary_gross_mean"].to_list() == pytest.approx(
        own["monetary_gross"].to_list()
    )
