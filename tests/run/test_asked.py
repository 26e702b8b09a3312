"""``engine.segment`` of files and tables, with words for keys, and runs that leave no files."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from tests.drawing import undrawn

QUICK = {
    "clustering.kmeans.n_init": 2,
    "evaluation.resamples": 0,
    "evaluation.anchors": 200,
    "pca.components": "off",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in an empty folder, with temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "here")
    with undrawn():
        yield


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "my shop.parquet"
    generate(path, customers=400, seed=3)
    return path


@pytest.fixture(scope="module")
def expected(file: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    out = tmp_path_factory.mktemp("expected") / "shop"
    with undrawn():
        result = engine.segment(str(file), QUICK, k=4, out=out)
    assert result.report_path.is_relative_to(out)
    assert (out.parent / "models" / "shop" / "latest").is_dir()
    return result.segments


def tables() -> dict[str, Callable[[pl.DataFrame], Any]]:
    return {
        "polars": lambda t: t,
        "lazy": lambda t: t.lazy(),
        "arrow": lambda t: t.to_arrow(),
        "pandas": lambda t: t.to_pandas(),
        "pandas arrow": lambda t: t.to_pandas(use_pyarrow_extension_array=True),
        "index": lambda t: t.to_pandas().set_index("customer_id"),
        "narwhals": nw.from_native,
        "columns": lambda t: t.to_dict(as_series=False),
    }


@pytest.mark.parametrize("kind", tables())
def test_a_table_gives_what_its_file_gives(file, expected, kind) -> None:
    table = tables()[kind](pl.read_parquet(file))
    result = engine.segment(table, QUICK, k=4, id="customer_id", ephemeral=True)
    assert result.segments.sort("customer_id").equals(expected.sort("customer_id"))
    assert list(Path().iterdir()) == []


def test_a_run_that_leaves_no_files_lives_as_long_as_its_result(file, tmp_path) -> None:
    result = engine.segment(file, QUICK, k=4, ephemeral=True)
    assert result.model.assign(file)["segment"].to_list() == result.segments["segment"].to_list()
    assert result.profiles.height == 4
    assert result.summary["name"] == "my-shop"
    assert list(Path().iterdir()) == []
    [folder] = (tmp_path / "tmp").iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert result.report_path.is_relative_to(folder)
    del result
    gc.collect()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.long
def test_where_a_table_lay_is_not_saved(file, tmp_path) -> None:
    table = pl.read_parquet(file)
    result = engine.segment(table, QUICK, k=4, name="shop")
    assert result.summary["input"]["path"] == "<a table in memory>"
    assert str(tmp_path) not in str(result.summary["config"]) + str(result.model.info)
    assert result.model.assign(table).height == table.height


def test_words_and_the_keys_they_stand_for_do_the_same(file) -> None:
    words = engine.plan(file, k=4, methods="kmeans,spectral", exclude="age")
    keys = {
        "input.path": str(file), "clustering.k": 4, "clustering.methods": ["kmeans", "spectral"],
        "features.exclude": ["age"],
    }  # fmt: skip
    assert words.steps == engine.plan(keys).steps == engine.plan(None, keys).steps
    assert engine.plan(pl.read_parquet(file), k=4).peak > 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"overrides": {"clustering.k": 3}, "k": 4}, "k=4 and clustering.k=3 say different things"),
    ({"out": "reports/a", "ephemeral": True}, "out='reports/a' and ephemeral=True say different"),
    ({"out": "reports/a", "name": "b"}, "name='b' and out='reports/a'|out='reports/a' and name"),
    ({"id": "none"}, "input.id names the column 'none', which my shop.parquet does not have"),
    ({"k": "some"}, "clustering.k: must be auto"),
    ({"overrides": {"input.path": "b.csv"}}, "are two inputs: give one of them"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_words_that_do_not_fit_are_refused(file, words, sentence) -> None:
    with pytest.raises(engine.EngineError, match=sentence):
        engine.segment(file, **words)
    assert list(Path().iterdir()) == []


ODD: list[tuple[Any, str]] = [
    (pl.DataFrame({"id": [1, 2]}), "the table has no numeric column to segment by"),
    (pl.DataFrame(schema={"id": pl.Int64, "x": pl.Int8}), "the table has a header but no rows"),
    (pl.DataFrame(), "the table has no columns"),
    (pd.DataFrame(), "the table has no columns"),
    (pd.DataFrame(index=range(5)), "the table has no columns"),
    (pd.DataFrame({"id": [], "x": []}), "the table has a header but no rows"),
    (pd.DataFrame([[1, 2], [3, 4]], columns=[1, "1"]), "two columns of the name '1'"),
    ({1: [1, 2], "1": [3, 4]}, "two columns of the name '1'"),
    (pa.table([[1, 2], [3, 4]], names=["a", "a"]), "the table has two columns of the name 'a'"),
    (pd.DataFrame({"id": [1, 2], "m": [{1}, {2}]}), "the column 'm' holds values of type set"),
    (pd.DataFrame({"id": [1, 2], "m": [1j, 2j]}), "the column 'm' holds values of type complex"),
    (pd.DataFrame({"id": [1, 2], "m": [object()] * 2}), "'m' holds values of type object"),
    (pd.DataFrame(np.ones((3, 2)), columns=["a", "a"]), "the table has two columns of the name"),
    (pl.LazyFrame({"a": [1]}).select("b"), "the table cannot be read .*b"),
    (pl.DataFrame({"a": [object()]}), "the table cannot be read"),
    (pd.Series([1, 2]), "must be the path of a YAML file or of data, .*, or a table"),
    (pl.Series([1, 2]), "must be the path of a YAML file or of data, .*, or a table"),
    ({"id": [1, 2], "x": [1]}, "the table cannot be read"),
    ({"inputs": {"path": "a.csv"}}, "inputs: is not a known key; did you mean input"),
    (np.ones((3, 2)), "must be the path of a YAML file or of data, .*, or a table"),
    ([[1, 2], [3, 4]], "must be the path of a YAML file or of data, .*, or a table"),
]


@pytest.mark.parametrize(("table", "sentence"), ODD)
def test_tables_that_are_none_are_refused(tmp_path, table, sentence) -> None:
    with pytest.raises(engine.EngineError, match=sentence):
        engine.segment(table)
    assert list(Path().iterdir()) == list((tmp_path / "tmp").iterdir()) == []


def test_nothing_that_is_given_is_said_to_be_nothing(file) -> None:
    with pytest.raises(engine.EngineError, match="it is read where nothing is given: give data"):
        engine.segment(None)
    with pytest.raises(engine.EngineError, match=r"did you mean CustomerID\?"):
        engine.segment(pl.DataFrame({"CustomerID": [1, 2], "x": [1.5, 2.5]}), id="custid")


@pytest.mark.parametrize("kind", ["polars", "arrow", "pandas"])
def test_one_customer_is_told_of(tmp_path, kind) -> None:
    one = tables()[kind](pl.DataFrame({"id": [1], "x": [2.5]}))
    with pytest.raises(engine.EngineError, match="the table holds 1 customer; segments need at"):
        engine.segment(one, ephemeral=True)
    gc.collect()
    assert list(Path().iterdir()) == list((tmp_path / "tmp").iterdir()) == []


def test_odd_columns_of_pandas_are_read_as_a_file_would_be(file) -> None:
    table = pl.read_parquet(file).to_pandas()
    table["mixed"] = ["high" if i % 2 else i % 5 for i in range(len(table))]
    table["level"] = pd.Categorical(["a", "b", None, "a"] * 100)
    table["when"] = pd.Timestamp("2025-01-05", tz="Europe/Berlin")
    table[7] = pd.array([i * 37 % 991 or None for i in range(len(table))], dtype="Int64")
    result = engine.segment(table, QUICK, k=3, ephemeral=True)
    told = {c["column"]: c["what"] for c in result.summary["preparation"]}
    assert {"level", "mixed", "when", "7"} <= set(told)
    assert {"level", "age"} <= set(result.model.plan.file_columns)


def test_transactions_in_a_table(tmp_path) -> None:
    rows = pl.DataFrame(
        {
            "CustomerID": [1 + i // 4 % 40 for i in range(400)],
            "InvoiceNo": [i // 2 for i in range(400)],
            "InvoiceDate": ["2024-01-05", "2024-02-11", "2024-03-09", "2024-05-30"] * 100,
            "StockCode": ["a", "b", "c", "d", "e"] * 80,
            "Quantity": [1 + i % 3 for i in range(400)],
            "UnitPrice": [1.5 + i % 40 for i in range(400)],
        }
    )
    result = engine.segment(rows, QUICK, k=2, transactions=True, ephemeral=True)
    assert result.segments.height == 40
    assert result.summary["input"]["path"] == "<a table in memory>"
    assert len(result.explain([1, 2])) == 2
    with pytest.raises(engine.EngineError, match=r"invoices.*transactions"):
        engine.segment(rows, id="CustomerID")
