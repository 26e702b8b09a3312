"""``clustering.continue_from: latest``: one command each week, the first one too."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.utilities.progress import Progress
from tests.drawing import undrawn


class Heard(Progress):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def week(folder: Path, rows: pl.DataFrame, **more: object) -> tuple[engine.Result, list[str]]:
    rows.write_parquet(folder / "shop.parquet")
    heard = Heard()
    tree = {
        "clustering": {"k": 3, "kmeans": {"n_init": 2}, "continue_from": "latest"},
        "evaluation": {"resamples": 0},
        "input": {"path": str(folder / "shop.parquet")},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")}
        | {"name": "shop", "tables": ["csv"], **more},
    }
    with undrawn():
        return engine.segment(tree, progress=heard), heard.notes


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    path = tmp_path_factory.mktemp("weeks") / "shop.parquet"
    generate(path, customers=400, seed=5)
    return pl.read_parquet(path)


def test_the_first_run_continues_none_and_the_next_ones_that_in_use(customers, tmp_path: Path):
    first, notes = week(tmp_path, customers[:300])
    assert "the first run of shop: nothing to continue" in notes
    assert first.summary["config"]["clustering"]["continue_from"] is None
    assert "previous_segment" not in first.segments.columns
    second, notes = week(tmp_path, customers[50:])
    run = first.summary["run_id"]
    continued = second.summary["config"]["clustering"]["continue_from"]
    assert continued == str(tmp_path / "models/shop" / run)
    assert second.summary["continuity"]["run"] == run
    told = second.summary["continuity"]["migration"]
    assert told["by"] == "table"
    assert (told["both"], told["new"], told["left"]) == (250, 100, 50)
    assert told["sentence"] in notes
    both = second.segments.join(first.segments, on="customer_id", how="left", suffix="_then")
    assert both["previous_segment"].equals(both["segment_then"], check_names=False)
    assert both["previous_segment_name"].equals(both["segment_name_then"], check_names=False)
    table = pl.read_csv(second.report_path.parent / "migration.csv")
    assert table["customers"].to_list()[-1] == 400
    assert "previous_segment_name" in pl.read_csv(second.report_path.parent / "segments.csv")


@pytest.mark.long
def test_where_the_table_is_gone_the_model_is_asked_and_it_is_said(customers, tmp_path: Path):
    first, _ = week(tmp_path, customers[:300])
    (first.report_path.parent / "segments.parquet").unlink()
    second, notes = week(tmp_path, customers[50:])
    told = second.summary["continuity"]["migration"]
    assert (told["by"], told["new"]) == ("model", None)
    assert any("the table of its customers is gone" in note for note in notes)
    assert second.segments["previous_segment"].null_count() == 0
