"""The packaging files agree with one another: pyproject.toml, the lock, conda.yml, .gitignore."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
CONDA = yaml.safe_load((ROOT / "conda.yml").read_text(encoding="utf-8"))

FOLDERS = [
    "data/external",
    "data/interim",
    "data/processed",
    "data/raw",
    "models",
    "notebooks",
    "references",
    "reports",
    "reports/figures",
]
# Where runs write: nothing but the README may be tracked.
OUTPUTS = ["data/interim", "data/processed", "data/raw", "models", "reports"]


def by_name(requirements: Iterable[str]) -> dict[str, SpecifierSet]:
    """Map each requirement's name, without the wheels' CUDA suffix, to its versions."""
    parsed = [Requirement(text) for text in requirements]
    return {re.sub(r"-cu(da)?1[23]x?$", "", canonicalize_name(r.name)): r.specifier for r in parsed}


def conda_requirements() -> dict[str, SpecifierSet]:
    """Map each package of conda.yml, those that pip adds included, to its versions."""
    by_conda = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    by_pip = next(entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))
    texts = [re.sub(r"(?<![<>=!~])=(?!=)", "==", entry) for entry in by_conda]
    texts += [entry for entry in by_pip if not entry.startswith("-")]
    return by_name(text.replace("matplotlib-base", "matplotlib") for text in texts)


def locked_versions() -> dict[str, str]:
    """Map each locked package to its version."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", LOCK, flags=re.MULTILINE))


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in the project, or skip where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr  # 1: check-ignore's "no"
    return done


def test_conda_has_the_gpu_extras_versions() -> None:
    conda = conda_requirements()
    gpu = by_name(EXTRAS["gpu"])
    assert {name: conda.get(name) for name in gpu} == gpu


def test_both_gpu_extras_have_the_same_versions() -> None:
    cuda12, cuda13 = by_name(EXTRAS["gpu"]), by_name(EXTRAS["gpu-cu13"])
    del cuda12["faiss-gpu"]  # its wheel is built for CUDA 12: one CUDA in a process
    assert cuda13 == cuda12


@pytest.mark.parametrize(("extra", "other"), [("gpu", "13"), ("gpu-cu13", "12")])
def test_a_gpu_extra_names_one_cuda(extra: str, other: str) -> None:
    names = [canonicalize_name(Requirement(text).name) for text in EXTRAS[extra]]
    assert [name for name in names if re.search(rf"-cu(da)?{other}x?$", name)] == []
    assert "faiss-cpu" not in names


def test_conda_has_the_core_dependencies_versions() -> None:
    conda = conda_requirements()
    core = by_name(PROJECT["dependencies"]) | by_name(EXTRAS["gpu"])  # which may ask for more
    assert {name: conda.get(name) for name in core} == core


def test_conda_names_nothing_else() -> None:
    known = by_name([*EXTRAS["gpu"], *PROJECT["dependencies"]])
    assert set(conda_requirements()) - set(known) == {"python", "pip", "cuda-version"}


def test_conda_python_is_supported() -> None:
    version = next(iter(conda_requirements()["python"])).version
    assert f"{version}.1" in SpecifierSet(PROJECT["requires-python"])


def test_one_faiss_in_one_environment() -> None:
    conda = conda_requirements()
    assert "faiss-gpu" in conda
    assert "faiss-cpu" not in conda
    assert "faiss-cpu" not in by_name(EXTRAS["gpu"])
    assert "faiss-cpu" in locked_versions()
    assert "faiss-gpu" not in locked_versions()


@pytest.mark.parametrize("pattern", [r"\w+://", r"^\s*-[-if]\S*(index|find|host|url)", r" @ "])
def test_lock_names_no_host(pattern: str) -> None:
    assert [line for line in LOCK.splitlines() if re.search(pattern, line)] == []


def test_lock_pins_and_hashes_every_package() -> None:
    entries = [entry for entry in re.split(r"\n(?=[^\s#])", LOCK) if not entry.startswith("#")]
    assert len(entries) > len(PROJECT["dependencies"])
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize(
    "requirement",
    [
        *PROJECT["dependencies"],
        *EXTRAS["cpu"],
        *EXTRAS["cluster"],
        *PYPROJECT["dependency-groups"]["dev"],
        *PYPROJECT["build-system"]["requires"],
    ],
)
def test_lock_has(requirement: str) -> None:
    wanted = Requirement(requirement)
    locked = locked_versions()
    name = canonicalize_name(wanted.name)
    assert name in locked, "run `make lock`"
    assert locked[name] in wanted.specifier, "run `make lock`"


def test_python_range_matches_the_classifiers() -> None:
    supported = SpecifierSet(PROJECT["requires-python"])
    in_range = {f"3.{minor}" for minor in range(30) if f"3.{minor}.1" in supported}
    prefix = "Programming Language :: Python :: 3."
    named = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if c.startswith(prefix)}
    assert named == in_range


def test_makefile_installs_the_gpu_extras() -> None:
    dry = ["make", "--dry-run", "--always-make", "gpu-install"]
    for arguments, extra in (["CUDA=12"], "gpu"), (["CUDA=13"], "gpu-cu13"):
        done = subprocess.run(
            [*dry, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert f"'.[{extra}]'" in done.stdout
    done = subprocess.run([*dry, "CUDA=11"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "CUDA is 11; give 12 or 13" in done.stderr


def test_makefile_takes_the_supported_pythons() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    tried = set(re.findall(r"python(3\.\d+)", makefile.split("define find_python")[1]))
    supported = SpecifierSet(PROJECT["requires-python"])
    assert tried == {f"3.{minor}" for minor in range(30) if f"3.{minor}.1" in supported}


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_says_what_it_holds(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {folder}\n")


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_readme_can_be_tracked(folder: str) -> None:
    assert git("check-ignore", "--quiet", f"{folder}/README.md").returncode == 1


@pytest.mark.parametrize(
    "output",
    [
        "data/interim/0123abcd.parquet",
        "data/processed/0123abcd/matrix.npy",
        "models/customers/20260101-000000/model.json",
        "models/customers/latest",
        "reports/customers/20260101-000000/segments.parquet",
        "reports/figures/customers/20260101-000000/map.png",
    ],
)
def test_run_output_is_ignored(output: str) -> None:
    assert git("check-ignore", "--quiet", "--no-index", output).returncode == 0


def test_no_run_output_is_tracked() -> None:
    tracked = git("ls-files", "--", *OUTPUTS).stdout.splitlines()
    assert [path for path in tracked if not path.endswith("/README.md")] == []
