"""The benchmark runner and its contenders, on jobs small enough for every test run."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from engine.data_preparation.generators.customers import SCHEMA, generate
from tests.children import finished

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MANIFEST = yaml.safe_load((BENCHMARKS / "manifest.yaml").read_text())
TINY = {
    "name": "tiny",
    "tier": "quick",
    "input": {"customers": 3000, "seed": 4},
    "k": 8,
    "contenders": ["pandas_sklearn", "again"],
    "pairs": 2,
    "tolerance": {"inertia_ratio": 1.01, "ari_truth": 0.5},
}


QUICK = """
import json, sys
from pathlib import Path
import polars as pl
task = json.loads(Path(sys.argv[1]).read_text())
out = Path(task["out"])
truth = pl.read_parquet(task["input"], columns=[task["id"], "true_segment"])
segment = pl.col("true_segment").cast(pl.Categorical).to_physical().alias("segment")
truth.select(task["id"], segment).write_parquet(out / "labels.parquet")
stages = [{"name": "read", "seconds": 0.001}]
written = {"labels": str(out / "labels.parquet"), "silhouette": 0.5, "n_components": 1}
(out / "result.json").write_text(json.dumps(written | {"stages": stages}))
"""
"""A contender that knows the answer: for what is to be shown of the runner, not of contenders."""


def run(tmp_path: Path, *arguments: str, **job: Any) -> subprocess.CompletedProcess[str]:
    """Run benchmarks/run.py on the tiny job, its folders all under ``tmp_path``."""
    peer = MANIFEST["contenders"]["pandas_sklearn"]
    contenders = MANIFEST["contenders"] | {"again": peer, "broken": str(tmp_path / "broken.py")}
    contenders |= {"quick": str(tmp_path / "quick.py"), "other": str(tmp_path / "quick.py")}
    (tmp_path / "broken.py").write_text("raise SystemExit('out of order')")
    (tmp_path / "quick.py").write_text(QUICK)
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(yaml.safe_dump(MANIFEST | {"contenders": contenders, "jobs": [TINY | job]}))
    out = ["--manifest", str(manifest), "--output", str(tmp_path / "runs.jsonl")]
    return finished(
        [sys.executable, BENCHMARKS / "run.py", *arguments, *out],
        env=os.environ | {"ENGINE_BENCH_DATA": str(tmp_path / "data")},
    )


def records(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("scoring")


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("tables")


@pytest.mark.long
def test_contenders_run_in_turn(tmp_path: Path) -> None:
    done = run(tmp_path, contenders=["quick", "other"])
    assert done.returncode == 0, done.stderr
    runs = records(tmp_path)
    assert [(r["pair"], r["contender"]) for r in runs] == [
        (pair, name) for pair in (0, 1) for name in ("quick", "other")
    ]
    # One script, one seed: one result.
    assert len({r["inertia"] for r in runs}) == 1
    assert {r["ari_truth"] for r in runs} == {1.0}
    assert all(r["machine"]["cores"] >= 1 for r in runs)
    assert "quick / other: " in done.stdout


@pytest.mark.long
def test_the_engine_and_its_peer_do_the_same_job_and_are_scored_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: ModuleType
) -> None:
    """One run of each by the runner's own functions, without warming up."""
    runner = importlib.import_module("run")
    monkeypatch.setenv("ENGINE_BENCH_DATA", str(tmp_path / "data"))
    names = ["engine", "pandas_sklearn"]
    job = TINY | {"contenders": names, "trial": names[0], "peers": names[1:]}
    path = runner.make_input(**TINY["input"])
    runs = [
        {"job": "tiny", "contender": name, "pair": 0}
        | runner.run_contender(name, job, MANIFEST, path, tmp_path / name)
        for name in names
    ]
    runs = runner._scored(runs, path, job, MANIFEST)
    assert tables.verdicts(job, runs) == []
    for record in runs:
        assert record["seconds"] > sum(stage["seconds"] for stage in record["stages"])
        assert 2**26 < record["peak_rss_bytes"] < 2**32
        assert 0.5 < record["ari_truth"] <= 1
    engine, peer = runs
    assert engine["inertia"] <= 1.01 * peer["inertia"]
    assert engine["n_components"] == peer["n_components"]
    assert {stage["name"] for stage in engine["stages"]}


