"""What runs of every method find, matched to an earlier run and put in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.clustering.algorithm import ROWS
from engine.continuity.matching import match
from engine.continuity.order import reordered
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import generate_transactions
from engine.data_preparation.reading import sources
from engine.evaluation.stability import agreement_of
from engine.model.model import Model
from engine.places.runtime import Runtime
from engine.run.results import Outcome
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from tests.continuity_cases import A, B, group, named, told

Refit = Callable[..., tuple[engine.Result, dict[str, Any]]]


@pytest.fixture
def refit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Refit:
    """Run, and match before what a run keeps aside is removed."""
    monkeypatch.setattr("engine.run.pipeline.draw_report", lambda *_: None)
    collect = engine.run.pipeline.report_data

    def run(
        tree: dict[str, Any], model: Model | None = None, threads: Sequence[int] = (1,)
    ) -> tuple[engine.Result, dict[str, Any]]:
        caught: dict[str, Any] = {}

        def catch(outcome: Outcome, *rest: Any) -> Any:
            caught["outcome"] = outcome
            caught["found"] = [
                match(
                    model, outcome.best.fit, outcome.loaded.source, outcome.prepared.identity,
                    runtime=Runtime(threads=t), progress=Progress(),
                )
                for t in (threads if model else ())
            ]  # fmt: skip
            return collect(outcome, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engine.run.pipeline.report_data", catch)
            folders = {f: str(tmp_path / f) for f in ("models", "reports", "processed")}
            result = engine.segment({**tree, "output": folders})
        return result, caught

    return run


METHODS = {
    "kmeans": {"methods": ["kmeans"]},
    "agglomerative": {"methods": ["agglomerative"]},
    "micro-clusters": {
        "methods": ["agglomerative"],
        "agglomerative": {"exact_limit": 300, "micro_clusters": 200},
    },
    "spectral": {"methods": ["spectral"]},
    "landmarks": {"methods": ["spectral"], "spectral": {"exact_limit": 300, "landmarks": 200}},
    "communities": {"methods": ["ann_methods"]},
    "components": {"methods": ["pca_methods"], "pca_methods": {"components": 0.9}},
}


def test_every_method_is_tried_here():
    assert {method for m in METHODS.values() for method in m["methods"]} == set(ROWS)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=1_500, seed=5)
    return pl.read_parquet(path)


def settings(table: pl.DataFrame, path: Path, method: str, k: int = 4) -> dict[str, Any]:
    table.write_parquet(path)
    clustering = {"k": k, "kmeans": {"n_init": 4}, **METHODS[method]}
    few = {"resamples": 2}
    return {"input": {"path": str(path)}, "clustering": clustering, "evaluation": few}


@pytest.mark.long_at("[!k]*")
@pytest.mark.parametrize("method", METHODS)
def test_a_refit_in_another_order_and_on_nine_tenths(method, table, refit, tmp_path):
    # The customers are of eight kinds; which of them are joined to fewer is a close call.
    k = 8
    first, _ = refit(settings(table, tmp_path / "first.parquet", method, k))
    model = engine.load_model(first.report_path.parents[3] / "models/customers")
    part = table.sample(fraction=0.9, shuffle=True, seed=2)
    result, caught = refit(settings(part, tmp_path / "part.parquet", method, k), model)
    (found,) = caught["found"]
    assert found.continues == tuple(range(k))
    assert found.numbers == Numbers.first(k)
    assert named(found, result.profiles["segment_name"].to_list()) == list(model.names)
    assert agreement_of(found.overlap.counts) > 0.97
    assert np.nanmax(found.moved()) < 0.25


@pytest.mark.long_at("spectral", "communities", "agglomerative", "micro-clusters", "components")
@pytest.mark.parametrize("method", METHODS)
def test_numbered_anew_a_model_gives_every_customer_the_same_segment(
    method, table, refit, tmp_path
):
    path = tmp_path / "customers.parquet"
    first, caught = refit(settings(table, path, method))
    scored, numbers = caught["outcome"].best, np.array([3, 0, 1, 2], np.int32)
    again = reordered(scored, numbers, Numbers.first(4))
    assert np.array_equal(again.fit.labels, numbers[scored.fit.labels])
    model = replace(first.model, representatives=again.fit.representatives)
    given = model.assign(path)
    assert np.array_equal(given["segment"], again.fit.labels)
    assert np.array_equal(given["distance"], first.model.assign(path)["distance"])
    assert again.scores.sizes == tuple(np.bincount(again.fit.labels).tolist())
    for old, new in enumerate(numbers):
        assert again.silhouette.per_segment[new] == scored.silhouette.per_segment[old]
        assert np.array_equal(again.scores.centres[new], scored.scores.centres[old])
    assert np.array_equal(
        again.silhouette.anchor_labels, again.fit.labels[again.silhouette.anchor_rows]
    )
    assert (np.diff(again.silhouette.anchor_labels) >= 0).all()


def test_notes_on_specks_name_the_new_numbers(refit, tmp_path):
    rows = np.concatenate([group(A, 900), group(B, 700), group((500.0, 500.0), 2)])
    table = pl.DataFrame({"customer_id": range(len(rows)), "x": rows[:, 0], "y": rows[:, 1]})
    tree = settings(table, tmp_path / "customers.parquet", "agglomerative", k=3)
    tree |= {"preparation": {"outliers": "off", "skew": "off"}}
    _, caught = refit(tree)
    scored = caught["outcome"].best
    assert sum("segment 2 holds 2 of 1,602" in note for note in scored.fit.notes) == 1
    numbers = Numbers((4, 7, 8), last=8)
    notes = reordered(scored, np.array([1, 2, 0], np.int32), numbers).fit.notes
    assert len(notes) == len(scored.fit.notes)
    assert sum("segment 4 holds 2 of 1,602" in note for note in notes) == 1


def test_another_method_and_number_of_segments_can_follow(table, refit, tmp_path):
    first, _ = refit(settings(table, tmp_path / "a.parquet", "landmarks", k=5))
    _, caught = refit(settings(table, tmp_path / "b.parquet", "kmeans", k=3), first.model)
    (found,) = caught["found"]
    result = told(found)
    assert result["n_kept"] + len(result["gone"]) == 5
    labels = found.places[caught["outcome"].best.fit.labels]
    before = first.model.assign(tmp_path / "b.parquet")["segment"].to_numpy()
    counts = np.bincount(labels * 5 + before, minlength=15).reshape(3, 5)
    assert np.array_equal(found.overlap.counts, counts)


def test_centres_and_radii_are_those_of_the_customers(table, refit, tmp_path, monkeypatch):
    """Against all rows at once, on any number of threads, in blocks."""
    monkeypatch.setattr(sources, "BATCH_ROWS", 400)
    first, _ = refit(settings(table, tmp_path / "a.parquet", "kmeans", k=5))
    tree = settings(table, tmp_path / "b.parquet", "kmeans")
    _, caught = refit(tree, first.model, (1, 3))
    one, three = caught["found"]
    assert np.array_equal(one.overlap.centres, three.overlap.centres)
    assert np.array_equal(one.overlap.radii, three.overlap.radii)
    model = first.model
    x = model.pca.transform(model.plan.transform(table.drop("customer_id"))).astype(float)
    labels = one.places[caught["outcome"].best.fit.labels]
    before = model.assign(table)["segment"].to_numpy()
    for s in range(4):
        np.testing.assert_allclose(one.overlap.centres[s], x[labels == s].mean(axis=0), atol=1e-9)
    for s in range(5):
        own = x[before == s]
        spread = np.sqrt(((own - own.mean(axis=0)) ** 2).sum(axis=1).mean())
        assert one.overlap.radii[s] == pytest.approx(spread)


@pytest.mark.long
def test_a_run_on_transactions(refit, tmp_path):
    path = tmp_path / "lines.parquet"
    generate_transactions(path, customers=300, seed=2)
    tree = {"input": {"path": str(path), "kind": "transactions"}, "clustering": {"k": 4}}
    tree["evaluation"] = {"resamples": 2}
    first, _ = refit(tree)
    lines = pl.read_parquet(path)
    lines.sample(fraction=1, shuffle=True, seed=3).write_parquet(path)
    _, caught = refit(tree, first.model)
    (found,) = caught["found"]
    assert found.continues == (0, 1, 2, 3)
    assert agreement_of(found.overlap.counts) > 0.97
