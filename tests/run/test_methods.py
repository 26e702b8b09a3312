"""Several methods in one run: each with its own number of segments, the best one described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.clustering.algorithm import ROWS
from engine.config.loading import load_config
from engine.data_preparation.generators.customers import generate
from engine.errors import EngineError
from engine.places.runtime import Runtime
from engine.run.choosing import CLOSE
from engine.run.customers import Customers
from engine.run.methods import run_method
from engine.utilities.progress import Progress
from engine.utilities.sampling import row_priority
from engine.utilities.stages import Stages
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=2_000, seed=3)
    return path


def settings(folder: Path, path: Path, **clustering: Any) -> dict[str, Any]:
    return {
        "input": {"path": str(path)},
        "clustering": {"kmeans": {"n_init": 4}, **clustering},
        "evaluation": {"resamples": 2},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }


@pytest.mark.long
def test_each_method_chooses_its_own_number(customers: Path, tmp_path: Path) -> None:
    methods = ["kmeans", "agglomerative", "spectral"]
    tree = settings(tmp_path, customers, methods=methods, k_min=6, k_max=9)
    result = engine.segment(tree)
    found = result.summary["methods"]
    assert list(found) == methods
    assert all(found[m]["k"] == 8 and "8 segments" in found[m]["k_rule"] for m in methods)
    values = {m: found[m]["silhouette"]["value"] for m in methods}
    assert values[result.summary["best"]] >= max(values.values()) - CLOSE
    stages = [s["name"] for s in result.summary["stages"]]
    assert all(f"{stage} {m}" in stages for m in methods for stage in ("cluster", "choose k"))
    page = result.report_path.read_text()
    assert all(f'<th scope="col" class="n">{m}</th>' in page for m in methods)


@undrawn()
def test_the_tree_of_all_customers_gives_every_number(customers: Path, tmp_path: Path) -> None:
    """The number is chosen among cuts of the tree that is kept, not of a sample's."""
    tree = settings(tmp_path, customers, methods=["agglomerative"], k_max=5)
    chosen = engine.segment(tree, {"clustering.agglomerative.exact_limit": 500})
    assert chosen.model.tree.n_leaves == len(chosen.model.representatives.points)
    given = engine.segment(
        tree,
        {"clustering.agglomerative.exact_limit": 500, "clustering.k": chosen.scores["k"]},
    )
    assert given.segments.equals(chosen.segments)
    assert given.scores["k_rule"] is None
    data = json.loads((chosen.report_path.parent / "report_data.json").read_text())
    sweep = {row["k"]: row["silhouette"] for row in data["k_sweep"]}
    value = chosen.scores["silhouette"]["value"]
    assert sweep[chosen.scores["k"]] == pytest.approx(value, abs=0.02)


def test_what_was_decided_is_told(customers: Path, tmp_path: Path) -> None:
    heard: list[str] = []

    class Listening(Progress):
        def note(self, text: str) -> None:
            heard.append(text)

    tree = settings(tmp_path, customers, methods=["agglomerative"], k=4)
    tree["clustering"]["agglomerative"] = {"exact_limit": 500, "micro_clusters": 300}
    result = engine.segment(tree, progress=Listening())
    (note,) = result.scores["notes"]
    assert note.startswith("the tree joins 300 micro-clusters")
    told = f"agglomerative: {note}"
    assert told in heard
    assert told in result.summary["notices"]
    assert note in result.report_path.read_text()


@pytest.mark.parametrize("method", ["agglomerative", "kmeans"])
def test_specks_are_called_what_they_are(method: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3_000, 3)) + 8 * (np.arange(3_000) % 2)[:, None]
    rows[:4] = rng.normal(size=(4, 3)) * 0.1 + [40.0, -40.0, 40.0]
    frame = pl.DataFrame({"customer_id": range(3_000)} | {f"x{j}": rows[:, j] for j in range(3)})
    frame.write_parquet(tmp_path / "a.parquet")
    tree = settings(tmp_path, tmp_path / "a.parquet", methods=[method], k=3)
    tree["preparation"] = {"outliers": "off", "skew": "off"}
    result = engine.segment(tree)
    sizes = result.profiles["customers"].to_list()
    assert sizes[-1] == 4
    names = result.profiles["segment_name"].to_list()
    assert names[-1].startswith("Outliers: ")
    assert not any(name.startswith("Outliers") for name in names[:-1])
    (note,) = [n for n in result.scores["notes"] if "speck" in n]
    assert note.startswith("segment 2 holds 4 of 3,000 customers: a speck")
    assert "too few to be a segment of their own" in result.report_path.read_text()


