"""A signed model is loaded with its key as it was signed, and otherwise not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import engine
from engine.errors import ConfigError, EngineError
from engine.model.signature import SIGNATURE, sign, signature_of, verify_report
from tests.test_earlier_builds import SAVED


def key(name: str, content: bytes = b"k" * 32, mode: int = 0o600) -> Path:
    path = Path(name)
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a model that was signed with ``key``, as the working directory's ``model``."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree((SAVED / "2d6734b/models/tree/latest").resolve(), "model")
    shutil.copytree((SAVED / "2d6734b/reports/tree/latest").resolve(), "report")
    sign(Path("model"), key("key"), Path("report"))
    return Path("model")


def test_it_loads_with_its_key_and_without(signed):
    assert engine.load_model(signed, verify_with="key").names == engine.load_model(signed).names
    verify_report(signed, Path("report"), "key")
    verify_report(signed, Path("report"), None)


def test_all_that_it_holds_is_signed(signed):
    names = json.loads((signed / SIGNATURE).read_text())["files"]
    assert {"arrays.safetensors", "model.json", "report/summary.json"} <= set(names)
    assert b"k" * 32 not in (signed / SIGNATURE).read_bytes()


def drop_an_entry(folder: Path) -> None:
    tree = json.loads((folder / SIGNATURE).read_text())
    del tree["files"]["report/summary.json"]
    (folder / SIGNATURE).write_text(json.dumps(tree))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: (f / SIGNATURE).unlink(), "model is not signed, and verify_with asks for"),
        (lambda f: (f / SIGNATURE).write_text("{}"), "signature.json is no signature that this"),
        (lambda f: (f / SIGNATURE).write_text("[" * 9_999), "signature.json is no signature that"),
        (lambda f: sign(f, key("other", b"o" * 32)), "model was signed with another key than that"),
        (drop_an_entry, "model was signed with another key than that of verify_with, or its"),
        (lambda f: (f / "more").touch(), "model/more lies there unsigned; load only models whose"),
        (
            lambda f: (f / "model.json").write_text((f / "model.json").read_text() + " "),
            "model/model.json is not as it was signed; load only models whose origin you know.",
        ),
        (
            lambda f: (f / "arrays.safetensors").write_bytes(b""),
            "model/arrays.safetensors is not as it was signed; load only models whose origin",
        ),
    ],
)
def test_what_is_not_as_it_was_signed_is_refused(signed, change, sentence):
    change(signed)
    with pytest.raises(EngineError) as refused:
        engine.load_model(signed, verify_with="key")
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_report_that_was_changed_is_refused(signed):
    summary = Path("report/summary.json")
    summary.write_text(summary.read_text() + " ")
    with pytest.raises(EngineError, match=r"summary.json is not as it was signed"):
        verify_report(signed, Path("report"), "key")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: key("bad", mode=0o644), "may be read or written by others; let only its owner"),
        (lambda: key("bad", mode=0o620), "may be read or written by others; let only its owner"),
        (lambda: key("bad", b"k" * 31), "holds 31 bytes; a key has 32 to 65,536"),
        (lambda: key("bad", b"k" * 70_000), "holds more than 65,536 bytes; a key has 32 to"),
        (lambda: "missing", "cannot be read (No such file or directory)"),
        (lambda: "model", "is no plain file"),
        (lambda: "/dev/zero", "is no plain file"),
        (lambda: "a\0b", "cannot be read (no path)"),
    ],
)
def test_a_key_that_is_none_is_refused(signed, make, sentence):
    with pytest.raises(ConfigError) as refused:
        engine.load_model(signed, verify_with=make())
    assert sentence in str(refused.value)


def test_whether_it_is_signed_is_said(signed):
    assert signature_of(signed, verified=True) == "signed (HMAC-SHA256), by the holder of the key"
    assert signature_of(signed, verified=False).startswith("signed (HMAC-SHA256); whether by whom")
    (signed / SIGNATURE).unlink()
    assert signature_of(signed, verified=False) == "not signed (output.sign_with)"
