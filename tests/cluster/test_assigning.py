"""Files assigned by the workers of a cluster: the same rows as on one machine, in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.cluster.runtime import ClusterRuntime
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import transaction_batches
from engine.data_preparation.reading import cuts
from engine.errors import ConfigError, DataError, EngineError
from engine.model.model import Model
from tests.drawing import undrawn


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut a few thousand rows into several pieces."""
    monkeypatch.setattr(cuts, "PIECE_ROWS", 700)


def fitted(path: Path, folder: Path, **given: Any) -> Model:
    output = {f: str(folder / f) for f in ("models", "reports", "processed")}
    tree = {"input": {"path": str(path), **given}, "output": output, "evaluation": {"resamples": 2}}
    with undrawn():
        return engine.segment(tree, {"clustering.k": 3, "clustering.kmeans.n_init": 2}).model


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=3_000, seed=3)
    return path


@pytest.fixture(scope="module")
def model(customers: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return fitted(customers, tmp_path_factory.mktemp("run"))


@pytest.fixture
def there(cluster: ClusterRuntime) -> dict[str, str]:
    return {"compute.cluster": cluster.members.client.scheduler.address}


def both(
    model: Model, path: Path, folder: Path, there: dict[str, str], **more: Any
) -> pl.DataFrame:
    """Assign on one machine and on a cluster, hold these to each other; give the rows."""
    one = model.assign_file(path, folder / "here.parquet", **more)
    other = model.assign_file(path, folder / "there.parquet", overrides=there, **more)
    assert one == other
    parts = sorted((folder / "there.parquet").iterdir())
    assert len(parts) > 2
    assert [p.name for p in parts] == [f"part-{i:05d}.parquet" for i in range(len(parts))]
    rows = pl.concat([pl.read_parquet(p) for p in parts])
    assert_frame_equal(pl.read_parquet(folder / "here.parquet"), rows, check_exact=True)
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith(".")) == []
    return rows


def cut_finely(path: Path, folder: Path) -> Path:
    """Write a table again, in row groups that pieces can be cut at."""
    pl.read_parquet(path).write_parquet(folder / "in.parquet", row_group_size=500)
    return folder / "in.parquet"


def test_customers_are_assigned_as_on_one_machine(tmp_path, customers, model, there):
    rows = both(model, cut_finely(customers, tmp_path), tmp_path, there)
    assert rows.height == 3_000
    again = model.assign_file(customers, tmp_path / "there.parquet", overrides=there)
    assert again.rows == 3_000


@pytest.mark.long
def test_what_is_odd_in_pieces_is_told_once(tmp_path, customers, model, there):
    table = pl.read_parquet(customers)
    name = model.plan.categorical[0].column
    odd = pl.int_range(pl.len()) % 1_000 == 999
    table = table.with_columns(
        pl.when(odd).then(pl.lit("never seen")).otherwise(pl.col(name).cast(pl.String)).alias(name),
        pl.when(odd).then(None).otherwise(pl.col(model.plan.id_column)).alias(model.plan.id_column),
    )
    folder = tmp_path / "in"
    folder.mkdir()
    table.head(1_300).write_csv(folder / "0.csv")
    table.tail(1_700).write_csv(folder / "1.csv")
    both(model, folder, tmp_path, there)


@pytest.mark.long
def test_rows_without_an_id_are_numbered_over_all_pieces(tmp_path, customers, there, monkeypatch):
    # Row numbers are not read back to look for ids that repeat.
    monkeypatch.setattr("engine.model.on_workers._ids_in", lambda *_: [1 / 0])
    table = pl.read_parquet(customers).drop("customer_id")
    path = tmp_path / "in.csv"
    table.write_csv(path)
    model = fitted(path, tmp_path / "run")
    assert model.plan.id_column is None
    rows = both(model, path, tmp_path, there)
    assert rows[model.id_name].to_list() == list(range(3_000))


@pytest.mark.long
def test_ids_have_one_type_in_all_parts(tmp_path, customers, model, there):
    table = pl.read_parquet(customers).with_columns(pl.col("customer_id").cast(pl.String))
    last = pl.int_range(pl.len()) == 2_999
    table = table.with_columns(
        customer_id=pl.when(last).then(pl.lit("X-1")).otherwise("customer_id")
    )
    table.write_csv(tmp_path / "in.csv")
    assert both(model, tmp_path / "in.csv", tmp_path, there)["customer_id"].dtype == pl.String


@pytest.mark.long
def test_invoices_are_gathered_and_assigned(tmp_path, there):
    lines = pl.concat(transaction_batches(2_000, 5))
    lines.write_parquet(tmp_path / "in.parquet", row_group_size=500)
    model = fitted(tmp_path / "in.parquet", tmp_path / "run", kind="transactions")
    new = lines.with_columns(
        quantity=pl.when(pl.col("customer_id") % 50 == 0)
        .then(-pl.col("quantity").abs())
        .otherwise("quantity")
    )
    new.rename({"customer_id": "client_id"}).write_parquet(tmp_path / "n.parquet")
    one = model.assign_file(tmp_path / "n.parquet", tmp_path / "here.parquet")
    other = model.assign_file(tmp_path / "n.parquet", tmp_path / "there.parquet", overrides=there)
    assert one == other
    assert one.apart
    parts = sorted((tmp_path / "there.parquet").iterdir())
    rows = pl.concat([pl.read_parquet(p) for p in parts])
    assert_frame_equal(pl.read_parquet(tmp_path / "here.parquet"), rows, check_exact=True)


def test_what_a_folder_of_parts_cannot_become_is_refused(tmp_path, customers, model, there):
    with pytest.raises(ConfigError, match="give an output that ends in"):
        model.assign_file(customers, tmp_path / "out.csv", overrides=there)
    (tmp_path / "out.parquet").write_text("mine")
    with pytest.raises(EngineError, match="is neither Parquet nor a folder of parts"):
        model.assign_file(customers, tmp_path / "out.parquet", overrides=there)
    with pytest.raises(EngineError, match="give output="):
        model.assign(customers, overrides=there)
    assert (tmp_path / "out.parquet").read_text() == "mine"


def test_each_form_of_a_table_takes_the_place_of_the_other(tmp_path, customers, model, there):
    path, out = cut_finely(customers, tmp_path), tmp_path / "out.parquet"
    model.assign_file(path, out)
    one = pl.read_parquet(out)
    model.assign_file(path, out, overrides=there)
    assert len(list(out.iterdir())) > 2
    assert_frame_equal(pl.read_parquet(out), one)
    for read, said in ((out / "part-00001.parquet", "input itself"), (tmp_path, "folder that is")):
        with pytest.raises(DataError, match=said):
            model.assign_file(read, out)
    model.assign_file(path, out)
    assert_frame_equal(pl.read_parquet(out), one)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_a_folder_with_anything_else_in_it_stays(tmp_path, customers, model):
    out = tmp_path / "out.parquet"
    for name in ("mine", "part-00000.parquet"):
        out.mkdir(exist_ok=True)
        (out / "mine").touch()
        (out / name).touch()
        with pytest.raises(EngineError, match="a folder has this name"):
            model.assign_file(customers, out)
    assert sorted(p.name for p in out.iterdir()) == ["mine", "part-00000.parquet"]
