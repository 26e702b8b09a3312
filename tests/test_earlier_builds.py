"""What earlier builds saved still serves: models assign, reports are drawn, trees are cut."""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.command_line import cli
from tests.drawing import undrawn

SAVED = Path(__file__).parent / "saved_by_earlier_builds"
BUILDS = sorted(folder.name for folder in SAVED.iterdir() if folder.is_dir())
INPUTS = {"tree": "customers.parquet", "shop": "invoices.parquet"}


@pytest.fixture(params=BUILDS)
def saved(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of what a build left, as the working directory: its paths are relative."""
    shutil.copytree(SAVED / request.param, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["engine", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code or 0


def test_there_is_a_build_to_look_at():
    assert "2d6734b" in BUILDS


@pytest.mark.parametrize("name", INPUTS)
def test_its_models_assign_as_they_did(name, saved, monkeypatch):
    known = pl.read_csv(saved / f"assigned_{name}.csv")
    assert called(monkeypatch, "assign", f"models/{name}", INPUTS[name], "again.csv") == 0
    again = pl.read_csv(saved / "again.csv")
    assert_frame_equal(again, known, check_exact=False, rel_tol=1e-6)
    assert again["segment"].equals(known["segment"])
    from_python = engine.load_model(f"models/{name}").assign(INPUTS[name])
    assert from_python["segment"].equals(again["segment"].cast(pl.Int32))


@pytest.mark.parametrize("name", INPUTS)
def test_its_reports_are_drawn_again(name, saved, monkeypatch):
    assert called(monkeypatch, "report", name) == 0
    page = (saved / "reports" / name / "latest" / "report.html").read_text(encoding="utf-8")
    assert all(escape(segment) in page for segment in engine.load_model(f"models/{name}").names)
    assert ("What sells" in page) == (name == "shop")
    figures = [f.name for f in (saved / "reports" / "figures" / name / "latest").glob("*.png")]
    assert ("dendrogram.png" in figures) == (name == "tree")


def test_its_tree_is_cut_again(saved):
    with undrawn():
        cut = engine.recut("tree", {"clustering.k": 3})
    assert cut.scores["k"] == 3
    assert cut.segments.height == 240


def test_its_segments_go_on_with_their_numbers_and_names(saved):
    before = pl.read_parquet("reports/tree/latest/segments.parquet")
    settings = {
        "input": {"path": "customers.parquet"},
        "clustering": {
            "methods": ["agglomerative"],
            "k": 4,
            "continue_from": "models/tree",
        },
        "evaluation": {"resamples": 0},
    }
    with undrawn():
        again = engine.segment(settings)
    columns = ["customer_id", "segment", "segment_name"]
    assert_frame_equal(again.segments.select(columns), before.select(columns))


def test_customers_like_these_are_found_among_its_own(saved):
    pytest.importorskip("faiss")
    ids = pl.read_parquet("customers.parquet")["customer_id"].head(2)
    found = engine.similar("tree", ids, n=3)
    assert found.height == 6
    assert found["customer_id"].unique(maintain_order=True).to_list() == ids.to_list()