@pytest.mark.long_at("average")
@pytest.mark.parametrize("linkage", ["complete", "average"])
@undrawn()
def test_a_linkage_for_few_is_refused_from_headers(linkage: str, customers: Path, tmp_path: Path):
    tree = settings(tmp_path, customers, methods=["agglomerative"], k=4)
    limited = {"linkage": linkage, "exact_limit": 1_999}
    tree["clustering"]["agglomerative"] = limited
    (refusal,) = engine.plan(tree).refusals
    assert f"linkage is {linkage}" in refusal
    assert "use ward" in refusal
    with pytest.raises(EngineError, match="use ward"):
        engine.segment(tree)
    limited["exact_limit"] = 2_000
    assert not engine.plan(tree).refusals
    assert engine.segment(tree).scores["k"] == 4
    # Lines of a CSV are estimated: the refusal comes once they are counted.
    limited["exact_limit"] = 1_999
    pl.read_parquet(customers).write_csv(tmp_path / "a.csv")
    tree["input"]["path"] = str(tmp_path / "a.csv")
    with pytest.raises(EngineError, match="there are 2,000"):
        engine.segment(tree)
    assert not list((tmp_path / "reports" / "customers").glob(".partial*"))


def test_all_runs_what_is_allowed_and_says_what_is_not(customers: Path, tmp_path: Path) -> None:
    tree = settings(tmp_path, customers, methods="all", k=8)
    tree["clustering"] |= {
        "agglomerative": {"linkage": "complete", "exact_limit": 1_999},
        "spectral": {"n_init": 2},
    }
    planned = engine.plan(tree)
    assert "agglomerative" in planned.left_out
    assert not planned.refusals
    result = engine.segment(tree)
    ran = [name for name in ROWS if name != "agglomerative"]
    assert list(result.summary["methods"]) == ran == list(planned.methods)
    assert "use ward" in result.summary["left_out"]["agglomerative"]
    agreement = result.summary["agreement"]
    assert all(agreement[m][m] == 1.0 for m in ran)
    assert agreement["kmeans"]["spectral"] == agreement["spectral"]["kmeans"] > 0.9
    assert result.summary["best_rule"].startswith(f"{result.summary['best']} is shown")
    page = result.report_path.read_text()
    assert "Methods side by side" in page
    assert "use ward" in page
    assert "When customers are drawn anew, the segments" in page


