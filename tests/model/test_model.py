"""The model on disk and in use: whole or refused, streamed, and frank about strange customers."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.reading import sources
from engine.errors import DataError, ModelError
from engine.model.files import _tree_digest
from engine.model.model import Model, load_model
from engine.utilities.segment_numbers import Numbers


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "client_id": [f"C{i:03}" for i in range(300)],
            "spend": [float((i * 37) % 101 + 200 * (i % 3)) for i in range(300)],
            "visits": [i * i % 17 for i in range(300)],
            "channel": [["web", "shop", None, "app"][i % 4] for i in range(300)],
        }
    )


@pytest.fixture(scope="module")
def result(table: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    folder = tmp_path_factory.mktemp("fit")
    table.write_parquet(folder / "customers.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.pipeline.draw_report", lambda *_: None)
        config = {
            "input": {"path": str(folder / "customers.parquet")},
            "clustering": {"k": 3, "kmeans": {"n_init": 4}},
            "evaluation": {"resamples": 0},
            "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        }
        return engine.segment(config)


@pytest.fixture
def model(result: engine.Result) -> Model:
    return result.model


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    return folder


def edit(folder: Path, **changes: object) -> None:
    tree = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**tree, **changes}))


def test_saving_and_loading_loses_nothing(model, saved, table):
    loaded = load_model(saved)
    assert loaded.plan == model.plan
    assert loaded.names == model.names
    assert loaded.info == json.loads(json.dumps(model.info))
    assert_frame_equal(loaded.assign(table), model.assign(table), check_exact=True)


def test_the_latest_run_of_a_name(result, table):
    folder = result.report_path.parents[3] / "models" / "customers"
    loaded = load_model(folder)
    assert loaded.info["run_id"] == result.summary["run_id"]
    assert_frame_equal(loaded.assign(table), result.segments, check_exact=True)


def test_what_a_model_tells(result, model):
    assert model.info["method"] == "kmeans"
    assert model.info["n_customers"] == 300
    assert set(model.info["versions"]) >= {"engine", "python", "numpy", "polars"}
    assert model.info["scores"]["k"] == 3
    assert model.id_name == "client_id"


def test_no_model(tmp_path):
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds no model; give the name of a run, or the "
        "folder that it wrote, such as models/customers."
    )


@pytest.mark.parametrize("file", ["model.json", "arrays.safetensors"])
def test_a_changed_file_is_refused(saved, file):
    content = bytearray((saved / file).read_bytes())
    # A digit of a number in the middle, so that it still reads as what it is.
    position = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    content[position] = ord("1") if content[position] != ord("1") else ord("2")
    (saved / file).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_model(saved)
    assert str(caught.value) == (
        f"{saved / file} was changed after the model was written; fit the model again."
    )


def test_a_missing_file_is_refused(saved):
    (saved / "arrays.safetensors").unlink()
    with pytest.raises(ModelError, match=r"arrays\.safetensors is missing; fit the model again"):
        load_model(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", '{"format_version": "new"}'])
def test_a_damaged_file_is_refused(saved, text):
    (saved / "model.json").write_text(text)
    with pytest.raises(ModelError, match=r"model\.json is damaged and cannot be read"):
        load_model(saved)


def test_a_newer_model_is_refused(saved):
    edit(saved, format_version=99)
    with pytest.raises(ModelError) as caught:
        load_model(saved)
    assert str(caught.value) == (
        f"{saved} was written by a newer engine (model format 99; this one reads up to 4); "
        "upgrade the engine to use it."
    )


def test_a_model_of_the_first_format_still_loads(saved):
    names = load_model(saved).names
    tree = json.loads((saved / "model.json").read_text()) | {"format_version": 1}
    for later in ("numbers", "last_number"):
        del tree[later]
    (saved / "model.json").write_text(json.dumps(tree | {"digest": _tree_digest(tree)}))
    assert load_model(saved).names == names
    assert load_model(saved).numbers == Numbers.first(len(names))


@pytest.mark.parametrize("numbers", [[0, 1], [2, 1, 0], [0, 1, 1], [0, 1, 9], [-1, 0, 1], "012"])
def test_numbers_that_cannot_be(saved, numbers):
    tree = json.loads((saved / "model.json").read_text()) | {"numbers": numbers, "last_number": 8}
    edit(saved, **tree | {"digest": _tree_digest(tree)})
    with pytest.raises(ModelError, match="is damaged"):
        load_model(saved)


def test_nothing_from_a_model_file_is_executed(saved):
    text = (saved / "model.json").read_text()
    assert "!!python" not in text
    content = (saved / "arrays.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert set(header) - {"__metadata__"} <= {
        "representatives", "representative_segments", "centres", "pca_mean", "pca_components",
        "pca_explained_variance_ratio",
    }  # fmt: skip


@pytest.mark.long_at("1-*")
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_streaming_in_any_blocks(model, table, tmp_path, suffix, rows, monkeypatch):
    path = tmp_path / f"new.{suffix}"
    table.write_csv(path) if suffix == "csv" else table.write_parquet(path)
    monkeypatch.setattr(sources, "BATCH_ROWS", rows)
    done = model.assign(path, tmp_path / "out.parquet")
    assert (done.rows, done.unknown, done.without_id) == (300, {}, 0)
    assert_frame_equal(
        pl.read_parquet(tmp_path / "out.parquet"), model.assign(table), check_exact=True
    )


@pytest.mark.parametrize("rows", [7, 10_000])
def test_empty_lines_are_no_customers(model, table, tmp_path, rows, monkeypatch):
    lines = table.write_csv().splitlines()
    empty = "," * lines[0].count(",")
    lines[1:1], lines[200:200] = [empty], [empty, empty]
    (tmp_path / "new.csv").write_text("\n".join([*lines, empty, ""]))
    monkeypatch.setattr(sources, "BATCH_ROWS", rows)
    assert_frame_equal(model.assign(tmp_path / "new.csv"), model.assign(table), check_exact=True)


def test_a_folder_of_files(model, table, tmp_path):
    table[:100].write_parquet(tmp_path / "a.parquet")
    table[100:].write_parquet(tmp_path / "b.parquet")
    assert_frame_equal(model.assign(tmp_path), model.assign(table), check_exact=True)


def test_extra_and_reordered_columns_do_not_matter(model, table):
    turned = table.select(pl.lit("x").alias("note"), *reversed(table.columns))
    assert_frame_equal(model.assign(turned), model.assign(table), check_exact=True)


@pytest.mark.parametrize("how", ["polars", "pandas", "pyarrow", "file"])
def test_a_missing_column_is_named(model, table, how, tmp_path):
    lacking = table.drop("visits", "client_id")
    lacking.write_parquet(tmp_path / "new.parquet")
    data = {
        "polars": lacking, "pandas": lacking.to_pandas(), "pyarrow": lacking.to_arrow(),
        "file": tmp_path / "new.parquet",
    }[how]  # fmt: skip
    with pytest.raises(DataError) as caught:
        model.assign(data)
    where = "new.parquet" if how == "file" else "the table"
    assert str(caught.value) == (
        f"{where} lacks 'client_id', 'visits', which the model was trained on; "
        "it has 'spend', 'channel'."
    )


@pytest.mark.parametrize("how", ["polars", "pandas", "pyarrow", "file"])
def test_text_where_numbers_were(model, table, how, tmp_path):
    retyped = table.with_columns(pl.col("visits").cast(str))
    retyped.write_parquet(tmp_path / "new.parquet")
    data = {
        "polars": retyped, "pandas": retyped.to_pandas(), "pyarrow": retyped.to_arrow(),
        "file": tmp_path / "new.parquet",
    }[how]  # fmt: skip
    with pytest.raises(DataError, match="in the column 'visits', which held numbers when the"):
        model.assign(data)


def test_other_number_types_are_the_same_numbers(model, table):
    retyped = table.with_columns(pl.col("visits").cast(pl.Int8), pl.col("spend").cast(int))
    assert_frame_equal(model.assign(retyped), model.assign(table), check_exact=True)


def test_missing_values_are_filled_as_in_training(model, table):
    fill = {f.column: f.fill for f in model.plan.numeric}
    gaps = table.head(20).with_columns(spend=pl.lit(None, pl.Float64), visits=pl.lit(float("nan")))
    filled = table.head(20).with_columns(spend=fill["spend"], visits=fill["visits"])
    assert_frame_equal(model.assign(gaps), model.assign(filled), check_exact=True)


def test_unknown_categories_and_missing_ids_are_told(model, table, tmp_path):
    strange = table.head(10).with_columns(
        channel=pl.lit("post"), client_id=pl.when(pl.col("visits") > 3).then("client_id")
    )
    nulls = strange["client_id"].null_count()
    with pytest.warns(UserWarning, match="10 rows|rows have no id") as caught:
        assigned = model.assign(strange)
    assert [str(w.message) for w in caught] == [
        "10 rows hold a value of column 'channel' that was not seen in training",
        f"{nulls} rows have no id; they were assigned all the same",
    ]
    assert assigned["client_id"].to_list() == strange["client_id"].to_list()
    assert assigned["segment"].null_count() == 0
    strange.write_parquet(tmp_path / "new.parquet")
    done = model.assign(tmp_path / "new.parquet", tmp_path / "out.parquet")
    assert (done.rows, done.unknown, done.without_id) == (10, {"channel": 10}, nulls)


def test_no_rows(model, table):
    assert model.assign(table.head(0)).shape == (0, 4)


def test_the_input_is_never_overwritten(model, table, tmp_path):
    path = tmp_path / "new.parquet"
    table.write_parquet(path)
    (tmp_path / "link.parquet").symlink_to(path)
    before = path.read_bytes()
    for target in (path, tmp_path / "link.parquet"):
        with pytest.raises(DataError) as caught:
            model.assign(path, target)
        assert str(caught.value).startswith(f"{target} is the input itself; give another")
    assert path.read_bytes() == before


def test_a_failed_stream_leaves_the_old_output(model, table, tmp_path):
    text = table.with_columns(pl.col("visits").cast(str)).write_csv()
    (tmp_path / "new.csv").write_text(text.rsplit("\n", 2)[0] + "\nC299,1.0,many,web\n")
    (tmp_path / "out.csv").write_text("the old one")
    with pytest.raises(DataError, match="'many'"):
        model.assign(tmp_path / "new.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "the old one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new.csv", "out.csv"]


def test_a_table_cannot_be_streamed(model, table, tmp_path):
    with pytest.raises(DataError, match="output needs data to be a path"):
        model.assign(table, tmp_path / "out.parquet")


def test_pandas_index_and_arrow_chunks(model, table):
    frame = table.to_pandas().set_index(pd.Index(range(1_000, 1_300)))
    assigned = model.assign(frame)
    assert assigned["segment"].tolist() == model.assign(table)["segment"].to_list()
    chunked = pa.concat_tables([table[:9].to_arrow(), table[9:].to_arrow()])
    assert_frame_equal(pl.DataFrame(model.assign(chunked)), model.assign(table), check_exact=True)
