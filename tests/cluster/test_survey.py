"""What is learnt of columns is the same on a cluster: counts, levels, samples, dates, lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.cluster.runtime import ClusterRuntime
from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.reading import cuts
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 9_000


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(cuts, "PIECE_ROWS", 2_500)


def learnt(frame: pl.DataFrame, folder: Path, runtime: Runtime, **overrides: Any) -> prepare.Learnt:
    frame.write_parquet(folder / "customers.parquet")
    config = load_config({"input": {"path": str(folder / "customers.parquet")}}, overrides)
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config, None, runtime)
    return prepare.learn(loaded, identity, config, runtime, Progress())


def assert_same(one: Survey, other: Survey) -> None:
    assert one.n_customers == other.n_customers
    assert one.numeric == other.numeric
    assert one.text == other.text
    for column, known in one.text.items():
        shapes = other.text[column].shapes  # what the first block alone says is of another block
        assert (known.shapes.found, known.shapes.hopeless) == (shapes.found, shapes.hopeless)
        assert known.lists.parted == other.text[column].lists.parted, column
    assert np.array_equal(one.sample, other.sample, equal_nan=True)
    assert one.joint is None or one.joint.equals(other.joint)
    assert (one.lists, one.counting, one.warnings) == (other.lists, other.counting, other.warnings)


def every_kind(n: int = N) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    day = pl.date_range(pl.date(2015, 1, 1), pl.date(2024, 12, 31), eager=True)
    days = day.gather([12, *rng.integers(0, len(day), n - 1)])  # the example that is told
    hobbies = ["golf; chess", "golf", "chess; music", "music; rowing; golf", "rowing; chess"]
    return pl.DataFrame({
        "id": rng.permutation(n),
        "nr": np.arange(1, n + 1),
        "spend": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(3, 1, n)),
        "lump": np.where(rng.random(n) < 0.6, 0.0, rng.normal(50, 5, n)),
        "visits": rng.integers(0, 9, n),
        "town": [None if x < 0.02 else "Ulm" if x < 0.6 else "Kiel" for x in rng.random(n)],
        "worth": [f"€ {x:,.2f}" for x in rng.gamma(2, 900, n)],
        "free": [f"text {x}" for x in rng.random(n)],
        "hobbies": rng.choice(hobbies, n, p=[0.4, 0.2, 0.2, 0.1, 0.1]),
        "since": days.dt.strftime("%d.%m.%Y"),
        "left": days,
        "late": [None if i < n // 2 else f"{i % 7}" for i in range(n)],
    })  # fmt: skip


def test_every_kind_of_column(cluster: ClusterRuntime, tmp_path):
    frame = every_kind()
    here = learnt(frame, tmp_path, Runtime())
    there = learnt(frame, tmp_path, cluster)
    assert_same(here[1], there[1])
    assert here[2] == there[2]
    assert here[3] == there[3]
    assert here[1].counting == {"nr"}
    assert {"worth", "since (days ago)"} <= set(here[0].source.readings)
    assert any(r.column == "hobbies" for r in here[0].source.readings.values())


@pytest.mark.parametrize(
    "kind", ["sorted words behind numbers", "many levels", "gaps", "two files"]
)
def test_what_pieces_alone_would_take_for_something_else(cluster, tmp_path, kind):
    n, rng = N, np.random.default_rng(2)
    frame = pl.DataFrame({"id": np.arange(n), "x": rng.normal(size=n)})
    column = {
        # A piece of words alone would be given up at its first block.
        "sorted words behind numbers": [f"{i} kg" if i < 8_700 else "heavy" for i in range(n)],
        "many levels": [f"level {i}" for i in range(n)],
        # A count of rows of which a part was dropped, most of it from the last piece.
        "gaps": [i if i < 7_000 else 3 * i for i in range(n)],
        "two files": [i % 4_500 for i in range(n)],
    }[kind]
    frame = frame.with_columns(pl.Series("c", column))
    assert_same(learnt(frame, tmp_path, Runtime())[1], learnt(frame, tmp_path, cluster)[1])
