"""Wheels and the source archive, really built: with the kernels, and where no compiler works."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.native.library import library

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = {"engine/native/kernels.native.so", "engine/native/kernels.native.sha256"}
BUILDS = "from scikit_build_core.build import build_{0} as build; print(build({1!r}, {2!r}))"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (ROOT / "CMakeLists.txt").is_file(), reason="no source tree"),
]


def _built(kind: str, tree: Path, into: Path, settings: Mapping[str, str], **env: str) -> Path:
    """Build as pip does without isolation, by the locked backend."""
    pytest.importorskip("scikit_build_core")
    command = [sys.executable, "-c", BUILDS.format(kind, str(into), dict(settings))]
    done = subprocess.run(
        command, cwd=tree, env=os.environ | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return into / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Unpack the source archive."""
    into = tmp_path_factory.mktemp("sdist")
    with tarfile.open(_built("sdist", ROOT, into, {})) as packed:
        packed.extractall(into, filter="data")
    [tree] = [path for path in into.iterdir() if path.is_dir()]
    return tree


def _unpacked(wheel: Path, into: Path) -> set[str]:
    """Unpack a wheel and name what it holds of the package."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(into)
        names = {name for name in packed.namelist() if not name.endswith("/")}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
    return {name for name in names if ".dist-info/" not in name}


def _said(tree: Path) -> str:
    """Fit on an unpacked wheel, and give which kernels did it."""
    code = (
        "import engine, numpy as np; from engine.clustering import KMeans; "
        "from engine.native.library import told; "
        "assert KMeans(2).fit(np.eye(50)).labels_.max() == 1; print(engine.__file__); print(told())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tree)!r}); {code}"],
        cwd=tree, capture_output=True, text=True, check=True,
    )  # fmt: skip
    file, told = done.stdout.splitlines()
    assert file == str(tree / "engine" / "__init__.py")
    return told


def _tracked() -> set[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "engine"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_without_a_compiler_a_wheel_is_built_and_numpy_computes(archive, tmp_path):
    """For any platform, since nothing in it depends on one."""
    wheel = _built("wheel", archive, tmp_path, {}, CXX="/nonexistent")
    assert wheel.name.endswith("-py3-none-any.whl")
    held = _unpacked(wheel, tmp_path)
    assert held == {name for name in _tracked() if not name.startswith("engine/native/src/")}
    assert _said(tmp_path).startswith("none, NumPy computes (the package was built where no C++")


@pytest.mark.skipif(not library().available, reason="no compiler worked here, either")
def test_a_wheel_has_the_kernels_and_serves_every_python(archive, tmp_path):
    wheel = _built("wheel", archive, tmp_path, {"cmake.build-type": "Debug"})
    assert "-py3-none-" in wheel.name
    assert not wheel.name.endswith("-any.whl")
    held = _unpacked(wheel, tmp_path)
    assert held >= LIBRARY
    assert held - LIBRARY == {n for n in _tracked() if not n.startswith("engine/native/src/")}
    assert _said(tmp_path) == f"{library().available[0]} (the best that this processor runs)"


def test_the_source_archive_has_what_compiles(archive):
    sources = {n for n in _tracked() if n.startswith("engine/native/src/")}
    held = {str(path.relative_to(archive)) for path in archive.rglob("*") if path.is_file()}
    assert held >= {"CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml"} | sources
    assert not held & LIBRARY
    assert {name for name in held if name.startswith("engine/")} == _tracked()
