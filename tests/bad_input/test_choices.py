"""Settings that do not fit the data or the machine: k, components, places and memory."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import engine


@pytest.mark.parametrize("k", ["1", "0", "-3", "2.5", "true", "null", "'3'", "three"])
def test_k_that_is_no_number_of_segments(earlier, run, k: str) -> None:
    sentence = "clustering.k: must be auto or a whole number of segments, at least 2; "
    earlier.refused(run("good.parquet", f"clustering.k={k}"), sentence, code=2)


@pytest.mark.parametrize("k", ["[]", "[1]", "[3, 1]", "['3', 4]", "3,x"])
def test_several_k_of_which_one_is_no_number_of_segments(earlier, run, k: str) -> None:
    sentence = "clustering.k: must be whole numbers of segments, each at least 2, such as [3, 5, 7]"
    earlier.refused(run("good.parquet", f"clustering.k={k}"), sentence, code=2)


def test_k_larger_than_the_customers(earlier, run) -> None:
    sentence = "clustering.k is 301, but there are only 300 customers."
    earlier.refused(run("good.parquet", "clustering.k=301"), sentence)


@pytest.fixture
def four_distinct() -> str:
    table = {"id": range(100), "a": [1.0, 2.0, 3.0, 4.0] * 25, "b": [1.0, 1.0, 2.0, 2.0] * 25}
    pl.DataFrame(table).write_parquet("few.parquet")
    return "few.parquet"


def test_k_larger_than_the_distinct_rows(earlier, run, four_distinct: str) -> None:
    sentence = (
        "clustering.k is 5, but the customers have only 4 distinct prepared rows; ask for at "
        "most 4."
    )
    earlier.refused(run(four_distinct, "clustering.k=5"), sentence)


def test_k_as_large_as_the_distinct_rows(earlier, run, four_distinct: str) -> None:
    assert run(four_distinct, "clustering.k=auto").code == 0
    assert run(four_distinct, "clustering.k=4").code == 0
    summary = json.loads(Path("reports/shop/latest/summary.json").read_text())
    assert summary["methods"]["kmeans"]["sizes"] == [25, 25, 25, 25]


def test_no_k_to_choose_from(earlier, run) -> None:
    settings = ("clustering.k=auto", "clustering.k_min=400", "clustering.k_max=500")
    sentence = "k cannot be chosen: it must be from 2 to 300, "
    earlier.refused(run("good.parquet", *settings), sentence)


def test_more_components_than_columns(earlier, run) -> None:
    sentence = "pca.components is 9, but there are only 3 prepared columns"
    earlier.refused(run("good.parquet", "pca.components=9"), sentence)


def test_a_gpu_where_there_is_none(earlier, run) -> None:
    from engine.places.choice import probe
    from engine.places.place import Place

    if any(s.place == Place.GPU and s.available for s in probe()):
        pytest.skip("this machine has a GPU")
    answer = run("good.parquet", "compute.device=gpu")
    earlier.refused(answer, "compute.device is gpu, but ", code=7)
    assert "set compute.device to cpu or auto to run without one." in answer.err


def test_too_little_memory_is_refused_before_it_starts(earlier, run, cli) -> None:
    answer = run("good.parquet", "compute.memory_limit=1MiB")
    earlier.refused(answer, "more than compute.memory_limit (1 MiB); raise the limit, or ", code=7)
    assert "segment a sample of the customers and assign the rest with its model." in answer.err
    words = ("--set", "input.path=good.parquet", "--set", "compute.memory_limit=1MiB")
    planned = cli("plan", *words)
    assert planned.code == 7
    assert "refused: " in planned.out


def test_what_does_not_fit_goes_to_a_file_with_the_same_result(earlier, run, cli) -> None:
    tree = {"input": {"path": "good.parquet"}, "clustering": {"k": 3}}
    in_memory = engine.plan(tree)
    tight = {"compute.memory_limit": in_memory.peak - 1}
    planned = engine.plan(tree, tight)
    assert (in_memory.in_file, planned.in_file) == (False, True)
    assert planned.refusals == ()
    before = pl.read_parquet("reports/shop/latest/segments.parquet")
    arrays = Path("models/shop/latest/arrays.safetensors").read_bytes()
    starts = "clustering.kmeans.n_init=32"  # as the earlier run, for the same last bits
    assert run("good.parquet", f"compute.memory_limit={in_memory.peak - 1}", starts).code == 0
    assert pl.read_parquet("reports/shop/latest/segments.parquet").equals(before)
    assert Path("models/shop/latest/arrays.safetensors").read_bytes() == arrays
    assert list(Path("data/processed").glob("*")) == []
