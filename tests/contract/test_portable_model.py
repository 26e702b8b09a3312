"""A model loads and assigns where what made it is absent."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal

BLOCKED = (
    "matplotlib jinja2 rich typer faiss cudf cuml cupy dask dask_cuda rmm pandas pyarrow "
    "sklearn scipy joblib"
)

_ASSIGN = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[4].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import engine
model = engine.load_model(sys.argv[1])
model.assign(sys.argv[2], sys.argv[3])
import polars
model.assign(polars.read_parquet(sys.argv[3].replace("assigned", "customers")))
print(model.names)
"""


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_loads_and_assigns_without_its_makers(base, customers, as_csv, suffix, tmp_path):
    output = base.summary["config"]["output"]
    source = customers if suffix == "parquet" else as_csv
    pl.read_parquet(customers).write_parquet(tmp_path / "customers.parquet")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _ASSIGN,
            f"{output['models']}/{output['name']}",
            str(source),
            str(tmp_path / "assigned.parquet"),
            BLOCKED,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(base.model.names)
    assigned = pl.read_parquet(tmp_path / "assigned.parquet")
    assert_frame_equal(assigned, base.segments, check_exact=True)


def test_nothing_in_a_model_is_pickled(base):
    output = base.summary["config"]["output"]
    folder = base.report_path.parents[2].parent / "models" / output["name"] / "latest"
    assert sorted(p.name for p in folder.iterdir()) == ["arrays.safetensors", "model.json"]
