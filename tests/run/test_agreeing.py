"""What methods agree on is shown: in runs on shapes that scores of one method misjudge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.evaluation.stability import agreement
from tests.drawing import sketched

Rows = tuple[np.ndarray, np.ndarray]
ALIKE = "cut the customers alike"


def bars() -> Rows:
    """Two bars at right angles and a round group, which k-means cuts into five pieces."""
    rng = np.random.default_rng(3)
    x = [
        rng.uniform([0, 0], [3.9, 1], (200, 2)),
        rng.uniform([0.5, 1.55], [1.5, 5.4], (100, 2)),
        rng.normal([2.93, 2.6], [0.42, 0.35], (100, 2)),
    ]
    return np.concatenate(x), np.repeat([0, 1, 2], [200, 100, 100])


def uneven() -> Rows:
    """Four round groups, of which gaps part only one from the others."""
    rng = np.random.default_rng(5)
    cases = [(80, [0, 0], 0.8), (50, [4, 0], 0.6), (35, [0, 4], 0.5), (20, [4, 4], 0.4)]
    x = np.concatenate([rng.normal(place, spread, (n, 2)) for n, place, spread in cases])
    return x, np.repeat([0, 1, 2, 3], [n for n, *_ in cases])


def cloud() -> Rows:
    x = np.random.default_rng(2).normal(size=(600, 2)) * [3, 1]
    return x, np.zeros(600, np.int64)


def run(folder: Path, x: np.ndarray, **more: Any) -> tuple[engine.run.results.Result, np.ndarray]:
    """Run; give the result, and the segments in order of the rows."""
    table = {f"x{j}": column for j, column in enumerate(x.T)}
    pl.DataFrame({"customer_id": range(len(x)), **table}).write_parquet(folder / "rows.parquet")
    tree = {
        "input": {"path": str(folder / "rows.parquet")},
        "preparation": {"scaling": "none", "skew": "off", "outliers": "off"},
        "clustering": {"methods": ["all"], "k_max": 7, "kmeans": {"n_init": 2}, **more},
        "evaluation": {"resamples": 2, "resample_rows": 300},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with sketched():
        result = engine.segment(tree)
    return result, result.segments.sort("customer_id")["segment"].to_numpy()


@pytest.mark.long
@pytest.mark.parametrize("made", [bars, uneven])
def test_what_methods_agree_on_is_shown(made: Any, tmp_path: Path) -> None:
    x, truth = made()
    result, found = run(tmp_path, x)
    assert agreement(truth, found) > 0.95
    summary = result.summary
    shown = summary["methods"][summary["best"]]
    assert shown["k"] == truth.max() + 1 == len(summary["segment_numbers"])
    assert ALIKE in summary["best_rule"]
    assert summary["best_rule"] in result.report_path.read_text()
    # Agreement of the methods is in the summary, at the number that is shown.
    alike = [m for m, value in summary["agreement"][summary["best"]].items() if value >= 0.95]
    assert summary["best"] in alike
    # The model that is saved is that of the method shown, at that number.
    table = pl.read_parquet(tmp_path / "rows.parquet")
    again = result.model.assign(table).sort("customer_id")["segment"].to_numpy()
    assert (again == found).all()


@pytest.mark.long
@pytest.mark.parametrize(
    ("made", "more"),
    [
        (cloud, {}),  # gaps part nothing
        (bars, {"k": 3}),  # the number is given
        (bars, {"methods": ["kmeans", "agglomerative"]}),  # both ask for round pieces
        (bars, {"methods": ["spectral", "pca_methods"], "pca_methods": {"method": "spectral"}}),
    ],
)
def test_scores_decide_where_nothing_is_agreed_on(made: Any, more: Any, tmp_path: Path) -> None:
    result, _ = run(tmp_path, made()[0], **more)
    assert ALIKE not in (result.summary["best_rule"] or "")
    assert all(ALIKE not in (m["k_rule"] or "") for m in result.summary["methods"].values())
