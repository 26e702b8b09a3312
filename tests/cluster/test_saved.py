"""What a run on a cluster leaves: the tables of one machine, one of them written by workers."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from safetensors.numpy import load_file

import engine
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.config.loading import load_config
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.reading import cuts
from engine.errors import DataError, EngineError, ModelError
from engine.model.of_run import load_of_run
from engine.run import saved_customers
from engine.run.saved_customers import SavedCustomers
from engine.utilities.progress import Progress
from tests.drawing import undrawn

N, PIECE = 6_000, 1_700


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    generate(folder / "customers.parquet", customers=N, seed=3)
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "key").chmod(0o600)
    return folder


def tree(folder: Path, name: str, cluster: ClusterRuntime | None, **clustering: Any) -> dict:
    place = cluster.members.client.scheduler.address if cluster else "off"
    return {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"k": 6, "kmeans": {"n_init": 2}, **clustering},
        "evaluation": {"resamples": 0},
        "compute": {"cluster": place},
        "output": {
            **{f: str(folder / f) for f in ("models", "reports", "processed")},
            "name": name,
            "sign_with": str(folder / "key"),
        },
    }


def run(*args: Any, **clustering: Any) -> engine.Result:
    with pytest.MonkeyPatch.context() as patch, undrawn():
        patch.setattr(cuts, "PIECE_ROWS", PIECE)
        return engine.segment(tree(*args, **clustering))


@pytest.fixture(scope="module")
def here(folder: Path) -> engine.Result:
    return run(folder, "here", None)


@pytest.fixture(scope="module")
def there(folder: Path, cluster: ClusterRuntime) -> engine.Result:
    return run(folder, "there", cluster)


def assert_close(one: Any, other: Any, where: str = "") -> None:
    """Compare plain data, numbers to rounding."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key, value in one.items():
            assert_close(value, other[key], f"{where}/{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_close(a, b, f"{where}[{i}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-9), where
    else:
        assert one == other, where


def test_the_same_tables(here: engine.Result, there: engine.Result):
    table = there.report_path.parent / "segments.parquet"
    parts = sorted(p.name for p in table.iterdir())
    assert parts == [f"part-{i:05d}.parquet" for i in range(3)]
    assert stat.S_IMODE(table.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in table.iterdir()} == {0o600}
    assert_frame_equal(there.segments, here.segments, rel_tol=1e-5)
    assert_frame_equal(there.profiles, here.profiles, rel_tol=1e-6)
    of_here, of_there = here.report_path.parent, there.report_path.parent
    names = {p.name for p in of_here.iterdir()}
    assert {p.name for p in of_there.iterdir()} == names
    for name in ("profiles.json", "report_data.json"):
        one, other = (json.loads((f / name).read_text()) for f in (of_here, of_there))
        one.pop("summary", None), other.pop("summary", None)
        assert_close(one, other, name)
    arrays = [load_file(f / "report_data.safetensors") for f in (of_here, of_there)]
    assert arrays[0].keys() == arrays[1].keys()
    for name, values in arrays[0].items():
        np.testing.assert_allclose(arrays[1][name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_its_customers_are_asked_about(here: engine.Result, there: engine.Result):
    ids = here.segments["customer_id"][[5, 4_000]].to_list()
    assert_frame_equal(there.similar(ids, 5), here.similar(ids, 5), rel_tol=1e-5)


def test_a_part_that_is_gone_or_changed_is_refused(folder: Path, there: engine.Result):
    table = there.report_path.parent / "segments.parquet"
    output = load_config(tree(folder, "there", None)).output
    output = output.model_copy(update={"verify_with": output.sign_with})
    load_of_run(output)
    aside = folder / "aside"
    (table / "part-00001.parquet").rename(aside)
    try:
        with pytest.raises(ModelError, match=r"part-00001\.parquet is not as"):
            load_of_run(output)
        again = replace(there)  # nothing of it was read yet
        with pytest.raises(FileNotFoundError, match="part-00001"):
            _ = again.segments
        with pytest.raises(DataError, match="missing or damaged"):
            again.similar([10_000_001])
    finally:
        aside.rename(table / "part-00001.parquet")
    load_of_run(output)


def test_it_goes_on_from_a_previous_model(folder, here, there, cluster):
    previous = str(folder / "models" / "here")
    one = run(folder, "next", None, continue_from=previous)
    other = run(folder, "next_there", cluster, continue_from=previous)
    assert_close(one.summary["continuity"], other.summary["continuity"])
    assert_frame_equal(other.segments, one.segments, rel_tol=1e-5)


def test_what_cannot_be_written_is_said(cluster, there, folder, tmp_path):
    ids = pl.Series("customer_id", np.arange(10))
    parts = [ids, np.zeros(10, np.int32), np.zeros(10, np.float32)]
    spread = []
    for part in parts:
        whole = Spread(cluster.members, (6, 4), part.dtype)
        whole.fill(cluster.members.tasks(_same, [part[:6], part[6:]]))
        spread.append(whole)
    table = tmp_path / "segments.parquet"
    (table / "part-00001.parquet").mkdir(parents=True)  # in the way
    what = SavedCustomers(there.model, table, "private", None)
    with pytest.raises(EngineError, match=r"cannot write .*part-00001.parquet: .*workers share"):
        what.save(*spread, Progress())


def test_who_writes_late_has_no_place(cluster, there, tmp_path):
    parts = (pl.Series("customer_id", [1, 2]), np.zeros(2, np.int32), np.zeros(2, np.float32))
    spread = [Spread(cluster.members, (2,), part.dtype) for part in parts]
    for whole, part in zip(spread, parts, strict=True):
        whole.fill(cluster.members.tasks(_same, [part]))
    table = tmp_path / "segments.parquet"
    what = SavedCustomers(there.model, table, "private", None)
    what.save(*spread, Progress())
    assert [p.name for p in tmp_path.iterdir()] == ["segments.parquet"]
    with pytest.raises(EngineError, match="cannot write"):  # a second run of the same task
        saved_customers._write_piece(what, 0, 0, *parts)
    assert [p.name for p in table.iterdir()] == ["part-00000.parquet"]


def _same(part: Any) -> Any:
    return part
