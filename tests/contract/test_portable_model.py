"""A model loads and assigns where what made it is absent."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from tests.children import finished

pytestmark = pytest.mark.long_at("exact-*", "exact")

BLOCKED = (
    "matplotlib", "jinja2", "rich", "typer", "faiss", "cudf", "cuml", "cupy", "dask", "dask_cuda",
    "rmm", "pandas", "pyarrow", "sklearn", "scipy", "joblib",
)  # fmt: skip

_ASSIGN = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[3].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import engine
import polars
_, source, table, _, *pairs = sys.argv
for folder, target in zip(pairs[::2], pairs[1::2], strict=True):
    model = engine.load_model(folder)
    model.assign(source, target)
    model.assign(polars.read_parquet(table))
    print(model.names)
"""


def model_of(result: engine.Result) -> Path:
    """Give the folder of a run's model."""
    output = result.summary["config"]["output"]
    return Path(output["models"]) / output["name"]


def assigned_apart(
    pairs: list[tuple[Path, Path]], customers: Path, source: Path | None = None
) -> list[str]:
    """Assign by each model into its target, and a table, in a process without the makers."""
    words = [str(path) for pair in pairs for path in pair]
    given = [str(source or customers), str(customers), " ".join(BLOCKED)]
    done = finished([sys.executable, "-c", _ASSIGN, *given, *words], check=True)
    return done.stdout.splitlines()


@pytest.mark.long_at("*-csv")
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_loads_and_assigns_without_its_makers(base, customers, as_csv, suffix, tmp_path):
    target = tmp_path / "assigned.parquet"
    source = customers if suffix == "parquet" else as_csv
    told = assigned_apart([(model_of(base), target)], customers, source)
    assert told == [str(base.model.names)]
    assert_frame_equal(pl.read_parquet(target), base.segments, check_exact=True)


def test_nothing_in_a_model_is_pickled(base):
    output = base.summary["config"]["output"]
    folder = base.report_path.parents[2].parent / "models" / output["name"] / "latest"
    assert sorted(p.name for p in folder.iterdir()) == ["arrays.safetensors", "model.json"]
