"""Models that were changed, damaged or written by a newer engine are not loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.files import _tree_digest

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


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda tree: tree.pop("feature_plan"), "it lacks 'feature_plan'"),
        (lambda tree: tree["feature_plan"].clear(), "it lacks 'categorical'"),
        (lambda tree: tree["names"].pop(), "2 names for 3 segments"),
        (lambda tree: tree.update(info=None), "'NoneType' object is not iterable"),
    ],
)
def test_parts_that_are_wrong_in_themselves(
    earlier, tampered, change: Callable[[dict], object], what: str
) -> None:
    sentence = f"copy is damaged ({what}); fit the model again."
    earlier.refused(tampered(lambda: edit(change, sealed=True)), sentence)


@pytest.mark.parametrize("place", ["nowhere", "models", "good.parquet", "reports/shop/latest"])
def test_no_model_at_all(earlier, cli, place: str) -> None:
    sentence = (
        f"{place} holds no model; give the folder that a run wrote, such as models/customers."
    )
    earlier.refused(cli("assign", place, "good.parquet", "out.csv"), sentence)
