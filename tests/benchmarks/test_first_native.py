"""The CPU's kernels on a bare host: compiled by g++ alone as CMake does, or missed loudly."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.native import library
from tests.children import finished

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "engine/native/src"


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    library.library.cache_clear()
    yield
    library.library.cache_clear()


def test_every_source_is_compiled_for_every_set(tmp_path):
    from first_native import commands

    calls = commands(SOURCES, tmp_path, "0" * 64, "g++")
    made = sorted(Path(call[-1]).name for call in calls)
    assert len(set(made)) == len(made)
    (lloyd,) = [c for c in calls if c[-1].endswith("/lloyd.avx512.o")]
    assert {"-mavx512f", "-mprefer-vector-width=512", "-ffp-contract=fast"} <= set(lloyd)
    assert {"-fno-trapping-math", "-DENGINE_SET=avx512", "-O3"} <= set(lloyd)
    (processor,) = [c for c in calls if c[-1].endswith("/processor.o")]
    assert {f'-DENGINE_SOURCES="{"0" * 64}"', "-DENGINE_HAS_avx2"} <= set(processor)
    kernels = [f.stem for f in SOURCES.glob("*.cpp") if f.stem not in ("ending", "processor")]
    sets = ("baseline", "avx2", "avx512")
    expected = [f"{name}.{how}.o" for name in kernels for how in sets]
    assert made == sorted([*expected, "ending.o", "processor.o"])


@pytest.mark.long
@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ to compile kernels with")
def test_what_it_compiles_is_the_library_also_in_the_place_of_another(tmp_path):
    tree, held = tmp_path / "tree", tmp_path / "tree/engine/native/kernels.native.so"
    unwanted = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "engine", tree / "engine", ignore=unwanted)
    (tree / "benchmarks").mkdir()
    for name in ("CMakeLists.txt", "benchmarks/first_native.py"):
        shutil.copy(ROOT / name, tree / name)
    old = tmp_path / "old.cpp"
    old.write_text('extern "C" const char* engine_sources() { return "of before"; }\n')
    subprocess.run(["g++", "-shared", "-fPIC", str(old), "-o", str(held)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    environment.pop(library.SWITCH, None)
    command = [sys.executable, "benchmarks/first_native.py"]
    done = finished(command, cwd=tree, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("the CPU's kernels: they are there\n")
    shutil.copy(held, tmp_path)
    handle = ctypes.CDLL(str(tmp_path / "kernels.native.so"))
    handle.engine_sources.restype = handle.engine_instructions.restype = ctypes.c_char_p
    assert handle.engine_sources().decode() == library.sources_digest()
    sets = handle.engine_instructions().decode().split()
    assert all(handle[f"nearest_group_{name}"] for name in sets)


def test_without_a_compiler_it_says_what_is_missing(tmp_path, monkeypatch, capsys):
    from first_native import main

    monkeypatch.delenv(library.SWITCH, raising=False)
    monkeypatch.setattr(library, "FILE", tmp_path / "kernels.native.so")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main() == 1
    assert capsys.readouterr().out == (
        "THERE ARE NO CPU KERNELS, and what the host does is timed without: "
        "the package was built where no C++ compiler worked, and there is no g++ here\n"
    )


def test_kernels_that_are_switched_off_are_missed(monkeypatch, capsys):
    from first_native import main

    monkeypatch.setenv(library.SWITCH, "off")
    assert main() == 1
    assert capsys.readouterr().out.endswith("without: ENGINE_NATIVE is off\n")


def test_a_compiler_that_fails_is_told(tmp_path, monkeypatch):
    from first_native import ready

    monkeypatch.delenv(library.SWITCH, raising=False)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lloyd.cpp").write_text("int main( {}\n")
    monkeypatch.setattr(library, "FILE", tmp_path / "kernels.native.so")
    reason = ready()
    assert reason is not None
    assert reason.startswith("they could not be compiled: ")
    assert not (tmp_path / "kernels.native.so").exists()
