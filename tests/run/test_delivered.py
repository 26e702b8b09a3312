"""Segments sent after a run: never over its input, never those of a cut, again where it failed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.config.loading import load_config
from engine.data_preparation.generators.customers import generate
from engine.delivery.own_input import refuse_input
from engine.errors import ConfigError
from tests.bad_input.conftest import run_command
from tests.drawing import undrawn

QUICK = ("--set", "evaluation.resamples=0", "--set", "clustering.kmeans.n_init=2")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    generate(tmp_path / "shop.csv", customers=150, seed=1)
    return tmp_path


def run(*words: str) -> tuple[int, dict[str, Any]]:
    with undrawn():
        done = run_command("run", "shop.csv", "--k", "3", *QUICK, "--json", *words)
    for page in Path("reports/shop").glob("*/summary.json"):
        page.with_name("report.html").touch()
    return done.code, json.loads(done.out)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"input.path": "c.csv", "output.segments": "./c.csv"}, "the file of input.path"),
        ({"input.path": "c.csv", "output.segments": "c.csv"}, "the file of input.path"),
        ({"input.path": "c.csv", "output.segments": "link.csv"}, "the files of input.path"),
        ({"input.path": "day", "output.segments": "day/new.csv"}, "in the folder of input.path"),
        ({"input.path": "day/*.csv", "output.segments": "day/new.csv"}, "files of input.path"),
        ({"input.path": "day/*.csv", "output.segments": "day/new.parquet"}, ""),
        ({"input.path": "day", "output.segments": "day/out/new.csv"}, ""),
        ({"input.path": "s3://b/a.csv", "output.segments": "s3://b/a.csv"}, "the data of"),
        ({"input.path": "s3://b/in", "output.segments": "s3://b/in/a.csv"}, "among the data of"),
        ({"input.path": "s3://b/in", "output.segments": "s3://b/out/a.csv"}, ""),
        ({"input.path": "env:MINE", "output.segments": "c.csv"}, "the file of input.path"),
        ({"input.path": "d.csv", "input.customers": "c.csv", "input.kind": "transactions",
          "output.segments": "c.csv"}, "the file of input.customers"),
        ({"input.sql": "SELECT * FROM Shop", "input.connection": "sqlite:///x.db",
          "output.segments": "sqlite:///./x.db?table=shop"}, "the table that input.sql reads"),
        ({"input.sql": "SELECT * FROM shop", "input.connection": "sqlite:///x.db",
          "output.segments": "sqlite:///x.db"}, ""),
        ({"input.sql": "SELECT * FROM shop", "input.connection": "postgresql://a@db/s",
          "output.segments": "postgresql://b@db/s?table=crm.shop"}, "that input.sql reads"),
    ],
)  # fmt: skip
def test_no_target_is_the_input(tmp_path, monkeypatch, settings, wrong) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINE", "c.csv")
    Path("day").mkdir()
    for file in ("c.csv", "d.csv", "day/1.csv"):
        Path(file).write_text("id,a\n1,2\n")
    Path("link.csv").symlink_to("c.csv")
    config = load_config(None, settings)
    if not wrong:
        refuse_input(config)
        return
    with pytest.raises(ConfigError, match=wrong):
        refuse_input(config)


@pytest.mark.long
def test_the_input_is_as_it_was(here) -> None:
    before = Path("shop.csv").read_bytes()
    code, told = run("--set", "output.segments=shop.csv")
    assert code == 2
    assert "shop.csv is the file of input.path" in told["error"]
    assert Path("shop.csv").read_bytes() == before


@pytest.mark.long
def test_what_failed_is_sent_again_though_nothing_changed(here) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    words = ("--if-changed", "--set", "output.segments=sqlite:///crm.db")
    with closing(sqlite3.connect("crm.db")) as there:
        there.execute("CREATE VIEW segments AS SELECT 1 AS segment")
    code, first = run(*words)
    assert (code, first["exit_code"], first["skipped"]) == (3, 3, False)
    assert "the run is done and saved" in first["error"]
    code, again = run(*words)
    assert (code, again["run_id"], again["skipped"]) == (3, first["run_id"], True)
    with closing(sqlite3.connect("crm.db")) as there:
        there.execute("DROP VIEW segments")
    assert run(*words)[0] == 0
    assert rows() == 150
    with closing(sqlite3.connect("crm.db")) as there:
        there.execute("DROP TABLE segments")
    code, last = run(*words)
    assert (code, last["skipped"], rows()) == (0, True, 0)


def rows() -> int:
    """Count the rows of crm.db; 0 without its table."""
    with closing(sqlite3.connect("crm.db")) as there:
        if not there.execute("SELECT 1 FROM sqlite_master WHERE name = 'segments'").fetchall():
            return 0
        return int(there.execute("SELECT count(*) FROM segments").fetchone()[0])


@pytest.mark.long
def test_a_delivery_that_fails_leaves_the_summary_on_the_console(here) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    with closing(sqlite3.connect("crm.db")) as there:
        there.execute("CREATE VIEW segments AS SELECT 1 AS segment")
    words = ("run", "shop.csv", "--k", "3", *QUICK)
    with undrawn():
        well = run_command(*words)
        done = run_command(*words, "--set", "output.segments=sqlite:///crm.db")
    assert (well.code, done.code) == (0, 3)
    texts = well.out, done.out
    first = [[line.split()[0] for line in text.splitlines() if line] for text in texts]
    assert first[0] == first[1] != []
    assert "the run is done and saved" in done.err


def test_a_target_that_cannot_be_reached_is_told_before_the_work(here) -> None:
    code, told = run("--set", "output.segments=nodir/copy.csv")
    assert code == 3
    assert told["error"] == (
        f"nodir/copy.csv: cannot be written, its folder does not exist; create {here / 'nodir'}."
    )
    assert not Path("models").exists()


@pytest.mark.long
def test_a_weekly_job_fills_one_table_and_cuts_go_nowhere(here, capsys) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    tree = {
        "clustering": {"k": 3, "methods": ["agglomerative"], "continue_from": "latest"},
        "evaluation": {"resamples": 0}, "input": {"path": "shop.csv"},
        "output": {"name": "shop", "segments": "sqlite:///crm.db"},
    }  # fmt: skip

    def sent() -> tuple[int, int, int]:
        counts = "count(*), count(DISTINCT segment), count(previous_segment)"
        with closing(sqlite3.connect("crm.db")) as there:
            return there.execute(f"SELECT {counts} FROM segments").fetchone()

    with undrawn():
        engine.segment(tree)
        first = engine.segment(tree).summary["run_id"]
        assert sent() == (150, 3, 150)
        cut = engine.recut("shop", {"clustering.k": 5}).summary["run_id"]
        engine.recut("shop", {"clustering.k": 4}, use=True)
    assert sent() == (150, 3, 150)
    engine.use("shop", first)
    (notice,) = engine.use("shop", cut).notices
    assert "`engine export shop TARGET` sends them" in notice
    assert sent() == (150, 3, 150)
