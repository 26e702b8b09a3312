"""One pass: exact counts and ranges, levels, and a sample that order and blocks do not change."""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.features import FeaturesConfig
from engine.config.input import InputConfig
from engine.config.sections import PreparationConfig
from engine.data_preparation.features import seen, survey
from engine.data_preparation.features.identity import read_identity
from engine.data_preparation.features.roles import assign_roles
from engine.data_preparation.features.samplers import Sampler
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.reading import sources
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress


def surveyed(frame: pl.DataFrame, folder: Path, suffix: str = "parquet", **keys: object) -> Survey:
    path = folder / f"customers.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    source = open_source(InputConfig(path=str(path)), ("id",))
    settings = PreparationConfig(**keys)
    identity = read_identity(source, "id", settings=settings, seed=0)
    roles = assign_roles(source, FeaturesConfig(), "id")
    return survey.survey(
        source,
        identity,
        roles,
        settings=settings,
        declared=(),
        runtime=Runtime(),
        progress=Progress(),
    )


def test_counts_ranges_and_levels(tmp_path):
    frame = pl.DataFrame(
        {
            "id": range(6),
            "x": [1.0, None, float("nan"), float("inf"), -4.0, 2.5],
            "n": [1, 2, 3, None, 5, 6],
            "c": ["a", "b", None, "a", "a", "b"],
        }
    )
    found = surveyed(frame, tmp_path)
    assert found.n_customers == 6
    x, n, c = found.numeric["x"], found.numeric["n"], found.text["c"]
    assert (x.missing, x.infinite, x.low, x.high) == (2, 1, -4.0, 2.5)
    assert (n.missing, n.infinite, n.low, n.high) == (1, 0, 1.0, 6.0)
    assert (c.present, c.missing, dict(c.levels or {})) == (5, 1, {"a": 3, "b": 2})
    assert np.isnan(found.sample).sum(axis=0).tolist() == [3, 1]


@pytest.mark.parametrize("rows", [29, 1_000])
def test_blocks_change_nothing(tmp_path, rows, monkeypatch):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"id": range(1_500), "x": rng.random(1_500), "c": rng.choice(list("abc"), 1_500)}
    )
    whole = surveyed(frame, tmp_path, sample_rows=1_000)
    monkeypatch.setattr(sources, "BATCH_ROWS", rows)
    other = surveyed(frame, tmp_path, sample_rows=1_000)
    assert other.numeric == whole.numeric
    assert other.text == whole.text
    assert np.array_equal(other.sample, whole.sample)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_the_sample_does_not_depend_on_row_order(tmp_path, suffix):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"id": [f"c{i}" for i in range(3_000)], "x": rng.random(3_000)})
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    one = surveyed(frame, tmp_path, suffix, sample_rows=1_000)
    other = surveyed(shuffled, tmp_path, suffix, sample_rows=1_000)
    assert one.sample.shape == (1_000, 1)
    assert np.array_equal(one.sample, other.sample)


@given(
    st.integers(1, 60),
    st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=40), max_size=8),
)
def test_the_sampler_keeps_exactly_the_smallest_priorities(size, blocks):
    sampler = Sampler(size)
    values = [np.arange(len(b)) + 1_000 * i for i, b in enumerate(blocks)]
    for value, block in zip(values, blocks, strict=True):
        frame = nw.from_native(pl.DataFrame({"v": value.astype(float)}), eager_only=True)
        sampler.add(frame, np.array(block, np.uint64))
    keys = np.concatenate([np.array(b, np.uint64) for b in blocks] or [np.empty(0, np.uint64)])
    expected = np.concatenate([*values, []])[np.argsort(keys, kind="stable")[:size]]
    assert sampler.rows().ravel().tolist() == expected.tolist()


def test_text_with_too_many_values_stops_being_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "MOST_LEVELS", 50)
    frame = pl.DataFrame({"id": range(200), "x": range(200), "c": [f"v{i}" for i in range(200)]})
    found = surveyed(frame, tmp_path).text["c"]
    assert found.levels is None
    assert found.present == 200


def test_a_csv_column_of_numbers_that_begins_with_text_is_refused(tmp_path):
    # Text on the first rows, so that the reader takes all of it for text.
    frame = pl.DataFrame({"id": range(100), "x": range(100), "y": ["oops", *map(str, range(99))]})
    with pytest.raises(DataError) as caught:
        surveyed(frame, tmp_path, "csv")
    assert str(caught.value).startswith(
        "customers.csv: column 'y' holds numbers but also the text 'oops'"
    )


def test_only_the_rows_that_count(tmp_path):
    frame = pl.DataFrame({"id": [1, 2, 1, None, 3], "x": [1.0, 2.0, 300.0, 400.0, 5.0]})
    found = surveyed(frame, tmp_path, duplicates="first", null_ids="drop")
    assert found.n_customers == 3
    assert found.numeric["x"].high == 5.0
    assert sorted(found.sample.ravel()) == [1, 2, 5]


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x\n1,2\n2,3\n")
    source = open_source(InputConfig(path=str(path)))
    identity = read_identity(source, "id", settings=PreparationConfig(), seed=0)
    path.write_text("id,x\n1,2\n2,3\n3,4\n")
    with pytest.raises(DataError) as caught:
        list(customers(source, identity, ["x"], Runtime()))
    assert str(caught.value) == (
        "a.csv changed while it was being read; run again when it is complete."
    )
