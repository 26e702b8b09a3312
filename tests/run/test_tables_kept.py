"""Tables in memory after their run: read as long as a result lives, and gone with it."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import engine
from engine.command_line.cli import app
from engine.data_preparation.generators.customers import generate
from engine.utilities.scratch import KeptFolder
from tests.children import PATIENCE, started
from tests.drawing import undrawn

QUICK = {
    "clustering.kmeans.n_init": 2,
    "evaluation.resamples": 0,
    "evaluation.anchors": 200,
    "pca.components": "off",
}
GONE = "the customers of that run were a table in memory, which is gone with its result in Python"
KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda t: t,
    "arrow": lambda t: t.to_arrow(),
    "pandas": lambda t: t.to_pandas().astype({"age": "Int32"}),  # has missing ones
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in an empty folder, with temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "here")
    with undrawn():
        yield


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[[], list[Path]]:
    def there() -> list[Path]:
        gc.collect()
        return sorted((tmp_path / "tmp").iterdir())

    return there


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "shop.parquet"
    generate(path, customers=400, seed=3)
    return path


def test_a_table_is_read_as_long_as_its_result_lives(scratch) -> None:
    table = pl.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
    result = engine.segment(table, QUICK, k=3, ephemeral=True)
    assert len(result.explain(7)) == 1
    assert len(scratch()) == 2
    del result
    assert scratch() == []


@pytest.mark.long
@pytest.mark.parametrize("method", ["kmeans", "ann_methods"])
def test_a_table_answers_what_its_file_answers(file, method, scratch) -> None:
    table = pl.read_parquet(file)
    ids = table["customer_id"].head(3).to_list()
    known = engine.segment(file, QUICK, k=4, methods=method, ephemeral=True)
    known.export("known.csv", where="income > 3", columns="all")
    for kind in KINDS.values():
        given = kind(table)
        result = engine.segment(given, QUICK, k=4, methods=method, ephemeral=True)
        assert result.explain(ids).table().equals(known.explain(ids).table())
        assert str(result.explain(ids)) == str(known.explain(ids))
        assert result.similar(ids, n=2).equals(known.similar(ids, n=2))
        result.export("list.csv", where="income > 3", columns="all")
        assert Path("list.csv").read_text() == Path("known.csv").read_text()
        found = result.export("x.xlsx", where="income > 3", columns="all")
        rows = pl.read_excel("x.xlsx", sheet_name="customers")
        assert rows.height == found.rows == table.filter(pl.col("income") > 3).height
        assert {"income", "segment_name"} <= set(rows.columns)
        del result
    del known
    assert scratch() == []


@pytest.mark.long
def test_the_file_is_private_and_each_result_has_its_own(file, scratch) -> None:
    table = pl.read_parquet(file)
    first = engine.segment(table, QUICK, k=3, name="shop")
    [folder] = scratch()
    [written] = (folder / "files").iterdir()
    assert (folder.stat().st_mode | written.stat().st_mode) & 0o077 == 0
    second = engine.segment(table, QUICK, k=4, name="shop")
    assert len(scratch()) == 2
    one, other, ids = copy.copy(first), copy.deepcopy(first), [table["customer_id"][0]]
    assert one.explain(ids).table().equals(other.explain(ids).table())
    del first, one
    assert len(scratch()) == 2
    del other
    assert scratch() != [folder]
    assert len(second.explain(ids)) == len(engine.explain("shop", ids)) == 1
    stored = pickle.dumps(second)
    del second
    assert scratch() == []
    again = pickle.loads(stored)
    assert again.segments.height == table.height
    for ask in (lambda: again.explain(ids), lambda: engine.explain("shop", ids)):
        with pytest.raises(engine.EngineError, match=GONE):
            ask()
    table.write_parquet("moved.parquet")
    moved = {"input.path": "moved.parquet"}
    assert len(engine.explain("shop", ids, overrides=moved)) == 1
    said = CliRunner().invoke(app, ["explain", "shop", "--ids", str(ids[0])])
    assert said.exit_code == 1
    assert "say where it is (input.path)." in str(said.exception)


@pytest.mark.long
@pytest.mark.parametrize("ephemeral", [False, True])
def test_a_tree_is_cut_again_as_long_as_its_result_lives(file, scratch, ephemeral) -> None:
    table = pl.read_parquet(file)
    how = {"name": "shop", "methods": "agglomerative", "ephemeral": ephemeral}
    result = engine.segment(table, QUICK, k=4, **how)
    cut = engine.recut(str(result.report_path.parent), {"clustering.k": 3})
    del result
    assert len(scratch()) == 1 + ephemeral
    assert len(cut.explain([table["customer_id"][0]])) == 1
    assert cut.scores["k"] == 3
    del cut
    assert scratch() == []
    if not ephemeral:
        with pytest.raises(engine.EngineError, match=GONE):
            engine.recut("shop", {"clustering.k": 2})


@pytest.mark.long
def test_a_result_without_files_takes_its_segments_along(file) -> None:
    result = engine.segment(pl.read_parquet(file), QUICK, k=3, ephemeral=True)
    stored, expected = pickle.dumps(result), result.segments
    del result
    gc.collect()
    again = pickle.loads(stored)
    assert again.segments.equals(expected)
    assert "400 customers in 3 segments" in repr(again)
    with pytest.raises(engine.EngineError, match="left no files and is of a process"):
        _ = again.report_html


def test_what_is_kept_is_no_longer_there_than_its_process(scratch) -> None:
    kept = KeptFolder("engine-table")
    if (child := os.fork()) == 0:
        kept.remove()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.folder.is_dir()
    del kept
    assert scratch() == []


PROGRAM = """
import sys, time, polars, engine
from tests.drawing import undrawn
quick = {"evaluation.resamples": 0, "evaluation.anchors": 200, "clustering.kmeans.n_init": 2}
with undrawn():
    frame = polars.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
    result = engine.segment(frame, quick, k=3, ephemeral=True)
print(len(result.explain(7)), flush=True)
if len(sys.argv) > 1:
    time.sleep(600)
"""


@pytest.mark.long
def test_nothing_stays_of_a_program_that_ends_and_the_next_removes_what_a_killed_one_left(
    scratch, tmp_path
) -> None:
    root = str(Path(__file__).parents[2])
    there = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": root}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, env=there, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stdout.split() == ["1"]
    assert scratch() == []
    with started([*command, "wait"], env=there) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "1"
        assert len(scratch()) == 2
        child.send_signal(signal.SIGTERM)
        child.wait(PATIENCE)
    assert [f.name.rpartition("-")[0] for f in scratch()] == ["engine-run", "engine-table"]
    engine.segment(
        pl.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20}), QUICK, k=3, ephemeral=True
    )
    assert scratch() == []
