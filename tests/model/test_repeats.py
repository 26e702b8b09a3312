"""Ids that repeat are counted exactly, in memory and beyond, and people are told of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import engine
from engine.errors import DataError
from engine.model import repeats
from engine.model.model import Model
from engine.model.repeats import Repeats
from tests.drawing import undrawn


def test_what_lies_in_files_is_counted_like_what_is_in_memory(tmp_path, monkeypatch) -> None:
    rng = np.random.default_rng(5)
    ids = rng.integers(0, 40_000, 60_000)
    counts = np.unique(ids, return_counts=True)[1]
    expected = (int((counts > 1).sum()), int(counts[counts > 1].sum()))
    monkeypatch.setattr(repeats, "_IN_MEMORY", 9_000)
    for folder in (None, tmp_path / "hashes"):
        if folder:
            folder.mkdir()
        else:
            monkeypatch.setattr(repeats, "_IN_MEMORY", 90_000)
        counted = Repeats(lambda at=folder: at)
        for block in np.split(ids, 12):
            counted.add(pl.Series(block).cast(pl.String))
        assert counted.found() == expected
        monkeypatch.setattr(repeats, "_IN_MEMORY", 9_000)
    assert len(list((tmp_path / "hashes").iterdir())) == 256


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    table = pl.DataFrame({"id": range(90), "spent": [5.0, 90.0, 400.0] * 30, "n": [1, 2, 9] * 30})
    with undrawn():
        settings = {"evaluation.resamples": 0, "clustering.kmeans.n_init": 2}
        return engine.segment(table, settings, k=3, ephemeral=True).model


TWICE = {"id": [7, 8, 7, 9, 8, 7], "spent": [5.0] * 6, "n": [1] * 6}
SENTENCE = "2 ids stand in more than one row, in 5 rows in all; each row is assigned by itself"


@pytest.mark.parametrize("kind", ["mapping", "polars", "pandas", "arrow", "lazy", "csv", "parquet"])
def test_repeated_ids_are_told(model, tmp_path: Path, kind: str) -> None:
    table = pl.DataFrame(TWICE)
    data = {
        "mapping": lambda: TWICE, "polars": lambda: table, "pandas": table.to_pandas,
        "arrow": table.to_arrow, "lazy": table.lazy, "csv": lambda: tmp_path / "a.csv",
        "parquet": lambda: tmp_path / "a.parquet",
    }[kind]()  # fmt: skip
    table.write_csv(tmp_path / "a.csv")
    table.write_parquet(tmp_path / "a.parquet")
    with pytest.warns(UserWarning, match=SENTENCE):
        result = model.assign(data)
    assert len(result) == 6
    if isinstance(data, Path):
        done = model.assign_file(data, tmp_path / "out.csv")
        assert done.repeated == (2, 5)
        assert SENTENCE in done.notes()


def test_a_mapping_of_columns_is_a_table(model) -> None:
    result = model.assign({"id": [1, 2], "spent": [5.0, 390.0], "n": [1, 9]})
    assert isinstance(result, pl.DataFrame)
    assert result["segment"].n_unique() == 2
    with pytest.raises(DataError, match=r"the table lacks 'spent', which the model was"):
        model.assign({"id": [1]})


@pytest.mark.parametrize("data", [[1, 2], None, 5, {"id": [1, 2], "n": [1]}, {"id": object}])
def test_what_is_no_table_is_refused_in_a_sentence(model, data) -> None:
    with pytest.raises(
        DataError, match=r"^customers are given as a table \(pandas, .*; got |lacks"
    ):
        model.assign(data)


def test_a_file_without_rows_gives_none_and_says_so(model, tmp_path) -> None:
    (tmp_path / "none.csv").write_text("id,spent,n\n")
    done = model.assign_file(tmp_path / "none.csv", tmp_path / "out.csv")
    assert done.rows == 0
    assert "none.csv has no rows, so nobody was assigned" in done.notices
    assert pl.read_csv(tmp_path / "out.csv").columns == [
        "id",
        "segment",
        "segment_name",
        "distance",
    ]


def test_remote_paths_are_refused(model, tmp_path) -> None:
    with pytest.raises(engine.EngineError, match=r"the file to assign: is a remote path of a ki"):
        model.assign("ftp://shop/new.csv")
    with pytest.raises(engine.EngineError, match=r"s3://shop/models is a remote path, and"):
        engine.load_model("s3://shop/models")
    (tmp_path / "a.csv").write_text("id,spent,n\n1,2,3\n")
    with pytest.raises(engine.EngineError, match=r"is of a kind \(ftp\) that is not written"):
        model.assign(tmp_path / "a.csv", "ftp://shop/out.csv")
