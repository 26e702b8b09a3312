"""What a run on workers looks at before it starts, and what it makes for them to share."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.cluster import opening
from engine.cluster.runtime import ClusterRuntime
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import transaction_batches
from engine.errors import EngineError, PlaceError
from engine.utilities.permissions import own_folder


def asked(folder: Path, path: Path, **sections: Any) -> dict[str, Any]:
    output = {f: str(folder / f) for f in ("models", "reports", "processed")}
    return {"input": {"path": str(path)}, "output": output, **sections}


@pytest.mark.parametrize("kind", ["customers", "transactions"])
def test_workers_that_are_too_small_are_not_started(kind, tmp_path, monkeypatch):
    path = tmp_path / "in.parquet"
    if kind == "customers":
        generate(path, customers=2_000, seed=3)
    else:
        pl.concat(transaction_batches(200, 5)).write_parquet(path)
    small = {"cluster": "local", "workers": 2, "device": "cpu", "memory_limit": "300MiB"}
    tree = asked(tmp_path, path, compute=small)
    tree["input"]["kind"] = kind

    def hosted(*_: Any, **__: Any) -> None:
        pytest.fail("workers are started")

    monkeypatch.setattr(opening, "hosted", hosted)
    refusals = engine.plan(tree).refusals
    assert refusals
    with pytest.raises(EngineError) as caught:
        engine.segment(tree)
    assert str(caught.value) == " ".join(refusals)
    assert [p.name for p in tmp_path.iterdir()] == ["in.parquet"]


def test_all_that_transactions_need_is_looked_for(tmp_path, monkeypatch, cluster: ClusterRuntime):
    path, table = tmp_path / "in.parquet", tmp_path / "people.csv"
    lines = pl.concat(transaction_batches(200, 5))
    lines.write_parquet(path)
    lines.select(pl.col("customer_id").unique(), age=30).write_csv(table)
    tree = asked(tmp_path, path, compute={"cluster": cluster.members.client.scheduler.address})
    tree["input"] |= {"kind": "transactions", "customers": str(table)}
    tree["output"]["permissions"] = "group"
    met = []

    def check_seen(_: Any, files: Any, folders: Any) -> None:
        modes = [stat.S_IMODE((folders[-1] / f).stat().st_mode) for f in (".", "purchases")]
        met.extend([list(files), [f.parent.parent.name for f in folders], modes])
        message = "one sees nothing"
        raise PlaceError(message)

    monkeypatch.setattr(ClusterRuntime, "check_seen", check_seen)
    before = os.umask(0o007)
    try:
        with pytest.raises(PlaceError, match="one sees nothing"):
            engine.segment(tree)
    finally:
        os.umask(before)
    assert met == [[path, table], ["reports", tmp_path.name], [0o770, 0o770]]
    assert not list((tmp_path / "processed").glob("*"))


@pytest.mark.parametrize("mode", [0o700, 0o750])
def test_a_folder_of_a_task_is_for_those_of_the_one_around_it(tmp_path, mode):
    tmp_path.chmod(mode)
    made = own_folder(tmp_path, "piece")
    assert stat.S_IMODE(made.stat().st_mode) == mode
    assert made.name.startswith("piece-")
    assert own_folder(tmp_path, "piece") != made
