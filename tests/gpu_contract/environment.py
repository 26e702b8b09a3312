"""Runs the contract tests in an environment of the real RAPIDS packages, which it makes if needed.

The environment lies under the user's cache directory and is named by a digest of what it holds;
a run that passes leaves a stamp there, so that `--if-changed` need not repeat it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TOOLS = ("hypothesis", "packaging", "pytest")
SKIP = "ENGINE_SKIP_GPU_CONTRACT"

GPU_FILE = re.compile(
    r"\b(xp|narwhals|cudf|cuml|cupyx?|dask(_cudf|_cuda)?|distributed|faiss|pyarrow|pylibraft"
    r"|raft_dask|rmm)\b"
)
"""A file that names one of these may call into a GPU library, or run on its arrays or frames."""


class NotBuilt(Exception):
    """The environment cannot be made here; the message says why."""


def requirements() -> list[str]:
    """List what the environment holds: the engine's needs, its GPU extra, the test tools."""
    tree = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, dev = tree["project"], tree["dependency-groups"]["dev"]
    tools = [r for r in dev if re.match(r"[\w.-]+", r)[0] in TOOLS]
    return sorted([*project["dependencies"], *project["optional-dependencies"]["gpu"], *tools])


def gpu_files() -> list[Path]:
    """Files that name an array namespace, a dataframe of any kind or a GPU library."""
    files = sorted((ROOT / "engine").rglob("*.py"))
    # What fetches data and what MLflow loads have tables that lie on the host alone.
    files = [f for f in files if not {"fetching", "tracking"} & set(f.parts)]
    return [f for f in files if GPU_FILE.search(f.read_text(encoding="utf-8"))]


def outside_files() -> list[Path]:
    """Files beside the engine that call the libraries: the GPU's benchmarks and parity tests."""
    return sorted([*(ROOT / "benchmarks").glob("gpu*.py"), *(ROOT / "tests/parity").glob("*.py")])


def cache() -> Path:
    """Give the folder that holds environments and stamps."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "engine"


def environment() -> Path:
    """Give the environment's folder, which need not exist."""
    held = [*requirements(), platform.python_version(), platform.machine()]
    return cache() / f"gpu-contract-{_digest(map(str.encode, held))}"


def stamp() -> Path:
    """Give the file that a passing run of exactly these files leaves."""
    files = [*gpu_files(), *outside_files(), *sorted(HERE.glob("*.py")), ROOT / "tests/conftest.py"]
    parts = [p for f in files for p in (str(f.relative_to(ROOT)).encode(), f.read_bytes())]
    return cache() / "gpu-contract-passed" / _digest([environment().name.encode(), *parts])


def _digest(parts: Iterable[bytes]) -> str:
    sums = [hashlib.sha256(part).hexdigest() for part in parts]
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()[:16]


def ready() -> Path:
    """Give the environment's Python, after making it where it is missing or unfinished.

    Raises
    ------
    NotBuilt
        The packages cannot be installed.
    """
    folder = environment()
    python, done = folder / "bin/python", folder / ".done"
    with _alone(folder.with_suffix(".lock")):
        if not done.is_file():
            print(f"Making {folder}: RAPIDS, about 7 GB", flush=True)
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _install(python)
            done.touch()
    return python


def _install(python: Path) -> None:
    """Install by uv where there is one, in half a minute; else by pip, which takes minutes."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        # It does not read pip's configuration, so pip may still reach what uv does not.
        with suppress(NotBuilt):
            return _run([uv, "pip", "install", "--python", str(python), *requirements()])
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    return _run([*pip, *requirements()])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no message"]
        raise NotBuilt(errors[-1])


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Run the tests; the rest of the arguments is pytest's."""
    if os.environ.get(SKIP) == "1":
        print(f"gpu-contract: skipped, because {SKIP} is 1")
        return 0
    passed = stamp()
    if "--if-changed" in arguments and passed.is_file():
        print("gpu-contract: passed before with these GPU files, pins and tests")
        return 0
    try:
        python = ready()
    except NotBuilt as error:
        print(
            f"gpu-contract: the RAPIDS packages cannot be installed here ({error}); run it where "
            f"they can, or set {SKIP}=1 to leave the GPU code unchecked.",
            file=sys.stderr,
        )
        return 1
    chosen = [a for a in arguments if a != "--if-changed"]
    own = {"ENGINE_GPU_CONTRACT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    tests = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE), *chosen]
    done = subprocess.run(tests, cwd=ROOT, env={**os.environ, **own}, check=False)
    if done.returncode == 0 and not chosen:
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
