"""The end of a run where a tracker is named: the run is there, whatever becomes of that."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.errors import EngineError
from engine.run.results import Result
from tests.drawing import undrawn


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    generate(tmp_path / "customers.csv", customers=200, seed=0)
    return {
        "input.path": str(tmp_path / "customers.csv"), "output.name": "shop",
        "output.models": str(tmp_path / "models"), "output.reports": str(tmp_path / "reports"),
        "clustering.k": 3, "clustering.kmeans.n_init": 2, "evaluation.resamples": 0,
    }  # fmt: skip


def run(settings: dict[str, object]) -> Result:
    with undrawn():
        return engine.segment(settings, progress=False)


def test_without_the_extra_a_run_is_done_with_a_warning_that_names_it(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    result = run(settings | {"tracking.uri": "http://127.0.0.1:9"})
    assert result.report_path.parent.joinpath("segments.parquet").is_file()
    (told,) = [n for n in result.summary["notices"] if n.startswith("warning: the run is saved")]
    assert "pip install 'engine-segments[mlflow]'" in told
    assert told.endswith("`engine track shop` sends it later")
    with pytest.raises(EngineError, match=r"pip install 'engine-segments\[mlflow\]'"):
        engine.track("shop", settings | {"tracking.uri": "http://127.0.0.1:9"})


def test_where_no_tracker_is_named_none_is_looked_for(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert not [n for n in run(settings).summary["notices"] if "recorded" in n]
    with pytest.raises(EngineError, match=r"tracking\.uri: must say where the tracker is"):
        engine.track("shop", settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    with pytest.raises(EngineError, match="tracking needs MLflow"):
        engine.track("shop", settings)


def test_what_a_run_saved_and_is_damaged_is_named(settings: dict[str, object], tmp_path: Path):
    file = run(settings).report_path.parent / "summary.json"
    file.write_text('{"best": "kmeans"}')
    with pytest.raises(EngineError, match=r"summary\.json is missing or damaged, so the run"):
        engine.track("shop", settings | {"tracking.uri": "http://127.0.0.1:9"})
