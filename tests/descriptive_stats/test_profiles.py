"""Profiles by hand: sizes, means and medians in the file's units, z-scores, lift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.customer_lists.book import profiles_sheet
from engine.data_preparation import prepare
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading import sources
from engine.descriptive_stats import gathering, profiles
from engine.descriptive_stats.profiles import Profiles
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress


def prepared(frame: pl.DataFrame, folder: Path, **overrides: object) -> tuple[Loaded, Prepared]:
    frame.write_parquet(folder / "customers.parquet")
    config = load_config({"input": {"path": str(folder / "customers.parquet")}}, overrides)
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    loaded, survey, plan, report = prepare.learn(loaded, identity, config, Runtime(), Progress())
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=None, runtime=Runtime(), progress=Progress()
    )
    return loaded, Prepared(matrix, identity, plan, survey, report)


def described(
    frame: pl.DataFrame, labels: list[int], folder: Path, least: int = 1, **overrides: object
) -> Profiles:
    loaded, ready = prepared(frame, folder, **overrides)
    k = max(labels) + 1
    found = profiles.described(
        loaded.source,
        ready,
        np.array(labels, np.int32),
        runtime=Runtime(threads=2),
        progress=Progress(),
        least=least,
    )
    return found.scored([0.1 * s for s in range(k)])


PLAIN = {"preparation.skew": "off", "preparation.outliers": "off"}


def test_numbers_by_hand(tmp_path):
    frame = pl.DataFrame({
        "id": range(6),
        "spend": [10.0, 20.0, 60.0, None, 100.0, 200.0],
        "visits": [1, 1, 1, 2, 3, 4],
    })  # fmt: skip
    found = described(frame, [0, 0, 0, 0, 1, 1], tmp_path, **PLAIN)
    first, second = found.tree["segments"]
    assert (first["customers"], second["customers"]) == (4, 2)
    assert first["share"] == pytest.approx(2 / 3)
    # The missing value counts neither in the mean nor in the median.
    assert first["features"]["spend"]["mean"] == pytest.approx(30)
    assert first["features"]["spend"]["median"] == 20
    assert second["features"]["spend"]["mean"] == second["features"]["spend"]["median"] == 150
    visits = np.array([1, 1, 1, 2, 3, 4])
    z = (visits[:4].mean() - visits.mean()) / visits.std()
    assert first["features"]["visits"]["z"] == pytest.approx(z, rel=1e-6)
    overall = found.tree["overall"]["spend"]
    known = np.array([10, 20, 60, 100, 200])
    assert overall["mean"] == pytest.approx(known.mean())
    assert overall["std"] == pytest.approx(known.std())
    assert overall["median"] == 60
    assert (first["silhouette"], second["silhouette"]) == (0.0, 0.1)
    assert found.tree["customers"] == 6
    assert found.tree["medians"] == "exact"


def test_an_extreme_customer_moves_the_mean_but_not_the_z_score(tmp_path):
    spend = [float(v * 7 % 1_000 + 1) for v in range(1_000)]
    labels = [0] * 600 + [1] * 400
    calm = described(pl.DataFrame({"id": range(1_000), "x": spend}), labels, tmp_path)
    spend[0] = 1e12
    wild = described(pl.DataFrame({"id": range(1_000), "x": spend}), labels, tmp_path)
    one, other = (p.tree["segments"][0]["features"]["x"] for p in (calm, wild))
    assert other["mean"] > 1e9
    assert other["median"] == pytest.approx(one["median"], rel=0.01)
    assert other["z"] == pytest.approx(one["z"], abs=0.02)


def test_lift_by_hand(tmp_path):
    # 80 of 100 customers of segment 0 use the app, and 20 of the 100 of segment 1.
    channel = ["app"] * 80 + ["web"] * 20 + ["app"] * 20 + ["web"] * 40 + [None] * 40
    frame = pl.DataFrame({"id": range(200), "x": [1, 2] * 100, "channel": channel})
    found = described(frame, [0] * 100 + [1] * 100, tmp_path)
    first, second = found.tree["segments"]
    # 100 of the 160 whose channel is known use the app.
    assert first["levels"] == [
        {
            "column": "channel",
            "level": "app",
            "share": 0.8,
            "overall": 0.625,
            "lift": pytest.approx(1.28),
            "missing": 0,
            "known": 1.0,
        }
    ]
    # 40 of the 60 known ones of the second use the web, against 60 of 160.
    assert second["levels"] == [
        {
            "column": "channel",
            "level": "web",
            "share": pytest.approx(2 / 3),
            "overall": 0.375,
            "lift": pytest.approx(16 / 9),
            "missing": 40,
            "known": 0.6,
        }
    ]
    assert found.tree["categories"] == ["channel"]
    table = found.table()
    assert table["distinctive_categories"][0] == "channel=app (1.28x)"


def test_a_missing_level_is_held_against_everyone(tmp_path):
    channel = ["app"] * 80 + ["web"] * 20 + ["app"] * 20 + ["web"] * 40 + [None] * 40
    frame = pl.DataFrame({"id": range(200), "x": [1, 2] * 100, "channel": channel})
    found = described(
        frame, [0] * 100 + [1] * 100, tmp_path, preparation={"missing_levels": "level"}
    )
    second = found.tree["segments"][1]
    assert [(x["level"], x["share"], x["lift"]) for x in second["levels"]] == [
        ("(missing)", 0.4, pytest.approx(2.0)),
        ("web", 0.4, pytest.approx(4 / 3)),
    ]


def test_rare_levels_are_not_distinctive(tmp_path):
    # 20 customers are too few to say that a segment of 400 is about them.
    town = ["rare"] * 20 + ["big"] * 380 + ["big"] * 400
    frame = pl.DataFrame({"id": range(800), "x": [1, 2] * 400, "town": town})
    found = described(frame, [0] * 400 + [1] * 400, tmp_path)
    assert found.tree["segments"][0]["levels"] == []


def test_distinctive_features_come_in_order_and_others_are_left_out(tmp_path):
    rng = np.random.default_rng(0)
    labels = [0] * 300 + [1] * 300
    moved = np.array(labels)
    frame = pl.DataFrame(
        {
            "id": range(600),
            "little": rng.normal(size=600) + moved,
            "much": rng.normal(size=600) - 5 * moved,
            "not_at_all": rng.normal(size=600),
        }
    )
    first = described(frame, labels, tmp_path).tree["segments"][0]
    assert [x["feature"] for x in first["distinctive"]] == ["much", "little"]
    assert [x["direction"] for x in first["distinctive"]] == ["high", "low"]
    assert 0 < abs(first["features"]["not_at_all"]["z"]) < 0.1


def test_the_table(tmp_path):
    frame = pl.DataFrame({"id": range(4), "x": [1.0, 2.0, 10.0, 14.0]})
    table = described(frame, [0, 0, 1, 1], tmp_path, **PLAIN).table()
    assert table.columns == [
        "segment", "segment_name", "customers", "share", "x_mean", "x_median", "x_z",
        "distinctive_categories",
    ]  # fmt: skip
    assert table["x_mean"].to_list() == [1.5, 12.0]
    assert table["customers"].to_list() == [2, 2]


@pytest.mark.long_at("17")
@pytest.mark.parametrize("rows", [17, 100])
def test_blocks_do_not_matter(tmp_path, rows, monkeypatch):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "id": range(1_500),
            "x": rng.lognormal(3, 1, 1_500),
            "c": [[None, "a", "b"][i] for i in rng.integers(0, 3, 1_500)],
        }
    )
    labels = rng.integers(0, 3, 1_500).tolist()
    whole = described(frame, labels, tmp_path).table()
    monkeypatch.setattr(sources, "BATCH_ROWS", rows)
    parts = described(frame, labels, tmp_path).table()
    for column, dtype in whole.schema.items():
        left, right = whole[column].to_list(), parts[column].to_list()
        assert left == (pytest.approx(right, rel=1e-12) if dtype.is_float() else right)


def test_medians_of_large_segments_are_sampled_by_id(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "MEDIAN_ROWS", 500)
    monkeypatch.setattr(gathering, "MEDIAN_ROWS", 500)
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"id": range(4_000), "x": rng.normal(100, 10, 4_000)})
    labels = (frame["x"] > 100).cast(int)
    found = described(frame, labels.to_list(), tmp_path)
    assert found.tree["medians"] == "sampled"
    for segment in (0, 1):
        exact = frame["x"].filter(labels == segment).median()
        got = found.tree["segments"][segment]["features"]["x"]["median"]
        assert got == pytest.approx(exact, abs=1.0)
    order = np.random.default_rng(1).permutation(4_000)
    turned = described(frame[order], labels.to_numpy()[order].tolist(), tmp_path)
    for one, other in zip(found.tree["segments"], turned.tree["segments"], strict=True):
        assert one["features"]["x"]["median"] == other["features"]["x"]["median"]


def test_a_feature_nobody_of_a_segment_has(tmp_path):
    frame = pl.DataFrame({"id": range(4), "x": [None, None, 1.0, 3.0], "y": range(4)})
    table = described(frame, [0, 0, 1, 1], tmp_path, **PLAIN).table()
    assert table["x_mean"].to_list() == [None, 2.0]
    assert table["x_median"].to_list() == [None, 2.0]


def test_zeros_have_a_mean_of_zero(tmp_path):
    """Sums are of differences from a number near the mean; zeros must come back from them."""
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [301, 402])
    frame = pl.DataFrame({
        "id": range(703),
        "refunds": np.where(labels, np.round(rng.gamma(2, 41.7, 703), 2), 0.0),
        "price": np.where(labels, rng.normal(50, 5, 703), 0.1),
        "balance": np.where(labels, rng.normal(0, 5, 703), np.resize([0.1, -0.1, 0.0], 703)),
    })  # fmt: skip
    first = described(frame, labels.tolist(), tmp_path).tree["segments"][0]["features"]
    assert str(first["refunds"]["mean"]) == "0.0"
    assert first["price"]["mean"] == 0.1
    assert first["balance"]["mean"] == pytest.approx(0.1 / 301, rel=1e-9)


def test_sums_that_cancel_out_are_zero(tmp_path):
    frame = pl.DataFrame({"id": range(6), "x": [0.1, 0.2, -0.3, 1.0, 7.0, 4.0], "y": range(6)})
    first = described(frame, [0, 0, 0, 1, 1, 1], tmp_path, **PLAIN).tree["segments"][0]
    assert str(first["features"]["x"]["mean"]) == "0.0"


def test_flags_and_few_numbers_are_known_as_such(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    frame = pl.DataFrame({
        "id": range(400),
        "pet": (rng.random(400) < 0.2 + 0.2 * labels).astype(int),
        "family": rng.integers(1, 6, 400) + labels,
        "spend": rng.gamma(2, 30, 400),
    })  # fmt: skip
    tree = described(frame, labels.tolist(), tmp_path).tree
    assert {c: f["kind"] for c, f in tree["overall"].items()} == {
        "pet": "flag", "family": "few", "spend": "many",
    }  # fmt: skip
    flags = {x["feature"]: x["flag"] for x in tree["segments"][1]["distinctive"]}
    assert flags["pet"]
    assert not flags["family"]


def test_what_neither_mean_nor_median_shows_is_not_told(tmp_path):
    """On the scale of a logarithm the many small customers count for more than the one large."""
    small = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0] * 20
    spread = [0.01, 0.01, 0.01, 2.0, 50.0, 60.0] * 20
    frame = pl.DataFrame({"id": range(240), "x": small + spread, "y": [0.0, 1.0, 2.0, 3.0] * 60})
    tree = described(frame, [0] * 120 + [1] * 120, tmp_path).tree
    for segment in tree["segments"]:
        for item in segment["distinctive"]:
            own, everyone = segment["features"][item["feature"]], tree["overall"][item["feature"]]
            sign = 1 if item["direction"] == "high" else -1
            ways = [sign * (own[key] - everyone[key]) for key in ("mean", "median")]
            assert max(ways) > 0
            assert item["plain"] == (min(ways) >= 0)


def test_of_a_segment_of_few_nothing_is_told_and_nothing_is_left_by_subtracting(tmp_path):
    draw = np.random.default_rng(1)
    labels = [0] * 30 + [1] * 40 + [2] * 4
    spend = np.r_[draw.normal(10, 1, 30), draw.normal(50, 1, 40), [900.0, 901.5, 77.7, 800.25]]
    frame = pl.DataFrame({"id": range(74), "spend": spend, "age": draw.normal(40, 5, 74)})
    told = described(frame, labels, tmp_path, least=5, **PLAIN)
    few = told.tree["segments"][2]
    assert few["features"]["spend"] == {"mean": None, "median": None, "z": None}
    assert (few["levels"], few["distinctive"], few["silhouette"]) == ([], [], None)
    assert told.names[2].lower().endswith("fewer than 5 customers")
    assert told.tree["overall"]["spend"]["mean"] == pytest.approx(spend[:70].mean())
    z = [s["features"]["spend"]["z"] for s in told.tree["segments"][:2]]
    assert 30 * z[0] + 40 * z[1] == pytest.approx(0.0, abs=1e-9)
    # One customer more, and all of it is told, of everyone.
    all_told = described(frame, labels, tmp_path, least=4, **PLAIN)
    assert all_told.tree["segments"][2]["features"]["spend"]["median"] == 850.125
    assert all_told.tree["overall"]["spend"]["mean"] == pytest.approx(spend.mean())
    assert told.table().row(2)[4:] == (*[None] * 6, "")


def test_a_number_that_few_of_a_segment_have_is_not_told(tmp_path):
    draw = np.random.default_rng(1)
    labels = [0] * 30 + [1] * 40
    rebate = np.r_[draw.normal(10, 1, 30), np.full(40, np.nan)]
    rebate[50] = 4829.13
    frame = pl.DataFrame(
        {"id": range(70), "rebate": rebate, "age": draw.normal(40, 5, 70)}
    ).with_columns(pl.col("rebate").fill_nan(None))
    tree = described(frame, labels, tmp_path, least=5, **PLAIN).tree
    assert tree["segments"][1]["features"]["rebate"] == {"mean": None, "median": None, "z": None}
    assert tree["overall"]["rebate"]["mean"] == pytest.approx(rebate[:30].mean())
    assert tree["segments"][0]["features"]["rebate"]["z"] == 0.0
    assert tree["segments"][1]["features"]["age"]["mean"] is not None


def test_the_median_of_everyone_is_of_the_segments_that_are_told(tmp_path):
    labels = [0] * 31 + [1] * 40 + [2] * 4
    spend = np.r_[np.arange(31.0), np.arange(100.0, 140.0), [900.0, 901.5, 77.7, 800.25]]
    frame = pl.DataFrame({"id": range(75), "spend": spend, "age": np.arange(75) % 50})
    tree = described(frame, labels, tmp_path, least=5, **PLAIN).tree
    assert tree["overall"]["spend"]["median"] == np.median(spend[:71]) == 104.0
    every = described(frame, labels, tmp_path, least=4, **PLAIN).tree
    assert every["overall"]["spend"]["median"] == np.median(spend)


@pytest.mark.parametrize("least", [5, 1])
def test_a_share_does_not_tell_of_few(tmp_path, least):
    # One of the first segment has the flag and is no gold; of the third one is gold.
    labels = [0] * 200 + [1] * 200 + [2] * 30
    flag = [1] + [0] * 199 + [1] * 99 + [0] * 101 + [1] * 2 + [0] * 28
    tier = ["tin"] + ["gold"] * 199 + ["tin", "lead"] * 100 + ["gold"] + ["tin", "lead"] * 14
    frame = pl.DataFrame({"id": range(430), "flag": flag, "tier": [*tier, "lead"]})
    frame = frame.with_columns(spend=pl.Series(np.arange(430.0)))
    tree = described(frame, labels, tmp_path, least=least, **PLAIN).tree
    figures = [s["features"]["flag"] for s in tree["segments"]]
    (gold,) = [x for x in tree["segments"][0]["levels"] if x["level"] == "gold"]
    if least == 1:
        assert [f["mean"] for f in figures] == [0.005, 0.495, pytest.approx(2 / 30)]
        assert gold["share"] == 0.995
        return
    assert [f["mean"] for f in figures] == [0.0, 0.5, None]
    assert tree["overall"]["flag"]["mean"] == 0.25
    # Rounded, and the sheet of a workbook says so over its header.
    assert tree["overall"]["flag"]["about"] == 5
    (note,) = profiles_sheet(tree, ["a", "b", "c"]).above
    assert "rounded to the nearest 5 customers" in note
    assert figures[1]["z"] == pytest.approx(0.25 / np.sqrt(0.25 * 0.75))
    assert gold["share"] == 1.0
    assert gold["lift"] == pytest.approx(1.0 / gold["overall"])


@pytest.mark.filterwarnings("error")
def test_sums_beyond_64_bits_are_no_counts(tmp_path):
    accounts = [10.0**16 + 10.0**13 * i for i in range(4_000)]
    frame = pl.DataFrame({"id": range(4_000), "account": accounts, "flag": [0, 1] * 2_000})
    found = described(frame, [0] * 2_000 + [1] * 2_000, tmp_path, **PLAIN, least=5)
    figures = [s["features"] for s in found.tree["segments"]]
    halves = (accounts[:2_000], accounts[2_000:])
    means = [sum(map(int, half)) / 2_000 for half in halves]
    assert [f["account"]["mean"] for f in figures] == pytest.approx(means, rel=1e-12)
    assert [f["flag"]["mean"] for f in figures] == [0.5, 0.5]
