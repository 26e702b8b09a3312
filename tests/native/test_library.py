"""What is found where the library is missing, damaged, of others, or not asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.clustering import KMeans
from engine.native import library as owner

BUILT = pytest.mark.skipif(not owner.FILE.is_file(), reason="no kernels were compiled here")
MACHINE, OTHER = 18, 0xF3
"""Where an ELF file names its processor, and a number that is RISC-V's."""


@pytest.fixture(autouse=True)
def afresh(monkeypatch) -> Iterator[None]:
    """Load anew in each test, and afterwards."""
    monkeypatch.delenv(owner.SWITCH, raising=False)
    for kept in (owner.library, owner.kernel):
        kept.cache_clear()
    yield
    monkeypatch.undo()
    for kept in (owner.library, owner.kernel):
        kept.cache_clear()


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """Lay the library as it lies in a wheel: without sources, with their digest."""
    path = tmp_path / owner.FILE.name
    shutil.copy(owner.FILE, path)
    path.with_suffix(".sha256").write_text(owner.sources_digest() + "\n")
    monkeypatch.setattr(owner, "FILE", path)
    return path


def _numpy_computes(reason: str) -> None:
    found = owner.library()
    assert (found.instructions, found.handle) == ("", None)
    assert reason in found.reason
    assert owner.kernel("nearest_group", None) is None
    assert owner.told().startswith(f"none, NumPy computes ({found.reason}")
    x = np.array([[0.0, 1.0], [0.0, 2.0], [9.0, 1.0], [9.0, 2.0]])
    assert sorted(KMeans(2, random_state=0).fit(x).cluster_centers_[:, 0]) == [0, 9]


def test_switched_off(monkeypatch):
    monkeypatch.setenv(owner.SWITCH, "off")
    _numpy_computes("ENGINE_NATIVE is off")


def test_never_compiled(tmp_path, monkeypatch):
    monkeypatch.setattr(owner, "FILE", tmp_path / "kernels.native.so")
    _numpy_computes("no C++ compiler worked")


@BUILT
def test_as_installed(installed):
    found = owner.library()
    assert found.instructions == found.available[0]
    assert owner.told() == f"{found.instructions} (the best that this processor runs)"


@BUILT
@pytest.mark.parametrize("size", [0, 100])
def test_cut_short(installed, size):
    installed.write_bytes(installed.read_bytes()[:size])
    _numpy_computes("kernels.native.so does not load (")


@BUILT
def test_of_another_processor(installed):
    content = bytearray(installed.read_bytes())
    if content[:4] != b"\x7fELF":
        pytest.skip("no ELF file")
    content[MACHINE] = OTHER
    installed.write_bytes(content)
    _numpy_computes("kernels.native.so does not load (")


@BUILT
def test_of_other_sources(installed):
    installed.with_suffix(".sha256").write_text("0" * 64)
    _numpy_computes("was compiled from other sources")


@BUILT
def test_of_a_checkout_that_was_changed(installed):
    shutil.copytree(Path(owner.__file__).with_name("src"), installed.parent / "src")
    assert owner.library().instructions
    owner.library.cache_clear()
    (installed.parent / "src" / "new.hpp").touch()
    _numpy_computes("was compiled from other sources (build it anew: make)")


@BUILT
def test_without_a_digest(installed):
    installed.with_suffix(".sha256").unlink()
    _numpy_computes("kernels.native.so does not load (")


@BUILT
def test_another_instruction_set_than_there_is(monkeypatch):
    monkeypatch.setenv(owner.SWITCH, "mmx")
    _numpy_computes("ENGINE_NATIVE is mmx, but this machine runs ")


@BUILT
@pytest.mark.parametrize("name", owner.library().available)
def test_an_instruction_set_by_name(monkeypatch, name):
    monkeypatch.setenv(owner.SWITCH, f" {name.upper()} ")
    assert owner.told() == f"{name} (ENGINE_NATIVE names it)"


def test_a_word_that_is_no_instruction_set_is_told(monkeypatch):
    for word in ("", "off"):
        monkeypatch.setenv(owner.SWITCH, word)
        owner.library.cache_clear()
        assert owner.unheeded() is None
    monkeypatch.setenv(owner.SWITCH, "mmx")
    owner.library.cache_clear()
    said = owner.unheeded()
    assert said is not None
    assert said.startswith("NumPy computes, in several times the seconds: ")
