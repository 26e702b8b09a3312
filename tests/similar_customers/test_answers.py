"""Customers like these: those that looking at every distance gives, of the run's own customers."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.clustering.algorithm import ROWS
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.command_line import cli
from engine.data_preparation.generators.customers import FIRST_ID, generate
from engine.data_preparation.generators.shop import generate_transactions
from engine.errors import ConfigError, DataError, EngineError, MemoryLimitError
from engine.places.runtime import Runtime
from engine.similar_customers.answers import ask

pytest.importorskip("faiss")

CUSTOMERS = 2_000
ASKED = [FIRST_ID + 7, FIRST_ID, FIRST_ID + CUSTOMERS - 1]


@pytest.fixture(autouse=True, scope="module")
def _quick() -> Any:
    """Figures and the page have their tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.pipeline.draw_report", lambda *_: None)
        yield


def settings(folder: Path, path: Path, **sections: Any) -> dict[str, Any]:
    kind = sections.pop("input", {})
    return {
        "input": {"path": str(path), **kind},
        "clustering": {"k": 4, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        **sections,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    generate(folder / "customers.parquet", customers=CUSTOMERS, seed=2)
    return folder


@pytest.fixture(scope="module")
def tree(folder: Path) -> dict[str, Any]:
    return settings(folder, folder / "customers.parquet")


@pytest.fixture(scope="module")
def result(tree: dict[str, Any]) -> engine.Result:
    return engine.segment(tree)


def index_of(result: engine.Result, folder: Path) -> Path:
    name = result.summary["name"]
    return folder / "processed" / "similar" / name / result.summary["run_id"]


def space_of(result: engine.Result, table: pl.DataFrame) -> np.ndarray:
    space = result.model.plan.transform(table)
    space = result.model.pca.transform(space) if result.model.pca else space
    return np.asarray(space, np.float64)


def by_all_distances(result: engine.Result, table: pl.DataFrame, row: int, n: int) -> pl.DataFrame:
    """Give the nearest others of one row of the input."""
    space, name = space_of(result, table), result.model.id_name
    distances = np.linalg.norm(space - space[row], axis=1)
    distances[row] = np.inf
    near = np.lexsort((np.arange(len(table)), distances))[:n]
    there = result.segments[near]
    return pl.DataFrame(
        {
            name: np.repeat(table[name][row], n),
            "rank": np.arange(1, n + 1, dtype=np.int32),
            f"similar_{name}": table[name][near],
            "segment": there["segment"],
            "segment_name": there["segment_name"],
            "distance": distances[near].astype(np.float32),
        }
    )


def test_the_nearest_are_those_of_all_distances(result: engine.Result, folder: Path):
    table = pl.read_parquet(folder / "customers.parquet")
    found = result.similar(ASKED, n=15)
    rows = [i - FIRST_ID for i in ASKED]
    expected = pl.concat(by_all_distances(result, table, row, 15) for row in rows)
    assert_frame_equal(found, expected, abs_tol=1e-6)


def test_the_name_gives_what_the_result_gives(result: engine.Result, tree: dict[str, Any]):
    again = engine.similar("customers", np.array(ASKED), 3, tree)
    assert_frame_equal(again, result.similar(ASKED, 3), check_exact=True)
    assert_frame_equal(engine.similar("customers", ASKED[0], 3, tree), again.head(3))


def test_the_index_is_built_once_and_apart_from_the_model(result: engine.Result, folder: Path):
    home = index_of(result, folder)
    result.similar(ASKED)
    before = {f.name: f.stat().st_mtime_ns for f in home.iterdir()}
    assert set(before) == {"similar.faiss", "similar.json", "rows.npy", "owner.json"}
    result.similar(ASKED)
    assert {f.name: f.stat().st_mtime_ns for f in home.iterdir()} == before
    model = folder / "models" / "customers" / "latest"
    assert {f.name for f in model.iterdir()} == {"model.json", "arrays.safetensors"}
    assert [f.name for f in home.parent.glob(".partial*")] == []


@pytest.mark.parametrize("file", ["similar.faiss", "rows.npy", "similar.json"])
def test_a_damaged_index_is_built_again(result: engine.Result, folder: Path, file: str):
    expected = result.similar(ASKED)
    damaged = index_of(result, folder) / file
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert_frame_equal(result.similar(ASKED), expected, check_exact=True)
    assert damaged.stat().st_size > 100


def test_blocks_and_the_number_asked_about_change_nothing(
    result: engine.Result, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    everyone = result.segments["customer_id"]
    whole = result.similar(everyone, n=4)
    one = pl.concat(result.similar([i], n=4) for i in everyone.head(20))
    assert_frame_equal(one, whole.head(80), check_exact=True)
    monkeypatch.setattr("engine.similar_customers.answers._CELLS", 500)
    assert_frame_equal(result.similar(everyone, n=4), whole, check_exact=True)


def test_everyone_else_is_the_most_that_is_found(result: engine.Result):
    found = result.similar(ASKED[:1], n=10 * CUSTOMERS)
    assert found.height == CUSTOMERS - 1
    assert found["similar_customer_id"].n_unique() == CUSTOMERS - 1
    assert ASKED[0] not in found["similar_customer_id"]
    assert found["distance"].is_sorted()


def test_lists_find_nearly_all_and_never_the_row_itself(
    result: engine.Result, folder: Path, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    everyone = result.segments["customer_id"]
    exact = result.similar(everyone, n=10)
    shutil.copytree(index_of(result, folder), kept := folder / "kept", dirs_exist_ok=True)
    shutil.rmtree(index_of(result, folder))
    monkeypatch.setattr("engine.clustering.ann_methods.index.FLAT_ROWS", 100)
    near = result.similar(everyone, n=10)
    shutil.rmtree(index_of(result, folder))
    kept.rename(index_of(result, folder))
    pair = ["customer_id", "similar_customer_id"]
    assert near.join(exact, on=pair).height > 0.9 * exact.height
    assert (near["customer_id"] != near["similar_customer_id"]).all()


def test_more_neighbours_look_through_more_lists(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.clustering.ann_methods.index.FLAT_ROWS", 100)
    result = engine.segment(settings(tmp_path, folder / "customers.parquet"))
    table = pl.read_parquet(folder / "customers.parquet")
    answers = ask("customers", ASKED, 10, settings(tmp_path, folder / "customers.parquet"))
    assert re.fullmatch(
        r"the index finds \d+\.\d% of the 10 nearest, as measured", *answers.notes()
    )
    found = result.similar(ASKED[:1], n=CUSTOMERS)
    assert_frame_equal(found, by_all_distances(result, table, 7, CUSTOMERS - 1), abs_tol=1e-6)


def test_rows_that_a_policy_drops_are_dropped_again(folder: Path, tmp_path: Path):
    table = pl.read_parquet(folder / "customers.parquet").head(300)
    odd = table.head(2).with_columns(customer_id=pl.lit(None, table["customer_id"].dtype))
    path = tmp_path / "c.parquet"
    pl.concat([table.head(10), odd, table.slice(5, 5), table.slice(10)]).write_parquet(path)
    policies = {"duplicates": "last", "null_ids": "drop"}
    result = engine.segment(settings(tmp_path, path, preparation=policies))
    found = result.similar(result.segments["customer_id"], 1)
    assert found["customer_id"].to_list() == result.segments["customer_id"].to_list()
    kept = pl.concat([table.head(5), table.slice(5, 5), table.slice(10)])
    expected = by_all_distances(result, kept, 50, 1)
    assert_frame_equal(found.slice(50, 1), expected, abs_tol=1e-6)


def test_a_csv_of_columns_that_begin_empty(tmp_path: Path):
    generate(tmp_path / "c.parquet", customers=11_000, seed=1)
    table = pl.read_parquet(tmp_path / "c.parquet")
    number = next(c for c in table.columns[1:] if table[c].dtype.is_float())
    late = pl.when(pl.int_range(11_000) > 10_500).then(number).otherwise(None)
    table.with_columns(late.alias(number)).write_csv(tmp_path / "c.csv", separator=";")
    result = engine.segment(settings(tmp_path, tmp_path / "c.csv"))
    assert result.similar([FIRST_ID + 10_999], 5).height == 5


def test_text_ids_equal_rows_and_csv(tmp_path: Path):
    table = pl.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(300)],
            "spend": [float(i // 2) for i in range(300)],
            "visits": [float((i // 2 * 7) % 31) for i in range(300)],
            "region": ["north", "south", "east"] * 100,
        }
    ).with_columns(region=pl.col("region").gather(pl.int_range(300) // 2))
    table.write_csv(tmp_path / "c.csv")
    result = engine.segment(settings(tmp_path, tmp_path / "c.csv"))
    found = result.similar(["00010", "00299"], n=1)
    assert found["similar_customer_id"].to_list() == ["00011", "00298"]
    assert found["distance"].to_list() == [0.0, 0.0]
    with pytest.raises(DataError, match="no customer with the id 10"):
        result.similar([10])


def test_rows_without_an_id_are_numbered(tmp_path: Path):
    generate(tmp_path / "c.parquet", customers=200, seed=1)
    pl.read_parquet(tmp_path / "c.parquet").drop("customer_id").write_parquet(
        tmp_path / "d.parquet"
    )
    found = engine.segment(settings(tmp_path, tmp_path / "d.parquet")).similar("0, 199", n=2)
    assert found["row"].to_list() == [0, 0, 199, 199]
    assert found.columns[2] == "similar_row"


@pytest.mark.long_at("spectral", "pca_methods", "ann_methods")
@pytest.mark.parametrize("method", ROWS)
def test_every_methods_customers(method: str, folder: Path, tmp_path: Path):
    clustering = {"methods": [method], "k": 4, "kmeans": {"n_init": 2}}
    tree = settings(tmp_path, folder / "customers.parquet", clustering=clustering)
    result = engine.segment(tree)
    table = pl.read_parquet(folder / "customers.parquet")
    expected = by_all_distances(result, table, 7, 5)
    assert_frame_equal(result.similar([ASKED[0]], n=5), expected, abs_tol=1e-6)


def test_transactions_are_gathered_again(tmp_path: Path):
    generate_transactions(tmp_path / "shop.parquet", customers=300, seed=1)
    kind = {"kind": "transactions"}
    tree = settings(tmp_path, tmp_path / "shop.parquet", input=kind)
    result = engine.segment(tree)
    who = result.segments["customer_id"][5]
    found = result.similar([who], n=3)
    assert found.height == 3
    assert found["distance"].is_sorted()
    assert sorted(f.name for f in index_of(result, tmp_path).iterdir()) == [
        "owner.json", "rows.npy", "similar.faiss", "similar.json",
    ]  # fmt: skip
    names = dict(result.segments.select("customer_id", "segment_name").iter_rows())
    pairs = zip(found["similar_customer_id"], found["segment_name"], strict=True)
    assert all(names[i] == name for i, name in pairs)
    rows = np.load(index_of(result, tmp_path) / "rows.npy")
    ids = result.segments.filter(pl.col("segment").is_not_null())["customer_id"].to_list()
    apart = np.linalg.norm(rows - rows[ids.index(who)], axis=1)
    assert found["distance"].to_list() == pytest.approx(np.sort(apart)[1:4].tolist(), abs=1e-5)


@pytest.mark.parametrize("change", ["fewer", "other order", "other values", "gone"])
def test_an_input_that_changed_is_refused(change: str, tmp_path: Path):
    path = tmp_path / "c.parquet"
    generate(path, customers=200, seed=1)
    result = engine.segment(settings(tmp_path, path))
    table = pl.read_parquet(path)
    number = next(c for c in result.model.plan.columns if table[c].dtype.is_numeric())
    moved = tmp_path / "moved.parquet"
    shutil.copy(path, moved)
    if change == "gone":
        path.unlink()
    else:
        {
            "fewer": table.head(199),
            "other order": table.reverse(),
            "other values": table.with_columns(
                pl.when(pl.int_range(200) == 150).then(1.0).otherwise(pl.col(number)).alias(number)
            ),
        }[change].write_parquet(path)
    words = "does not exist" if change == "gone" else "has changed since run"
    with pytest.raises(DataError, match=words):
        result.similar([FIRST_ID])
    assert not index_of(result, tmp_path).exists()
    where = {"input.path": str(moved)}
    tree = settings(tmp_path, path)
    assert engine.similar("customers", [FIRST_ID], 3, tree, overrides=where).height == 3


def test_unknown_ids_are_named(result: engine.Result):
    with pytest.raises(
        DataError, match=r"^7 of the 8 ids belong .*, such as -1, -2, -3, -4, -5\.$"
    ):
        result.similar([ASKED[0], *range(-1, -8, -1)])
    with pytest.raises(DataError, match=r"^2 of the 2 ids belong .*: 0x1, 007\.$"):
        result.similar("0x1, 007")
    with pytest.raises(DataError, match=r"^run .* clustered no customer with the id 0x1\.$"):
        result.similar("0x1")


@pytest.mark.parametrize(
    ("ids", "n", "words"),
    [
        ([], 1, "no ids"),
        (" , ", 1, "no ids"),
        ([1], 0, r"at least 1; it is 0\.$"),
        ([1], 2.5, r"a whole number, at least 1; it is 2\.5\.$"),
        ([1], True, r"it is True\.$"),
        ([1], "3", r"it is '3'\.$"),
        ([1, {}], 1, "all of one kind"),
        ("none.txt", 1, "does not exist"),
        (Path("none.json"), 1, "does not exist"),
    ],
)
def test_questions_that_cannot_be_asked(result: engine.Result, ids: Any, n: Any, words: str):
    with pytest.raises(DataError, match=words):
        result.similar(ids, n)


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".parquet"])
def test_ids_from_a_file(result: engine.Result, suffix: str, tmp_path: Path):
    file = tmp_path / f"who{suffix}"
    table = pl.DataFrame({"customer_id": [*ASKED, ASKED[0]], "note": ["a", "b", "c", "d"]})
    if suffix == ".txt":
        file.write_text("\n".join(map(str, table["customer_id"])) + "\n\n")
    elif suffix == ".csv":
        table.write_csv(file, separator=";")
    else:
        table.write_parquet(file)
    assert_frame_equal(result.similar(file, 2), result.similar(ASKED, 2), check_exact=True)
    assert_frame_equal(result.similar(str(file), 2), result.similar(ASKED, 2), check_exact=True)


def test_a_file_without_the_column_of_ids(result: engine.Result, tmp_path: Path):
    pl.DataFrame({"who": ASKED}).write_csv(tmp_path / "who.csv")
    with pytest.raises(DataError, match="lacks the column of ids 'customer_id'; it has who"):
        result.similar(tmp_path / "who.csv")


def test_what_cannot_be_set_and_names_without_a_run(tree: dict[str, Any]):
    with pytest.raises(ConfigError, match=r"clustering\.k is not set"):
        engine.similar("customers", ASKED, 1, tree, overrides={"clustering.k": 3})
    with pytest.raises(DataError, match="no run named 'nobody'"):
        engine.similar("nobody", ASKED, 1, tree)


def test_an_index_beyond_the_memory_is_refused(result: engine.Result, tree: dict[str, Any]):
    with pytest.raises(MemoryLimitError, match=r"2,000 customers takes .* GiB"):
        engine.similar("customers", ASKED, 1, tree, overrides={"compute.memory_limit": "10KB"})


def test_without_faiss_the_install_is_named(result: engine.Result, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(EngineError, match="install faiss-cpu"):
        result.similar(ASKED)


def test_indices_go_with_their_runs(tmp_path: Path):
    path = tmp_path / "c.parquet"
    generate(path, customers=200, seed=1)
    tree = settings(tmp_path, path)
    tree["output"]["keep"] = 2
    results = []
    for _ in range(3):
        results.append(engine.segment(tree))
        results[-1].similar([FIRST_ID])
    # Runs of the same second are in no order: which of the first two is gone is open.
    standing = [r.model.info["run_id"] for r in results if index_of(r, tmp_path).is_dir()]
    models = (tmp_path / "models" / "customers").glob("2*")
    assert sorted(standing) == sorted(f.name for f in models)
    assert len(standing) == 2
    assert standing[-1] == results[-1].model.info["run_id"]


def test_an_index_is_not_left_by_an_interrupted_build(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    result = engine.segment(settings(tmp_path, folder / "customers.parquet"))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NearestCustomers, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            result.similar(ASKED)
    shelf = index_of(result, tmp_path).parent
    assert [f.name for f in shelf.iterdir()] == [".lock"]
    (shelf / ".partial-killed").mkdir()
    assert result.similar(ASKED, 1).height == 3
    assert not (shelf / ".partial-killed").exists()


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "similar.faiss.part").mkdir()
    like = NearestCustomers.of(np.zeros((5, 2), np.float32), runtime=Runtime())
    with pytest.raises(EngineError, match="cannot be written to"):
        like.save(tmp_path)


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["engine", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return int(done.value.code or 0)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_streams_to_a_file(
    result: engine.Result, folder: Path, suffix: str, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str], tmp_path: Path,
):  # fmt: skip
    monkeypatch.setattr("engine.similar_customers.answers._CELLS", 300)
    output = tmp_path / f"alike.{suffix}"
    result.segments.write_parquet(tmp_path / "all.parquet")
    places = [f"output.{f}={folder / f}" for f in ("models", "reports", "processed")]
    sets = [word for p in places for word in ("--set", p)]
    asked = ("--ids", tmp_path / "all.parquet", "--n", 2)
    assert call(monkeypatch, "similar", "customers", *asked, output, *sets) == 0
    assert "4,000 similar customers of 2,000" in capfd.readouterr().out
    found = pl.read_csv(output) if suffix == "csv" else pl.read_parquet(output)
    expected = result.similar(result.segments["customer_id"], 2)
    assert_frame_equal(found, expected, check_dtypes=suffix == "parquet", abs_tol=1e-6)


def test_the_command_prints_at_most_fifty(
    result: engine.Result, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.chdir(folder)
    words = ["similar", "customers", "--ids", ",".join(map(str, ASKED))]
    assert call(monkeypatch, *words, "--n", 20) == 0
    said = capfd.readouterr().out
    assert "and 10 more" in said
    lines = [line for line in said.splitlines() if line.strip().startswith(str(FIRST_ID)[:4])]
    assert len(lines) == 50
    assert call(monkeypatch, "similar", "customers", "--ids", "-5") == 1
    assert "clustered no customer with the id -5." in capfd.readouterr().err
    assert call(monkeypatch, *words, "--n", 0) == 2
    assert call(monkeypatch, *words, "alike.txt") == 1
    assert ".parquet or .csv" in capfd.readouterr().err


def test_distances_of_equal_rows_are_nothing():
    x = np.random.default_rng(0).normal(100, 1, (50, 3)).astype(np.float32)
    x[1] = x[0]
    like = NearestCustomers.of(x, runtime=Runtime())
    ((_, index, _),) = like.others(x, np.array([0, 1]), 1)
    assert index.tolist() == [[1], [0]]
