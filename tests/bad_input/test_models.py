"""Models that were changed, damaged or written by a newer engine are not loaded."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save

from engine.model.files import _tree_digest
from engine.model.model import load_model
from tests.campaigns.made_models import parts_of, sealed

COPY = Path("copy")


@pytest.fixture
def tampered(earlier, cli):
    """Change a copy of the earlier model and try to assign with it."""

    def go(change: Callable[[], object]):
        shutil.copytree(Path("models/shop/latest").resolve(), COPY)
        change()
        Path("out.csv").write_text("yesterday")
        answer = cli("assign", COPY, "good.parquet", "out.csv")
        assert Path("out.csv").read_text() == "yesterday"
        return answer

    return go


def edit(change: Callable[[dict], object], *, sealed: bool) -> None:
    """Change the tree; ``sealed`` makes its digest right again, as its author could."""
    tree = json.loads((COPY / "model.json").read_text())
    change(tree)
    if sealed:
        tree["digest"] = _tree_digest(tree)
    (COPY / "model.json").write_text(json.dumps(tree))


def arrays() -> Path:
    return COPY / "arrays.safetensors"


def flip_one_bit() -> None:
    content = bytearray(arrays().read_bytes())
    content[-3] ^= 1
    arrays().write_bytes(content)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (flip_one_bit, "arrays.safetensors was changed after the model was written; fit the model"),
        (
            lambda: arrays().write_bytes(arrays().read_bytes()[:99]),
            "arrays.safetensors was changed after the model was written; fit the model again.",
        ),
        (lambda: arrays().write_bytes(b""), "arrays.safetensors was changed after the model was"),
        (lambda: arrays().unlink(), "copy/arrays.safetensors is missing; fit the model again."),
    ],
)
def test_arrays(earlier, tampered, change: Callable[[], object], sentence: str) -> None:
    earlier.refused(tampered(change), sentence)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree["names"].reverse(),
        lambda tree: tree["feature_plan"]["numeric"][0].update(fill=1.0),
        lambda tree: tree["files"].clear(),
        lambda tree: tree.update(more=1),
        lambda tree: tree.pop("digest"),
    ],
)
def test_json_changed(earlier, tampered, change: Callable[[dict], object]) -> None:
    sentence = "copy/model.json was changed after the model was written; fit the model again."
    earlier.refused(tampered(lambda: edit(change, sealed=False)), sentence)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"format_version": "1"}']
)
def test_json_damaged(earlier, tampered, content: bytes) -> None:
    sentence = "copy/model.json is damaged and cannot be read; fit the model again."
    earlier.refused(tampered(lambda: (COPY / "model.json").write_bytes(content)), sentence)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_newer_format(earlier, tampered, sealed: bool) -> None:
    sentence = (
        "copy was written by a newer engine (model format 5; this one reads up to 4); upgrade the "
        "engine to use it."
    )
    newer = lambda: edit(lambda tree: tree.update(format_version=5), sealed=sealed)  # noqa: E731
    earlier.refused(tampered(newer), sentence)


@pytest.mark.parametrize("version", [0, -1, 1.5, None, True])
def test_a_format_that_never_was(earlier, tampered, version: object) -> None:
    change = lambda: edit(lambda tree: tree.update(format_version=version), sealed=True)  # noqa: E731
    sentence = "copy/model.json is damaged and cannot be read; fit the model again."
    earlier.refused(tampered(change), sentence)


def numeric(tree: dict) -> dict:
    return tree["feature_plan"]["numeric"][0]


def told(key: str, value: object) -> Callable[[dict], object]:
    return lambda tree: numeric(tree).update({key: value})


def of_run(key: str, value: object) -> Callable[[dict], object]:
    return lambda tree: tree["info"].update({key: value})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda tree: tree.pop("feature_plan"), "it lacks feature_plan"),
        (lambda tree: tree["feature_plan"].clear(), "it lacks feature_plan.id_column"),
        (lambda tree: tree["names"].pop(), "2 names for 3 numbers of segments"),
        (lambda tree: tree.update(names=[1, 2, 3]), "names.0: must be string, is 1"),
        (lambda tree: tree.update(numbers=[0, 2, 1]), "segment numbers (0, 2, 1) do not ascend"),
        (
            lambda tree: tree.update(numbers=[0, 1, -2]),
            "numbers.2: must be greater than or equal to 0, is -2",
        ),
        (lambda tree: tree.update(info=None), "info: must be a section of keys, is None"),
        (told("scale", 0.0), "numeric.0.scale: is no number above 0 to divide by, is 0.0"),
        (told("scale", -1.0), "numeric.0.scale: is no number above 0 to divide by, is -1.0"),
        (told("low", 1e9), "numeric.0: low (1e+09) is above high"),
        (told("centre", -1e308), "numeric.0: centre and scale make "),
        (told("scale", 1e-300), "numeric.0: centre and scale make "),
        (told("fill", "1"), "numeric.0.fill: must be number, is '1'"),
        (told("log", 1), "numeric.0.log: must be boolean, is 1"),
        (told("reading", {"kind": "magic"}), "numeric.0.reading: "),
        (
            lambda tree: tree["feature_plan"]["numeric"].append(numeric(tree)),
            "feature_plan: the feature 'income' stands twice",
        ),
        (
            lambda tree: tree["feature_plan"].update(id_column="income"),
            "feature_plan: the id 'income' is a feature, too",
        ),
        (of_run("run_id", "../../etc"), "info.run_id: is no run id, such as 20260131T"),
        (of_run("run_id", 7), "info.run_id: must be string, is 7"),
        (of_run("continues", "/etc/passwd"), "info.continues: is no run id"),
        (of_run("cut_of", "x" * 1_000_000), "info.cut_of: is no run id"),
        (of_run("method", "magic"), "info.method: is no method of this engine, is 'magic'"),
        (of_run("n_customers", -1), "info.n_customers: must be greater than or equal to 1"),
        (of_run("n_customers", 10**400), "info.n_customers: must be less than or equal to 9007199"),
        (of_run("random_state", 10**400), "info.random_state: must be less than or equal to 2147"),
        (of_run("scores", {"k": 0}), "info.scores.k: must be greater than or equal to 1, is 0"),
        (of_run("scores", {"sizes": [1, -1]}), "info.scores.sizes.1: must be greater than or"),
        (of_run("scores", {"silhouette_squared": 2.0}), "info.scores.silhouette_squared: must be"),
        (of_run("scores", {"a": [{"b": 10**400}]}), "info.scores.a.0.b: must be a number that can"),
        (of_run("scores", {"inertia": -1.0}), "info.scores.inertia: must be greater than or"),
        (of_run("params", {"n_init": 0}), "info.params.n_init: must be auto or a whole number"),
        (of_run("params", {"n_init": 10**400}), "info.params.n_init: must be "),
        (of_run("read", {"separator": "::"}), "info.read.separator: must be auto or one ASCII"),
        (of_run("params", {"n_init": -1e308}), "n_init: must be auto or a whole number from 1 to"),
        (of_run("found", {"skip_rows": -1e308}), "skip_rows: must be a number that can be compute"),
        (of_run("found", {"thousands": "/"}), "info.found.thousands: must be 'auto', 'off'"),
    ],
)
def test_a_tree_that_is_wrong_in_itself(
    earlier, tampered, change: Callable[[dict], object], what: str
) -> None:
    answer = tampered(lambda: edit(change, sealed=True))
    earlier.refused(answer, what)
    assert answer.err.startswith("engine: copy/model.json is damaged (")
    assert answer.err.endswith("); fit the model again.\n")
    assert len(answer.err) < 400


def test_distances_that_are_not_finite(earlier, tampered) -> None:
    def change(tree: dict) -> None:
        feature = numeric(tree)
        feature.update(low=None, high=None, log=False, centre=feature["fill"], scale=1e-30)

    answer = tampered(lambda: edit(change, sealed=True))
    earlier.refused(answer, "column 'income' puts a customer so far from every segment that the")


def test_a_mean_beyond_the_bounds_is_as_it_was_saved(earlier) -> None:
    shutil.copytree(Path("models/shop/latest").resolve(), COPY)
    edit(lambda tree: numeric(tree).update(fill=numeric(tree)["high"] + 1), sealed=True)
    assert load_model(COPY).plan.numeric[0].fill > load_model(COPY).plan.numeric[0].high


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "1" * 5_000])
def test_numbers_that_are_none(earlier, tampered, number: str) -> None:
    file = COPY / "model.json"

    def change() -> None:
        text = file.read_text().replace('"log": false', f'"log": {number}', 1)
        file.write_text(text)

    sentence = "copy/model.json is damaged and cannot be read; fit the model again."
    earlier.refused(tampered(change), sentence)


def rewritten(**changed: np.ndarray | None) -> Callable[[], None]:
    """Write the arrays anew, with some taken out (None) or others, and the digests of all."""

    def change() -> None:
        tree, found = parts_of(COPY)
        found |= {name: array for name, array in changed.items() if array is not None}
        gone = [name for name, array in changed.items() if array is None]
        sealed(COPY, tree, save({n: a for n, a in found.items() if n not in gone}))

    return change


POINTS = np.zeros((3, 3))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (rewritten(centres=None), "it lacks 'centres'"),
        (rewritten(marks=POINTS), "it lacks 'landmark_coordinates'"),
        (rewritten(more=POINTS), "the array 'more' is of no model"),
        (rewritten(representatives=POINTS + np.nan), "'representatives' holds a value that is not"),
        (rewritten(centres=POINTS + 1e30), "'centres' holds a value that is not finite, or too"),
        (rewritten(representatives=POINTS[:2]), "'representative_segments' is of shape 3, where 2"),
        (rewritten(representatives=POINTS.ravel()), "'representatives' is of shape 9"),
        (rewritten(representatives=POINTS.astype(int)), "'representatives' holds int64, not numbe"),
        (
            rewritten(representative_segments=np.array([0, 1, 3], np.int32)),
            "'representative_segments' names a segment that is none of the 3",
        ),
        (
            rewritten(representative_segments=np.array([0, 1, -1], np.int32)),
            "'representative_segments' names a segment that is none of the 3",
        ),
        (rewritten(pca_components=np.zeros((0, 10**12))), "'pca_components' is of shape 0 x"),
        (rewritten(pca_mean=np.zeros(1)), "'pca_mean' is of shape 1, where 3 would fit"),
        (rewritten(tree_children=np.array([[0, 1], [3, 3]])), "it lacks 'tree_heights'"),
        (
            rewritten(
                tree_children=np.array([[0, 1], [3, 3]]),
                tree_heights=np.array([1.0, 2]),
                tree_weights=np.array([1, 1, 1]),
            ),
            "'tree_children' joins what is not there, or the same twice",
        ),
        (
            rewritten(
                tree_children=np.array([[0, 1], [2, 3]]),
                tree_heights=np.array([2.0, 1]),
                tree_weights=np.array([1, 1, 1]),
            ),
            "'tree_heights' does not ascend",
        ),
        (
            rewritten(
                tree_children=np.array([[0, 1], [2, 3]]),
                tree_heights=np.array([1.0, 2]),
                tree_weights=np.array([1, -1, 1]),
            ),
            "'tree_weights' holds a value that is no count of customers",
        ),
        (
            rewritten(
                tree_children=np.array([[0, 1], [2, 3]]),
                tree_heights=np.array([1.0, 2]),
                tree_weights=np.array([1, 99, 1]),
            ),
            "'tree_weights' counts 101 customers where the model says 300",
        ),
    ],
)
def test_arrays_that_are_wrong_in_themselves(
    earlier, tampered, change: Callable[[], object], what: str
) -> None:
    answer = tampered(change)
    earlier.refused(answer, what)
    assert answer.err.startswith("engine: copy/arrays.safetensors is damaged (")
    assert len(answer.err) < 400


def test_arrays_that_are_none(earlier, tampered) -> None:
    change = lambda: sealed(COPY, parts_of(COPY)[0], b"\xff" * 100)  # noqa: E731
    sentence = "copy/arrays.safetensors is damaged and cannot be read; fit the model again."
    earlier.refused(tampered(change), sentence)


@pytest.mark.parametrize("file", ["model.json", "arrays.safetensors"])
def test_a_file_that_is_larger_than_memory(earlier, tampered, file: str) -> None:
    def change() -> None:
        with (COPY / file).open("rb+") as handle:
            handle.truncate(1 << 42)  # a hole: nothing lies on the disk

    earlier.refused(tampered(change), f"copy/{file} takes ")


@pytest.mark.parametrize("what", ["fifo", "folder"])
def test_arrays_that_are_no_file(earlier, tampered, what: str) -> None:
    def change() -> None:
        arrays().unlink()
        os.mkfifo(arrays()) if what == "fifo" else arrays().mkdir()

    earlier.refused(tampered(change), "copy/arrays.safetensors is missing; fit the model again.")


@pytest.mark.parametrize(
    "place",
    ["nowhere", "models", "good.parquet", "reports/figures", "."],
)
def test_no_model_at_all(earlier, cli, place: str) -> None:
    sentence = (
        f"{place} holds no model; give the name of a run, or the folder that it wrote, such as "
        "models/customers; there is 'shop'."
    )
    earlier.refused(cli("assign", place, "good.parquet", "out.csv"), sentence)


@pytest.mark.parametrize("place", ["x" * 5_000, "x/" * 100_000, "", "nul\0byte"])
def test_a_place_that_cannot_be(earlier, cli, place: str) -> None:
    answer = cli("assign", place, "good.parquet", "out.csv")
    earlier.refused(answer, "holds no model; give the name of a run, or the folder")
    assert len(answer.err) < 400
    assert "engine:  " not in answer.err


SUMMARY = Path("reports/shop/latest/summary.json")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "[" * 100_000,
        lambda text: "[]",
        lambda text: text.replace('"kind": "customers"', '"kind": "magic"'),
        lambda text: text.replace('"config"', '"other"'),
    ],
)
def test_a_summary_that_is_damaged(earlier, cli, change: Callable[[str], str]) -> None:
    before = SUMMARY.read_text()
    SUMMARY.write_text(change(before))
    answer = cli("similar", "shop", "--ids", "1000")
    SUMMARY.write_text(before)
    earlier.refused(answer, f"{SUMMARY.parent.resolve().name}/summary.json is ")
    assert "the run's customers cannot be read again." in answer.err


@pytest.mark.parametrize("key", ["profiles", "summary", "n_components", "map_axes"])
def test_what_a_report_is_drawn_from_is_damaged(earlier, cli, drawn, key: str) -> None:
    file = SUMMARY.with_name("report_data.json")
    before = file.read_text()
    file.write_text(json.dumps({**json.loads(before), key: {"a": [None]}}))
    answer = cli("report", "shop")
    file.write_text(before)
    assert answer.code == 1
    assert "report_data.json is damaged (" in answer.err
    assert answer.err.count("\n") == 1


def test_segments_that_are_none(earlier, cli) -> None:
    file = SUMMARY.with_name("segments.parquet")
    before = file.read_bytes()
    pl.read_parquet(file).with_columns(pl.col("segment") + 7).write_parquet(file)
    answer = cli("similar", "shop", "--ids", "1000")
    file.write_bytes(before)
    earlier.refused(answer, "segments.parquet is missing or damaged, so the customers of run")