@pytest.mark.long
def test_a_missed_tolerance_fails_the_run(tmp_path: Path) -> None:
    strict = {"inertia_ratio": 1.01, "ari_truth": 1.01}
    words = ("tiny", "--pairs", "1", "--only", "quick")
    done = run(tmp_path, *words, contenders=["quick", "other"], tolerance=strict)
    assert done.returncode == 1
    assert "tiny, pair 0, quick: ARI to truth 1." in done.stderr


def test_the_trial_is_held_against_the_peer_of_its_own_pair(tables: ModuleType) -> None:
    job = TINY | {"trial": "pandas_sklearn", "peers": ["again"]}
    runs = [
        {"job": "tiny", "pair": pair, "contender": name, "inertia": inertia, "ari_truth": 0.9}
        for pair, name, inertia in [
            (0, "pandas_sklearn", 100.9),
            (0, "again", 100.0),
            (1, "again", 100.0),
            (1, "pandas_sklearn", 101.1),
        ]
    ]
    assert tables.verdicts(job, runs) == [
        "tiny, pair 1, pandas_sklearn: inertia 1.0110x that of again"
    ]
    assert tables.verdicts(job | {"contenders": ["again"]}, runs[1:3]) == []


def test_a_contender_that_fails_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path, contenders=["broken"])
    assert done.returncode == 1
    assert "tiny: broken failed on " in done.stderr
    assert "out of order" in done.stderr


def test_an_unknown_job_names_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "spine-10g")
    assert done.returncode == 1
    assert "does not name spine-10g; it names tiny" in done.stderr


def test_every_contender_gets_the_numeric_features() -> None:
    numeric = [name for name, dtype in SCHEMA.items() if dtype.is_numeric()]
    assert MANIFEST["features"] == numeric[1:]
    assert numeric[0] == MANIFEST["id"]
    for job in MANIFEST["jobs"]:
        assert job["tier"] in ("quick", "full")
        for name in job["contenders"]:
            assert (BENCHMARKS / MANIFEST["contenders"][name]).is_file()


def test_inertia_is_that_of_the_segments_means(tmp_path: Path, scoring: ModuleType) -> None:
    path = tmp_path / "customers.parquet"
    generate(path, customers=500, seed=1)
    reference = scoring.load_reference(path, MANIFEST["id"], MANIFEST["features"], "true_segment")
    matrix = np.column_stack(reference.matrix)
    assert matrix.std(axis=0) == pytest.approx(1.0)
    labels = np.arange(500) % 3
    expected = sum(
        ((matrix[labels == s] - matrix[labels == s].mean(0)) ** 2).sum() for s in range(3)
    )
    assert scoring.inertia(reference, labels) == pytest.approx(expected)
    assert scoring.inertia(reference, labels * 10 + 5) == pytest.approx(expected)


def test_labels_are_read_by_id_and_must_be_complete(tmp_path: Path, scoring: ModuleType) -> None:
    path, labels = tmp_path / "customers.parquet", tmp_path / "labels.parquet"
    generate(path, customers=100, seed=1)
    reference = scoring.load_reference(path, MANIFEST["id"], ["age"], "true_segment")
    table = pl.DataFrame({"customer_id": reference.ids, "segment": np.arange(100)})
    table.reverse().write_parquet(labels)
    assert scoring.read_labels(labels, reference, "customer_id").tolist() == list(range(100))
    table.head(99).write_parquet(labels)
    with pytest.raises(ValueError, match="one segment for each of 100 customers"):
        scoring.read_labels(labels, reference, "customer_id")
