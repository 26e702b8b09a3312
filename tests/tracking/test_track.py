"""A run in a real MLflow server: what arrives, what loads and is served, what happens once."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import polars as pl
import pytest
from typer.testing import CliRunner

import engine
from engine.command_line.cli import app
from engine.data_preparation.generators.customers import generate
from engine.errors import EngineError
from engine.run.results import Result
from engine.tracking.track import Tracked
from tests.children import PATIENCE
from tests.drawing import undrawn
from tests.tracker import nobody, served, tracker

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("mlflow")
    with (
        pytest.MonkeyPatch.context() as patched,
        tracker(tmp_path_factory.mktemp("tracker") / "of its own") as address,
    ):
        # The engine gives a tracker 20 s; a machine that others use needs more.
        patched.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(PATIENCE))
        yield address


@pytest.fixture
def mlflow(uri: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give MLflow at the tracker, by the variable: what is set in MLflow would stay."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return mlflow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder / "customers.csv", customers=600, seed=0)
    return folder


def run(shop: Path, uri: str | None, **more: Any) -> Result:
    settings = {
        **places(shop), "input.path": str(shop / "customers.csv"), "output.name": "shop",
        "clustering.k": 4, "clustering.kmeans.n_init": 2, "evaluation.resamples": 3,
        "tracking.uri": uri, **more,
    }  # fmt: skip
    with undrawn():
        return engine.segment(settings, progress=False)


@pytest.fixture(scope="module")
def first(shop: Path, uri: str) -> Result:
    return run(shop, uri, **{"tracking.register": "shop", "tracking.tags": {"team": "crm"}})


def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def recorded(uri: str, result: Result) -> list[Any]:
    known = client(uri)
    experiment = known.get_experiment_by_name("shop")
    wanted = f"tags.`engine.run_id` = '{result.summary['run_id']}'"
    wanted += " and attributes.status = 'FINISHED'"  # one whose answer was lost is begun anew
    return list(known.search_runs([experiment.experiment_id], wanted))


def test_a_run_is_recorded_with_all_that_it_says_of_itself(uri: str, first: Result):
    (found,) = recorded(uri, first)
    scores = first.scores
    assert found.info.status == "FINISHED"
    assert found.info.run_name == first.summary["run_id"]
    assert found.data.params["clustering.k"] == "4"
    assert found.data.tags["team"] == "crm"
    assert found.data.tags["engine.version.polars"] == pl.__version__
    metrics = found.data.metrics
    assert metrics["silhouette"] == scores["silhouette"]["value"]
    assert metrics["segment.2.customers"] == scores["sizes"][2]
    assert {"silhouette.low", "stability", "segment.0.silhouette", "seconds.load"} <= set(metrics)
    assert all(math.isfinite(v) and abs(v) < 1e300 for v in metrics.values())
    assert any("is recorded" in notice for notice in first.summary["notices"])


def test_no_row_of_a_customer_is_sent(uri: str, mlflow: Any, first: Result, tmp_path: Path):
    (found,) = recorded(uri, first)
    root = Path(mlflow.artifacts.download_artifacts(run_id=found.info.run_id, dst_path=tmp_path))
    sent = [file for file in root.rglob("*") if file.is_file()]
    assert {"summary.json", "profiles.csv", "profiles.json"} <= {file.name for file in sent}
    assert not [f for f in sent if f.suffix in (".parquet", ".safetensors")]
    ids = [str(who).encode() for who in first.segments["customer_id"][:50]]
    assert not [f for f in sent for who in ids if who in f.read_bytes()]


def test_the_model_loads_by_mlflow_and_takes_polars_and_whole_numbers(
    mlflow: Any, first: Result, shop: Path
):
    model = mlflow.pyfunc.load_model("models:/shop@champion")
    table = pl.read_csv(shop / "customers.csv")
    wanted = first.segments["segment"].to_list()
    assert model.predict(table)["segment"].to_list() == wanted
    plain = table.to_pandas()
    assert plain["orders"].dtype.kind == "i"  # declared as doubles
    assert model.predict(plain)["segment"].tolist() == wanted
    assert {c.name: str(c.type) for c in model.metadata.signature.outputs.inputs} == {
        "segment": "DataType.integer", "segment_name": "DataType.string",
        "distance": "DataType.float",
    }  # fmt: skip
    assert "spend" in model.metadata.get_input_schema().input_names()
    assert len(model.predict(model.input_example)) == 3
    assert not {tuple(row.values()) for row in model.input_example} & set(table.rows())


def test_a_model_is_served_over_http(mlflow: Any, first: Result, shop: Path, tmp_path: Path):
    folder = mlflow.artifacts.download_artifacts("models:/shop@champion", dst_path=str(tmp_path))
    table = pl.read_csv(shop / "customers.csv").head(7)
    wanted = first.segments["segment"].head(7).to_list()
    with served(["models", "serve", "--env-manager", "local", "-m", folder], tmp_path) as address:
        for kind, body in (
            ("application/json", json.dumps({"inputs": table.to_dicts()})),
            ("application/json", json.dumps({"inputs": table.to_dict(as_series=False)})),
            ("text/csv", table.write_csv()),
        ):
            asked = Request(f"{address}/invocations", body.encode(), {"Content-Type": kind})
            with urlopen(asked, timeout=PATIENCE) as answer:
                told = json.load(answer)["predictions"]
            assert [row["segment"] for row in told] == wanted
            assert set(told[0]) == {"segment", "segment_name", "distance"}


@pytest.fixture(scope="module")
def again(uri: str, first: Result, shop: Path) -> Tracked:
    asked = {"tracking.uri": uri, "tracking.register": "aliases"}
    return engine.track(named(first, shop), places(shop) | asked, again=True)


def named(result: Result, shop: Path) -> Path:
    return shop / "models" / "shop" / result.summary["run_id"]


def places(shop: Path) -> dict[str, str]:
    return {"output.models": str(shop / "models"), "output.reports": str(shop / "reports")}


def test_a_run_is_recorded_once_unless_asked_for_again(
    uri: str, first: Result, shop: Path, again: Tracked
):
    before, asked = dict(os.environ), {"tracking.uri": uri, "tracking.register": "shop"}
    once = engine.track(named(first, shop), places(shop) | asked)
    assert once.before
    assert once.registered is None
    assert dict(os.environ) == before
    assert not again.before
    found = {run.info.run_id for run in recorded(uri, first)}
    assert len(found) == 2  # its own, and that of again
    assert {once.tracked, again.tracked} <= found


def test_a_registration_that_broke_off_is_finished(
    uri: str, first: Result, shop: Path, monkeypatch: pytest.MonkeyPatch
):
    from mlflow import MlflowClient

    name, known = "Ann's", client(uri)
    asked = {"tracking.uri": uri, "tracking.register": name}
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "set_registered_model_alias", lambda *_: 1 / 0)
        with pytest.raises(EngineError, match="did not take the run"):
            engine.track(named(first, shop), places(shop) | asked)
    assert "engine.promoted" not in known.get_model_version(name, "1").tags
    done = engine.track(named(first, shop), places(shop) | asked).registered
    assert done is not None
    assert (done.version, done.promoted) == ("1", True)
    assert known.get_model_version_by_alias(name, "champion").version == "1"
    assert engine.track(named(first, shop), places(shop) | asked).registered is None


def test_the_alias_moves_to_what_is_not_worse_and_stays_with_a_reason(
    uri: str, shop: Path, again: Tracked
):
    known, asked = client(uri), {"tracking.register": "aliases"}
    assert again.registered is not None
    assert again.registered.promoted
    fresh = run(shop, uri, **asked)
    assert known.get_model_version_by_alias("aliases", "champion").version == "1"
    assert "continues no model" in known.get_model_version("aliases", "2").tags["engine.rule.kept"]
    assert any("stays version 1" in notice for notice in fresh.summary["notices"])
    run(shop, uri, **asked, **{"clustering.continue_from": str(shop / "models" / "shop")})
    version = known.get_model_version_by_alias("aliases", "champion")
    assert version.version == "3"
    assert version.tags["engine.rule.kept"] == "100% of the previous segments go on"
    assert version.tags["engine.promoted"] == "true"


@pytest.fixture
def gone_at() -> Iterator[str]:
    with nobody() as address:
        yield address


def test_a_tracker_that_is_gone_costs_a_warning_and_is_made_up_for(
    uri: str, shop: Path, gone_at: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(shop)  # no config.yaml lies there
    result = run(shop, f"http://ann:password@{gone_at}", **{"output.name": "later"})
    (told,) = [n for n in result.summary["notices"] if "not recorded" in n]
    assert told.startswith("warning: the run is saved, not recorded: the tracker http://***@127")
    assert told.endswith("`engine track later` sends it later")
    reports = shop / "reports" / "later"
    kept = [f for f in reports.rglob("*") if f.is_file() and b"password" in f.read_bytes()]
    assert not kept
    words = [w for key, value in places(shop).items() for w in ("--set", f"{key}={value}")]
    nowhere = ["--set", f"tracking.uri=http://{gone_at}"]
    gone = CliRunner().invoke(app, ["track", "later", *words, *nowhere])
    assert gone.exit_code
    assert str(gone.exception).startswith(f"the tracker http://{gone_at} cannot be reached (")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    done = CliRunner().invoke(app, ["track", "later", *words])
    assert done.exit_code == 0, done.output
    assert "is recorded: " in done.output
