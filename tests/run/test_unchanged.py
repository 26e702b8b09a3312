"""``engine run --if-changed``: a run is skipped where data, settings and engine are the same."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.run import unchanged
from tests.bad_input.conftest import run_command
from tests.drawing import undrawn

QUICK = ("--set", "clustering.kmeans.n_init=2", "--set", "evaluation.resamples=0")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what runs a job on a file of customers, and tells whether it was skipped."""
    monkeypatch.chdir(tmp_path)
    generate(tmp_path / "shop.csv", customers=120, seed=1)

    def run(*words: str, option: str = "--if-changed") -> bool:
        with undrawn():
            done = run_command("run", "shop.csv", "--k", "3", *QUICK, "--json", option, *words)
        assert done.code == 0, done.err
        for page in Path("reports/shop").glob("*/summary.json"):
            page.with_name("report.html").touch()  # undrawn() leaves it out
        found = json.loads(done.out)
        assert Path(found["model"]).is_dir()
        return bool(found["skipped"])

    return run


@pytest.mark.long
def test_only_what_changed_is_run(job, monkeypatch):
    file = Path("shop.csv")
    assert [job(), job(), job("--set", "output.models=models")] == [False, True, True]
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines))  # the same bytes, at another time
    assert job()
    last = lines[-1].rstrip("\n")
    digit = next(i for i in range(len(last)) if last[i : i + 1] in "12345678")
    changed = f"{last[:digit]}{int(last[digit]) + 1}{last[digit + 1 :]}\n"
    then = file.stat()
    file.write_text("".join([*lines[:-1], changed]))  # as long as it was
    os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))  # and as old
    assert not job()
    assert job()
    assert not job("--set", "random_state=1")
    assert [job(), job()] == [False, True]
    monkeypatch.setattr(unchanged, "versions", lambda: {"engine": "0.0.9"})
    assert not job()
    next(Path("reports/shop").glob("latest/report.html")).unlink()
    assert not job()


def test_files_are_not_read_where_the_system_says_enough(job, monkeypatch):
    monkeypatch.setattr(unchanged, "_RECENT", -60.0)  # the file was written this very second

    def fail(file: Path) -> str:
        raise AssertionError(file)

    monkeypatch.setattr(unchanged, "digest_of", fail)
    assert not job(option="--quiet")
    assert job()


def test_an_input_that_is_gone_is_missing(job):
    assert not job()
    Path("shop.csv").unlink()
    assert run_command("run", "shop.csv", "--k", "3", *QUICK, "--if-changed").code == 3


def test_segment_gives_the_run_that_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spent = [5, 90, 400] * 20
    frame = pl.DataFrame({"id": range(60), "spent": spent, "orders": [1, 2, 9] * 20})
    settings = {"clustering.kmeans.n_init": 2, "evaluation.resamples": 0}
    first, again, other = (
        engine.segment(table, settings, k=3, name="shop", if_changed=True)
        for table in (frame, frame, frame.with_columns(spent=pl.col("spent") + pl.col("id")))
    )
    assert again.summary["run_id"] == first.summary["run_id"] != other.summary["run_id"]
    assert again.segments.equals(first.segments)
    assert again.explain([1]).table().height
