"""Every command under every umask: files with customers in them are the user's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.data_preparation import prepare
from engine.data_preparation.generators.shop import generate_transactions
from engine.places.runtime import Runtime
from engine.run import pipeline
from engine.run.reporting import rebuild_report
from engine.similar_customers.answers import ask
from tests.drawing import undrawn

OF_CUSTOMERS = {
    "segments.parquet", "report_data.safetensors", "assigned.csv", "assigned.parquet",
    "similar.csv", "rows.npy", "similar.faiss", "similar.json",
}  # fmt: skip
"""Names of files with customers in them; all others hold none."""


@pytest.fixture(params=[0o000, 0o022], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def check(folder: Path, umask: int, expected: int = 0o600) -> set[str]:
    """Compare the mode of every file; gives the names of those with customers in them."""
    files = [f for f in folder.rglob("*") if f.is_file() and not f.is_symlink()]
    with_customers = {f for f in files if f.name in OF_CUSTOMERS}
    wrong = {
        str(f): oct(mode(f))
        for f in files
        if mode(f) != (expected if f in with_customers else 0o666 & ~umask)
    }
    assert not wrong
    return {f.name for f in with_customers}


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    group = np.arange(200) % 3
    columns = {f"x{c}": rng.normal(10 * group, 1) for c in range(3)}
    return pl.DataFrame({"customer_id": [f"C{i}" for i in range(200)], **columns})


def settings(path: str, **output: Any) -> dict[str, Any]:
    kind = Path(path).stem
    return {
        "input": {"path": path, "kind": kind},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {"name": kind, **output},
    }


@pytest.mark.long_at("0o22-group*", "0o22-shared*", "0o0-group*")
@pytest.mark.parametrize(
    ("permissions", "expected"), [("private", 0o600), ("group", 0o660), ("shared", 0o666)]
)
def test_runs_on_customers_and_what_asks_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    umask: int,
    permissions: str,
    expected: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    customers().write_parquet("customers.parquet")
    given = {"output.permissions": permissions}
    with undrawn():
        result = engine.segment(settings("customers.parquet"), given)
    model = engine.load_model("models/customers")
    for name in ("assigned.csv", "assigned.parquet"):
        model.assign("customers.parquet", name, overrides=given)
    assert result.similar(["C7"]).height == 10
    ask("customers", ["C7"], 3, overrides=given, output="similar.csv").write("similar.csv")
    assert check(tmp_path, umask, expected & ~umask) == OF_CUSTOMERS
    (index,) = Path("data/processed/similar/customers").glob("*-*")
    assert mode(index) == {0o600: 0o700, 0o660: 0o770, 0o666: 0o777}[expected] & ~umask


def test_matrices_in_files_are_the_users_alone(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "processed" / "scratch" / "matrix.npy"
    matrix = prepare.new_matrix((3, 2), file, Runtime())
    assert isinstance(matrix, np.memmap)
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    assert mode(file.parent.parent) == 0o777 & ~umask


@pytest.mark.long
@pytest.mark.parametrize("umask", [0], indirect=True)
def test_runs_on_transactions_and_a_page_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.chdir(tmp_path)
    generate_transactions(Path("transactions.parquet"), customers=120, seed=0)
    seen, save = [], pipeline.save

    def looking(outcome: Any, model: Any, folders: Any, *more: Any) -> Any:
        seen.extend(mode(f) for f in (folders.scratch, folders.scratch / "purchases"))
        return save(outcome, model, folders, *more)

    monkeypatch.setattr(pipeline, "save", looking)
    config = engine.load_config(settings("transactions.parquet"))
    with undrawn():
        engine.segment(config)
    rebuild_report(config.output)
    engine.load_model("models/transactions").assign("transactions.parquet", "assigned.csv")
    assert seen == [0o700, 0o700]
    found = check(tmp_path, umask)
    assert found == {"segments.parquet", "report_data.safetensors", "assigned.csv"}