def test_all_leaves_out_what_would_take_too_long(customers: Path, tmp_path: Path) -> None:
    tree = settings(tmp_path, customers, methods="all", k=4, time_limit=0.03)
    tree |= {"compute": {"threads": 2}, "evaluation": {"resamples": 10}}
    left = engine.plan(tree).left_out
    assert {"spectral", "ann_methods"} <= set(left)
    assert not {"kmeans", "agglomerative"} & set(left)
    assert "seconds in all, more than clustering.time_limit (0.03 minutes)" in left["spectral"]
    none = engine.plan(tree, {"clustering.time_limit": 0.001})
    assert not none.left_out
    assert none.refusals[0].startswith("no method would be done in time: the quickest, ")


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments by two things, each of which five columns say."""
    rng = np.random.default_rng(1)
    place = np.array([[0, 0], [7, 0], [0, 7]])[rng.integers(0, 3, 600)]
    said = np.repeat(place + rng.normal(size=(600, 2)), 5, axis=1) + rng.normal(0, 2, (600, 10))
    path = tmp_path_factory.mktemp("opinions") / "a.parquet"
    columns = {f"x{j}": said[:, j] for j in range(10)}
    pl.DataFrame({"customer_id": range(600)} | columns).write_parquet(path)
    return path


def test_prepared_columns_decide_how_many_components(opinions: Path, tmp_path: Path) -> None:
    """Not the components that the reduction kept, among which none would stand out."""
    tree = settings(tmp_path, opinions, methods=["pca_methods"], k=3)
    tree["clustering"]["pca_methods"] = {"settings": {"n_init": 2}}
    tree["evaluation"] = {"resamples": 2}
    one = engine.segment(tree)
    other = engine.segment(tree, {"pca.components": "off"})
    assert one.scores["notes"] == other.scores["notes"]
    (note,) = one.scores["notes"]
    assert note.startswith("2 of 10 components are used, which hold ")
    assert "as many as stand out from columns that have nothing to do with each other" in note
    assert note in one.report_path.read_text()
    assert one.model.representatives.pca.components.shape[0] == 2
    assert one.scores["stability"]["mean"] > 0.9


def test_more_components_than_prepared_columns(opinions: Path, tmp_path: Path) -> None:
    tree = settings(tmp_path, opinions, methods=["kmeans", "pca_methods"], k=3)
    tree["clustering"]["pca_methods"] = {"components": 99}
    tree["evaluation"] = {"resamples": 0}
    stages: list[str] = []

    class Listening(Progress):
        @contextmanager
        def stage(self, name: str, **_: int) -> Iterator[None]:
            stages.append(name)
            yield

    with pytest.raises(EngineError) as caught:
        engine.segment(tree, progress=Listening())
    assert str(caught.value) == (
        "clustering.pca_methods.components is 99, but there are only 10 prepared columns; "
        "ask for fewer, or for a share of variance such as 0.9."
    )
    assert stages == ["load", "prepare"]
    few = {"clustering.methods": "all", "clustering.time_limit": 0.02}
    result = engine.segment(tree, few)
    assert result.summary["left_out"]["pca_methods"] == str(caught.value)
    assert "pca_methods" not in result.summary["methods"]
    assert str(caught.value) in result.report_path.read_text()


def test_no_groups_stand_on_top_of_the_report(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cloud = {f"x{j}": rng.standard_normal(1_500) * (3 - j) for j in range(2)}
    pl.DataFrame({"customer_id": range(1_500)} | cloud).write_parquet(tmp_path / "a.parquet")
    tree = settings(tmp_path, tmp_path / "a.parquet", methods=["kmeans"], k=2)
    tree["preparation"] = {"scaling": "none"}
    result = engine.segment(tree)
    # One stretched Gaussian: a silhouette that would be called weak, were there no comparison.
    assert result.scores["silhouette"]["value"] > 0.3
    assert any(w.startswith("no clear structure") for w in result.summary["warnings"])
    page = result.report_path.read_text()
    assert page.index("No clear structure") < page.index("The segments</h2>")


@undrawn()
def test_a_method_that_finds_outliers_only_is_not_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2_000, 2)) + 5 * (np.arange(2_000) % 2)[:, None]
    rows[0] = [300.0, 300.0]
    frame = pl.DataFrame({"customer_id": range(2_000), "x": rows[:, 0], "y": rows[:, 1]})
    frame.write_parquet(tmp_path / "a.parquet")
    tree = settings(tmp_path, tmp_path / "a.parquet", methods=["agglomerative", "spectral"], k=2)
    tree["clustering"]["agglomerative"] = {"linkage": "single"}
    tree["preparation"] = {"outliers": "off", "skew": "off"}
    result = engine.segment(tree)
    assert result.summary["best"] == "spectral"
    assert (
        "agglomerative leaves segments that are outliers or too small"
        in result.summary["best_rule"]
    )
    alone = engine.segment(tree, {"clustering.methods": ["agglomerative"]})
    assert any(w.startswith("no segmentation") for w in alone.summary["warnings"])


@pytest.mark.long_at("all-auto", "kmeans-auto")
@pytest.mark.parametrize("k", ["auto", 4])
@pytest.mark.parametrize("methods", ["kmeans", "all"])
@undrawn()
def test_few_distinct_customers(k: object, methods: str, tmp_path: Path) -> None:
    """Four kinds of equal customers: a silhouette of exactly 1, and no room for five."""
    kinds = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [7.0, 8.0]])
    rows = np.repeat(kinds, [500, 400, 300, 200], axis=0)
    frame = pl.DataFrame({"customer_id": range(1_400), "x": rows[:, 0], "y": rows[:, 1]})
    frame.write_parquet(tmp_path / "a.parquet")
    result = engine.segment(settings(tmp_path, tmp_path / "a.parquet", methods=methods, k=k))
    assert result.scores["k"] == 4
    assert sorted(result.scores["sizes"]) == [200, 300, 400, 500]


def test_a_largest_number_that_cannot_be_is_told() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0)
    priority, stages = row_priority(len(rows), 0), Stages(Progress())
    sections = {"k_max": 60, "smallest_segment": 0.3, "kmeans": {"n_init": 1}}
    config = load_config({"clustering": sections, "evaluation": {"resamples": 0}})
    choice = run_method("kmeans", Customers(rows, priority, config, Runtime(), stages)).choice
    assert choice is not None
    assert [row["k"] for row in choice.sweep] == [2, 3]
    assert "clustering.k_max is 60, but there can be no more than 3 segments" in choice.rule


def test_more_segments_than_people_hold_are_warned_of_and_all_time_counts() -> None:
    middles = 20.0 * np.stack(np.divmod(np.arange(6), 3), axis=1)
    rows = np.repeat(middles, 60, axis=0) + np.random.default_rng(0).normal(size=(360, 2))
    resolution = {"ann_methods": {"resolution": 1.0}}
    config = load_config({"clustering": {"k_max": 3, **resolution}, "evaluation": {"resamples": 2}})
    stages = Stages(Progress())
    space, priority = rows.astype(np.float32), row_priority(len(rows), 0)
    found = run_method("ann_methods", Customers(space, priority, config, Runtime(), stages))
    (note,) = [n for n in found.fit.notes if "clustering.k_max (3)" in n]
    assert note.startswith(f"{found.scores.k:,} segments are more than")
    assert note.endswith("lower clustering.ann_methods.resolution for fewer.")
    assert found.seconds_in_all == pytest.approx(
        sum(r["seconds"] for r in stages.records if r["name"] != "customers without groups")
    )
    assert found.seconds_in_all > found.seconds > 0
