"""The notebook runs from its first cell to its last and still shows what is stored in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.children import PATIENCE

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "segment_customers.ipynb"
NUMBER = re.compile(r"-?\d+\.?\d*")


@pytest.fixture(scope="module")
def stored() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run the notebook in a folder of its own that sees the sample and nothing else."""
    root = tmp_path_factory.mktemp("project")
    (root / "notebooks").mkdir()
    (root / "data").symlink_to(ROOT / "data")
    fresh = nbformat.read(NOTEBOOK, as_version=4)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    where = {"metadata": {"path": str(root / "notebooks")}}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # figures go into the notebook
        NotebookClient(fresh, timeout=PATIENCE, resources=where, record_timing=False).execute()
    assert sorted(p.name for p in root.iterdir()) == ["data", "notebooks"]
    assert not list((root / "notebooks").iterdir())
    return fresh


def shown(notebook: Any) -> list[str]:
    """Give what the cells print and return, as text."""
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return [o.get("text") or o["data"]["text/plain"] for o in outputs]


def test_it_shows_what_is_stored(stored, executed):
    before, after = shown(stored), shown(executed)
    assert len(before) == len(after) > 4
    for one, other in zip(before, after, strict=True):
        assert NUMBER.sub("#", one).split() == NUMBER.sub("#", other).split()
        numbers = [float(n) for n in NUMBER.findall(one)]
        again = [float(n) for n in NUMBER.findall(other)]
        # Another processor may round a last digit otherwise, or move a customer on a border.
        assert numbers == pytest.approx(again, rel=0.01, abs=3)


def test_every_cell_was_executed_in_order(stored):
    counts = [c.execution_count for c in stored.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_nothing_of_the_machine_is_stored(stored):
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert not re.search(r"(?<![\w.<])/(work|home|root|tmp|Users|usr|mnt|data)/", text)
    kinds = {o.output_type for c in stored.cells if c.cell_type == "code" for o in c.outputs}
    assert not kinds & {"error"}
    streams = [o for c in stored.cells if c.cell_type == "code" for o in c.outputs if "name" in o]
    assert all(o.name == "stdout" for o in streams)


CELLS = (
    "import engine, polars as pl",
    "frame = pl.DataFrame({'id': range(90), 'spent': [5, 90, 400] * 30, 'n': [1, 2, 9] * 30})",
    "result = engine.segment(frame, {'evaluation.resamples': 0}, k=3, ephemeral=True)",
    "result",
    "_ = engine.segment(frame, {'evaluation.resamples': 0}, k=3, ephemeral=True, progress=False)",
)


def test_progress_is_one_output_of_the_cell_and_a_result_shows_itself(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS)))
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=PATIENCE, resources=where, record_timing=False).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    [progress], [result] = outputs[2], outputs[3]
    for stage in ("load ", "cluster kmeans ", "draw "):
        assert stage in progress["data"]["text/html"]
    assert "<progress" not in progress["data"]["text/html"]
    assert "customers are identified by the column" in progress["data"]["text/html"]
    assert result["data"]["text/html"].count("<tr>") == 4
    assert "90 customers in 3 segments" in result["data"]["text/plain"]
    assert outputs[0] == outputs[1] == outputs[4] == []
    assert list(tmp_path.iterdir()) == []
