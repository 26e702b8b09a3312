"""Report data: what is saved comes back, and what is damaged is named."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.visualization.report_data import ARRAYS_NAME, JSON_NAME, ReportData, best_method


def test_round_trip_keeps_every_field(make_data, tmp_path: Path) -> None:
    data = make_data(components=2, sweep=True)
    data.save(tmp_path / "new" / "folder")
    back = ReportData.load(tmp_path / "new" / "folder")
    for field in dataclasses.fields(ReportData):
        before, after = getattr(data, field.name), getattr(back, field.name)
        if isinstance(before, np.ndarray):
            assert after.dtype == before.dtype, field.name
            np.testing.assert_array_equal(after, before)
        else:
            assert after == before, field.name


def test_nan_infinity_and_numpy_numbers_become_plain_json(make_data, tmp_path: Path) -> None:
    data = make_data()
    data.summary["methods"]["kmeans"]["inertia"] = float("nan")
    data.summary["methods"]["kmeans"]["davies_bouldin"] = np.float32("inf")
    data.summary["n_customers"] = np.int64(400)
    data.save(tmp_path)
    scores = ReportData.load(tmp_path).summary["methods"]["kmeans"]
    assert scores["inertia"] is None
    assert scores["davies_bouldin"] is None
    assert "NaN" not in (tmp_path / JSON_NAME).read_text(encoding="utf-8")
    assert json.loads((tmp_path / JSON_NAME).read_text(encoding="utf-8"))["summary"][
        "n_customers"
    ] == 400  # fmt: skip


def test_saving_twice_gives_the_same_bytes(make_data, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        make_data().save(tmp_path / folder)
    for name in (JSON_NAME, ARRAYS_NAME):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name", [JSON_NAME, ARRAYS_NAME])
def test_a_missing_file_is_named(make_data, tmp_path: Path, name: str) -> None:
    make_data().save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(EngineError, match=rf"{name} is missing, so the report cannot be rebuilt"):
        ReportData.load(tmp_path)


@pytest.mark.parametrize("name", [JSON_NAME, ARRAYS_NAME])
def test_a_damaged_file_is_named(make_data, tmp_path: Path, name: str) -> None:
    make_data().save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(EngineError, match=rf"{name} is damaged .*do the run again"):
        ReportData.load(tmp_path)


def test_a_missing_key_and_a_newer_format_are_named(make_data, tmp_path: Path) -> None:
    make_data().save(tmp_path)
    plain = json.loads((tmp_path / JSON_NAME).read_text(encoding="utf-8"))
    (tmp_path / JSON_NAME).write_text(json.dumps({k: plain[k] for k in plain if k != "profiles"}))
    with pytest.raises(EngineError, match=r"damaged .*profiles"):
        ReportData.load(tmp_path)
    (tmp_path / JSON_NAME).write_text(json.dumps(plain | {"format": 99}))
    with pytest.raises(EngineError, match="has format 99, this version reads format 1"):
        ReportData.load(tmp_path)


def test_arrays_that_do_not_belong_together_are_refused(make_data) -> None:
    data = make_data()
    with pytest.raises(ValueError, match=r"map_points must be of shape \(m, 2\)"):
        dataclasses.replace(data, map_segments=data.map_segments[1:])
    with pytest.raises(ValueError, match="knife arrays must have one length"):
        dataclasses.replace(data, knife_weights=data.knife_weights[1:])


def test_best_method_of_a_summary_without_methods_is_empty() -> None:
    assert best_method({"best": "kmeans", "methods": {}}) == {}
