"""Readers while one run after another is published and the one before it removed (``keep: 1``)."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import engine
from engine.config.sections import OutputConfig
from engine.storage.latest import latest_id
from engine.storage.outputs import new_run
from tests.campaigns.tries import told, tries
from tests.children import started, wait_for
from tests.drawing import undrawn

pytestmark = pytest.mark.long

PUBLISHED = tries(20, 1_000)

READ = """
import json, sys
from pathlib import Path
import engine
from engine.storage.latest import of_latest

models, reports = Path("models/shop"), Path("reports/shop")
figures = Path("reports/figures/shop")
reads, failed, runs = 0, [], set()

def whole(run):
    # As commands read: the run is looked up once, and everything is read under its own id.
    found = {engine.load_model(run).info["run_id"], run.name}
    found.add(json.loads((reports / run.name / "summary.json").read_text())["run_id"])
    found.add((reports / run.name / "report.html").read_text())
    found.add((figures / run.name / "sizes.png").read_text())
    return found

def one(_):
    return {engine.load_model("models/shop").info["run_id"]}

def by_link(_):
    return {engine.load_model("models/shop/latest").info["run_id"]}

def by_path(_):
    # As people read: each path leads through the link, at its own moment.
    for file in (reports / "latest/report.html", figures / "latest/sizes.png",
                 models / "latest/model.json"):
        assert file.read_text(), file
    return {json.loads((reports / "latest/summary.json").read_text())["run_id"]}

Path(sys.argv[1]).touch()
while not Path("stop").exists():
    for read in (whole, one, by_link, by_path):
        reads += 1
        try:
            found = of_latest(models, read) if read is whole else read(None)
            if len(found) != 1:
                failed.append(f"{read.__name__}: of several runs: {sorted(found)}")
            runs |= found
        except BaseException as error:
            failed.append(f"{read.__name__}: {type(error).__name__}: {error}")
print(json.dumps([reads, failed, len(runs)]))
"""


def publish(settings: OutputConfig, model: engine.Model, template: Path) -> str:
    """Publish a run as a run does; all of its files name it."""
    with new_run(settings) as folders:
        model.info["run_id"] = folders.run_id
        model.save(folders.model)
        summary = json.loads((template / "summary.json").read_text()) | {"run_id": folders.run_id}
        (folders.reports / "summary.json").write_text(json.dumps(summary))
        (folders.reports / "report.html").write_text(folders.run_id)
        (folders.figures / "sizes.png").write_text(folders.run_id)
        folders.publish()
    return folders.run_id


def test_readers_never_fail_nor_mix_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(7)
    x = rng.normal(5 * (np.arange(90) % 3), 1)
    pl.DataFrame({"customer_id": np.arange(90), "x": x, "y": -x}).write_parquet("good.parquet")
    output = {"name": "shop", "keep": 1}
    with undrawn():
        clustering = {"k": 3, "kmeans": {"n_init": 2}}
        result = engine.segment(
            {"input": {"path": "good.parquet"}, "clustering": clustering, "output": output,
             "evaluation": {"resamples": 0}}
        )  # fmt: skip
    template = tmp_path / "template"
    shutil.copytree(result.report_path.parent, template)
    settings, model = OutputConfig(**output), result.model
    publish(settings, model, template)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (
        started([sys.executable, "-c", READ, "one"], env=environment) as one,
        started([sys.executable, "-c", READ, "two"], env=environment) as two,
    ):
        wait_for(Path("one"), one)
        wait_for(Path("two"), two)
        runs = [publish(settings, model, template) for _ in range(PUBLISHED)]
        Path("stop").touch()
        reads, failed, seen = 0, [], 0
        for reader in (one, two):
            out, err = reader.communicate()
            assert err == ""
            some_reads, some_failed, some_seen = json.loads(out)
            reads, failed, seen = reads + some_reads, failed + some_failed, seen + some_seen
    told(
        f"readers during {PUBLISHED:,} publications, {seen:,} runs met", reads, reads - len(failed)
    )
    assert failed == []
    assert seen >= 2
    assert latest_id(Path("models/shop")) == runs[-1]
