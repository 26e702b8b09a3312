"""Whole runs: the same segments wherever they ran, and models that go from place to place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import engine
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.prepare import identify, load
from engine.dimensionality_reduction.pca import project_all
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.drawing import undrawn

Run = Callable[..., engine.Result]


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory, n_rows: int) -> Path:
    """Write customers of five kinds that nobody would mix up, with gaps and a category."""
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 5, min(9_000, n_rows))
    middle = rng.permutation(25).reshape(5, 5) * 4.0
    numbers = {f"x{i}": rng.normal(middle[kind, i], 0.5) for i in range(5)}
    frame = pl.DataFrame(
        {
            "customer_id": [f"C{i:05}" for i in range(len(kind))],
            **numbers,
            "channel": np.array(["app", "web", "shop", "mail", "fax"])[kind],
            "kind": kind,
        }
    )
    gaps = pl.Series(rng.random(len(kind)) < 0.002)
    frame = frame.with_columns(x0=pl.when(~gaps).then("x0"))
    path = tmp_path_factory.mktemp("groups") / "customers.parquet"
    frame.write_parquet(path, row_group_size=n_rows // 10)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, n_rows: int) -> Path:
    """Write generated customers, whose segments overlap as real ones do."""
    path = tmp_path_factory.mktemp("shop") / "customers.parquet"
    generate(path, customers=min(4_000, n_rows), seed=5)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Segment a file on a place, without figures and the page, which no place changes."""

    def segment(path: Path, place: Place, **overrides: Any) -> engine.Result:
        out = tmp_path_factory.mktemp("run")
        config = {
            "input": {"path": str(path)},
            "features": {"exclude": _answers(path)},
            "clustering": {"k": 5, "kmeans": {"n_init": 8}},
            "compute": {"device": str(place), "threads": 2},
            "evaluation": {"resamples": 2},
            "output": {f: str(out / f) for f in ("models", "reports", "processed")},
        }
        with undrawn():
            return engine.segment(config, overrides)

    return segment


@pytest.fixture(scope="module")
def plain(run: Run, groups: Path) -> Callable[[Place], engine.Result]:
    """Give the run on customers of five kinds without further settings, one for each place."""
    return cache(lambda place: run(groups, place))


def _answers(path: Path) -> list[str]:
    return [c for c in ("kind", "true_segment") if c in pl.read_parquet_schema(path)]


def agreement(one: pl.DataFrame, other: pl.DataFrame) -> float:
    pairs = one.join(other, on="customer_id", how="inner", suffix="_2")
    assert len(pairs) == len(one) == len(other)
    return float(adjusted_rand_score(pairs["segment"], pairs["segment_2"]))


COARSE = {"clustering.kmeans.coarse_rows": 1_000, "preparation.sample_rows": 1_000}


AUTO = {"clustering.k": "auto", "clustering.k_max": 7}


@pytest.mark.long_at("cpu-settings[123]")
@pytest.mark.parametrize("settings", [{}, COARSE, AUTO, {"pca.components": "off"}])
def test_the_same_segments(runtime, run, groups, settings):
    ours = run(groups, runtime.place, **settings)
    theirs = run(groups, Place.CPU, **settings, **{"compute.threads": 1})
    assert ours.summary["place"] == str(runtime.place)
    assert agreement(ours.segments, theirs.segments) >= 0.99
    truth = pl.read_parquet(groups, columns=["customer_id", "kind"])
    truth = truth.rename({"kind": "segment"})
    assert agreement(ours.segments, truth) >= 0.99
    assert ours.profiles["segment_name"].to_list() == theirs.profiles["segment_name"].to_list()
    for name in ("inertia", "davies_bouldin", "calinski_harabasz", "silhouette_squared"):
        assert ours.scores[name] == pytest.approx(theirs.scores[name], rel=1e-4), name
    value = theirs.scores["silhouette"]["value"]
    assert ours.scores["silhouette"]["value"] == pytest.approx(value, abs=1e-4)


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("settings", [{}, AUTO, {"pca.components": "off"}])
def test_the_same_segments_on_a_worker_with_a_gpu(run, groups, settings):
    cluster = {"compute.cluster": "local", "compute.workers": 1}
    ours = run(groups, Place.GPU, **settings, **cluster)
    theirs = run(groups, Place.CPU, **settings)
    assert ours.summary["place"] == str(Place.GPU_CLUSTER)
    assert agreement(ours.segments, theirs.segments) >= 0.99
    for name in ("inertia", "davies_bouldin", "calinski_harabasz", "silhouette_squared"):
        assert ours.scores[name] == pytest.approx(theirs.scores[name], rel=1e-4), name


@pytest.mark.long_at("cpu")
def test_customers_that_overlap_are_cut_as_well(runtime, run, shop):
    ours, theirs = (run(shop, place, **{"clustering.k": 8}) for place in (runtime.place, Place.CPU))
    assert ours.scores["inertia"] <= 1.01 * theirs.scores["inertia"]
    assert ours.summary["n_components"] == theirs.summary["n_components"]
    assert ours.summary["preparation"] == theirs.summary["preparation"]


@pytest.mark.parametrize("settings", [{}, COARSE])
def test_a_model_from_the_place_assigns_on_the_cpu(runtime, run, shop, settings):
    fitted = run(shop, runtime.place, **settings)
    output = fitted.summary["config"]["output"]
    model = engine.load_model(f"{output['models']}/{output['name']}")
    assigned = model.assign(shop)
    assert assigned["customer_id"].to_list() == fitted.segments["customer_id"].to_list()
    # Preparation there may differ in the last bit: a customer on a border may change sides.
    same = (assigned["segment"] == fitted.segments["segment"]).mean()
    assert same >= (1.0 if runtime.place == Place.CPU else 0.999)
    np.testing.assert_allclose(
        assigned["distance"].to_numpy(),
        fitted.segments["distance"].to_numpy(),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_model_from_the_place_assigns_groups_without_an_exception(runtime, plain, groups):
    fitted = plain(runtime.place)
    assert fitted.model.assign(groups)["segment"].equals(fitted.segments["segment"])


def test_a_model_from_the_cpu_assigns_on_the_place(runtime, plain, groups):
    fitted = plain(Place.CPU)
    labels = on_place(fitted, groups, runtime)
    assert labels.tolist() == fitted.segments["segment"].to_list()


def on_place(fitted: engine.Result, path: Path, runtime: Runtime) -> np.ndarray:
    """Assign a file block by block in the memory of a place, by the model's own steps."""
    model, config = fitted.model, engine.config.loading.load_config({"input": {"path": str(path)}})
    loaded = load(config)
    found = []
    blocks = customers(loaded.source, identify(loaded, config), model.plan.columns, runtime)
    for _, block in blocks:
        x = model.plan.transform(block, runtime)
        if model.pca is not None:
            out = runtime.empty((len(x), model.pca.n_components))
            project_all(model.pca, x, out, runtime=runtime)
            x = out
        found.append(model.representatives.assign(x, runtime=runtime))
    return np.concatenate(found)


def test_a_second_run_in_one_process_is_the_same(runtime, run, plain, groups):
    """The pool is taken once: a run must neither lose its memory nor take it again."""
    first, second = plain(runtime.place), run(groups, runtime.place)
    assert first.segments["segment"].equals(second.segments["segment"])
    assert first.summary["place_reason"] == second.summary["place_reason"]
