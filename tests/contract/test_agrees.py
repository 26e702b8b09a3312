"""Threads, blocks, row order, file layout and format change nothing that anybody would see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import adjusted_rand_score

import engine
from engine.data_preparation import prepare
from engine.data_preparation.reading import sources
from engine.places import runtime
from engine.places.runtime import Runtime

pytestmark = pytest.mark.long_at("exact", "exact-*")


def agreement(one: engine.Result, other: engine.Result) -> float:
    pairs = one.segments.join(other.segments, on="customer_id", how="inner", suffix="_2")
    assert len(pairs) == len(one.segments) == len(other.segments)
    return float(adjusted_rand_score(pairs["segment"], pairs["segment_2"]))


def assert_agrees(one: engine.Result, other: engine.Result) -> None:
    assert agreement(one, other) >= 0.999
    ours, theirs = (r.summary["methods"]["kmeans"] for r in (one, other))
    assert ours["sizes"] == pytest.approx(theirs["sizes"], abs=4)
    assert ours["inertia"] == pytest.approx(theirs["inertia"], rel=1e-6)
    assert ours["silhouette"]["value"] == pytest.approx(theirs["silhouette"]["value"], abs=1e-3)
    assert one.profiles["segment_name"].to_list() == other.profiles["segment_name"].to_list()


def test_the_data_have_structure(base, customers):
    """What the contract asks of the data before it promises anything."""
    truth = pl.read_parquet(customers, columns=["customer_id", "true_segment"])
    pairs = base.segments.join(truth, on="customer_id")
    assert adjusted_rand_score(pairs["true_segment"], pairs["segment"]) > 0.6


@pytest.mark.parametrize("threads", [1, 3])
def test_threads(base, customers, run, settings, threads):
    other = run(customers, settings, **{"compute.threads": threads})
    assert_agrees(base, other)
    # Better than the contract: chunks are added in order, whoever worked on them.
    assert_frame_equal(other.segments, base.segments, check_exact=True)


def test_blocks_as_they_are_read(base, customers, run, settings, monkeypatch):
    monkeypatch.setattr(sources, "BATCH_ROWS", 499 if settings else 97)
    other = run(customers, settings)
    assert_agrees(base, other)
    assert_frame_equal(other.segments, base.segments, check_exact=True)


def test_chunks_of_a_sum(base, customers, run, settings, monkeypatch):
    monkeypatch.setattr(runtime, "CHUNK_ROWS", 64)
    assert_agrees(base, run(customers, settings))


def test_row_order(base, customers, run, settings, tmp_path):
    shuffled = pl.read_parquet(customers).sample(fraction=1, shuffle=True, seed=0)
    shuffled.write_parquet(tmp_path / "shuffled.parquet")
    other = run(tmp_path / "shuffled.parquet", settings)
    assert_agrees(base, other)
    assert other.segments["customer_id"].to_list() == shuffled["customer_id"].to_list()


def test_several_files(base, customers, run, settings, tmp_path):
    whole = pl.read_parquet(customers)
    for number, (start, stop) in enumerate([(0, 1), (1, 1_500), (1_500, len(whole))]):
        whole[start:stop].write_parquet(tmp_path / f"part-{number}.parquet")
    other = run(tmp_path, settings)
    assert_agrees(base, other)
    assert_frame_equal(other.segments, base.segments, check_exact=True)
    by_glob = run(Path(f"{tmp_path}/part-*.parquet"), settings)
    assert_frame_equal(by_glob.segments, base.segments, check_exact=True)


def test_csv_and_parquet(base, as_csv, run, settings):
    other = run(as_csv, settings)
    assert_agrees(base, other)
    assert_frame_equal(other.segments, base.segments, check_exact=True)


def test_a_matrix_in_a_file_gives_the_same_bits(customers, run, settings, monkeypatch):
    """A memory limit just below what the run wants moves its matrix to a file."""
    numbers = {
        "features.exclude": ["channel", "favourite_category", "true_segment"],
        "preparation.sample_rows": 1_000,
        **settings,
    }
    in_memory = run(customers, numbers)
    wanted = engine.plan(in_memory.summary["config"], numbers)
    made: list[Path | None] = []
    make = prepare.new_matrix

    def noting(shape: tuple[int, int], file: Path | None, runtime: Runtime) -> np.ndarray:
        made.append(file)
        return make(shape, file, runtime)

    monkeypatch.setattr(prepare, "new_matrix", noting)
    in_file = run(customers, numbers, **{"compute.memory_limit": wanted.peak - 1})
    assert [f.name for f in made if f] == ["matrix.npy", "components.npy"]
    assert not any(f.exists() for f in made if f)
    assert_frame_equal(in_file.segments, in_memory.segments, check_exact=True)
    assert_frame_equal(in_file.profiles, in_memory.profiles, check_exact=True)
    for key in ("silhouette", "inertia", "davies_bouldin", "calinski_harabasz"):
        ours, theirs = (r.summary["methods"]["kmeans"][key] for r in (in_file, in_memory))
        assert ours == theirs, key
