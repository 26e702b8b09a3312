"""The index of a run: built once from its customers, apart from the model, gone with the run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.clustering.algorithm import ROWS
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.data_preparation.generators.customers import FIRST_ID, generate
from engine.data_preparation.generators.shop import generate_transactions
from engine.errors import DataError, EngineError, MemoryLimitError
from engine.places.runtime import Runtime
from tests.similar_customers.asking import (
    ASKED,
    by_all_distances,
    index_of,
    settings,
)

pytest.importorskip("faiss")


def test_the_index_is_built_once_and_apart_from_the_model(result: engine.Result, folder: Path):
    home = index_of(result, folder)
    result.similar(ASKED)
    before = {f.name: f.stat().st_mtime_ns for f in home.iterdir()}
    assert set(before) == {"similar.faiss", "similar.json", "rows.npy", "owner.json"}
    result.similar(ASKED)
    assert {f.name: f.stat().st_mtime_ns for f in home.iterdir()} == before
    model = folder / "models" / "customers" / "latest"
    assert {f.name for f in model.iterdir()} == {"model.json", "arrays.safetensors"}
    assert [f.name for f in home.parent.glob(".partial*")] == []


@pytest.mark.parametrize("file", ["similar.faiss", "rows.npy", "similar.json"])
def test_a_damaged_index_is_built_again(result: engine.Result, folder: Path, file: str):
    expected = result.similar(ASKED)
    damaged = index_of(result, folder) / file
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert_frame_equal(result.similar(ASKED), expected, check_exact=True)
    assert damaged.stat().st_size > 100


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shift", [0.0]),
        ("shift", None),
        ("recall", 2.0),
        ("kind", ["flat"]),
        ("format", {}),
        (None, [1, 2]),
    ],
)
def test_an_index_whose_parts_do_not_fit_is_built_again(
    result: engine.Result, folder: Path, key: str | None, value: object
):
    expected = result.similar(ASKED)
    about = index_of(result, folder) / "similar.json"
    tree = json.loads(about.read_text())
    about.write_text(json.dumps(value if key is None else {**tree, key: value}))
    assert_frame_equal(result.similar(ASKED), expected, check_exact=True)
    assert json.loads(about.read_text()) == tree


def test_rows_that_a_policy_drops_are_dropped_again(folder: Path, tmp_path: Path):
    table = pl.read_parquet(folder / "customers.parquet").head(300)
    odd = table.head(2).with_columns(customer_id=pl.lit(None, table["customer_id"].dtype))
    path = tmp_path / "c.parquet"
    pl.concat([table.head(10), odd, table.slice(5, 5), table.slice(10)]).write_parquet(path)
    policies = {"duplicates": "last", "null_ids": "drop"}
    result = engine.segment(settings(tmp_path, path, preparation=policies))
    found = result.similar(result.segments["customer_id"], 1)
    assert found["customer_id"].to_list() == result.segments["customer_id"].to_list()
    kept = pl.concat([table.head(5), table.slice(5, 5), table.slice(10)])
    expected = by_all_distances(result, kept, 50, 1)
    assert_frame_equal(found.slice(50, 1), expected, abs_tol=1e-6)


def test_a_csv_of_columns_that_begin_empty(tmp_path: Path):
    generate(tmp_path / "c.parquet", customers=11_000, seed=1)
    table = pl.read_parquet(tmp_path / "c.parquet")
    number = next(c for c in table.columns[1:] if table[c].dtype.is_float())
    late = pl.when(pl.int_range(11_000) > 10_500).then(number).otherwise(None)
    table.with_columns(late.alias(number)).write_csv(tmp_path / "c.csv", separator=";")
    result = engine.segment(settings(tmp_path, tmp_path / "c.csv"))
    assert result.similar([FIRST_ID + 10_999], 5).height == 5


def test_rows_without_an_id_are_numbered(tmp_path: Path):
    generate(tmp_path / "c.parquet", customers=200, seed=1)
    pl.read_parquet(tmp_path / "c.parquet").drop("customer_id").write_parquet(
        tmp_path / "d.parquet"
    )
    found = engine.segment(settings(tmp_path, tmp_path / "d.parquet")).similar("0, 199", n=2)
    assert found["row"].to_list() == [0, 0, 199, 199]
    assert found.columns[2] == "similar_row"


@pytest.mark.long_at("spectral", "pca_methods", "ann_methods")
@pytest.mark.parametrize("method", ROWS)
def test_every_methods_customers(method: str, folder: Path, tmp_path: Path):
    clustering = {"methods": [method], "k": 4, "kmeans": {"n_init": 2}}
    tree = settings(tmp_path, folder / "customers.parquet", clustering=clustering)
    result = engine.segment(tree)
    table = pl.read_parquet(folder / "customers.parquet")
    expected = by_all_distances(result, table, 7, 5)
    assert_frame_equal(result.similar([ASKED[0]], n=5), expected, abs_tol=1e-6)


def test_transactions_are_gathered_again(tmp_path: Path):
    generate_transactions(tmp_path / "shop.parquet", customers=300, seed=1)
    kind = {"kind": "transactions"}
    tree = settings(tmp_path, tmp_path / "shop.parquet", input=kind)
    result = engine.segment(tree)
    who = result.segments["customer_id"][5]
    found = result.similar([who], n=3)
    assert found.height == 3
    assert found["distance"].is_sorted()
    assert sorted(f.name for f in index_of(result, tmp_path).iterdir()) == [
        "owner.json", "rows.npy", "similar.faiss", "similar.json",
    ]  # fmt: skip
    names = dict(result.segments.select("customer_id", "segment_name").iter_rows())
    pairs = zip(found["similar_customer_id"], found["segment_name"], strict=True)
    assert all(names[i] == name for i, name in pairs)
    rows = np.load(index_of(result, tmp_path) / "rows.npy")
    ids = result.segments.filter(pl.col("segment").is_not_null())["customer_id"].to_list()
    apart = np.linalg.norm(rows - rows[ids.index(who)], axis=1)
    assert found["distance"].to_list() == pytest.approx(np.sort(apart)[1:4].tolist(), abs=1e-5)


@pytest.mark.parametrize("change", ["fewer", "other order", "other values", "gone"])
def test_an_input_that_changed_is_refused(change: str, tmp_path: Path):
    path = tmp_path / "c.parquet"
    generate(path, customers=200, seed=1)
    result = engine.segment(settings(tmp_path, path))
    table = pl.read_parquet(path)
    number = next(c for c in result.model.plan.columns if table[c].dtype.is_numeric())
    moved = tmp_path / "moved.parquet"
    shutil.copy(path, moved)
    if change == "gone":
        path.unlink()
    else:
        {
            "fewer": table.head(199),
            "other order": table.reverse(),
            "other values": table.with_columns(
                pl.when(pl.int_range(200) == 150).then(1.0).otherwise(pl.col(number)).alias(number)
            ),
        }[change].write_parquet(path)
    words = "does not exist" if change == "gone" else "has changed since run"
    with pytest.raises(DataError, match=words):
        result.similar([FIRST_ID])
    assert not index_of(result, tmp_path).exists()
    where = {"input.path": str(moved)}
    tree = settings(tmp_path, path)
    assert engine.similar("customers", [FIRST_ID], 3, tree, overrides=where).height == 3


def test_an_index_beyond_the_memory_is_refused(result: engine.Result, tree: dict[str, Any]):
    with pytest.raises(MemoryLimitError, match=r"2,000 customers takes .* GiB"):
        engine.similar("customers", ASKED, 1, tree, overrides={"compute.memory_limit": "10KB"})


def test_indices_go_with_their_runs(tmp_path: Path):
    path = tmp_path / "c.parquet"
    generate(path, customers=200, seed=1)
    tree = settings(tmp_path, path)
    tree["output"]["keep"] = 2
    results = []
    for _ in range(3):
        results.append(engine.segment(tree))
        results[-1].similar([FIRST_ID])
    # Runs of the same second are in no order: which of the first two is gone is open.
    standing = [r.model.info["run_id"] for r in results if index_of(r, tmp_path).is_dir()]
    models = (tmp_path / "models" / "customers").glob("2*")
    assert sorted(standing) == sorted(f.name for f in models)
    assert len(standing) == 2
    assert standing[-1] == results[-1].model.info["run_id"]


def test_an_index_is_not_left_by_an_interrupted_build(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    result = engine.segment(settings(tmp_path, folder / "customers.parquet"))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NearestCustomers, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            result.similar(ASKED)
    shelf = index_of(result, tmp_path).parent
    assert [f.name for f in shelf.iterdir()] == [".lock"]
    (shelf / ".partial-killed").mkdir()
    assert result.similar(ASKED, 1).height == 3
    assert not (shelf / ".partial-killed").exists()


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "similar.faiss").mkdir()
    like = NearestCustomers.of(np.zeros((5, 2), np.float32), runtime=Runtime())
    with pytest.raises(EngineError, match="cannot be written to"):
        like.save(tmp_path)
