"""The report of a saved run in other forms: which, where they lie, and what becomes of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import engine
from engine.data_preparation.generators.customers import generate
from engine.errors import DataError, EngineError
from engine.run.report_forms import form_of
from tests.drawing import sketched


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder / "customers.parquet", customers=300, seed=3)
    output = {f: str(folder / f) for f in ("models", "reports", "processed")}
    with sketched():
        return engine.segment(
            {
                "input": {"path": str(folder / "customers.parquet")},
                "clustering": {"k": 3, "kmeans": {"n_init": 2}},
                "evaluation": {"resamples": 0},
                "output": output | {"name": "shop"},
            }
        )


def settings(run: Any) -> dict[str, Any]:
    return {"output": run.summary["config"]["output"]}


def test_slides_lie_beside_the_page_and_go_when_it_is_drawn_again(run):
    pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")
    path = engine.report("shop", "pptx", source=settings(run))
    assert path == run.report_path.with_name("report.pptx")
    assert path.stat().st_mode == run.report_path.stat().st_mode
    names = [s.shapes.title.text_frame.text for s in pptx.Presentation(str(path)).slides][1:4]
    assert names == [f"{n + 1} {name}" for n, name in enumerate(run.profiles["segment_name"])]
    said = "report.pptx was of the page as it was and is gone: engine report shop --to pptx writes"
    with sketched(), pytest.warns(UserWarning, match=said):
        assert engine.report("shop", source=settings(run)) == run.report_path
    assert not path.exists()
    with sketched(), warnings.catch_warnings(action="error"):
        engine.report("shop", source=settings(run))


def test_slides_of_a_page_that_is_another_meanwhile_are_not_put_beside_it(run, monkeypatch):
    pytest.importorskip("pptx", reason="python-pptx is not installed")
    from engine.run import report_forms

    made, page = report_forms._write, run.report_path.read_bytes()

    def late(*given: Any) -> None:
        made(*given)
        run.report_path.write_bytes(page + b" ")

    monkeypatch.setattr(report_forms, "_write", late)
    with pytest.raises(DataError, match="was changed meanwhile; nothing was: ask again"):
        engine.report("shop", "pptx", source=settings(run))
    run.report_path.write_bytes(page)
    assert not run.report_path.with_name("report.pptx").exists()
    assert not [p for p in run.report_path.parent.iterdir() if p.name.startswith(".")]


def test_slides_in_a_file_that_is_named(run, tmp_path: Path):
    pytest.importorskip("pptx", reason="python-pptx is not installed")
    deck = tmp_path / "deck.pptx"
    # A folder of the report names the run as well.
    assert engine.report(run.report_path.parent, deck) == deck
    assert deck.stat().st_size > 10_000
    assert list(tmp_path.iterdir()) == [deck]


def test_no_customer_is_in_the_slides(run, tmp_path: Path):
    pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")
    found = pptx.Presentation(str(engine.report(run.report_path.parent, tmp_path / "a.pptx")))
    everything = "".join(
        p.blob.decode("utf-8", "ignore") for p in found.part.package.iter_parts() if p.blob
    )
    assert not [i for i in run.segments["customer_id"].cast(str) if f">{i}<" in everything]


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("doc", "--to doc: must be html, pptx or pdf"),
        ("deck.odp", "must be html, pptx or pdf, or the name of a file that ends in .pptx or .pdf"),
        ("/nowhere/deck.pptx", "its folder does not exist"),
    ],
)
def test_another_form_is_refused(to: str, sentence: str):
    with pytest.raises(EngineError) as told:
        form_of(to)
    assert sentence in str(told.value)


def test_a_file_in_the_folder_of_a_run_is_refused(run):
    with pytest.raises(EngineError, match="lies in the folder of a run"):
        engine.report("shop", run.report_path.with_name("deck.pptx"), source=settings(run))


def test_a_larger_smallest_group_is_heeded_in_figures_and_words(run, monkeypatch):
    pytest.importorskip("pptx", reason="python-pptx is not installed")
    least = 1 + min(run.profiles["customers"])
    heard = []
    monkeypatch.setattr("engine.run.report_forms.rebuild_report", lambda *a: heard.append(a))
    path = engine.report("shop", "pptx", {"output.smallest_group": least}, settings(run))
    assert len(heard) == 1, "figures and page are drawn again first"
    pptx = pytest.importorskip("pptx")
    named = [s.shapes.title.text_frame.text for s in pptx.Presentation(str(path)).slides]
    assert any(f"Fewer than {least} customers" in name for name in named)


def test_the_command(run, tmp_path: Path, monkeypatch):
    pytest.importorskip("pptx", reason="python-pptx is not installed")
    from engine.command_line.cli import app

    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["report", str(run.report_path.parent), "--to", "deck.pptx"])
    assert told.exit_code == 0, told.output
    assert (tmp_path / "deck.pptx").is_file()
